//! Data that stays on disk gives the same bytes as data in memory, and what happens to its file, or
//! to the copy of it, is noticed.

use crate::shared::{Done, Folder, send, wait_until};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;

const N_ROWS: usize = 300;

/// A number of row `i` and column `j` that looks like none of its neighbours.
fn number(i: usize, j: usize) -> u32 {
    ((i * 7 + j) as u32).wrapping_mul(2_654_435_761) >> 16 & 0xff
}

fn numbers(n_columns: usize) -> impl Iterator<Item = u32> {
    (0..N_ROWS).flat_map(move |i| (0..n_columns).map(move |j| number(i, j)))
}

/// Pictures of 8 x 8 bytes.
fn idx() -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3, 0, 0, 1, 44, 0, 0, 0, 8, 0, 0, 0, 8];
    bytes.extend(numbers(64).map(|n| n as u8));
    bytes
}

/// Big-endian f64, `N_ROWS` x 12; in Fortran order the same file is another table.
fn npy(order: &str) -> Vec<u8> {
    let mut text = format!("{{'descr': '>f8', 'fortran_order': {order}, 'shape': (300, 12), }}");
    text += &" ".repeat(117 - text.len());
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(text.as_bytes());
    bytes.push(b'\n');
    bytes.extend(numbers(12).flat_map(|n| (f64::from(n) / 7.0 - 3.0).to_be_bytes()));
    bytes
}

/// Four numbers and a class between them.
fn csv() -> String {
    let row = |i| {
        let [a, b, c, d] = [0, 1, 2, 3].map(|j| f64::from(number(i, j)) / 16.0);
        format!("{a},{b},{},{c},{d}\n", ["oak", "elm", "ash"][i % 3])
    };
    "a,b,tree,c,d\n".to_string() + &(0..N_ROWS).map(row).collect::<String>()
}

fn amat() -> String {
    let row = |i| {
        let cells = (0..64).map(|j| format!("{:.3} ", f64::from(number(i, j)) / 255.0));
        cells.collect::<String>() + &format!("{}\n", i % 2)
    };
    (0..N_ROWS).map(row).collect()
}

fn in_folder() -> Folder {
    let folder = Folder::new();
    folder.write("bytes.idx", idx());
    folder.write("floats.npy", npy("False"));
    folder.write("columns.npy", npy("True"));
    folder.write("table.csv", csv());
    folder.write("pixels.amat", amat());
    for name in ["bytes.idx", "columns.npy", "table.csv"] {
        folder.shell(&format!("gzip -k {name}")).succeeded();
    }
    folder
}

fn train(folder: &Folder, out: &str, arguments: &str) -> Done {
    let whole = format!("train --out {out} --threads 2 {arguments}");
    folder.run(whole.split_whitespace())
}

#[track_caller]
fn same(folder: &Folder, one: &str, other: &str) {
    assert!(folder.read(one) == folder.read(other), "{one} and {other} differ");
}

