//! `train --diffusion` and `sample`, by all kinds of models.

use crate::shared::Folder;
use serde_json::Value;

/// Numbers in two groups, the second of which is a class apart.
fn groups(n_rows: usize) -> String {
    let row = |i: usize| {
        let (x, y) = ((i * 37 % 100) as f64 / 100.0, (i * 61 % 100) as f64 / 100.0);
        match i % 2 {
            0 => format!("{x},{y},low\n"),
            _ => format!("{},{},high\n", x + 5.0, y + 5.0),
        }
    };
    (0..n_rows).fold("x,y,kind\n".to_string(), |text, i| text + &row(i))
}

const SMALL: [&str; 6] = ["--hidden", "24,24", "--epochs", "150", "--quiet", "--diffusion"];

/// A diffusion model `m` of groups.
fn with_model() -> Folder {
    let folder = Folder::new();
    folder.write("rows.csv", groups(120));
    let train = ["train", "rows.csv", "--labels=kind", "-o", "m"];
    folder.run([&train[..], &SMALL].concat()).succeeded();
    folder
}

/// The cells of a CSV file without its header.
fn cells(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(|line| line.split(',').map(String::from).collect()).collect()
}

#[test]
fn samples_of_a_diffusion_model_come_class_by_class() {
    let folder = with_model();
    let done = folder.run(["sample", "m", "-n", "20", "-o", "s.csv", "--steps", "12"]).succeeded();
    done.says(&["samples 20  s.csv"]);
    let text = folder.text("s.csv");
    assert!(text.starts_with("x,y,class\n"), "{text}");
    let fits = |row: &Vec<String>| {
        let x: f64 = row[0].parse().unwrap();
        (0.0..=6.0).contains(&x) && (x > 3.0) == (row[2] == "high")
    };
    assert!(cells(&text).iter().filter(|row| fits(row)).count() >= 17, "{text}");
    folder.run(["sample", "m", "-n", "5", "-o", "one.csv", "--class", "low"]).succeeded();
    assert!(cells(&folder.text("one.csv")).iter().all(|row| row[2] == "low"));
    // The same command gives the same file, with any number of threads.
    for threads in ["1", "2"] {
        let again = ["sample", "m", "-n", "20", "-o", "again.csv", "--steps", "12", "--threads"];
        folder.run([&again[..], &[threads]].concat()).succeeded();
        assert_eq!(folder.text("again.csv"), text);
    }
    let done = folder.run(["inspect", "m"]).succeeded();
    for words in ["diffusion model", "2 x 24", "high, low", "120 rows"] {
        assert!(done.stdout.contains(words), "{words} is not in: {}", done.stdout);
    }
    let found: Value = folder.run(["inspect", "m", "--json"]).succeeded().json();
    assert_eq!((&found["kind"], &found["columns"]), (&"diffusion model".into(), &2.into()));
}

#[test]
fn large_numbers_and_whole_ones_come_back_as_such() {
    let folder = Folder::new();
    let row = |i: usize| format!("{},{}\n", 1_700_000_000_000u64 + 7 * i as u64, i % 5);
    folder.write("rows.csv", (0..80).fold("at,count\n".to_string(), |text, i| text + &row(i)));
    folder.run([&["train", "rows.csv", "-o", "m"][..], &SMALL].concat()).succeeded();
    folder.write("held.csv", "at,count\n1700000000070,\n,3\n");
    folder.run(["sample", "m", "-n", "20", "-o", "s.csv"]).succeeded();
    folder.run(["sample", "m", "--clamp", "held.csv", "-o", "t.csv"]).succeeded();
    let held = cells(&folder.text("t.csv"));
    assert!(held[0][0] == "1700000000070" && held[1][1] == "3", "{held:?}");
    for row in cells(&folder.text("s.csv")).iter().chain(&held) {
        let (at, count): (u64, u64) = (row[0].parse().unwrap(), row[1].parse().unwrap());
        assert!((1_700_000_000_000..=1_700_000_000_553).contains(&at) && count <= 4, "{row:?}");
    }
}

#[test]
fn a_diffusion_model_removes_noise_of_the_level_that_it_is_told() {
    let folder = with_model();
    folder.write("noisy.csv", "x,y\n5.3,5.9\n0.2,0.1\n0.6,6.0\n");
    let start = ["denoise", "m", "noisy.csv", "-o"];
    let done = folder.run([&start[..], &["clean.npy", "--level", "0.1"]].concat()).succeeded();
    done.says(&["reconstructions 3  clean.npy"]);
    // 3 x 2 numbers of 4 bytes after the header.
    assert_eq!(folder.read("clean.npy").len(), 128 + 24);
    for (more, words) in [
        (&["x.npy"][..], ["`level` = (none)", "of the data"]),
        (&["x.npy", "--level", "0"], ["`level` = 0", "above 0"]),
        (&["x.png", "--level", "0.1"], ["`shape`", "no pictures"]),
        (&["x.npy", "--level", "0.1", "--corruption", "none"], ["`corruption`", "as they are"]),
    ] {
        folder.run([&start[..], more].concat()).failed_with(2, &words);
        assert!(!folder.exists("x.npy") && !folder.exists("x.png"));
    }
}

