//! Exports a model as one ONNX file, for other programs. Inputs are raw examples; outputs are
//! codes, reconstructions and predictions, or filled cells; scaling is part of the graph.
//! docs/onnx.md describes the file. ONNX files are not read: keep the model file.

mod wire;
mod format;
mod builder;
mod graph;
mod tabular;

use crate::dataset::Predicted;
use crate::error::{Error, Result};
use crate::model_file::Model;
use crate::storage::write_durably_with;
use crate::tabular::Tabular;
use serde_json::json;
use std::path::Path;
use wire::Message;

/// Version of the operator set, from ONNX 1.8.
pub const OPSET: u64 = 13;
/// Version of the file format, from ONNX 1.10.
pub const IR_VERSION: u64 = 8;

/// Limit of a protobuf message. External weight files could be larger, but then the model would not
/// be one file.
const MOST_BYTES: u64 = (1 << 31) - 1;

/// Description of an exported file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The input of the graph.
    pub input: Port,
    /// The outputs, in the order of the graph.
    pub outputs: Vec<Port>,
    /// Size of the file in bytes.
    pub bytes: u64,
}

/// An input or an output of a graph, with one row per example and any number of examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: &'static str,
    /// Number of f32 columns; `None` for a vector with one i64 per row.
    pub n_columns: Option<usize>,
}

impl Port {
    fn numbers(name: &'static str, n_columns: usize) -> Self {
        Self { name, n_columns: Some(n_columns) }
    }

    fn index(name: &'static str) -> Self {
        Self { name, n_columns: None }
    }

    /// Whether it is a vector of i64 indices instead of f32 numbers.
    pub fn is_index(&self) -> bool {
        self.n_columns.is_none()
    }
}

/// Writes a model as an ONNX file, durably; the same model always gives the same bytes.
///
/// The input `input` takes raw examples, n_examples x n_inputs. Outputs are `code` (of the topmost
/// layer; of the fine-tuned one where there is a network), `reconstruction` (in raw units) and, for
/// a network, `probabilities` of classes or labels or the `prediction` of numbers; for classes also
/// `class`, the index of the most probable one.
///
/// # Errors
/// [`Error::Format`] for a model that is too large for an ONNX file, before anything is written;
/// [`Error::Shape`] for a network of other layers than the stack; [`Error::File`].
///
/// # Example
/// ```no_run
/// use unsmudge::{model_file::Model, onnx};
///
/// let model = Model::load("run/model.safetensors".as_ref())?;
/// let exported = onnx::export(&model, "model.onnx".as_ref())?;
/// assert_eq!(exported.input.n_columns, Some(model.stack.n_inputs()));
/// # Ok::<(), unsmudge::Error>(())
/// ```
pub fn export(model: &Model, path: &Path) -> Result<Exported> {
    let (graph, input, outputs) = graph::of(model)?;
    let whole = format::model(graph, &metadata(model));
    write(&whole, path, MOST_BYTES)?;
    Ok(Exported { input, outputs, bytes: whole.n_bytes() })
}

/// Writes a model of a table as [`export`] does.
///
/// The input `input` takes cells as a [`Dataset`](crate::dataset::Dataset) of the model's
/// [schema](Tabular::schema) has them, n_rows x n_columns, NaN where they are missing. Outputs are
/// `filled`, the same with missing cells filled as [`Tabular::impute`] does; where there are
/// categories `probabilities` of all their levels; where there are numbers `deviations`, the
/// standard deviations of those that were filled.
///
/// # Errors
/// As [`export`].
pub fn export_table(model: &Tabular, path: &Path) -> Result<Exported> {
    let formula = model.formula();
    let (graph, input, outputs) = tabular::of(&formula);
    let whole = format::model(graph, &tabular::metadata(model));
    write(&whole, path, MOST_BYTES)?;
    Ok(Exported { input, outputs, bytes: whole.n_bytes() })
}

fn write(whole: &Message, path: &Path, most_bytes: u64) -> Result<()> {
    if whole.n_bytes() > most_bytes {
        let expected = format!("at most {most_bytes} bytes, which is all that ONNX allows");
        let found = format!("a model of {} bytes", whole.n_bytes());
        let hint = "nothing was written; a model of fewer hidden units fits, and the model file \
                    itself has no such limit";
        return Err(Error::format(path, "ONNX file", expected, found, hint));
    }
    write_durably_with(path, |file| whole.write_to(file))
}

/// The metadata of the file; lists are JSON.
fn metadata(model: &Model) -> Vec<(&'static str, String)> {
    let (stack, record) = (&model.stack, &model.record);
    let mut entries = vec![("unsmudge", env!("CARGO_PKG_VERSION").to_string())];
    if let Some(columns) = record.schema.names() {
        entries.push(("columns", json!(columns).to_string()));
    }
    if let Some(shape) = record.image {
        entries.push(("image", json!([shape.height, shape.width]).to_string()));
    }
    entries.push(("scaling", stack.encoding().kind().to_string()));
    let layers: Vec<_> = stack
        .layers()
        .iter()
        .map(|layer| {
            json!({
                "activation": layer.encoder().activation.name(),
                "decoder": layer.output().heads()[0].link.name(),
                "loss": layer.output().likelihood().name(),
                "n_hidden": layer.n_hidden(),
                "tied": layer.is_tied(),
            })
        })
        .collect();
    entries.push(("layers", json!(layers).to_string()));
    if let Some(network) = &record.network {
        let names = network.predicted.names();
        entries.push((kind_of(&network.predicted), json!(names).to_string()));
    }
    entries
}

fn kind_of(predicted: &Predicted) -> &'static str {
    match predicted {
        Predicted::Classes(_) => "classes",
        Predicted::Labels(_) => "labels",
        Predicted::Numbers(_) => "numbers",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_over_the_limit_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        let whole = Message::default().text(1, "12345");
        let error = write(&whole, &path, 6).unwrap_err();
        assert!(error.to_string().contains("at most 6 bytes"), "{error}");
        assert!(error.to_string().contains("a model of 7 bytes"), "{error}");
        assert!(error.hint().unwrap().to_string().contains("nothing was written"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        write(&whole, &path, 7).unwrap();
        assert_eq!(std::fs::read(&path).unwrap().len(), 7);
    }
}
