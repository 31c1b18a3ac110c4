//! A container of named tensors: safetensors with all metadata in ONE key (several keys would be
//! written in random order) and a SHA-256 of the whole file, since safetensors does not detect
//! flipped bits. `model_file` and `run` define the tensors and the metadata.

mod checks; // of model files

pub(crate) use checks::{
    CHECKPOINT, DETECTOR, DIFFUSION_CHECKPOINT, DIFFUSION_MODEL, MODEL, TABLE_CHECKPOINT,
    TABLE_MODEL, of_model, other_format,
};

use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::storage::{read_whole, write_durably};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;

/// The content of a file.
#[derive(Debug)]
pub(crate) struct TensorFile {
    /// The JSON object of the metadata key.
    pub metadata: Map<String, Value>,
    /// Tensors by name, sorted by name.
    pub tensors: Vec<Tensor>,
    /// SHA-256 of the file with the digits of the checksum replaced by zeros, in hexadecimal.
    pub checksum: String,
}

/// A named tensor of f32.
#[derive(Debug, PartialEq)]
pub(crate) struct Tensor<V = Vec<f32>> {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: V,
}

/// A named tensor to be written.
pub(crate) type TensorRef<'a> = Tensor<&'a [f32]>;

impl<'a> TensorRef<'a> {
    /// One of a single dimension.
    pub fn vector(name: String, values: &'a [f32]) -> Self {
        Self { name, shape: vec![values.len()], values }
    }

    /// One of rows.
    pub fn matrix(name: String, matrix: &'a Matrix) -> Self {
        let shape = vec![matrix.n_rows(), matrix.n_columns()];
        Self { name, shape, values: matrix.values() }
    }
}

const METADATA_KEY: &str = "unsmudge";
const CHECKSUM_KEY: &str = "checksum";
/// The start of the checksum in the header, where quotation marks within JSON are escaped.
const CHECKSUM_START: &[u8] = br#"\"checksum\":\"sha256:"#;
const N_DIGITS: usize = 64;

/// Limit of the header: a history of 100,000 epochs, the most of a run, needs up to 20 MiB.
const MOST_HEADER_BYTES: u64 = 32 << 20;
const MOST_TENSORS: usize = 4096;
/// Limit of the file: no model of this program is larger.
const MOST_FILE_BYTES: u64 = 64 << 30;

/// Writes the file durably. Two writes of the same content give the same bytes.
pub(crate) fn write(
    path: &Path,
    metadata: Map<String, Value>,
    tensors: &[TensorRef],
) -> Result<()> {
    write_durably(path, &whole(metadata, tensors)?)
}

/// The bytes of the file.
///
/// # Errors
/// [`Error::Shape`] when a tensor's values do not fit its shape.
pub(crate) fn whole(mut metadata: Map<String, Value>, tensors: &[TensorRef]) -> Result<Vec<u8>> {
    metadata.insert(CHECKSUM_KEY.into(), format!("sha256:{}", "0".repeat(N_DIGITS)).into());
    // serde_json's map is sorted by key: canonical.
    let metadata = HashMap::from([(METADATA_KEY.to_string(), Value::Object(metadata).to_string())]);
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|t| to_bytes(t.values)).collect();
    let mut views = Vec::with_capacity(tensors.len());
    for (tensor, bytes) in tensors.iter().zip(&bytes) {
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes);
        let view = view.map_err(|_| {
            let found = format!("{} values", tensor.values.len());
            Error::shape(&tensor.name, format!("{:?}", tensor.shape), found)
        })?;
        views.push((tensor.name.clone(), view));
    }
    let file = safetensors::serialize(views, Some(metadata));
    let mut file = file.map_err(|error| Error::shape("model file", "tensors that fit", error))?;
    if let Some(start) = checksum_place(&file) {
        let digits = hexadecimal(&Sha256::digest(&file));
        file[start..start + N_DIGITS].copy_from_slice(digits.as_bytes());
    }
    Ok(file)
}

/// Reads a file that was written by [`write()`]. `format` is its name in messages.
///
/// # Errors
/// [`Error::Format`] for other files, with the name of their format if it is known;
/// [`Error::File`].
pub(crate) fn read(path: &Path, format: &'static str) -> Result<TensorFile> {
    parse(read_whole(path, MOST_FILE_BYTES)?, path, format)
}

