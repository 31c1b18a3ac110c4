//! Tables of categories and missing cells: what is learned of them, what is left out, and that the
//! bits are the same wherever the rows are.

use std::collections::HashSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use unsmudge::dataset::{Dataset, Splits, Storage};
use unsmudge::encoding::Encoding;
use unsmudge::likelihood::Likelihood;
use unsmudge::matrix::View;
use unsmudge::model_file::Model;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::read::{Columns, Role, read, read_as};
use unsmudge::run::{self, Recipe};
use unsmudge::schema::{Column, ColumnKind, Schema};
use unsmudge::source::load_files;
use unsmudge::write::write_npy;

const N_ROWS: usize = 400;
const N_COLUMNS: usize = 4;

/// A size, its double with a little noise, a category that follows from it, and a size of its own;
/// every fifth double and every seventh category is missing.
fn cells(row: usize) -> [f32; N_COLUMNS] {
    let mut words = [0; 3];
    Key::new(5, Purpose::Sample).at_row(row as u64).fill(&mut words);
    let [size, noise, other] = words.map(unit);
    let missing =
        |every: usize, value: f32| if row.is_multiple_of(every) { f32::NAN } else { value };
    let level = (3.0 * size).floor();
    [10.0 * size, missing(5, 20.0 * size + noise), missing(7, level), other]
}

fn schema() -> Schema {
    let levels = ["low", "middle", "high"].map(String::from).to_vec();
    let category = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
    let names = ["size", "double", "level", "other"].map(String::from).to_vec();
    Schema::new(N_COLUMNS).with_names(names).unwrap().with_column(2, category).unwrap()
}

fn table() -> Dataset {
    let storage = Storage::Floats((0..N_ROWS).flat_map(cells).collect());
    Dataset::new(storage, N_ROWS, N_COLUMNS).unwrap().with_schema(schema()).unwrap()
}

fn recipe(settings: &str) -> Recipe {
    Recipe::parse(settings, "settings.toml".as_ref()).unwrap()
}

const DENOISER: &str = "[[layer]]\nn_hidden = 12\ncorruption = 'masking:0.3'\nactivation = 'tanh'\n\
                        [layer.training]\nepochs = 60\nbatch = 20\nseed = 2\noptimizer = 'adam'\n\
                        rate = 0.01";

fn fit(settings: &str, train: Dataset, n_threads: usize) -> unsmudge::Result<Model> {
    let context = Context::new(Some(n_threads)).unwrap();
    let splits = Splits { train, valid: None, test: None };
    let trained =
        run::fit(&recipe(settings), splits, &context, &mut |_| ControlFlow::Continue(()))?;
    Ok(trained.model)
}

#[test]
fn losses_are_those_of_each_columns_likelihood_without_missing_cells() {
    let settings = DENOISER.replace("masking:0.3", "none").replace("epochs = 60", "epochs = 2");
    let settings = format!("data.valid = 'last:{}'\n{settings}", N_ROWS / 10);
    let table = table();
    let model = fit(&settings, table.clone(), 2).unwrap();
    let encoding = model.stack.encoding();
    // Three numbers, three levels, two indicators.
    assert_eq!((encoding.n_columns(), encoding.n_slots()), (4, 8));
    let kinds: Vec<_> = model.stack.first().output().heads().iter().map(|h| h.likelihood).collect();
    assert_eq!(kinds, [Likelihood::Gaussian, Likelihood::Categorical, Likelihood::Gaussian]);
    let context = Context::new(Some(1)).unwrap();
    let (mut all, mut held_out) = (0.0, 0.0);
    let look = |row: usize, example: unsmudge::coder::Reconstruction| {
        let (x, z) = (example.clean, example.reconstruction);
        let square = |slot: usize| (f64::from(x[slot]) - f64::from(z[slot])).powi(2);
        let level = (2..5).find(|slot| x[*slot] == 1.0);
        assert_eq!(level.is_none(), row.is_multiple_of(7));
        let mut loss = square(0) + square(5) - level.map_or(0.0, |slot| f64::from(z[slot]).ln());
        if !row.is_multiple_of(5) {
            loss += square(1);
        }
        assert!((loss - example.loss).abs() < 1e-4 * loss.max(1.0), "row {row}: {loss}");
        assert_eq!(&z[6..], [0.0; 2], "indicators are not reconstructed");
        all += example.loss;
        held_out += if row >= N_ROWS * 9 / 10 { example.loss } else { 0.0 };
        Ok(())
    };
    model.stack.each_reconstruction(&table, None, &context, look).unwrap();
    // The loss of a training step is the same: its last epoch is the one that was saved.
    let record = &model.record.layers[0];
    let of_training = record.best().unwrap().valid_loss.unwrap();
    let mean = held_out / (N_ROWS / 10) as f64;
    assert!((mean - of_training).abs() < 1e-4 * mean, "{mean} against {of_training}");
    assert!(all > held_out);
}

