//! Models on data that is not theirs, and files that are no models, as a user meets them.
//! (Faults 38, 40, 48, 62, 63.)

use crate::shared::{Folder, SMALL};

fn table(header: &str, factor: u32) -> String {
    // Down, since a column that counts up from 0 is none to learn from.
    let row = |i: u32| format!("{},{},{}\n", i * factor, i % 7 * factor, i % 3 * factor);
    let rows = (0..30).rev().map(row);
    format!("{header}\n{}", rows.collect::<String>())
}

/// A folder with a model `run` of columns age, height and weight.
fn with_table() -> Folder {
    let folder = Folder::new();
    folder.write("table.csv", table("age,height,weight", 1));
    let train = ["train", "table.csv", "--out", "run", "--hidden", "2", "--epochs", "2"];
    folder.run(train).succeeded();
    folder
}

// 48
#[test]
fn data_on_another_scale_is_warned_of_and_worked_on() {
    let folder = with_table();
    folder.write("large.csv", table("age,height,weight", 1000));
    let done = folder.run(["encode", "run", "large.csv", "-o", "codes.npy"]).succeeded();
    assert_eq!(
        done.stderr,
        "unsmudge: warning: large.csv: the values run from 0 to 29000, those of the training data \
         from 0 to 29: are they on the same scale?\ncodes 30 x 2  codes.npy\n"
    );
}

// 63
#[test]
fn columns_are_matched_by_name_and_others_are_refused() {
    let folder = with_table();
    folder.run(["encode", "run", "table.csv", "-o", "codes.npy"]).succeeded();
    let swapped: String = folder
        .text("table.csv")
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{},{}\n", cells[2], cells[0], cells[1])
        })
        .collect();
    folder.write("swapped.csv", swapped);
    folder.run(["encode", "run", "swapped.csv", "-o", "again.npy"]).succeeded();
    assert!(folder.read("codes.npy") == folder.read("again.npy"));
    folder.write("other.csv", table("age,height,shoe", 1));
    for command in ["encode", "denoise"] {
        let done = folder.run([command, "run", "other.csv", "-o", "other.npy"]);
        done.failed_with(1, &["other.csv", "weight", "\nhint: "]);
    }
    folder.run(["evaluate", "run", "other.csv"]).failed_with(1, &["other.csv", "weight"]);
    folder.write("few.csv", "1,2\n3,4\n");
    let done = folder.run(["encode", "run", "few.csv", "-o", "other.npy"]);
    done.failed_with(1, &["few.csv: expected 3 columns, as the model was trained on, found 2"]);
    let pictures = ["encode", "run", "-o", "other.npy"];
    let done = folder.run(pictures.iter().chain(&SMALL));
    done.failed_with(1, &["problem:rect: expected 3 columns", "found 784 columns"]);
    assert!(!folder.exists("other.npy"));
    let done = folder.run(["filters", "run", "-o", "f.png"]);
    done.failed_with(2, &["shape"]);
}

// 62
#[test]
fn a_file_of_others_is_named_by_every_command_that_takes_a_model() {
    let folder = with_table();
    folder.write("model.pt", b"PK\x03\x04rest of it");
    let told = "unsmudge: model.pt: not a usable model file: expected safetensors, found a zip \
                archive (a PyTorch .pt, a Keras .keras or an .npz file)\nhint: it must be a file \
                that unsmudge wrote; nothing else is ever opened as a model\n";
    for arguments in [
        &["inspect", "model.pt"][..],
        &["filters", "model.pt", "-o", "f.png"],
        &["encode", "model.pt", "table.csv", "-o", "c.npy"],
        &["denoise", "model.pt", "table.csv", "-o", "c.npy"],
        &["evaluate", "model.pt", "table.csv"],
        &["export", "model.pt", "--onnx", "m.onnx"],
    ] {
        folder.run(arguments).failed(1, told);
    }
    folder.run(["inspect", "table.csv"]).failed_with(1, &["table.csv: not a usable model file"]);
    folder.run(["inspect", "no"]).failed_with(1, &["no: cannot open: No such file"]);
}

// 38
#[test]
fn a_constant_column_is_warned_of_by_name() {
    let folder = Folder::new();
    let rows: String = (0..30).rev().map(|i| format!("{i},5,{}\n", i % 4)).collect();
    folder.write("table.csv", format!("a,b,c\n{rows}"));
    let train = "train table.csv --out run --hidden 2 --epochs 2";
    let done = folder.run(train.split(' ')).succeeded();
    let told = "unsmudge: warning: 1 of 3 columns have one value only and teach nothing: \"b\"\n";
    done.says(&[told]);
}

// 40
#[test]
fn cross_entropy_out_of_its_range_offers_scaling_and_leaves_no_folder() {
    let folder = Folder::new();
    folder.write("table.csv", "0.5,1\n0.2,255\n");
    let train = ["train", "table.csv", "--out", "run", "--loss", "cross-entropy", "--hidden", "2"];
    let done = folder.run(train.iter().chain(&["--scaling", "as-is"]));
    done.failed_with(
        1,
        &[
            "table.csv: row 2, column 2: expected a value in [0, 1], which cross-entropy needs, \
             found 255\n",
            "hint: use --scaling unit to bring the data into [0, 1], or --loss squared-error\n",
        ],
    );
    assert!(!folder.exists("run"));
    folder.run(train.iter().chain(&["--scaling", "unit", "--epochs", "2"])).succeeded();
}
