//! `--shard I/N`: the outputs of all parts of the rows, one after the other, are the output for all
//! rows, to the byte.

use crate::shared::{Folder, SMALL};

/// Numbers and words with missing cells, an empty line here and there.
fn table(n_rows: usize) -> String {
    let cell = |i: usize, j: usize, text: String| {
        if (i + 2 * j).is_multiple_of(9) { String::new() } else { text }
    };
    let row = |i: usize| {
        let x = i * 13 % 40;
        let word = if x < 20 { "low" } else { "high" };
        let [a, b, c] = [x.to_string(), word.to_string(), (2 * x + 1).to_string()];
        let end = if i % 17 == 4 { "\n\n" } else { "\n" };
        format!("{},{},{}{end}", cell(i, 0, a), cell(i, 1, b), cell(i, 2, c))
    };
    (0..n_rows).fold("x,word,y\n".to_string(), |text, i| text + &row(i))
}

/// The bytes that the command writes to `out`, which ends its arguments.
fn output(folder: &Folder, arguments: &[&str], out: &str) -> Vec<u8> {
    folder.run(arguments.iter().chain(&["-q", "-o", out])).succeeded();
    folder.read(out)
}

/// Those of all parts, one after the other.
fn parts(folder: &Folder, arguments: &[&str], out: &str, n_shards: usize) -> Vec<Vec<u8>> {
    let part = |i: usize| {
        let shard = format!("{i}/{n_shards}");
        output(folder, &[arguments, &["--shard", &shard]].concat(), out)
    };
    (1..=n_shards).map(part).collect()
}

/// The cells of an NPY file.
fn npy_body(bytes: &[u8]) -> &[u8] {
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    &bytes[10 + length..]
}

#[test]
fn parts_of_arrays_and_predictions_are_the_whole_ones() {
    let folder = Folder::new();
    let small = ["--hidden", "4", "--epochs", "2", "--labels", "--tune-epochs", "2", "-q"];
    folder.train("run", &small).succeeded();
    // 200 rows: parts begin and end within blocks of 64.
    for command in ["encode", "denoise"] {
        let used = [&[command, "run", "--split", "train"], &SMALL[..]].concat();
        let whole = output(&folder, &used, "out.npy");
        for n_shards in [1, 3, 7] {
            let parts = parts(&folder, &used, "out.npy", n_shards);
            let bodies: Vec<&[u8]> = parts.iter().map(|part| npy_body(part)).collect();
            assert!(bodies.concat() == npy_body(&whole), "{command} {n_shards}");
        }
    }
    for more in [&[][..], &["--probabilities"]] {
        let used = [&["predict", "run"], &SMALL[..], more].concat();
        let whole = output(&folder, &used, "out.csv");
        assert!(parts(&folder, &used, "out.csv", 3).concat() == whole, "{more:?}");
    }
}

#[test]
fn parts_of_tables_are_filled_expected_encoded_and_scored_as_the_whole() {
    let folder = Folder::new();
    folder.write("table.csv", table(140));
    let train = ["--model", "fills.model", "-o", "own.csv", "-q"];
    folder.run(["impute", "table.csv"].iter().chain(&train)).succeeded();
    for used in [
        &["impute", "fills.model", "table.csv"][..],
        &["impute", "fills.model", "table.csv", "--intervals", "90"],
        &["denoise", "fills.model", "table.csv"],
    ] {
        let whole = output(&folder, used, "out.csv");
        for n_shards in [1, 3] {
            assert!(parts(&folder, used, "out.csv", n_shards).concat() == whole, "{used:?}");
        }
    }
    let used = ["encode", "fills.model", "table.csv"];
    let whole = output(&folder, &used, "out.npy");
    let parts_of_codes = parts(&folder, &used, "out.npy", 3);
    let bodies: Vec<&[u8]> = parts_of_codes.iter().map(|part| npy_body(part)).collect();
    assert!(bodies.concat() == npy_body(&whole));

    // Draws are those of the rows' numbers.
    let used = ["impute", "fills.model", "table.csv", "--draws", "2"];
    output(&folder, &used, "out.csv");
    let whole = folder.read("out.2.csv");
    let draw = |i: usize| {
        let shard = format!("{i}/2");
        output(&folder, &[&used[..], &["--shard", &shard]].concat(), "out.csv");
        folder.read("out.2.csv")
    };
    assert!([draw(1), draw(2)].concat() == whole);

    let train = ["score", "table.csv", "-o", "own.csv", "-q", "--model", "scores.model"];
    folder.run(train).succeeded();
    let used = ["score", "scores.model", "table.csv", "--cells"];
    let whole = String::from_utf8(output(&folder, &used, "out.csv")).unwrap();
    let cells = folder.read("out.cells.csv");
    let mut cells_of_parts = Vec::new();
    let mut rows_of_parts = String::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let part = output(&folder, &[&used[..], &["--shard", shard]].concat(), "out.csv");
        rows_of_parts += &String::from_utf8(part).unwrap();
        cells_of_parts.extend(folder.read("out.cells.csv"));
    }
    assert!(cells_of_parts == cells);
    // The share of false discoveries depends on all rows.
    let without_share = |line: &str| line.rsplit_once(',').unwrap().0.to_string() + ",\n";
    let rows: String = whole.lines().skip(1).map(without_share).collect();
    assert_eq!(rows_of_parts, format!("row,score,p,fdr\n{rows}"));
}

#[test]
fn parts_that_are_none_and_work_on_all_rows_are_refused() {
    let folder = Folder::with_run();
    folder.write("table.csv", table(40));
    let refused = |arguments: &[&str], code: i32, words: &[&str]| {
        folder.run(arguments).failed_with(code, words);
    };
    let encode = |shard: &'static str| {
        let start = ["encode", "run", "-o", "out.npy", "--shard", shard];
        [&start[..], &SMALL].concat()
    };
    for shard in ["0/3", "4/3", "1/0", "3", "x/3"] {
        let done = folder.run(encode(shard));
        assert_eq!(done.code, Some(2), "{done:?}");
        done.says(&["I/N", shard]);
    }
    refused(&encode("1/21"), 2, &["1/21", "of which there are 20"]);
    let denoise = [&["denoise", "run", "--shard", "1/2"], &SMALL[..]].concat();
    refused(&[&denoise[..], &["-o", "out.png"]].concat(), 2, &["picture"]);
    let noise = ["-o", "out.npy", "--corruption", "masking:0.5"];
    refused(&[&denoise[..], &noise].concat(), 2, &["--corruption"]);
    for command in ["impute", "score"] {
        let arguments = [command, "table.csv", "-o", "out.csv", "--shard", "1/2"];
        refused(&arguments, 2, &["only with a saved model"]);
    }
    let fdr = ["score", "m", "table.csv", "-o", "out.csv", "--shard", "1/2", "--threshold"];
    refused(&[&fdr[..], &["fdr=0.1"]].concat(), 2, &["needs all rows"]);
    for name in ["out.npy", "out.png", "out.csv"] {
        assert!(!folder.exists(name));
    }
}
