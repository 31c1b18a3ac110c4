//! Tables that are read for a trained model: by its columns, whatever the file alone would say.

use crate::given::given;
use std::ops::ControlFlow;
use std::path::Path;
use unsmudge::Error;
use unsmudge::dataset::{Dataset, Splits};
use unsmudge::model_file::Model;
use unsmudge::processor::Context;
use unsmudge::read::{read, read_for};
use unsmudge::run::{Recipe, fit};

/// Twenty-four people, counted in a first column without a name.
fn people() -> String {
    let color = ["red", "green", "blue"];
    let row = |i: usize| {
        let day = format!("2024-01-{:02}", i + 1);
        format!("{},{},{},{day}\n", i + 1, 150 + i * 7 % 40, color[i % 3])
    };
    format!(",height,color,born\n{}", (0..24).map(row).collect::<String>())
}

fn trained(table: &str) -> Model {
    let rows = read(&given("people.csv", table).path).unwrap();
    let recipe = "[data]\nvalid = 0\n[[layer]]\nn_hidden = 4\n[layer.training]\nepochs = 40";
    let recipe = Recipe::parse(recipe, Path::new("settings")).unwrap();
    let splits = Splits { train: rows, valid: None, test: None };
    let context = Context::new(Some(1)).unwrap();
    let trained = fit(&recipe, splits, &context, &mut |_| ControlFlow::Continue(())).unwrap();
    // As it is found again, in a file.
    Model::from_bytes(trained.model.to_bytes().unwrap(), Path::new("model")).unwrap()
}

fn rows(model: &Model, table: &str) -> unsmudge::Result<Dataset> {
    model.arrange(read_for(&given("new.csv", table).path, &model.record.schema)?)
}

/// Raw cells, dates with their offset.
fn cells(examples: &Dataset) -> Vec<f64> {
    let mut cells = vec![0.0; examples.n_rows() * examples.n_columns()];
    examples.copy_rows(0, &mut cells).unwrap();
    let n_columns = examples.n_columns();
    let offset = |place: usize| examples.schema().column(place % n_columns).offset;
    cells.iter().enumerate().map(|(i, cell)| f64::from(*cell) + offset(i)).collect()
}

#[test]
fn columns_are_found_by_name_and_levels_keep_their_places() {
    let model = trained(&people());
    // 2024-01-05 is day 19,727; blue, green and red are 0, 1 and 2.
    let expected = [171.0, 2.0, 19_727.0];
    for table in [
        ",height,color,born\n7,171,red,2024-01-05\n",
        "height,color,born\n171,red,2024-01-05\n",
        "born;color;height\n2024-01-05;red;171\n",
        "color\tborn\theight\nred\t2024-01-05 00:00\t1.71e2\n",
    ] {
        assert_eq!(cells(&rows(&model, table).unwrap()), expected, "{table}");
    }
}

#[test]
fn columns_without_a_header_are_found_by_their_place() {
    let (_, table) = people().split_once('\n').map(|(a, b)| (a.to_string(), b.into())).unwrap();
    let table: String = table;
    let model = trained(&table);
    for table in ["99,171,red,2024-01-05\n", "171,red,2024-01-05\n"] {
        assert_eq!(cells(&rows(&model, table).unwrap()), [171.0, 2.0, 19_727.0], "{table}");
    }
}

#[test]
fn a_level_that_was_never_seen_is_as_surprising_as_the_least_probable_one() {
    let model = trained(&people());
    let context = Context::new(Some(1)).unwrap();
    let losses = |colors: [&str; 4]| {
        let row = |color: &str| format!("171,{color},2024-01-05\n");
        let table = format!("height,color,born\n{}", colors.map(row).concat());
        let rows = rows(&model, &table).unwrap();
        let mut losses = Vec::new();
        let look = |_, found: unsmudge::coder::Reconstruction| {
            losses.push(found.loss);
            Ok(())
        };
        model.stack.each_reconstruction(&rows, None, &context, look).unwrap();
        (losses, rows.unseen_levels().unwrap())
    };
    let (known, warning) = losses(["red", "green", "blue", "red"]);
    assert_eq!(warning, None);
    let (unknown, warning) = losses(["violet", "violet", "red", "red"]);
    assert!(unknown[0] > known[0].min(known[1]).min(known[2]), "{unknown:?} {known:?}");
    assert!(unknown.iter().all(|loss| loss.is_finite()));
    let expected = "column \"color\" has 2 cells with levels that training did not have, the first \
                    in row 1: none of the known levels stands for them";
    assert_eq!(warning.as_deref(), Some(expected));
}

#[test]
fn what_does_not_fit_the_model_is_named_with_its_place() {
    let model = trained(&people());
    for (table, words) in [
        ("height,color,born\ntall,red,2024-01-05\n", ["line 2, row 1, column \"height\"", "tall"]),
        ("height,color,born\n1,red,soon\n", ["row 1, column \"born\"", "soon"]),
        ("height,color\n171,red\n", ["a column \"born\"", "found none"]),
        ("height,color,born,age\n1,red,2024-01-05,3\n", ["the model's 3 columns", "also \"age\""]),
    ] {
        let error = rows(&model, table).map(|rows| rows.n_rows()).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, Error::Data { .. }), "{text}");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
}
