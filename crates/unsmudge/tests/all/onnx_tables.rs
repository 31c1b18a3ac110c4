//! The structure of exported models of tables. That they fill cells as this program does is tested
//! with other programs, in the Python tests.

use crate::onnx_reader::{self, File};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use tempfile::TempDir;
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::onnx::{self, Exported};
use unsmudge::processor::Context;
use unsmudge::schema::{Column, ColumnKind, Schema};
use unsmudge::tabular::{Tabular, TabularSettings};

/// A number, one of three words, a whole number from 2^40 on, and a date; some cells are missing.
fn table() -> Dataset {
    let row = |i: usize| {
        let x = (i * 37 % 101) as f32 / 50.0 - 1.0;
        let y = if i.is_multiple_of(8) { f32::NAN } else { (2 * i) as f32 };
        [x, (i % 3) as f32, y, i as f32]
    };
    let levels = ["a", "b, wild", "ç"].map(String::from).to_vec();
    let words = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
    let large = Column { offset: (1u64 << 40) as f64, ..Column::default() };
    let date = Column { kind: ColumnKind::Date, ..Column::default() };
    let schema = Schema::new(4).with_names(["x", "word", "k", "day"].map(String::from).to_vec());
    let schema = schema.unwrap().with_column(1, words).unwrap();
    let schema = schema.with_column(2, large).unwrap().with_column(3, date).unwrap();
    let cells = (0..101).flat_map(row).collect();
    Dataset::new(Storage::Floats(cells), 101, 4).unwrap().with_schema(schema).unwrap()
}

fn trained(linear: bool) -> Tabular {
    let settings =
        TabularSettings { steps: 20, n_members: 2, n_bins: 3, linear, ..TabularSettings::of(101) };
    let context = Context::new(Some(1)).unwrap();
    Tabular::fit(&settings, &table(), &context, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn exported(model: &Tabular) -> (TempDir, Exported, File) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    let exported = onnx::export_table(model, &path).unwrap();
    let file = onnx_reader::read(&std::fs::read(&path).unwrap());
    (folder, exported, file)
}

#[test]
fn every_value_is_there_before_it_is_used_and_nothing_is_there_in_vain() {
    for linear in [true, false] {
        let (_folder, _, file) = exported(&trained(linear));
        let graph = &file.graph;
        let mut known: BTreeSet<&str> = graph.tensors.iter().map(|(name, _)| &**name).collect();
        assert_eq!(known.len(), graph.tensors.len());
        known.insert("input");
        let mut used: BTreeSet<&str> = graph.outputs.iter().map(|port| &*port.name).collect();
        for node in &graph.nodes {
            for input in &node.inputs {
                assert!(known.contains(&**input), "{} before {input}", node.outputs[0]);
                used.insert(input);
            }
            for output in &node.outputs {
                assert!(known.insert(output), "{output} twice");
            }
        }
        assert_eq!(known.difference(&used).collect::<Vec<_>>(), Vec::<&&str>::new());
        let has_gaussian = known.contains("gaussian.precision");
        assert_eq!(has_gaussian, linear);
    }
}

#[test]
fn the_file_says_what_goes_in_and_comes_out_and_what_the_columns_are() {
    let model = trained(true).with_network_shares(vec![1.0, 0.0, 0.5, 1.0]).unwrap();
    let (folder, exported, file) = exported(&model);
    let ports = [&exported.input].into_iter().chain(&exported.outputs);
    let told: Vec<_> = ports.map(|port| (port.name, port.n_columns.unwrap())).collect();
    assert_eq!(told, [("input", 4), ("filled", 4), ("probabilities", 3), ("deviations", 3)]);
    let seen = file.graph.inputs.iter().chain(&file.graph.outputs);
    let seen: Vec<_> = seen.map(|port| (&*port.name, port.element, &port.shape[..])).collect();
    for ((name, n), (found, element, shape)) in told.iter().zip(seen) {
        assert_eq!((found, element), (*name, "float32"));
        assert_eq!(shape, ["batch".to_string(), n.to_string()]);
    }
    let of = |key: &str| serde_json::from_str::<Value>(&file.metadata[key]).unwrap();
    assert_eq!(of("columns"), json!(["x", "word", "k", "day"]));
    assert_eq!(of("probabilities"), json!([["word", "a"], ["word", "b, wild"], ["word", "ç"]]));
    assert_eq!(of("deviations"), json!(["x", "k", "day"]));
    let table = of("table");
    let all = |key: &str| table.as_array().unwrap().iter().map(|of| of[key].clone()).collect();
    assert_eq!(Value::Array(all("kind")), json!(["number", "category", "number", "date"]));
    assert_eq!(Value::Array(all("offset")), json!([0.0, 0.0, (1u64 << 40) as f64, 0.0]));
    assert_eq!(Value::Array(all("is_whole")), json!([false, false, true, true]));
    assert_eq!(Value::Array(all("network_share")), json!([1.0, 0.0, 0.5, 1.0]));
    assert_eq!(table[1]["levels"], json!(["a", "b, wild", "ç"]));
    let again = folder.path().join("again.onnx");
    onnx::export_table(&model, &again).unwrap();
    let bytes = |path| std::fs::read(folder.path().join(path)).unwrap();
    assert!(bytes("again.onnx") == bytes("model.onnx"));
    assert_eq!(exported.bytes, bytes("model.onnx").len() as u64);
}

#[test]
fn weights_have_the_names_of_the_model_file() {
    let model = trained(true);
    let (_folder, _, file) = exported(&model);
    for member in 1..=2 {
        for layer in 1..=3 {
            for part in ["weights", "bias"] {
                let name = format!("member.{member}.layer.{layer}.{part}");
                assert!(file.graph.tensors.iter().any(|(found, _)| *found == name), "{name}");
            }
        }
    }
}
