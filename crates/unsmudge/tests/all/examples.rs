//! The examples run, one after the other, and the model that they share is a good one.

use std::path::Path;
use unsmudge::model_file::Model;

// `main`, with its default paths, is for `cargo run --example`.
#[allow(dead_code)]
#[path = "../../examples/denoise.rs"]
mod denoise;
#[allow(dead_code)]
#[path = "../../examples/encode.rs"]
mod encode;
#[allow(dead_code)]
#[path = "../../examples/predict.rs"]
mod predict;
#[allow(dead_code)]
#[path = "../../examples/train.rs"]
mod train;

#[test]
fn a_model_that_an_example_trained_encodes_denoises_and_predicts() {
    let table = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/leaves.csv"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    train::train(table).unwrap().save(&path).unwrap();
    let model = Model::load(&path).unwrap();
    assert_eq!(encode::encode(&model, table).unwrap().view().shape(), "180 x 16");
    assert_eq!(denoise::denoise(&model, table).unwrap().view().shape(), "180 x 5");
    let text = std::fs::read_to_string(table).unwrap();
    let truth = text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap());
    let found = predict::predict(&model, table).unwrap();
    let n_right = found.iter().zip(truth).filter(|(found, truth)| found == truth).count();
    assert!(n_right >= 175, "{n_right} of 180");
}