#[test]
fn missing_cells_are_filled_from_the_others() {
    let table = table();
    let model = fit(DENOISER, table.clone(), 2).unwrap();
    let filled = model.stack.reconstruct(&table, None, &Context::new(Some(1)).unwrap()).unwrap();
    let (mut error, mut spread, mut n_right, mut n_levels) = (0.0, 0.0, 0, 0);
    for row in 0..N_ROWS {
        let size = cells(row)[0];
        if row.is_multiple_of(5) {
            error += (f64::from(filled.row(row)[1]) - f64::from(2.0 * size + 0.5)).powi(2);
            spread += (f64::from(2.0 * size) - 10.0).powi(2);
        }
        if row.is_multiple_of(7) {
            n_levels += 1;
            n_right += usize::from(filled.row(row)[2] == (0.3 * size).floor());
        }
    }
    assert!(error < 0.1 * spread, "{error} of {spread}");
    assert!(n_right * 10 >= n_levels * 8, "{n_right} of {n_levels}");
}

#[test]
fn the_bits_are_the_same_for_any_threads_and_from_memory_file_or_disk() {
    let plain = |storage| Dataset::new(storage, N_ROWS, N_COLUMNS).unwrap();
    let values: Vec<f32> = (0..N_ROWS).flat_map(cells).collect();
    let settings = DENOISER.replace("epochs = 60", "epochs = 3").replace("masking", "swap");
    let of = |n_threads| {
        let model = fit(&settings, plain(Storage::Floats(values.clone())), n_threads).unwrap();
        model.to_bytes().unwrap()
    };
    let wanted = of(1);
    assert!(of(2) == wanted && of(3) == wanted, "threads");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.npy");
    write_npy(&file, View::new(N_ROWS, N_COLUMNS, &values).unwrap()).unwrap();
    let text: String = values
        .chunks(N_COLUMNS)
        .map(|row| {
            let cell = |v: &f32| if v.is_nan() { String::new() } else { v.to_string() };
            format!("{}\n", row.iter().map(cell).collect::<Vec<_>>().join(","))
        })
        .collect();
    let table = folder.path().join("rows.csv");
    fs::write(&table, text).unwrap();
    for source in [file, table] {
        for stream in [false, true] {
            let mut recipe = recipe(&settings);
            (recipe.data.source, recipe.data.stream) = (source.clone(), stream);
            let out = folder.path().join("run");
            let context = Context::new(Some(2)).unwrap();
            run::train(&recipe, &out, &load_files, &context, &mut |_| ControlFlow::Continue(()))
                .unwrap();
            let found = fs::read(out.join(run::MODEL_NAME)).unwrap();
            assert!(found == wanted, "{} {stream}", source.display());
            fs::remove_dir_all(&out).unwrap();
        }
    }
}

