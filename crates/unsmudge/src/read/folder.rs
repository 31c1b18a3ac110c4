//! A folder of IDX files named as MNIST's are: pictures and labels of the parts, found by name. A folder
//! without such is one of pictures as files of their own.

use crate::dataset::{Dataset, Splits};
use crate::error::{Error, Place, Result};
#[cfg(feature = "pictures")]
use crate::read::pictures;
use crate::read::{Request, Role, read_labels, read_streaming};
use crate::spill::Streaming;
use crate::table::TableSettings;
use std::fs;
use std::path::{Path, PathBuf};

/// The words in file names for each part of a data set.
const TRAIN: &[&str] = &["train"];
const VALID: &[&str] = &["valid"];
const TEST: &[&str] = &["t10k", "test"];

/// Most file names that a message lists.
const MOST_LISTED: usize = 8;

/// Reads a folder with MNIST's names: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, each plain or as `.gz`.
///
/// `test` may stand for `t10k`, `.idx` for `-idx`; the validation set, if there is one, is `valid`.
/// One prefix may stand before all names, ending in `_`, `-` or `.`: `rectangles_train-images-...`.
/// Only the training images must be there; labels are optional. Pictures that are too many for
/// memory stay on disk: see [`Streaming`].
///
/// A folder without such files may have PNG and JPEG pictures of one size (feature `pictures`): all in
/// it, or in a folder for each class; or in folders `train`, `valid` and `test` of either kind. Grey
/// pictures keep their shape; in colour, a row has red, green and blue of pixel after pixel.
///
/// # Errors
/// [`Error::File`] when the folder or a file cannot be read; [`Error::Data`] when the training
/// images are missing (it lists the names looked for), when two files could be the same part, when
/// labels lack their images, or when counts of labels or columns do not agree; and those of
/// [`read`](crate::read::read).
pub fn read_folder(path: &Path, streaming: &Streaming) -> Result<Splits> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(Error::file(path, "list"))? {
        files.push(entry.map_err(Error::file(path, "list"))?.path());
    }
    files.sort(); // the system lists in any order: messages do not
    let folder = Folder { path, files };
    let mut prefixes = Vec::new();
    let train = folder.find(TRAIN, &mut prefixes)?;
    let valid = folder.find(VALID, &mut prefixes)?;
    let test = folder.find(TEST, &mut prefixes)?;
    if let Some((_, other)) = prefixes.iter().find(|(prefix, _)| *prefix != prefixes[0].0) {
        return Err(folder.ambiguous(&[&prefixes[0].1, other]));
    }
    #[cfg(feature = "pictures")]
    if train.is_none() && pictures::holds(path)? {
        return pictures::read(path, streaming);
    }
    let Some(train) = train else { return Err(folder.missing("train-images-idx3-ubyte")) };
    let train_path = train.images.clone();
    let train = train.read(streaming)?;
    let beside = |part: Option<Part>| -> Result<Option<Dataset>> {
        let Some(part) = part else { return Ok(None) };
        let path = part.images.clone();
        let examples = part.read(streaming)?;
        if (examples.n_columns(), examples.image()) != (train.n_columns(), train.image()) {
            let expected = format!("{} as {} has", size(&train), train_path.display());
            let hint = "these are parts of different data sets";
            return Err(Error::data(&path, Place::whole(), expected, size(&examples), hint));
        }
        Ok(Some(examples))
    };
    let (valid, test) = (beside(valid)?, beside(test)?);
    Ok(Splits { train, valid, test })
}

/// Whether what is read from this folder are pictures as files of their own, in the order of their
/// names.
#[cfg(feature = "pictures")]
pub(crate) fn has_pictures(path: &Path) -> bool {
    path.is_dir() && pictures::holds(path).unwrap_or(false)
}

#[cfg(not(feature = "pictures"))]
pub(crate) fn has_pictures(_path: &Path) -> bool {
    false
}

fn size(examples: &Dataset) -> String {
    match examples.image() {
        Some(image) => format!("pictures of {} x {}", image.height, image.width),
        None => format!("{} columns", examples.n_columns()),
    }
}

struct Folder<'a> {
    path: &'a Path,
    files: Vec<PathBuf>,
}

