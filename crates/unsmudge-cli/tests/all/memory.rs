//! Data that is streamed takes constant memory, whatever its size and format: the peak of the whole
//! process, as the system counts it.

use crate::shared::Folder;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::Stdio;

/// No command below may take more, but for tables less; the rows of each would take more than that.
const MOST_BYTES: u64 = 60 << 20;

/// Runs the program and holds its peak of resident memory to [`MOST_BYTES`].
#[track_caller]
fn takes_little(folder: &Folder, arguments: &str) {
    takes_at_most(folder, arguments, MOST_BYTES);
}

#[track_caller]
#[allow(clippy::zombie_processes)] // it is waited for, in another way
fn takes_at_most(folder: &Folder, arguments: &str, most: u64) {
    let mut command = folder.command(arguments.split_whitespace());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: both are writable and of the right types, and all zeros are a valid `rusage`; the
    // child is ours, and nobody else waits for it.
    let usage = unsafe {
        libc::wait4(child.id() as libc::pid_t, &mut status, 0, usage.as_mut_ptr());
        usage.assume_init()
    };
    assert_eq!(status, 0, "{arguments}");
    let peak = usage.ru_maxrss as u64 * 1024;
    assert!(peak < most, "{peak} bytes for {arguments}");
}

/// An NPY file of zeros, most of it holes: it takes no room on the disk.
fn zeros(folder: &Folder, name: &str, kind: &str, order: &str, shape: (u64, u64)) {
    let (rows, columns) = shape;
    let mut text =
        format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': ({rows}, {columns}), }}");
    text += &" ".repeat(117 - text.len());
    let mut file = File::create(folder.path(name)).unwrap();
    file.write_all(b"\x93NUMPY\x01\x00\x76\x00").unwrap();
    writeln!(file, "{text}").unwrap();
    let bytes = kind[2..].parse::<u64>().unwrap();
    file.set_len(128 + rows * columns * bytes).unwrap();
}

const TINY: &str = "--hidden 2 --epochs 1 --batch 500 --threads 2 --quiet --loss squared-error";

#[test]
fn bytes_of_a_plain_file() {
    let folder = Folder::new();
    zeros(&folder, "data.npy", "|u1", "False", (40_000, 3_000));
    takes_little(&folder, &format!("train data.npy --out run --stream {TINY}"));
}

#[test]
fn floats_that_lie_in_columns() {
    let folder = Folder::new();
    zeros(&folder, "data.npy", "<f4", "True", (10_000, 3_000));
    takes_little(&folder, &format!("train data.npy --out run --stream {TINY}"));
    assert!(!folder.exists("run/cache"));
}

#[test]
fn what_inflates_to_a_thousand_times_its_size() {
    let folder = Folder::new();
    // 40,000 x 2,500 bytes.
    let head = r"\x00\x00\x08\x02\x00\x00\x9c\x40\x00\x00\x09\xc4";
    let make = format!("(printf '{head}'; head -c 100000000 /dev/zero) | gzip -1 > data.gz");
    folder.shell(&make).succeeded();
    takes_little(&folder, &format!("train data.gz --out run --stream {TINY}"));
}

#[test]
fn text() {
    let folder = Folder::new();
    // 50 MB of text are 100 MB of cells.
    let line = "0,1,".repeat(1_249) + "0,1\n";
    let mut file = BufWriter::new(File::create(folder.path("data.csv")).unwrap());
    (0..10_000).for_each(|_| file.write_all(line.as_bytes()).unwrap());
    file.flush().unwrap();
    takes_little(&folder, &format!("train data.csv --out run --stream {TINY}"));
}

#[test]
fn the_codes_of_a_stack() {
    let folder = Folder::new();
    // The codes of the first layer are 80 MB.
    zeros(&folder, "data.npy", "|u1", "False", (200_000, 20));
    let stack = TINY.replace("--hidden 2", "--hidden 100,2");
    takes_little(&folder, &format!("train data.npy --out run --stream {stack}"));
    assert!(!folder.exists("run/cache"));
}

#[test]
fn no_two_layers_codes_are_in_memory_at_a_time() {
    let folder = Folder::new();
    // The codes of each of the first two layers are 40 MB, beside some 20 MB of the program's own.
    zeros(&folder, "data.npy", "|u1", "False", (100_000, 10));
    let stack = TINY.replace("--hidden 2", "--hidden 100,100,2");
    takes_at_most(&folder, &format!("train data.npy --out run {stack}"), 75 << 20);
}

#[test]
fn encode_denoise_and_predict_stream_both_ways() {
    let folder = Folder::new();
    let lines = |i: usize| format!("{}{}\n", "0,1,".repeat(25), i % 2);
    folder.write("few.csv", (0..100).map(lines).collect::<String>());
    let few = "--hidden 50 --epochs 1 --tune-epochs 1 --quiet --labels=51";
    folder.run(format!("train few.csv --out run {few}").split(' ')).succeeded();
    // 120 MB in, 60 MB out.
    zeros(&folder, "data.npy", "<f8", "False", (300_000, 50));
    for (command, out) in [
        ("encode run data.npy --stream --quiet", "codes.npy"),
        ("denoise run data.npy --stream --quiet", "clean.npy"),
        ("predict run data.npy --stream --quiet --probabilities", "found.csv"),
    ] {
        takes_little(&folder, &format!("{command} -o {out}"));
        let bytes = std::fs::metadata(folder.path(out)).unwrap().len();
        assert!(bytes == 128 + 300_000 * 50 * 4 || out == "found.csv" && bytes > 2_400_000);
    }
}

#[test]
fn tables_are_learned_from_in_a_sample_and_filled_in_parts() {
    let folder = Folder::new();
    // 18 MB of cells; those that training and filling make of them were three times as much.
    let line = |i: usize| {
        let cell = |j: usize| match (i + 7 * j) % 1_000 {
            0 => String::new(),
            _ => ((i * (j + 3) + j) % 90).to_string(),
        };
        (0..15).map(cell).collect::<Vec<_>>().join(",") + "\n"
    };
    let lines: Vec<String> = (0..1_000).map(line).collect();
    let mut file = BufWriter::new(File::create(folder.path("data.csv")).unwrap());
    (0..300_000).for_each(|i| file.write_all(lines[i % 1_000].as_bytes()).unwrap());
    file.flush().unwrap();
    let small = "--hidden 2 --batch 2000 --epochs 1 --threads 2 --quiet";
    let train = format!("train data.csv --tabular --out model {small}");
    takes_at_most(&folder, &train, 45 << 20);
    let fill = "impute model data.csv -o filled.csv --threads 2 --quiet";
    takes_at_most(&folder, fill, 45 << 20);
    assert_eq!(folder.text("filled.csv").lines().filter(|line| line.contains(",,")).count(), 0);
    assert_eq!(folder.names("."), ["data.csv", "filled.csv", "model"]);
}
