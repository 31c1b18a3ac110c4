//! Saved models are what they were, and files that lie are refused.

use super::*;
use crate::dataset::{Dataset, Origin, Storage};
use crate::event::Event;
use crate::processor::Context;
use crate::schema::{Column, ColumnKind};
use serde_json::Value;
use std::ops::ControlFlow;

fn table() -> Dataset {
    let levels = ["x", "y"].map(String::from).to_vec();
    let column = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
    let schema = Schema::new(3).with_column(1, column).unwrap();
    let row = |i: usize| {
        let hole = if i.is_multiple_of(5) { f32::NAN } else { i as f32 };
        [i as f32 / 2.0, (i % 2) as f32, hole]
    };
    let cells = (0..30).flat_map(row).collect();
    Dataset::new(Storage::Floats(cells), 30, 3).unwrap().with_schema(schema).unwrap()
}

fn model(linear: bool) -> Tabular {
    let settings =
        TabularSettings { n_hidden: 4, n_members: 2, steps: 5, linear, ..TabularSettings::of(30) };
    let observer = &mut |_: Event| ControlFlow::Continue(());
    let layout = TableSettings { missing: vec!["-999".into()], ..TableSettings::default() };
    let table = table().with_origin(Origin::default().with_layout(layout));
    Tabular::fit(&settings, &table, &Context::new(Some(1)).unwrap(), observer).unwrap()
}

#[test]
fn a_loaded_model_fills_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let context = Context::new(Some(1)).unwrap();
    for linear in [true, false] {
        let model = model(linear).with_network_shares(vec![0.25, 1.0, 0.0]).unwrap();
        let measured = ColumnErrors {
            is_category: false,
            n_cells: 2,
            mean: 1.0 / 3.0,
            neighbours: 0.1,
            linear: 0.2,
            networks: 0.3,
            network_share: 0.25,
        };
        let quantiles = ErrorQuantiles::of(&mut [vec![1.0, 2.0], vec![], vec![0.5]]);
        let model = model.with_errors(quantiles, vec![Some(measured), None, None]);
        model.save(&path).unwrap();
        let loaded = Tabular::load(&path).unwrap();
        let impute = |model: &Tabular| model.impute(&table(), &context).unwrap();
        assert_eq!(impute(&loaded), impute(&model));
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(loaded.to_bytes().unwrap(), bytes);
        assert_eq!(impute(&Tabular::from_bytes(bytes, &path).unwrap()), impute(&model));
        let intervals = |model: &Tabular| model.intervals(&table(), 0.9, &context).unwrap();
        assert_eq!(intervals(&loaded), intervals(&model));
        assert_eq!((loaded.n_train(), loaded.settings()), (30, model.settings()));
        assert_eq!(loaded.column_errors(), model.column_errors());
        assert_eq!(loaded.table().missing, ["-999"]);
    }
}

/// The file of a model, where metadata and tensors are changed.
fn load_changed(change: impl FnOnce(&mut TensorFile)) -> Result<Tabular> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    model(true).save(&path).unwrap();
    let mut file = tensor_file::read(&path, "model file").unwrap();
    change(&mut file);
    let tensors: Vec<TensorRef> = file
        .tensors
        .iter()
        .map(|of| TensorRef { name: of.name.clone(), shape: of.shape.clone(), values: &of.values })
        .collect();
    file.metadata.remove("checksum");
    tensor_file::write(&path, file.metadata, &tensors).unwrap();
    Tabular::load(&path)
}

fn tensor<'a>(file: &'a mut TensorFile, name: &str) -> &'a mut Vec<f32> {
    &mut file.tensors.iter_mut().find(|tensor| tensor.name == name).unwrap().values
}

#[test]
fn files_that_lie_are_refused() {
    assert!(load_changed(|_| {}).is_ok());
    let refused = |change: &dyn Fn(&mut TensorFile), words: &str| {
        let error = load_changed(change).unwrap_err();
        let is_format = matches!(error, Error::Format { .. });
        assert!(is_format && error.to_string().contains(words), "{words}: {error}");
    };
    let of = |key: &'static str, value: Value| {
        move |file: &mut TensorFile| {
            file.metadata.insert(key.into(), value.clone());
        }
    };
    refused(&of("format", "unsmudge model".into()), "unsmudge table model");
    refused(&of("version", 2.into()), "version 1");
    refused(&of("n_edges", vec![1; 2].into()), "lists of columns");
    refused(&of("n_edges", vec![usize::MAX, 1, 2].into()), "edges");
    refused(&of("n_edges", vec![0, 13, 0].into()), "edges");
    refused(&of("are_whole", vec![true].into()), "lists of columns");
    refused(&of("column_errors", serde_json::json!([null])), "lists of columns");
    refused(&of("are_counts", vec![true; 2].into()), "columns of counts");
    refused(&of("are_counts", vec![false, true, false].into()), "columns of counts");
    refused(&of("has_linear", false.into()), "no other tensor");
    refused(&of("unknown", 1.into()), "unknown");
    refused(&of("schema", serde_json::json!({ "n_columns": 1u64 << 40 })), "columns");
    refused(&of("schema", serde_json::json!({ "n_columns": 3 })), "columns with missing");
    for (key, value) in [("n_hidden", 5), ("n_members", 3), ("n_layers", 65), ("n_hidden", 0)] {
        let change = |file: &mut TensorFile| {
            file.metadata["settings"][key] = value.into();
        };
        refused(&change, "expected");
    }
    for (name, value) in [("means", f32::NAN), ("linear.precision", f32::INFINITY)] {
        refused(&|file| tensor(file, name)[0] = value, name);
    }
    refused(&|file| tensor(file, "scaling.span")[0] = 0.0, "spans above 0");
    refused(&|file| tensor(file, "edges").reverse(), "ascending");
    refused(&|file| drop(file.tensors.remove(0)), "edges");
}