/// Each with a part held out, scaled by what the numbers are; stacks, and what is predicted.
#[test]
fn models_and_what_they_write_are_the_same_bytes_as_in_memory() {
    let folder = in_folder();
    for (data, more, is_copied) in [
        ("bytes.idx", "--hidden 9,5 --valid 50", false),
        ("bytes.idx.gz", "--hidden 9 --valid 0 --checkpoint-steps 3", true),
        ("floats.npy", "--hidden 5", false),
        ("floats.npy", "--hidden 5 --scaling unit --targets=2,7 --tune-epochs 2", false),
        ("columns.npy", "--hidden 5", true),
        ("columns.npy.gz", "--hidden 5 --scaling unit --loss cross-entropy", true),
        ("table.csv", "--hidden 5,4 --labels=tree --tune-epochs 3 --joint-epochs 1", true),
        ("table.csv.gz", "--hidden 5 --targets=b --labels=tree", true),
        ("pixels.amat", "--hidden 5 --rbm --labels --tune-epochs 2", true),
    ] {
        let recipe = format!("{data} --epochs 2 {more}");
        let memory = train(&folder, "memory", &recipe);
        let disk = train(&folder, "disk", &format!("{recipe} --stream"));
        if memory.code != Some(0) {
            // Refused, for whatever reason, in the same words.
            assert_eq!((memory.code, memory.stderr), (disk.code, disk.stderr), "{recipe}");
            continue;
        }
        assert_eq!(disk.code, Some(0), "{recipe}: {}", disk.stderr);
        assert_eq!(disk.stderr.contains("its rows are copied to disk/cache"), is_copied);
        assert_eq!(disk.stderr.contains("its rows stay on disk"), !is_copied);
        assert!(!memory.stderr.contains("its rows"), "{}", memory.stderr);
        same(&folder, "memory/model.safetensors", "disk/model.safetensors");
        assert!(!folder.exists("disk/cache"));
        for (command, ending) in [("encode", "npy"), ("denoise", "npy"), ("predict", "csv")] {
            let [one, other] = ["", "--stream"].map(|stream| {
                let out = format!("{command}{stream}.{ending}");
                let line = format!("{command} disk {data} -o {out} --quiet {stream}");
                (folder.run(line.split_whitespace()), out)
            });
            assert_eq!(one.0.code, other.0.code, "{other:?}");
            if one.0.code == Some(0) {
                same(&folder, &one.1, &other.1);
            }
        }
        let found = ["", "--stream"].map(|stream| {
            let line = format!("evaluate disk {data} --json --quiet {stream}");
            folder.run(line.split_whitespace()).succeeded().json()
        });
        assert_eq!(found[0], found[1], "{recipe}");
        for run in ["memory", "disk"] {
            fs::remove_dir_all(folder.path(run)).unwrap();
        }
        assert!(!folder.names(".").iter().any(|name| name.ends_with(".tmp")));
    }
}

