//! Reading and writing, and the conversation with run.py.

use std::fs;

/// Cells in [0, 1] or as they are, rows, columns.
pub fn inputs(path: &str, part: &str) -> (Vec<f32>, usize, usize) {
    if fs::metadata(path).expect("data").is_dir() {
        let bytes = fs::read(format!("{path}/{part}-images-idx3-ubyte")).expect("images");
        let size = |i| u32::from_be_bytes(bytes[i..i + 4].try_into().expect("4 bytes")) as usize;
        let cells = bytes[16..].iter().map(|&byte| f32::from(byte) / 255.0).collect();
        return (cells, size(4), size(8) * size(12));
    }
    // NPY as run.py writes it: version 1, rows by rows, bytes or f32.
    let bytes = fs::read(path).expect("data");
    let first = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..first]);
    let shape = header.split(['(', ')']).nth(1).expect("a shape");
    let sizes: Vec<usize> = shape.split(", ").map(|n| n.parse().expect("a size")).collect();
    let cells = if header.contains("|u1") {
        bytes[first..].iter().map(|&byte| f32::from(byte) / 255.0).collect()
    } else {
        floats(&bytes[first..])
    };
    (cells, sizes[0], sizes[1])
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("4 bytes"))).collect()
}

/// W and b of an unsmudge model, which is a safetensors file.
pub fn encoder(path: &str) -> (Vec<f32>, Vec<f32>) {
    let bytes = fs::read(path).expect("a model");
    let size = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes")) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + size]).expect("JSON");
    let tensor = |name: &str| {
        let place = |i: usize| {
            8 + size + header[name]["data_offsets"][i].as_u64().expect("a place") as usize
        };
        floats(&bytes[place(0)..place(1)])
    };
    (tensor("layer.1.encoder.weights"), tensor("layer.1.encoder.bias"))
}

pub fn write_npy(path: &str, values: &[f32], n_rows: usize, n_columns: usize) {
    let what =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n_rows}, {n_columns}), }}");
    let header = format!("{what:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    fs::write(path, bytes).expect("written");
}

/// Seconds since run.py started this process, by CLOCK_BOOTTIME's start of it.
pub fn since_start() -> f64 {
    let uptime = fs::read_to_string("/proc/uptime").expect("uptime");
    let now: f64 = uptime.split(' ').next().and_then(|n| n.parse().ok()).expect("seconds");
    let stat = fs::read_to_string("/proc/self/stat").expect("stat");
    let fields = stat.rsplit(") ").next().expect("fields");
    let started: f64 = fields.split(' ').nth(19).and_then(|n| n.parse().ok()).expect("ticks");
    now - started / 100.0
}

pub fn say(mut record: serde_json::Value) {
    let status = fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("VmHWM");
    let kib: f64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    record["peak_rss_mb"] = (kib / 1024.0).into();
    println!("{record}");
}

/// SplitMix64, for the order of rows.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn shuffle(&mut self, values: &mut [i32]) {
        for i in (1..values.len()).rev() {
            let j = (u128::from(self.next()) * (i as u128 + 1)) >> 64;
            values.swap(i, j as usize);
        }
    }
}