#[test]
fn a_saved_model_has_its_columns_and_takes_others_by_name() {
    let model = fit(DENOISER, table(), 2).unwrap();
    let saved = Model::from_bytes(model.to_bytes().unwrap(), Path::new("model")).unwrap();
    assert_eq!(saved, model);
    let schema = &saved.record.schema;
    assert_eq!([0, 1, 2, 3].map(|j| schema.column(j).missing), [false, true, true, false]);
    // Numbers in another order are arranged, and mean places of levels.
    let row = [0.5, 1.0, f32::NAN, 3.0];
    let other = Dataset::new(Storage::Floats(row.to_vec()), 1, 4).unwrap();
    let names = ["other", "level", "double", "size"].map(String::from).to_vec();
    let arranged = saved.arrange(other.with_columns(names).unwrap()).unwrap();
    let mut slots = [0.0; 8];
    saved.stack.encoding().encode_rows(&arranged, 0, &mut slots).unwrap();
    assert_eq!(&slots[1..5], [0.0, 0.0, 1.0, 0.0]);
    assert_eq!(&slots[6..], [1.0, 0.0]);
    // Missing cells in new places, other levels and other kinds are refused.
    let hole = Dataset::new(Storage::Floats(vec![f32::NAN, 1.0, 1.0, 0.5]), 1, 4).unwrap();
    let error = saved.stack.encoding().check_cells(&saved.arrange(hole).unwrap()).unwrap_err();
    assert!(error.to_string().contains("column \"size\""), "{error}");
    let levels = vec!["low".into(), "high".into()];
    let kind = ColumnKind::Category { levels };
    let column = Column { kind, ..Column::default() };
    let other = table().with_schema(schema.clone().with_column(2, column).unwrap()).unwrap();
    let error = saved.arrange(other).unwrap_err().to_string();
    assert!(error.contains("column \"level\" to be a category of \"low\", \"middle\""), "{error}");
    // A level that was never seen is none of the known ones.
    let unknown = Dataset::new(Storage::Floats(vec![1.0, 1.0, 7.0, 0.5]), 1, 4).unwrap();
    saved.stack.encoding().encode_rows(&unknown, 0, &mut slots).unwrap();
    assert_eq!(&slots[2..5], [0.0; 3]);
}

#[test]
fn stacks_joint_stages_and_networks_learn_from_missing_cells() {
    let stack = format!("{DENOISER}\n{DENOISER}\n").replace("epochs = 60", "epochs = 2");
    let joint =
        "[joint]\ncorruption = 'swap:0.3'\nemphasis = 'double'\n[joint.training]\nepochs = 2";
    let network = "[network.training]\nepochs = 2\n";
    let text = format!("data = {{ labels = true }}\n{stack}{joint}\n{network}");
    let codes = (0..N_ROWS as u32).map(|row| row % 2).collect();
    let table = table().with_classes(codes, Some(vec!["a".into(), "b".into()])).unwrap();
    let model = fit(&text, table.clone(), 2).unwrap();
    let context = Context::new(Some(1)).unwrap();
    let predicted = model.network.unwrap().predict(&table, &context).unwrap();
    assert!(predicted.values().iter().all(|p| p.is_finite()));
}

#[test]
fn walks_draw_levels_and_missing_cells_and_are_refused_for_numbers_without_a_spread() {
    let settings = DENOISER.replace("n_hidden", "walkback = 3\nn_hidden");
    let error = fit(&settings, table(), 1).unwrap_err().to_string();
    assert!(error.contains("`walkback` = 3") && error.contains("squared error"), "{error}");
    let settings =
        format!("data.scaling = 'unit'\n{settings}").replace("epochs = 60", "epochs = 3");
    let model = fit(&settings, table(), 1).unwrap();
    assert_eq!(fit(&settings, table(), 2).unwrap(), model);
    let losses: Vec<f64> = model.record.layers[0].history.iter().map(|of| of.train_loss).collect();
    // Of two numbers, a level of three and a number, none of which is certain.
    assert!(losses.iter().all(|loss| *loss > 0.0 && *loss < 6.0), "{losses:?}");
}

