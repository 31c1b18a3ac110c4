//! Models of tables and detectors as arguments of the commands that use models.

use crate::shared::Folder;
use serde_json::Value;

/// Two numbers and a word, with holes that are `-999`; decimal commas.
fn readings(n_rows: usize) -> String {
    let row = |i: usize| {
        let x = i * 13 % 40;
        let y = if i.is_multiple_of(9) { "-999".into() } else { format!("{},5", x / 2) };
        format!("{x};{y};{}\n", ["low", "high"][x / 20])
    };
    (1..=n_rows).fold("x;y;level\n".to_string(), |text, i| text + &row(i))
}

#[test]
fn other_files_are_read_as_the_first_one_was() {
    let folder = Folder::new();
    folder.write("first.csv", readings(60));
    let layout = ["--missing", "-999", "--decimal", "comma"];
    let more = "level;y;x\nlow;-999;4\nhigh;16,5;33\n";
    folder.write("more.csv", more);
    folder
        .run([&["impute", "first.csv", "-o", "x.csv", "--model", "m"][..], &layout].concat())
        .succeeded();
    let done = folder.run(["impute", "m", "more.csv", "-o", "filled.csv"]).succeeded();
    done.says(&["filled  1 cell "]);
    assert!(!folder.text("filled.csv").contains("-999"), "{}", folder.text("filled.csv"));

    folder
        .run([&["score", "first.csv", "-o", "x.csv", "--model", "d"][..], &layout].concat())
        .succeeded();
    folder.run(["score", "d", "more.csv", "-o", "scores.csv", "--cells"]).succeeded();
    let cells = folder.text("scores.cells.csv");
    assert!(cells.lines().count() == 6 && !cells.contains("-999"), "{cells}");
}

/// A model `m` of readings and a detector `d`.
fn with_models() -> Folder {
    let folder = Folder::new();
    folder.write("table.csv", readings(40));
    let layout = ["table.csv", "--missing", "-999", "--quiet"];
    let small = ["--tabular", "--hidden", "8", "--epochs", "100", "-o", "m"];
    folder.run([&["train"], &layout[..], &small].concat()).succeeded();
    let model = ["-o", "scores.csv", "--model", "d"];
    folder.run([&["score"], &layout[..], &model].concat()).succeeded();
    folder
}

#[test]
fn a_model_of_a_table_is_a_model_like_the_others() {
    let folder = with_models();
    let done = folder.run(["inspect", "m"]).succeeded();
    for words in [
        "model of a table",
        "4 networks",
        "100 steps",
        "missing: -999",
        "0 to 39, whole",
        "2 levels: high, low",
        "10 neighbours",
        "file sha256",
    ] {
        assert!(done.stdout.contains(words), "{words} is not in: {}", done.stdout);
    }
    let found: Value = folder.run(["inspect", "m", "--json"]).succeeded().json();
    assert_eq!(found["kind"], "table model");
    assert_eq!(found["columns"][1]["range"], serde_json::json!([0.5, 19.5]));
    assert_eq!(found["errors"][0]["column"], "x");
    let done = folder.run(["inspect", "d"]).succeeded();
    for words in ["anomaly detector", "smallest p   0.02", "0 to 39", "40 rows"] {
        assert!(done.stdout.contains(words), "{words} is not in: {}", done.stdout);
    }
    let found: Value = folder.run(["inspect", "d", "--json"]).succeeded().json();
    assert_eq!((&found["kind"], &found["n_train"]), (&"anomaly detector".into(), &40.into()));

    // Another order of columns, and holes.
    folder.write("more.csv", "level;y;x\nlow;-999;4\nhigh;16,5;33\nlow;2,5;-999\n");
    let done = folder.run(["encode", "m", "more.csv", "-o", "codes.npy"]).succeeded();
    done.says(&["codes 3 x 32"]);
    folder.run(["denoise", "m", "more.csv", "-o", "expected.csv"]).succeeded();
    let text = folder.text("expected.csv");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(';').collect()).collect();
    assert_eq!((rows.len(), &rows[0]), (4, &vec!["level", "y", "x"]), "{text}");
    assert!(rows[1..].iter().all(|row| ["low", "high"].contains(&row[0])), "{text}");
    assert!(!text.contains("-999") && rows[2][1] != "16,5", "{text}");
    let done = folder.run(["evaluate", "m", "table.csv"]).succeeded();
    assert!(done.stdout.contains("-log likelihood"), "{}", done.stdout);
    let found: Value = folder.run(["evaluate", "m", "table.csv", "--json"]).succeeded().json();
    let level = &found["columns"][2];
    assert!(level["column"] == "level" && level["errors"]["log_loss"].as_f64() >= Some(0.0));
}

