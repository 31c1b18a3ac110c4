//! The experiments that are studies, at the smallest sizes: they resume from any journal with the
//! same results, and become a part of a report.

mod smallest;

use serde_json::{Value, json};
use smallest::run;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use unsmudge::Result;
use unsmudge::event::{Event, EventKind};
use unsmudge::processor::Context;
use unsmudge_lab::experiment::{
    AnomalySettings, Budget, ImputationSettings, ManifoldSettings, Materials, MnistSettings, Study,
    anomaly, imputation, manifold, mnist, section,
};
use unsmudge_lab::report::Block;

/// Runs until `most` pieces have started; gives what was found and the pieces that started.
fn upto(name: &str, folder: &Path, most: usize) -> Result<(Option<Value>, Vec<String>)> {
    let context = Context::new(Some(2))?;
    let mut started = Vec::new();
    let mut observer = |event: Event| match event.kind {
        EventKind::Start(_) if started.len() == most => ControlFlow::Break(()),
        EventKind::Start(what) => {
            started.push(what.to_string());
            ControlFlow::Continue(())
        }
        _ => ControlFlow::Continue(()),
    };
    let mut study = Study::open(folder, &context, &mut observer)?;
    let found = run(name, 1, &mut study)?;
    drop(study);
    Ok((found, started))
}

const ALWAYS: usize = usize::MAX;

/// A study stopped at any piece goes on and finds the same; a last line that a kill has cut is done
/// again and nothing else; it becomes a part of a report with a row for each result.
fn is_resumed_and_reported(name: &str) {
    let folder = TempDir::new().unwrap();
    let (whole, pieces) = upto(name, folder.path(), ALWAYS).unwrap();
    assert!(whole.is_some() && pieces.len() >= 2, "{pieces:?}");
    // Nothing is done again when all is known.
    assert_eq!(upto(name, folder.path(), 0).unwrap(), (whole.clone(), vec![]));
    is_reported(name, folder.path(), whole.as_ref().unwrap());
    let journal = folder.path().join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, &text[..text.len() - 20]).unwrap();
    let (found, again) = upto(name, folder.path(), ALWAYS).unwrap();
    assert_eq!(found, whole);
    assert_eq!(again, pieces[pieces.len() - 1..]);
    let folder = TempDir::new().unwrap();
    let mut done = Vec::new();
    loop {
        let (found, started) = upto(name, folder.path(), 1).unwrap();
        done.extend(started);
        if found.is_some() {
            assert_eq!(found, whole);
            break;
        }
    }
    assert_eq!(done, pieces, "one piece at a time, none twice");
}

fn is_reported(name: &str, folder: &Path, found: &Value) {
    let section = section(folder).unwrap();
    let rows = section.blocks.iter().find_map(|block| match block {
        Block::Table(table) => Some(table.rows.len()),
        _ => None,
    });
    let expected = match name {
        "regenerate" => 3,  // stacks, and the digits themselves
        "few-labels" => 2,  // numbers of labelled digits
        "mnist" => 2,       // ways to fine-tune
        "imputation" => 2,  // ways to fill
        "manifold" => 4,    // models of the spiral
        "overfitting" => 4, // numbers of rows, each with and without noise
        _ => found.as_array().unwrap().len(),
    };
    assert_eq!(rows, Some(expected));
    let pictures = section.blocks.iter().filter(|block| matches!(block, Block::Figure(_)));
    let expected = match name {
        "filters" => 3,
        "patches" | "deep-relu" => 5,
        "regenerate" => 2,
        "samples" => 8,
        _ => 0,
    };
    assert_eq!(pictures.count(), expected);
}

/// A test of each, so that they run side by side.
macro_rules! studies {
    ($($test:ident: $name:literal),* $(,)?) => {
        $(#[test]
        fn $test() {
            is_resumed_and_reported($name);
        })*
    };
}

studies! {
    filters_are_resumed_and_reported: "filters",
    patches_are_resumed_and_reported: "patches",
    layers_are_resumed_and_reported: "layers",
    mnist_is_resumed_and_reported: "mnist",
    deep_relu_is_resumed_and_reported: "deep-relu",
    overfitting_is_resumed_and_reported: "overfitting",
    regenerated_digits_are_resumed_and_reported: "regenerate",
    samples_are_resumed_and_reported: "samples",
    manifolds_are_resumed_and_reported: "manifold",
    few_labels_are_resumed_and_reported: "few-labels",
    imputation_is_resumed_and_reported: "imputation",
}