#[test]
fn layers_that_cannot_learn_from_missing_cells_or_categories_say_so() {
    let unit = |row: usize| {
        let [size, double, ..] = cells(row);
        [size / 10.0, double / 21.0]
    };
    let unit = Storage::Floats((0..N_ROWS).flat_map(unit).collect());
    let rows = Dataset::new(unit, N_ROWS, 2).unwrap();
    let kind = |kind: &str| format!("[[layer]]\nkind = '{kind}'\n");
    for name in ["rbm", "marginalized"] {
        let error = fit(&kind(name), rows.clone(), 1).unwrap_err();
        assert!(error.to_string().contains("80 missing (NaN)"), "{name}: {error}");
        assert!(error.hint().unwrap().to_string().contains("autoencoders"), "{name}");
    }
    let whole = (0..N_ROWS).flat_map(|row| [cells(row)[0], (row % 3) as f32]);
    let rows = Dataset::new(Storage::Floats(whole.collect()), N_ROWS, 2).unwrap();
    let category = schema().column(2).clone();
    let rows = rows.with_schema(Schema::new(2).with_column(1, category).unwrap()).unwrap();
    let error = fit(&kind("marginalized"), rows, 1).unwrap_err().to_string();
    assert!(error.contains("tables with categories"), "{error}");
}

#[test]
fn an_infinite_cell_is_named_by_its_row_of_the_file_also_among_held_out_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let rows: String = (0..60).map(|i| if i == 58 { "inf,1\n" } else { "0.5,1\n" }).collect();
    fs::write(&path, rows).unwrap();
    let table = read(&path).unwrap();
    let (train, valid) = table.split_last(6).unwrap();
    let error = Encoding::of(None, &train, Some(&valid)).unwrap_err().to_string();
    assert!(error.contains("row 59, column 1") && error.contains("1 infinite"), "{error}");
}

#[test]
fn a_model_of_version_1_is_read() {
    let file = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let model = Model::load(&file("tests/files/model-0.1.0.safetensors")).unwrap();
    let names = ["length", "width", "stalk", "area", "mass"];
    assert_eq!(model.record.schema.names().unwrap(), names);
    assert!(model.record.schema.is_plain());
    // It denoises the first rows of its data as the program that wrote it did.
    let leaves = read(&file("tests/files/leaves.npy")).unwrap();
    let wanted = read(&file("tests/files/clean-0.1.0.npy")).unwrap();
    let context = Context::new(Some(1)).unwrap();
    let clean = model.stack.reconstruct(&leaves, None, &context).unwrap();
    let mut cells = vec![0.0; clean.values().len()];
    wanted.copy_rows(0, &mut cells).unwrap();
    for (found, wanted) in clean.values().iter().zip(cells) {
        assert!((found - wanted).abs() <= 1e-5 * wanted.abs(), "{found} against {wanted}");
    }
    // Saved again it is of the version of today, and the same.
    let again = Model::from_bytes(model.to_bytes().unwrap(), Path::new("model")).unwrap();
    assert_eq!(again.stack, model.stack);
    assert_eq!(again.network, model.network);
}

/// Milliseconds since 1970, a second apart, and a number.
fn times(first: usize, n_rows: usize) -> Vec<f64> {
    let number = |row: usize| ((row * 37) % 101) as f64 / 101.0;
    let row = |row: usize| [1_707_954_127_790.0 + 1000.0 * row as f64, number(row)];
    (first..first + n_rows).flat_map(row).collect()
}

/// An array of f64, with its columns together where `is_fortran`.
fn npy(values: &[f64], is_fortran: bool) -> Vec<u8> {
    let n_rows = values.len() / 2;
    let word = if is_fortran { "True" } else { "False" };
    let header = format!("{{'descr': '<f8', 'fortran_order': {word}, 'shape': ({n_rows}, 2), }}");
    let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    file.extend(format!("{header:117}\n").bytes());
    let place = |k: usize| if is_fortran { 2 * (k % n_rows) + k / n_rows } else { k };
    file.extend((0..values.len()).flat_map(|k| values[place(k)].to_le_bytes()));
    file
}