struct Part {
    images: PathBuf,
    labels: Option<PathBuf>,
}

impl Part {
    fn read(self, streaming: &Streaming) -> Result<Dataset> {
        let settings = &TableSettings::default();
        let request = Request { role: Role::Inputs, settings: Some(settings), known: None };
        let examples = read_streaming(&self.images, request, streaming)?;
        let Some(path) = self.labels else { return Ok(examples) };
        let labels = read_labels(&path)?;
        if labels.len() != examples.n_rows() {
            let (n_rows, images) = (examples.n_rows(), self.images.display());
            let expected = format!("{n_rows} labels, one for each row of {images}");
            let hint = "images and labels do not belong together";
            return Err(Error::data(&path, Place::whole(), expected, labels.len(), hint));
        }
        examples.with_classes(labels, None)
    }
}

impl Folder<'_> {
    /// Images and labels of the part that one of `words` names; notes the prefixes of their names.
    fn find(&self, words: &[&str], prefixes: &mut Vec<(String, PathBuf)>) -> Result<Option<Part>> {
        let mut only = |kind: &str| {
            let named = self.files.iter().filter_map(|file| {
                let name = file.file_name()?.to_string_lossy();
                let prefix = words.iter().find_map(|word| prefix_of(&name, word, kind))?;
                Some((prefix.to_string(), file.clone()))
            });
            let named: Vec<_> = named.collect();
            match &named[..] {
                [] => Ok(None),
                [(_, file)] => {
                    prefixes.extend_from_slice(&named);
                    Ok(Some(file.clone()))
                }
                _ => Err(self.ambiguous(&named.iter().map(|(_, file)| file).collect::<Vec<_>>())),
            }
        };
        match (only("images")?, only("labels")?) {
            (Some(images), labels) => Ok(Some(Part { images, labels })),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(self.missing(&format!("{}-images-idx3-ubyte", words[0]))),
        }
    }

    fn missing(&self, name: &str) -> Error {
        let names: Vec<_> = self.files.iter().filter_map(|file| file.file_name()).collect();
        let mut listed: Vec<_> = names.iter().map(|name| name.to_string_lossy()).collect();
        listed.truncate(MOST_LISTED);
        let found = match names.len() - listed.len() {
            _ if names.is_empty() => "an empty folder".to_string(),
            0 => listed.join(", "),
            more => format!("{} and {more} more", listed.join(", ")),
        };
        let hint = "give one file, a folder of PNG or JPEG pictures, or one with MNIST's names (any \
                    prefix before them; test for t10k; labels are optional)";
        let expected = format!("{name} or {name}.gz");
        Error::data(self.path, Place::whole(), expected, found, hint)
    }

    fn ambiguous(&self, files: &[&PathBuf]) -> Error {
        let names = files.iter().filter_map(|file| file.file_name());
        let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
        let hint = "keep one data set in the folder, each file plain or as .gz, not both";
        let expected = "the files of one data set";
        Error::data(self.path, Place::whole(), expected, names.join(" and "), hint)
    }
}

/// What stands before `train-images-idx3-ubyte` in `name`, when the name is such a one.
fn prefix_of<'a>(name: &'a str, word: &str, kind: &str) -> Option<&'a str> {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let name = name.strip_suffix("-ubyte")?.strip_suffix(|digit: char| digit.is_ascii_digit())?;
    let name = name.strip_suffix("-idx").or(name.strip_suffix(".idx"))?;
    let prefix = name.strip_suffix(kind)?.strip_suffix('-')?.strip_suffix(word)?;
    (prefix.is_empty() || prefix.ends_with(['_', '-', '.'])).then_some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_mnist_are_known_with_a_prefix_and_packed() {
        let prefix = |name| prefix_of(name, "train", "images");
        assert_eq!(prefix("train-images-idx3-ubyte"), Some(""));
        assert_eq!(prefix("train-images.idx3-ubyte"), Some(""));
        assert_eq!(prefix("rectangles_train-images-idx3-ubyte.gz"), Some("rectangles_"));
        assert_eq!(prefix("constrain-images-idx3-ubyte"), None);
        assert_eq!(prefix("train-labels-idx1-ubyte"), None);
        assert_eq!(prefix("train-images-idx3-ubyte.zip"), None);
    }
}