#[test]
fn a_picture_that_is_gone_is_drawn_again() {
    let folder = TempDir::new().unwrap();
    upto("patches", folder.path(), ALWAYS).unwrap();
    let journal = fs::read(folder.path().join("journal.jsonl")).unwrap();
    let picture = folder.path().join("patches-masking.png");
    let before = fs::read(&picture).unwrap();
    fs::remove_file(&picture).unwrap();
    assert_eq!(upto("patches", folder.path(), ALWAYS).unwrap().1, ["masking"]);
    assert_eq!(fs::read(&picture).unwrap(), before);
    assert_eq!(fs::read(folder.path().join("journal.jsonl")).unwrap(), journal);
}

#[test]
fn a_folder_of_another_study_or_of_other_settings_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    upto("filters", folder.path(), 1).unwrap();
    let before = fs::read(folder.path().join("journal.jsonl")).unwrap();
    let context = Context::new(Some(1)).unwrap();
    for (name, seed) in [("mnist", 1), ("filters", 2)] {
        let mut observer = |_: Event| ControlFlow::Continue(());
        let mut study = Study::open(folder.path(), &context, &mut observer).unwrap();
        let error = run(name, seed, &mut study).unwrap_err().to_string();
        assert!(error.contains("`out`") && error.contains("filters with other"), "{error}");
    }
    assert_eq!(fs::read(folder.path().join("journal.jsonl")).unwrap(), before);
}

#[test]
fn machines_stand_beside_the_probes_and_a_broken_line_of_theirs_is_named() {
    let folder = TempDir::new().unwrap();
    upto("layers", folder.path(), ALWAYS).unwrap();
    for part in ["train", "valid", "test"] {
        assert!(folder.path().join(format!("codes-3-{part}.npy")).exists());
        assert!(folder.path().join(format!("classes-{part}.npy")).exists());
    }
    let machines = folder.path().join("svm.jsonl");
    let trial = r#"{"layer": 2, "kernel": "rbf", "C": 1.0, "valid_error": 0.2}"#;
    let result = r#"{"layer": 2, "kernel": "rbf", "test_error": 0.125, "interval": 0.01}"#;
    fs::write(&machines, format!("{trial}\n{result}\n")).unwrap();
    let cell = section(folder.path()).unwrap().blocks.into_iter().find_map(|block| match block {
        Block::Table(table) => Some(table.rows[2][3].clone()),
        _ => None,
    });
    assert_eq!(cell.as_deref(), Some("12.50 ± 1.00"));
    fs::write(&machines, format!("{trial}\nnonsense\n")).unwrap();
    let error = section(folder.path()).unwrap_err().to_string();
    assert!(error.contains("svm.jsonl") && error.contains("line 2"), "{error}");
}