#[test]
fn large_numbers_are_told_apart_in_files_in_memory_and_on_disk() {
    const N: usize = 60;
    let values = times(0, N);
    let settings = DENOISER.replace("epochs = 60", "epochs = 5");
    let rows = Dataset::from_f64(&values, N, 2).unwrap();
    let model = fit(&settings, rows, 1).unwrap();
    let wanted = model.to_bytes().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("rows.npy"), npy(&values, false)).unwrap();
    fs::write(path("columns.npy"), npy(&values, true)).unwrap();
    let text: String =
        values.chunks(2).map(|row| format!("{},{}\n", row[0], row[1] as f32)).collect();
    fs::write(path("rows.csv"), text).unwrap();
    for name in ["rows.npy", "columns.npy", "rows.csv"] {
        for stream in [false, true] {
            let mut recipe = recipe(&settings);
            (recipe.data.source, recipe.data.stream) = (path(name), stream);
            let (out, context) = (path("run"), Context::new(Some(2)).unwrap());
            run::train(&recipe, &out, &load_files, &context, &mut |_| ControlFlow::Continue(()))
                .unwrap();
            assert!(fs::read(out.join(run::MODEL_NAME)).unwrap() == wanted, "{name} {stream}");
            fs::remove_dir_all(&out).unwrap();
        }
    }
    // All rows have codes of their own, and later rows, whose first is another, keep theirs.
    let context = Context::new(Some(1)).unwrap();
    let codes = |values: &[f64]| {
        let rows = Dataset::from_f64(values, values.len() / 2, 2).unwrap();
        model.stack.encode(&model.arrange(rows).unwrap(), 1, &context).unwrap()
    };
    let all = codes(&values);
    let distinct: HashSet<Vec<u32>> =
        (0..N).map(|row| all.row(row).iter().map(|v| v.to_bits()).collect()).collect();
    assert_eq!(distinct.len(), N);
    let later = codes(&times(30, 20));
    for row in 0..20 {
        for (found, wanted) in later.row(row).iter().zip(all.row(30 + row)) {
            assert!((found - wanted).abs() < 1e-5, "row {row}: {found} against {wanted}");
        }
    }
    // Reconstructions are times again.
    let rows = model.arrange(Dataset::from_f64(&values, N, 2).unwrap()).unwrap();
    let clean = model.stack.reconstruct(&rows, None, &context).unwrap();
    assert!((f64::from(clean.row(7)[0]) - values[14]).abs() < 200_000.0, "{}", clean.row(7)[0]);
}

#[test]
fn large_numbers_to_predict_keep_their_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let row = |i: usize| format!("0.{i:02},{}\n", 20_000_000 + 1000 * i);
    fs::write(&path, format!("a,price\n{}", (10..90).map(row).collect::<String>())).unwrap();
    let columns = Columns::Named(vec!["price".into()]);
    let rows = read_as(&path, Role::Numbers(&columns)).unwrap();
    let values = rows.values().unwrap();
    assert_eq!((values.row(0)[0], values.row(79)[0]), (20_010_000.0, 20_089_000.0));
    assert_eq!(rows.schema().column(0).offset, 0.0);
}

#[test]
fn a_default_looks_at_held_out_rows_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let row =
        |i: usize| format!("0.{},{}\n", 100 + (i * 37) % 800, if i == 58 { "2" } else { "0.5" });
    fs::write(&path, (0..60).map(row).collect::<String>()).unwrap();
    let mut recipe = recipe("[[layer]]\nn_hidden = 3\n[layer.training]\nepochs = 1");
    recipe.data.source = path;
    let (out, context) = (folder.path().join("run"), Context::new(Some(1)).unwrap());
    let result =
        run::train(&recipe, &out, &load_files, &context, &mut |_| ControlFlow::Continue(()));
    let likelihood = result.unwrap().model.stack.first().output().likelihood();
    assert_eq!(likelihood, Likelihood::Gaussian);
}