#[test]
fn what_a_model_cannot_do_is_refused_with_what_it_is() {
    let folder = with_models();
    for command in ["encode", "denoise", "evaluate"] {
        let out: &[&str] = match command {
            "encode" => &["-o", "x.npy"],
            "denoise" => &["-o", "y.csv"],
            _ => &[],
        };
        let done = folder.run([&[command, "d", "table.csv"][..], out].concat());
        done.failed_with(1, &["an anomaly detector", "unsmudge score MODEL FILE"]);
        let done = folder.run([&[command, "m", "table.csv", "--split", "valid"][..], out].concat());
        done.failed_with(2, &["`split` = valid", "model of a table"]);
    }
    let done = folder.run(["encode", "m", "table.csv", "-o", "x.npy", "--layer", "1"]);
    done.failed_with(2, &["`layer` = 1"]);
    let done = folder.run(["denoise", "m", "table.csv", "-o", "x.npy"]);
    done.failed_with(2, &[".csv"]);
    let done = folder.run(["denoise", "m", "table.csv", "-o", "table.csv"]);
    done.failed_with(2, &["another file than the table"]);
    let done = folder.run(["predict", "m", "table.csv", "-o", "y.csv"]);
    done.failed_with(1, &["unsmudge table model", "unsmudge impute MODEL FILE"]);
    let done = folder.run(["train", "table.csv", "--start", "m", "--out", "run", "--labels=level"]);
    done.failed_with(1, &["unsmudge table model", "unsmudge impute MODEL FILE"]);
    assert!(!folder.exists("x.npy") && !folder.exists("y.csv") && !folder.exists("run"));
}

#[test]
fn a_killed_training_goes_on_with_the_same_command_to_the_same_bytes() {
    let folder = Folder::new();
    folder.write("table.csv", readings(40));
    let train = |out: &str, epochs: &str| {
        let start = ["train", "table.csv", "--tabular", "-o", out, "--missing", "-999"];
        let given = ["--hidden", "4", "--seed", "3", "--epochs", epochs];
        [&start[..], &given].concat().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    // The first checkpoint is saved after two seconds, or before the second training.
    let epochs = "2000";
    let mut child = folder.command(train("parts", epochs)).spawn().unwrap();
    let start = std::time::Instant::now();
    while !folder.exists("parts.checkpoint") {
        assert!(start.elapsed().as_secs() < 60 && child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!folder.exists("parts"));
    let done = folder.run(train("parts", epochs)).succeeded();
    done.says(&["already done", "model   parts"]);
    assert!(done.stdout.contains("10 neighbours"), "{}", done.stdout);
    folder.run(train("whole", epochs)).succeeded();
    assert_eq!(folder.read("parts"), folder.read("whole"));
    assert!(!folder.exists("parts.checkpoint"));
    folder.run(train("parts", "1")).failed_with(2, &["`out` = parts", "not there yet"]);
}

#[test]
fn settings_that_a_model_of_a_table_has_not_are_refused_by_name() {
    let folder = Folder::new();
    folder.write("table.csv", readings(40));
    for (given, words) in [
        (&["--corruption", "masking:0.5"][..], ["`corruption` = masking:0.5", "--epochs"]),
        (&["--loss", "poisson"], ["`loss`", "--hidden"]),
        (&["--untied"], ["`untied`", "--seed"]),
        (&["--rbm"], ["`rbm`", "--tabular"]),
        (&["--hidden", "8,4"], ["`hidden` = 8,4", "one value"]),
        (&["--epochs", "0"], ["`epochs` = 0", "1 to"]),
        (&["--labels=level"], ["`labels`", "predicted from the others"]),
        (&["--valid", "5"], ["`valid` = 5", "all rows of one file"]),
        (&["--joint-epochs", "2"], ["`joint_epochs` = 2", "--batch"]),
    ] {
        let start = ["train", "table.csv", "--tabular", "-o", "m"];
        folder.run([&start[..], given].concat()).failed_with(2, &words);
    }
    assert!(!folder.exists("m") && !folder.exists("m.checkpoint"));
}