#[test]
fn digits_with_noise_are_left_for_other_denoisers_whose_pictures_are_drawn() {
    let folder = TempDir::new().unwrap();
    let found = upto("deep-relu", folder.path(), ALWAYS).unwrap().0.unwrap();
    let read = |name: &str| unsmudge::read::read(&folder.path().join(name)).unwrap();
    let [clean, noisy] = ["clean-test.npy", "noisy-test.npy"].map(read);
    assert_eq!((clean.n_rows(), noisy.n_columns()), (30, 784));
    let pixels = clean.floats().unwrap().iter().zip(noisy.floats().unwrap());
    let errors = pixels.map(|(x, noisy)| f64::from(x - noisy.clamp(0.0, 1.0)).powi(2));
    let error = errors.sum::<f64>() / 30.0;
    assert!((found[0]["test"]["mean"].as_f64().unwrap() - error).abs() < 1e-3, "{found}");
    let line = r#"{"method":"BM3D","version":"bm3d 4","chosen":{"sigma":0.3},"valid":9.5,
        "test":{"mean":9.25,"interval":0.5,"n":30},"seconds":1.0}"#;
    fs::write(folder.path().join("rivals.jsonl"), line.replace('\n', "") + "\n").unwrap();
    let before = section(folder.path()).unwrap();
    fs::copy(folder.path().join("clean-test.npy"), folder.path().join("restored-BM3D.npy"))
        .unwrap();
    assert_eq!(upto("deep-relu", folder.path(), 0).unwrap().0, Some(found));
    let after = section(folder.path()).unwrap();
    assert_eq!(after.blocks.len(), before.blocks.len() + 1, "its picture");
    let text = format!("{:?}", after.blocks[0]);
    for words in ["BM3D, sigma 0.3", "BM3D: bm3d 4.", "9.25 ± 0.50"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn samples_of_another_program_are_measured_and_stand_after_real_digits() {
    let folder = TempDir::new().unwrap();
    let place = |name: &str| folder.path().join(name);
    let rows = || {
        let table =
            section(folder.path()).unwrap().blocks.into_iter().find_map(|block| match block {
                Block::Table(table) => Some(table.rows),
                _ => None,
            });
        table.unwrap()
    };
    upto("samples", folder.path(), ALWAYS).unwrap();
    let before = rows();
    // The training digits themselves: the nearest of them is no distance away.
    fs::copy(place("pixels-train.npy"), place("gaussians-samples.npy")).unwrap();
    fs::copy(place("classes-train.npy"), place("gaussians-classes.npy")).unwrap();
    fs::write(place("rivals.jsonl"), "{\"generator\":\"gaussians\",\"seconds\":1.5}\n").unwrap();
    upto("samples", folder.path(), ALWAYS).unwrap();
    let after = rows();
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!([&after[0][0], &after[1][0]], ["digits", "gaussians"]);
    assert_eq!(after[1][7], "0.00", "{:?}", after[1]);
}

#[test]
fn a_folder_of_digits_that_is_not_there_is_named() {
    let folder = TempDir::new().unwrap();
    let context = Context::new(Some(1)).unwrap();
    let mut observer = |_: Event| ControlFlow::Continue(());
    let mut study = Study::open(folder.path(), &context, &mut observer).unwrap();
    let digits = Some(folder.path().join("no-such-folder"));
    let materials = Materials { digits, ..Materials::default() };
    let error = mnist(&MnistSettings::of(Budget::Quick, materials), &mut study).unwrap_err();
    assert!(error.to_string().contains("no-such-folder"), "{error}");
}

/// A table with holes as it is written, and a line of another program, which failed once.
#[test]
fn tables_with_holes_are_left_for_other_programs_whose_lines_join_the_report() {
    let folder = TempDir::new().unwrap();
    let found = upto("imputation", folder.path(), ALWAYS).unwrap().0.unwrap();
    let records = found.as_array().unwrap();
    assert_eq!(records.len(), 4, "two ways to hide, cut and whole");
    assert_eq!(
        (&records[0]["table"], &records[0]["categories"]),
        (&"people-40".into(), &json!([1, 5, 6]))
    );
    let read = |name: &str| {
        let text = fs::read_to_string(folder.path().join("imputation").join(name)).unwrap();
        text.lines().map(|line| line.split(',').map(String::from).collect()).collect()
    };
    let [whole, holes, filled]: [Vec<Vec<String>>; 3] =
        ["people-40.csv", "people-40-mcar-30-0.csv", "people-40-mcar-30-0-filled.csv"].map(read);
    let cells = || whole.iter().flatten().zip(holes.iter().flatten()).zip(filled.iter().flatten());
    let n_hidden = cells().filter(|((a, b), _)| !a.is_empty() && b.is_empty()).count();
    assert_eq!(records[0]["n_hidden"], n_hidden);
    assert!(
        cells().all(|((a, b), c)| (b.is_empty() || a == b)
            && !c.is_empty()
            && (b.is_empty() || b == c))
    );
    let scores = records[0]["scores"][2].to_string();
    let lines = [
        format!(
            "{{\"method\":\"KNN\",\"failure\":null,\"scores\":{}",
            scores.replace("unsmudge", "KNN")
        ),
        "{\"method\":\"Forest\",\"failure\":\"over 600 s\",\"scores\":null".into(),
    ];
    let case =
        "\"table\":\"people-40\",\"hiding\":{\"mechanism\":\"mcar\",\"rate\":0.3},\"mask\":0";
    let lines = lines.map(|line| {
        format!("{line},{case},\"version\":\"made 1.0\",\"seconds\":2.5,\"megabytes\":99.4}}\n")
    });
    fs::write(folder.path().join("rivals.jsonl"), lines.concat()).unwrap();
    let section = section(folder.path()).unwrap();
    let text = format!("{:?}", section.blocks);
    for words in
        ["KNN", "Forest: made 1.0; over 600 s (1 of 1).", "1 of 4 tables", "\"99\"", "\"2.50\""]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let Block::Table(ranks) = &section.blocks[0] else { panic!() };
    assert_eq!(ranks.rows[3][1], "4.00", "who fails is last");
    assert_eq!(ranks.rows[1][1], ranks.rows[2][1], "equals share their rank");
}

/// `bench/imputation.py --check` in a folder: whether it finds the scores of the journal.
fn are_checked(folder: &Path) -> bool {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/imputation.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(folder).arg("--check").env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

#[test]
fn other_programs_are_scored_by_the_same_rules() {
    let folder = TempDir::new().unwrap();
    upto("imputation", folder.path(), ALWAYS).unwrap();
    assert!(are_checked(folder.path()));
    // One word of one cell.
    let holes = folder.path().join("imputation/people-40-mcar-30-0.csv");
    let path = folder.path().join("imputation/people-40-mcar-30-0-filled.csv");
    let holes = fs::read_to_string(holes).unwrap();
    let hole = holes.lines().position(|row| row.split(',').nth(1) == Some("")).unwrap();
    let filled = fs::read_to_string(&path).unwrap();
    let other = |(i, row): (usize, &str)| match i == hole {
        true => row.replace("female", "other").replace("male", "female").replace("other", "male"),
        false => row.to_string(),
    };
    let rows: Vec<String> = filled.lines().enumerate().map(other).collect();
    fs::write(&path, rows.join("\n") + "\n").unwrap();
    assert!(!are_checked(folder.path()));
}

#[test]
fn tables_stand_beside_the_spiral_and_those_without_a_plane_are_named_before_any_work() {
    let folder = TempDir::new().unwrap();
    let table = folder.path().join("t.csv");
    let row = |i: usize| format!("{},{},{},{}\n", i * i % 40, i * i, 7 * i % 50, ["u", "v"][i % 2]);
    fs::write(&table, "a,b,c,d\n".to_string() + &(0..60).map(row).collect::<String>()).unwrap();
    let run = |tables: &Path, out: &str| {
        let context = Context::new(Some(2)).unwrap();
        let mut started = Vec::new();
        let mut observer = |event: Event| {
            if let EventKind::Start(what) = event.kind {
                started.push(what.to_string());
            }
            ControlFlow::Continue(())
        };
        let out = folder.path().join(out);
        let mut study = Study::open(&out, &context, &mut observer).unwrap();
        let materials = Materials { tables: Some(tables.into()), ..Materials::default() };
        let usual = ManifoldSettings::of(Budget::Quick, materials);
        let (n_points, steps, steps_of_diffusion) = (40, 4, vec![4]);
        let tiny = ManifoldSettings { n_points, steps, steps_of_diffusion, ..usual };
        let found = manifold(&tiny, &mut study);
        drop(study);
        (found, section(&out), started)
    };
    let (found, part, started) = run(&table, "out");
    let planes = found.unwrap().unwrap().planes;
    assert_eq!((planes[1].data.as_str(), planes[1].columns.len()), ("t", 3));
    assert_eq!(planes[1].left_out, ["d (no number)"]);
    assert!(started.contains(&"t: diffusion model".into()), "{started:?}");
    assert!(!started.contains(&"t: exact expectation".into()), "{started:?}");
    let blocks = part.unwrap().blocks;
    let n_pictures = blocks.iter().filter(|block| matches!(block, Block::Field(_))).count();
    assert_eq!((n_pictures, blocks.len()), (5, 7), "a picture for each kind of model");
    // Another table of the same name and size is not taken for this one.
    let text = fs::read_to_string(&table).unwrap();
    fs::write(&table, text.replacen("\n1,", "\n2,", 1)).unwrap();
    let (found, _, started) = run(&table, "out");
    let error = found.unwrap_err().to_string();
    assert!(error.contains("`tables` = t") && error.contains("has results of"), "{error}");
    assert_eq!(started, [""; 0]);
    fs::write(&table, "a,b\n1,x\n2,y\n").unwrap();
    let (found, _, started) = run(&table, "other");
    let error = found.unwrap_err().to_string();
    assert!(error.contains("`tables`") && error.contains("t, which has 2 rows"), "{error}");
    assert_eq!(started, [""; 0]);
}

#[test]
fn another_table_of_the_same_name_is_refused_by_experiments_on_tables() {
    let folder = TempDir::new().unwrap();
    let table = folder.path().join("t.csv");
    let row = |i: usize| format!("{},{},{}\n", i % 7, i % 5, usize::from(i.is_multiple_of(20)));
    let text = "a,b,outlier\n".to_string() + &(0..60).map(row).collect::<String>();
    let run = |name: &str| {
        let (out, context) = (folder.path().join(name), Context::new(Some(1)).unwrap());
        let mut observer = |_: Event| ControlFlow::Break(());
        let mut study = Study::open(&out, &context, &mut observer).unwrap();
        let materials = Materials { tables: Some(table.clone()), ..Materials::default() };
        match name {
            "imputation" => {
                let settings = ImputationSettings::of(Budget::Quick, materials);
                imputation(&settings, &mut study).map(|found| found.is_some())
            }
            _ => {
                let settings = AnomalySettings::of(Budget::Quick, materials);
                anomaly(&settings, &mut study).map(|found| found.is_some())
            }
        }
    };
    for name in ["imputation", "anomaly"] {
        fs::write(&table, &text).unwrap();
        assert!(!run(name).unwrap() && !run(name).unwrap(), "{name}: stopped, and gone on");
        // The last cell alone is another.
        fs::write(&table, text.strip_suffix("0\n").unwrap().to_string() + "1\n").unwrap();
        let error = run(name).unwrap_err().to_string();
        assert!(error.contains("`tables` = t"), "{name}: {error}");
    }
}