#[test]
fn held_cells_stay_in_samples() {
    let folder = with_model();
    folder.write("held.csv", "x,y\n5.5,\n5.25,\n0.5,\n");
    folder.run(["sample", "m", "--clamp", "held.csv", "-o", "whole.csv"]).succeeded();
    let rows = cells(&folder.text("whole.csv"));
    assert_eq!(rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["5.5", "5.25", "0.5"]);
    assert!(rows.iter().all(|row| !row[1].is_empty()), "{rows:?}");
    folder.write("wide.csv", "x,z\n5.5,\n");
    folder
        .run(["sample", "m", "--clamp", "wide.csv", "-o", "wide-whole.csv"])
        .failed_with(1, &["wide.csv", "y"]);
    assert!(!folder.exists("wide-whole.csv"));
}

#[test]
fn chains_of_layers_start_from_noise_or_from_rows() {
    let folder = Folder::new();
    let data = ["train", "problem:basic", "--size", "60,20,0", "--epochs", "1", "--quiet"];
    folder.run([&data[..], &["--hidden", "12", "-o", "dae"]].concat()).succeeded();
    folder.run([&data[..], &["--hidden", "12,8", "--rbm", "-o", "dbn"]].concat()).succeeded();
    for run in ["dae", "dbn"] {
        let start = ["sample", run, "-n", "6", "--steps", "3", "-o"];
        folder.run([&start[..], &["s.png"]].concat()).succeeded().says(&["samples 6  s.png"]);
        folder.run([&start[..], &["s.npy"]].concat()).succeeded();
        folder.run(["sample", run, "--from", "s.npy", "--steps", "2", "-o", "t.npy"]).succeeded();
        assert!(folder.exists("s.png") && folder.exists("t.npy"));
    }
    let refused = ["sample", "dae", "-n", "2", "-o", "x.npy"];
    for (more, words) in [
        (&["--class", "3"][..], ["`class`", "no classes"]),
        (&["--guidance", "1"], ["`guidance`", "no classes"]),
        (&["--steps", "0"], ["`steps` = 0", "1 or more"]),
        (&["--from", "s.npy", "-n", "9"], ["`samples` = 9", "6"]),
    ] {
        let arguments: Vec<&str> = match more.contains(&"-n") {
            true => [&["sample", "dae", "-o", "x.npy"], more].concat(),
            false => [&refused[..], more].concat(),
        };
        folder.run(arguments).failed_with(2, &words);
    }
    let done = folder.run(["sample", "dbn", "--corruption", "masking:0.1", "-o", "x.npy"]);
    done.failed_with(2, &["`corruption`", "draw their own units"]);
    assert!(!folder.exists("x.npy"));
}

#[test]
fn rows_of_a_table_are_drawn_with_their_words() {
    let folder = Folder::new();
    folder.write("rows.csv", groups(80));
    let small = ["--tabular", "--hidden", "8", "--epochs", "100", "--quiet", "-o", "m"];
    folder.run([&["train", "rows.csv"], &small[..]].concat()).succeeded();
    folder.run(["sample", "m", "-n", "30", "-o", "s.csv"]).succeeded();
    let text = folder.text("s.csv");
    assert!(text.starts_with("x,y,kind\n") && text.lines().count() == 31, "{text}");
    assert!(cells(&text).iter().all(|row| ["low", "high"].contains(&row[2].as_str())));
    folder.write("held.csv", "x,y,kind\n,,high\n,,low\n");
    folder.run(["sample", "m", "--clamp", "held.csv", "-o", "t.csv"]).succeeded();
    let kinds: Vec<String> =
        cells(&folder.text("t.csv")).into_iter().map(|row| row[2].clone()).collect();
    assert_eq!(kinds, ["high", "low"]);
    folder
        .run(["sample", "m", "--steps", "5", "-o", "x.csv"])
        .failed_with(2, &["`steps`", "column by column"]);
}

#[test]
fn what_cannot_be_sampled_is_refused_before_anything_is_written() {
    let folder = with_model();
    folder.write("text.csv", "x,y,word\n1,2,a\n2,3,b\n3,1,a\n");
    for (code, arguments, words) in [
        (2, &["sample", "m", "-n", "0", "-o", "x.npy"][..], ["`samples` = 0", "1 or more"]),
        (1, &["sample", "m", "-n", "1000000000000", "-o", "x.npy"], ["samples", "memory"]),
        (
            2,
            &["sample", "m", "-o", "x.npy", "--class", "middle"],
            ["`class` = middle", "high, low"],
        ),
        (2, &["sample", "m", "-o", "x.npy", "--steps", "1"], ["`steps` = 1", "2 to"]),
        (2, &["sample", "m", "-o", "x.png"], ["`shape`", "no pictures"]),
        (2, &["sample", "m", "-o", "x.npy", "--from", "rows.csv"], ["`from`", "starts from noise"]),
        (1, &["encode", "m", "rows.csv", "-o", "x.npy"], ["diffusion model", "unsmudge sample"]),
        (1, &["train", "text.csv", "--diffusion", "-o", "x.npy"], ["word", "--tabular"]),
        (2, &["train", "rows.csv", "--diffusion", "-o", "m"], ["`out`", "not there yet"]),
    ] {
        folder.run(arguments).failed_with(code, &words);
        assert!(!folder.exists("x.npy") && !folder.exists("x.png"), "{arguments:?}");
    }
    let done = folder.run(["train", "rows.csv", "--diffusion", "--rbm", "-o", "x"]);
    done.failed_with(2, &["`rbm`", "--diffusion"]);
}
