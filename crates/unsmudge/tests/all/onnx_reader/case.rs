//! A trained model and its export, and whether they agree.

use super::File;
use super::arithmetic::{self, Table};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use tempfile::TempDir;
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::event::Event;
use unsmudge::matrix::{Matrix, View};
use unsmudge::model_file::Model;
use unsmudge::network::{Task, most_probable};
use unsmudge::onnx::{self, Exported};
use unsmudge::processor::Context;
use unsmudge::run::{self, Recipe};
use unsmudge::source::load_files;

/// A trained model and what became of its export, in a folder of their own.
pub struct Case {
    pub folder: TempDir,
    pub model: Model,
    pub exported: Exported,
}

impl Case {
    /// Trains on a table of 40 rows with the columns a, constant, b, and those of `predicted`.
    pub fn new(predicted: &[&str], recipe: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let is_unit = recipe.contains("as-is");
        let cell = |i: usize, column: &str| match column {
            "class" => ["x", "\"y, z\"", "ü"][i % 3].to_string(),
            "wet" => (i % 2).to_string(),
            "cold" => (i / 2 % 2).to_string(),
            "price" => (3 * (i * 7 % 11) + i).to_string(),
            _ => panic!("{column}"),
        };
        let row = |i: usize| {
            let (a, b) = (i * 7 % 11, 5000 + i * 13 % 17 * 100);
            let inputs = match is_unit {
                true => format!("{},0.5,{}", a as f32 / 11.0, b as f32 / 7000.0),
                false => format!("{a},42.5,{b}"),
            };
            let cells = predicted.iter().map(|column| cell(i, column));
            format!("{}\n", [inputs].into_iter().chain(cells).collect::<Vec<_>>().join(","))
        };
        let header = ["a", "constant", "b"].iter().chain(predicted).copied().collect::<Vec<_>>();
        let text = format!("{}\n{}", header.join(","), (0..40).map(row).collect::<String>());
        let source = folder.path().join("table.csv");
        std::fs::write(&source, text).unwrap();
        let recipe = recipe.replace("TABLE", &format!("{:?}", source.display().to_string()));
        Self::trained(folder, &recipe)
    }

    pub fn trained(folder: TempDir, recipe: &str) -> Self {
        let recipe = Recipe::parse(recipe, "settings.toml".as_ref()).unwrap();
        let context = Context::new(Some(1)).unwrap();
        let go_on = &mut |_: Event| ControlFlow::Continue(());
        let run =
            run::train(&recipe, &folder.path().join("run"), &load_files, &context, go_on).unwrap();
        let exported = onnx::export(&run.model, &folder.path().join("model.onnx")).unwrap();
        Self { folder, model: run.model, exported }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path("model.onnx")).unwrap()
    }

    pub fn file(&self) -> File {
        super::read(&self.bytes())
    }

    /// Rows as in training, and some far beyond.
    fn examples(&self) -> Dataset {
        let encoding = self.model.stack.encoding();
        let [_, _, (_, least), (_, greatest)] = encoding.scaling().parts();
        let row = |share: f32| {
            let ranges = least.iter().zip(greatest);
            ranges.map(move |(low, high)| low + share * (high - low)).collect::<Vec<_>>()
        };
        let rows: Vec<f32> = [0.0, 0.3, 0.5, 1.0, -1.0, 3.0].into_iter().flat_map(row).collect();
        Dataset::new(Storage::Floats(rows), 6, encoding.n_columns()).unwrap()
    }

    /// The graph gives what the model gives.
    #[track_caller]
    pub fn agrees(&self) {
        let (model, examples) = (&self.model, self.examples());
        let context = &Context::new(Some(1)).unwrap();
        let cells = examples.floats().unwrap();
        let input = Table::new(examples.n_columns(), cells);
        let found = arithmetic::run(&self.file().graph, input);
        let n_layers = model.stack.layers().len();
        let code = match &model.network {
            Some(network) => network.encode(&examples, n_layers, context).unwrap(),
            None => model.stack.encode(&examples, n_layers, context).unwrap(),
        };
        let mut expected = vec![
            ("code", code),
            ("reconstruction", model.stack.reconstruct(&examples, None, context).unwrap()),
        ];
        if let Some(network) = &model.network {
            let outputs = network.predict(&examples, context).unwrap();
            if let Task::Classes(_) = network.head() {
                let places = most_probable(outputs.view());
                let places: Vec<f32> = places.iter().map(|place| *place as f32).collect();
                let n_rows = places.len();
                expected.push(("class", Matrix::from_values(n_rows, 1, places).unwrap()));
            }
            let is_regression = matches!(network.head(), Task::Regression(_));
            expected.push((if is_regression { "prediction" } else { "probabilities" }, outputs));
        }
        let names: BTreeSet<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(names, expected.iter().map(|(name, _)| *name).collect());
        for (name, expected) in expected {
            assert_near(name, &found[name], expected.view());
        }
    }
}

#[track_caller]
fn assert_near(name: &str, found: &Table, expected: View) {
    assert_eq!(found.n_columns, expected.n_columns(), "{name}");
    assert_eq!(found.values.len(), expected.values().len(), "{name}");
    for (found, expected) in found.values.iter().zip(expected.values()) {
        let expected = f64::from(*expected);
        let most = 1e-5 * expected.abs().max(1.0);
        assert!((found - expected).abs() <= most, "{name}: {found} for {expected}");
    }
}
