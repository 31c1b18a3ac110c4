//! Saved detectors are what they were, and files that lie are refused.

use super::*;
use crate::dataset::{Dataset, Storage};
use crate::event::Event;
use crate::processor::Context;
use crate::tabular::{Tabular, TabularSettings};
use serde_json::json;
use std::ops::ControlFlow;

fn table() -> Dataset {
    let cells = (0..40).flat_map(|i| [i as f32, (i * i % 17) as f32]).collect();
    Dataset::new(Storage::Floats(cells), 40, 2).unwrap()
}

fn detector() -> Detector {
    let settings = DetectorSettings { clean: true, ..DetectorSettings::default() };
    let observer = &mut |_: Event| ControlFlow::Continue(());
    let context = Context::new(Some(1)).unwrap();
    Detector::fit(&settings, &table(), &context, observer).unwrap().0
}

#[test]
fn a_loaded_detector_scores_with_the_same_bits_and_files_that_lie_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("detector");
    let context = Context::new(Some(1)).unwrap();
    let detector = detector();
    detector.save(&path).unwrap();
    let loaded = Detector::load(&path).unwrap();
    let score = |detector: &Detector| detector.score(&table(), &context).unwrap();
    assert_eq!(score(&loaded), score(&detector));
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(loaded.to_bytes().unwrap(), bytes);
    assert_eq!(score(&Detector::from_bytes(bytes, &path).unwrap()), score(&detector));
    assert_eq!((loaded.n_train(), loaded.schema()), (40, detector.schema()));

    let load_changed = |change: &dyn Fn(&mut TensorFile)| {
        detector.save(&path).unwrap();
        let mut file = tensor_file::read(&path, "model file").unwrap();
        change(&mut file);
        let tensors = file.tensors.iter().map(|of| TensorRef {
            name: of.name.clone(),
            shape: of.shape.clone(),
            values: &of.values,
        });
        let tensors: Vec<TensorRef> = tensors.collect();
        file.metadata.remove("checksum");
        tensor_file::write(&path, file.metadata, &tensors).unwrap();
        Detector::load(&path)
    };
    assert!(load_changed(&|_| {}).is_ok());
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
    refused(&of("version", 2.into()), "version 1");
    refused(&of("n_train", 9.into()), "training rows");
    refused(&of("n_train", 400.into()), "networks");
    refused(&of("n_rows", 41.into()), "rows");
    refused(&of("neighbours", json!([41, 40])), "neighbours.rows");
    refused(&of("neighbours", json!(null)), "no other tensor");
    refused(&of("n_cells", json!([80])), "counts of cells");
    refused(&of("n_cells", json!([u64::MAX, 80])), "cells");
    refused(&of("schema", json!({ "n_columns": 3 })), "columns");
    refused(&of("networks", json!([{}, {}, {}, {}])), "metadata");
    let tensor = |name: &'static str, change: &'static dyn Fn(&mut Vec<f32>)| {
        move |file: &mut TensorFile| {
            change(&mut file.tensors.iter_mut().find(|of| of.name == name).unwrap().values);
        }
    };
    refused(&tensor("rows", &|values| values.reverse()), "ascending");
    refused(&tensor("cells", &|values| values.reverse()), "ascending");
    refused(&tensor("typical", &|values| values[0] = f32::NAN), "typical");
    refused(&tensor("network.2.scaling.span", &|values| values[0] = 0.0), "spans above 0");
}

#[test]
fn models_of_other_kinds_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let context = Context::new(Some(1)).unwrap();
    let settings = TabularSettings { steps: 1, ..TabularSettings::of(40) };
    let observer = &mut |_: Event| ControlFlow::Continue(());
    Tabular::fit(&settings, &table(), &context, observer).unwrap().save(&path).unwrap();
    let error = Detector::load(&path).unwrap_err();
    assert!(error.to_string().contains("unsmudge table model"), "{error}");
    assert!(error.hint().unwrap().to_string().contains("filling missing cells"));
    detector().save(&path).unwrap();
    let error = Tabular::load(&path).unwrap_err();
    assert!(error.hint().unwrap().to_string().contains("scoring rows"), "{error}");
}