/// A run of `data` that was stopped, and is far from done.
fn unfinished(folder: &Folder, data: &str) {
    let line = format!(
        "train {data} --out run --stream --hidden 40 --epochs 4000 --threads 1 --quiet \
         --checkpoint-steps 7"
    );
    let mut child = folder.command(line.split_whitespace()).spawn().unwrap();
    wait_until("an epoch", || folder.exists("run/metrics.jsonl"));
    send("INT", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// Resumes and stops again; what was said.
fn resumed(folder: &Folder) -> String {
    let checkpoint = folder.read("run/checkpoint.safetensors");
    let child = folder.command(["resume", "run"]).spawn().unwrap();
    wait_until("a checkpoint", || folder.read("run/checkpoint.safetensors") != checkpoint);
    send("INT", &child);
    let done = Done::from(child.wait_with_output().unwrap());
    assert_eq!(done.code, Some(130), "{done:?}");
    done.stderr
}

#[test]
fn a_run_that_was_killed_goes_on_to_the_bytes_of_one_in_memory() {
    let folder = in_folder();
    for data in ["floats.npy", "bytes.idx.gz", "table.csv"] {
        let more = if data == "table.csv" { "--labels=tree --tune-epochs 20" } else { "" };
        let recipe = format!("{data} --hidden 40,30 --epochs 60 --quiet {more}");
        train(&folder, "memory", &recipe).succeeded();
        let line = format!("train --out disk --stream --checkpoint-steps 5 {recipe}");
        let mut child = folder.command(line.split_whitespace()).spawn().unwrap();
        wait_until("an epoch", || folder.exists("disk/metrics.jsonl"));
        child.kill().unwrap();
        child.wait().unwrap();
        let resumed = folder.run(["resume", "disk"]).succeeded();
        // What was found in a table is told again, though its rows come from a copy.
        assert_eq!(resumed.stderr.contains("table, commas, header"), data == "table.csv");
        same(&folder, "memory/model.safetensors", "disk/model.safetensors");
        for run in ["memory", "disk"] {
            fs::remove_dir_all(folder.path(run)).unwrap();
        }
    }
}

#[test]
fn a_copy_is_used_again_unless_it_is_damaged_or_of_another_file() {
    let folder = in_folder();
    unfinished(&folder, "bytes.idx.gz");
    let copied = "its rows are copied to run/cache";
    assert!(!resumed(&folder).contains(copied));
    let names = folder.names("run/cache");
    assert!(names.len() == 2, "{names:?}");
    let path = |ending: &str| {
        let name = names.iter().find(|name| name.ends_with(ending)).unwrap();
        format!("run/cache/{name}")
    };
    let (cells, record) = (folder.read(path(".npy")), folder.read(path(".json")));
    let mut flipped = cells.clone();
    flipped[5_000] ^= 1;
    for bytes in [&flipped[..], &cells[..5_000], &[&cells[..], b"x"].concat(), b""] {
        folder.write(&path(".npy"), bytes);
        assert!(resumed(&folder).contains(copied));
        assert!(folder.read(path(".npy")) == cells && folder.read(path(".json")) == record);
    }
    for bytes in [&b"{}"[..], b"\xff", &record[..record.len() / 2]] {
        folder.write(&path(".json"), bytes);
        assert!(resumed(&folder).contains(copied));
    }
    // What a killed process left is swept away when the next copy is made.
    folder.write("run/cache/.unsmudge-1-0.tmp", "half");
    fs::remove_file(folder.path(path(".npy"))).unwrap();
    assert!(resumed(&folder).contains(copied));
    assert_eq!(folder.names("run/cache"), names);
    // The same size, one byte of a picture changed: not the data of this run.
    let mut other = idx();
    other[1_000] ^= 1;
    folder.write("bytes.idx", other);
    folder.shell("gzip -kf bytes.idx").succeeded();
    let done = folder.run(["resume", "run"]);
    assert!(done.stderr.contains(copied), "{}", done.stderr);
    done.failed_with(1, &["the data of run/checkpoint.safetensors: expected 270 + 30 rows with"]);
}

#[test]
fn a_file_that_is_cut_or_written_to_in_training_ends_it_and_it_goes_on_once_it_is_back() {
    let folder = in_folder();
    unfinished(&folder, "bytes.idx");
    let path = folder.path("bytes.idx");
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    let start = || {
        let before = folder.read("run/checkpoint.safetensors");
        let child = folder.command(["resume", "run", "--quiet"]).spawn().unwrap();
        wait_until("progress", || folder.read("run/checkpoint.safetensors") != before);
        child
    };
    let child = start();
    file.set_len(16 + 64 * 100 + 7).unwrap();
    let done = Done::from(child.wait_with_output().unwrap());
    // Whoever reads first finds the end, or at the end of an epoch another size.
    let told = done.stderr.clone();
    done.failed_with(1, &["bytes.idx: ", "hint: the file was changed while it was in use"]);
    let in_row = "not a usable IDX file: expected 300 rows of 64 bytes, found its end in row ";
    assert!(told.contains(in_row) || told.contains("expected the file as it was"), "{told}");
    fs::write(&path, idx()).unwrap();
    let child = start();
    file.write_all_at(&[99], 500).unwrap();
    let done = Done::from(child.wait_with_output().unwrap());
    let words = ["bytes.idx: expected the file as it was, of 19216 bytes, found a later one"];
    done.failed_with(1, &words);
    // Nobody goes on with it as it is.
    folder.run(["resume", "run", "--quiet"]).failed_with(1, &["rows with fingerprint"]);
    fs::write(&path, idx()).unwrap();
    resumed(&folder);
    // A file that was removed is still there for who has it open.
    let child = start();
    fs::remove_file(&path).unwrap();
    let before = folder.read("run/checkpoint.safetensors");
    wait_until("progress", || folder.read("run/checkpoint.safetensors") != before);
    send("INT", &child);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
}

// 72
#[test]
fn a_signal_ends_writing_and_nothing_is_left() {
    let folder = in_folder();
    train(&folder, "run", "floats.npy --hidden 200 --epochs 1 --quiet").succeeded();
    // 5 million rows of zeros, none of them written: their codes take seconds.
    let header = npy("False")[..128].to_vec();
    let header =
        String::from_utf8_lossy(&header[10..]).replace("(300, 12), }    ", "(5000000, 12), } ");
    let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    file.extend(header.replace("}\n", "}").trim_end().bytes());
    file.resize(127, b' ');
    file.push(b'\n');
    let path = folder.write("zeros.npy", file);
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(128 + 5_000_000 * 96).unwrap();
    let line = "encode run zeros.npy --quiet --stream -o codes.npy";
    let child = folder.command(line.split(' ')).spawn().unwrap();
    wait_until("the file", || folder.names(".").iter().any(|name| name.ends_with(".tmp")));
    send("INT", &child);
    let done = Done::from(child.wait_with_output().unwrap());
    let words = ["stopping; nothing is written", "codes.npy: cannot finish: operation interrupted"];
    done.failed_with(130, &words);
    assert!(!folder.names(".").iter().any(|name| name.ends_with(".tmp") || name == "codes.npy"));
}

// 64
#[test]
fn a_disk_full_in_copying_leaves_nothing_half_and_the_folder_can_be_used() {
    let folder = in_folder();
    let train = "train table.csv --out run --stream --hidden 3 --epochs 1 --quiet --labels=tree";
    for limit in [0, 1, 3] {
        let done = folder.shell(&format!("trap '' XFSZ; ulimit -f {limit}; \"$UNSMUDGE\" {train}"));
        done.failed_with(1, &["run", "cannot write: File too large", "hint: make room"]);
        assert!(!folder.exists("run/settings.toml"));
        if folder.exists("run/cache") {
            assert!(folder.names("run/cache").is_empty(), "{:?}", folder.names("run/cache"));
        }
    }
    folder.run(train.split(' ')).succeeded();
    let encode = "encode run table.csv --quiet --stream -o codes.npy";
    let done = folder.shell(&format!("trap '' XFSZ; ulimit -f 3; \"$UNSMUDGE\" {encode}"));
    done.failed_with(1, &["cannot write: File too large", "hint: make room"]);
    assert!(!folder.names(".").iter().any(|name| name.ends_with(".tmp") || name == "codes.npy"));
}

#[test]
fn what_cannot_be_learned_from_is_told_in_the_same_words() {
    let folder = in_folder();
    let mut large = npy("False");
    large[128 + 8 * 13..][..8].copy_from_slice(&1e300f64.to_be_bytes());
    folder.write("large.npy", &large);
    let mut infinite = npy("False");
    infinite[128 + 8 * 29..][..8].copy_from_slice(&f64::INFINITY.to_be_bytes());
    folder.write("infinite.npy", &infinite);
    let mut large_columns = npy("True");
    large_columns[128 + 8 * 310..][..8].copy_from_slice(&1e300f64.to_be_bytes());
    folder.write("large-columns.npy", large_columns);
    folder.write("word.csv", csv().replacen("ash,", "ash,x", 9));
    folder.write("cut.idx", &idx()[..9_000]);
    folder.shell("head -c 200 bytes.idx.gz > cut.gz").succeeded();
    for data in
        ["large.npy", "infinite.npy", "large-columns.npy", "word.csv", "cut.idx", "cut.gz", "none"]
    {
        let recipe = format!("{data} --quiet --labels=tree");
        let recipe = if data == "word.csv" { recipe } else { format!("{data} --quiet") };
        let memory = train(&folder, "memory", &recipe);
        assert_eq!(memory.code, Some(1), "{data}: {memory:?}");
        train(&folder, "disk", &format!("{recipe} --stream")).failed(1, &memory.stderr);
        assert!(!folder.exists("disk/settings.toml"));
        // Only a copy needs the folder.
        assert!(!data.ends_with(".npy") || folder.exists("disk") == (data == "large-columns.npy"));
        let _ = fs::remove_dir_all(folder.path("disk"));
    }
    train(&folder, "disk", "problem:rect --stream")
        .failed_with(2, &["setting `stream` = true: allowed is only with a file or a folder"]);
    // 2^32 rows, none of them written: refused by number, and at once.
    let mut header = npy("False");
    header.truncate(128);
    let header = String::from_utf8_lossy(&header[10..]).replace(">f8", "|u1");
    let shape = header.replace("(300, 12), }       ", "(4294967296, 1), } ");
    let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    file.extend(shape.as_bytes());
    let path = folder.write("rows.npy", &file);
    OpenOptions::new().write(true).open(path).unwrap().set_len(128 + (1 << 32)).unwrap();
    for stream in ["", "--stream"] {
        train(&folder, "disk", &format!("rows.npy {stream}")).failed_with(
            1,
            &["rows.npy: expected at most 4294967295 rows, found 4294967296", "a part of them"],
        );
    }
}