/// As [`read`], from the bytes of a file. `path` is their origin, for errors.
pub(crate) fn parse(mut file: Vec<u8>, path: &Path, format: &'static str) -> Result<TensorFile> {
    let wrong = |expected: &str, found: String| {
        let hint = "it must be a file that unsmudge wrote; nothing else is ever opened as a model";
        Error::format(path, format, expected, found, hint)
    };
    // A header length can look like the start of another format, but not with a brace after it.
    if let Some(name) = unsupported_format(&file).filter(|_| file.get(8) != Some(&b'{')) {
        return Err(wrong("safetensors", name.into()));
    }
    let Some(length) = file.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes)) else {
        return Err(wrong("8 bytes of header length", format!("{} bytes in all", file.len())));
    };
    if length > MOST_HEADER_BYTES || length > file.len() as u64 - 8 {
        let found = format!("{length} in a file of {} bytes", file.len());
        return Err(wrong("a header length within the file", found));
    }
    let header = &file[8..8 + length as usize];
    let n_tensors = header.windows(14).filter(|w| *w == b"\"data_offsets\"").count();
    if n_tensors > MOST_TENSORS {
        return Err(wrong(&format!("at most {MOST_TENSORS} tensors"), n_tensors.to_string()));
    }
    let Some(start) = checksum_place(&file[..8 + length as usize]) else {
        return Err(wrong("a checksum written by unsmudge", "none".into()));
    };
    let stated = String::from_utf8_lossy(&file[start..start + N_DIGITS]).into_owned();
    file[start..start + N_DIGITS].fill(b'0');
    let found = hexadecimal(&Sha256::digest(&file));
    if stated != found {
        let message = "the file's own checksum to hold";
        return Err(wrong(message, "other content: it was cut, changed or damaged".into()));
    }
    let broken = |error: safetensors::SafeTensorError| wrong("safetensors", error.to_string());
    let (_, header) = SafeTensors::read_metadata(&file).map_err(broken)?;
    let text = header.metadata().as_ref().and_then(|map| map.get(METADATA_KEY));
    let metadata = text.and_then(|text| serde_json::from_str(text).ok());
    let Some(metadata) = metadata else {
        return Err(wrong("metadata in JSON under the key `unsmudge`", "none".into()));
    };
    let views = SafeTensors::deserialize(&file).map_err(broken)?;
    let mut tensors = Vec::new();
    for (name, view) in views.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(wrong("tensors of type F32", format!("{name} of type {:?}", view.dtype())));
        }
        let values = from_bytes(view.data());
        tensors.push(Tensor { name, shape: view.shape().to_vec(), values });
    }
    if tensors.len() != n_tensors {
        let found = format!("{n_tensors} entries for {} tensors", tensors.len());
        return Err(wrong("every tensor once", found));
    }
    tensors.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(TensorFile { metadata, tensors, checksum: stated })
}

impl TensorFile {
    /// Removes and returns a tensor of a known shape.
    ///
    /// # Errors
    /// [`Error::Shape`] when there is no tensor of that name, or it has another shape.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let expected = format!("a tensor of shape {shape:?}");
        let Some(place) = self.tensors.iter().position(|tensor| tensor.name == name) else {
            return Err(Error::shape(name, expected, "none"));
        };
        let tensor = self.tensors.remove(place);
        if tensor.shape == shape {
            Ok(tensor.values)
        } else {
            Err(Error::shape(name, expected, format!("shape {:?}", tensor.shape)))
        }
    }
}

fn checksum_place(file: &[u8]) -> Option<usize> {
    let found = file.windows(CHECKSUM_START.len()).position(|bytes| bytes == CHECKSUM_START)?;
    let start = found + CHECKSUM_START.len();
    (start + N_DIGITS <= file.len()).then_some(start)
}

/// Other file formats, recognised by their first bytes.
fn unsupported_format(file: &[u8]) -> Option<&'static str> {
    let starts: [(&[u8], &str); 8] = [
        (b"\x80\x02", "a Python pickle"),
        (b"\x80\x03", "a Python pickle"),
        (b"\x80\x04", "a Python pickle"),
        (b"\x80\x05", "a Python pickle"),
        (b"PK\x03\x04", "a zip archive (a PyTorch .pt, a Keras .keras or an .npz file)"),
        (b"\x89HDF", "an HDF5 file"),
        (b"\x93NUMPY", "an NPY file"),
        (b"\x1f\x8b", "a gzip file"),
    ];
    let named = starts.iter().find(|(start, _)| file.starts_with(start)).map(|(_, name)| *name);
    // An ONNX file is a protobuf message whose first field is a small version number.
    let is_onnx =
        file.len() > 2 && file[0] == 0x08 && file[1] < 32 && matches!(file[2], 0x12 | 0x3a);
    named.or(is_onnx.then_some("an ONNX file"))
}

fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// A plain data structure as a JSON object, keys sorted.
pub(crate) fn to_map(record: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(map)) => map,
        // A struct with text keys is always an object.
        _ => Map::new(),
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("sample");
        let metadata =
            Map::from_iter([("note".to_string(), Value::from("\"checksum\":\"sha256:"))]);
        let tensor = |name: &str, values| TensorRef { name: name.into(), shape: vec![2], values };
        write(&path, metadata, &[tensor("b", &[1.0, 2.0]), tensor("a", &[3.0, 4.0])]).unwrap();
        path
    }

    #[test]
    fn what_is_written_is_read_and_two_writes_are_byte_equal() {
        let folder = tempfile::tempdir().unwrap();
        let first = std::fs::read(sample(folder.path())).unwrap();
        let path = sample(folder.path());
        assert_eq!(first, std::fs::read(&path).unwrap());
        let mut file = read(&path, "model file").unwrap();
        assert_eq!(file.metadata["note"], "\"checksum\":\"sha256:");
        assert_eq!(file.take("a", &[2]).unwrap(), [3.0, 4.0]);
        assert!(file.take("a", &[2]).is_err());
        assert!(file.take("b", &[1, 2]).is_err());
    }

    #[test]
    fn a_header_of_any_length_is_taken_for_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sample");
        for length in (0..1600).step_by(8) {
            let note = ("note".to_string(), Value::from("x".repeat(length)));
            let tensor = TensorRef { name: "a".into(), shape: vec![1], values: &[1.0] };
            write(&path, Map::from_iter([note]), &[tensor]).unwrap();
            let found = read(&path, "model file").map(|file| file.tensors.len());
            assert!(matches!(found, Ok(1)), "{length}: {found:?}");
        }
    }

    #[test]
    fn a_flipped_bit_or_a_cut_anywhere_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = sample(folder.path());
        let bytes = std::fs::read(&path).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            assert!(read(&path, "model file").is_err(), "flipped at {place}");
            std::fs::write(&path, &bytes[..place]).unwrap();
            assert!(read(&path, "model file").is_err(), "cut at {place}");
        }
    }
}
