//! Damaged, lying and foreign binary files: one test for each fault that a reader can meet, each
//! with the words its message must have. Text: `hostile_tables.rs`. Fuzz, memory: `fuzz_data.rs`.

use crate::given::{assert_says, floats, given, gzip, not_usable, read, wrong_data};
use std::path::Path;
use unsmudge::Error;
use unsmudge::dataset::{ImageShape, Origin};
use unsmudge::read;
use unsmudge::spill::Streaming;

fn idx(code: u8, shape: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, shape.len() as u8];
    shape.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(body);
    bytes
}

fn npy(header: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(body);
    bytes
}

fn npy_of(descr: &str, shape: &str, body: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    npy(&header, body)
}

fn two_pictures() -> Vec<u8> {
    idx(8, &[2, 2, 3], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
}

// 1
#[test]
fn a_wrong_magic_is_shown() {
    not_usable(idx(7, &[1, 1], &[1]), &["IDX file", "third byte", "found 00 00 07 02"]);
    not_usable(idx(8, &[], &[]), &["IDX file", "dimensions", "found 0"]);
    not_usable([1, 2, 3, 4, 5, 6], &["an IDX, NPY, NPZ, CSV", "01 02 03 04 05 06"]);
}

// 2
#[test]
fn a_header_of_two_billion_images_in_sixteen_bytes_is_refused() {
    let liar = idx(8, &[1 << 31, 28, 28], &[]);
    assert_eq!(liar.len(), 16);
    let words = ["expected 2147483648 rows of 784 bytes", "found its end in row 1, after 0 bytes"];
    not_usable(&liar, &words);
    not_usable(gzip(&liar), &["2147483648 rows of 784 bytes", "cannot inflate to that many"]);
    not_usable(idx(8, &[u32::MAX; 3], &[]), &["a file of 16 bytes"]);
    not_usable(idx(8, &[u32::MAX; 64], &[]), &["a shape that a file can hold"]);
}

// 3
#[test]
fn a_cut_names_the_row() {
    let whole = two_pictures();
    let words = ["expected 2 rows of 6 bytes", "found its end in row 2, after 11 bytes"];
    not_usable(&whole[..whole.len() - 1], &words);
    not_usable(gzip(&whole[..whole.len() - 1]), &words);
    not_usable(&whole[..9], &["a header of 16 bytes", "its end after 9 bytes"]);
    not_usable(&whole[..3], &["IDX file", "00 00 08"]);
}

// 4
#[test]
fn trailing_bytes_are_refused() {
    let mut more = two_pictures();
    more.extend([0; 5]);
    not_usable(&more, &["its end after 2 rows of 6 bytes", "found 5 bytes after them"]);
    not_usable(gzip(&more), &["its end after 2 rows of 6 bytes", "more bytes after them"]);
}

// 5, 6
#[test]
fn no_images_and_images_of_no_size_are_refused() {
    not_usable(idx(8, &[0, 28, 28], &[]), &["at least one example", "0 x 28 x 28"]);
    not_usable(idx(8, &[3, 0, 28], &[]), &["at least one example", "3 x 0 x 28"]);
    not_usable(npy_of("<f4", "(0, 3)", &[]), &["at least one example", "0 x 3"]);
}

// 7
#[test]
fn labels_of_another_count_than_images_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let labels = folder.path().join("train-labels-idx1-ubyte");
    std::fs::write(folder.path().join("train-images-idx3-ubyte"), two_pictures()).unwrap();
    std::fs::write(&labels, idx(8, &[3], &[0, 1, 0])).unwrap();
    let error = read::read_folder(folder.path(), &Streaming::NEVER).unwrap_err();
    assert!(matches!(error, Error::Data { .. }));
    assert_says(&error, &labels, &["expected 2 labels", "train-images-idx3-ubyte", "found 3"]);
}

// 8
#[test]
fn a_label_out_of_range_names_its_row_and_other_types_are_refused() {
    let file = given("labels", idx(8, &[3], &[0, 1, 12]));
    let labels = read::read_labels(&file.path).unwrap();
    let error = unsmudge::dataset::check_labels(&labels, 10, &Origin::new(&file.path)).unwrap_err();
    assert_says(&error, &file.path, &["row 3", "a label below 10", "found 12"]);

    let file = given("labels", idx(0x0c, &[1], &[0, 0, 0, 1]));
    let error = read::read_labels(&file.path).unwrap_err();
    assert_says(&error, &file.path, &["unsigned bytes", "the type I32"]);
    let file = given("labels", two_pictures());
    let error = read::read_labels(&file.path).unwrap_err();
    assert_says(&error, &file.path, &["one dimension", "found 3 dimensions"]);
    not_usable(idx(8, &[3], &[0, 1, 2]), &["two or more dimensions", "found the shape 3"]);
}

// 9
#[test]
fn a_wrong_gzip_checksum_is_refused() {
    let mut packed = gzip(two_pictures());
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    not_usable(&packed, &["gzip file", "checksum", "after 28 bytes"]);
    let mut packed = gzip("1,2\n3,4\n");
    let size = packed.len() - 1;
    packed[size] ^= 1;
    not_usable(&packed, &["gzip file", "checksum"]);
}

// 9, with more than the start of the content before the fault
#[test]
fn a_checksum_beyond_the_first_block_is_checked() {
    let mut packed = gzip(idx(8, &[200, 1000], &[7; 200_000]));
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    not_usable(&packed, &["gzip file", "checksum", "after 200012 bytes"]);
}

// 10
#[test]
fn a_cut_gzip_file_is_refused_wherever_it_is_cut() {
    let packed = gzip(two_pictures());
    for length in 2..packed.len() {
        not_usable(&packed[..length], &["gzip file"]);
    }
    not_usable(&packed[..packed.len() - 1], &["a whole compressed stream", "the file is cut"]);
}

// 11
#[test]
fn a_gzip_bomb_behind_the_promised_rows_is_not_inflated() {
    let mut content = two_pictures();
    content.resize(64 << 20, 0);
    let mut packed = gzip(content);
    // Whoever inflates it all meets the wrong checksum first.
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    not_usable(&packed, &["its end after 2 rows of 6 bytes", "more bytes after them"]);
}

// 11
#[test]
fn blank_images_as_many_as_promised_are_read_and_one_less_is_a_cut() {
    let mut content = idx(8, &[8192, 64, 64], &[]);
    content.resize(16 + (32 << 20), 0);
    assert_eq!(read(gzip(&content)).n_rows(), 8192);
    content.truncate(content.len() - 1);
    not_usable(gzip(&content), &["8192 rows of 4096 bytes", "its end in row 8192"]);
}

// 12
#[test]
fn concatenated_gzip_members_are_one_content() {
    let whole = two_pictures();
    let mut packed = gzip(&whole[..20]);
    packed.extend(gzip(&whole[20..]));
    assert_eq!(read(&packed).bytes(), read(&whole).bytes());
    packed.extend(b"this is not gzip");
    not_usable(&packed, &["gzip file", "header"]);
}

// 13
#[test]
fn gzip_is_found_by_content_and_not_by_name() {
    let plain = given("images.gz", two_pictures());
    let packed = given("images", gzip(two_pictures()));
    let examples = read::read(&plain.path).unwrap();
    let unpacked = read::read(&packed.path).unwrap();
    assert_eq!(examples.bytes(), unpacked.bytes());
    assert_eq!(examples.image(), Some(ImageShape { height: 2, width: 3 }));
    assert_eq!(floats(gzip("1;2\n")), [1.0, 2.0]);
    assert_eq!(floats(gzip(npy_of("|u1", "(1, 2)", &[3, 4]))), [3.0, 4.0]);
}

// 14
#[test]
fn an_npy_header_of_four_gigabytes_is_refused() {
    let bytes = b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'";
    not_usable(bytes, &["NPY file", "at most 65536 bytes", "4294967295"]);
    not_usable(b"\x93NUMPY\x01\x00\x76\x00{", &["a header of 118 bytes", "after 1 bytes"]);
    not_usable(b"\x93NUMPY\x09\x00\x76\x00{", &["version 1, 2 or 3", "version 9"]);
    not_usable(b"\x93NUMPY", &["NPY file", "version"]);
}

// 15, 16
#[test]
fn npy_shapes_that_no_file_holds_are_refused() {
    let shape = format!("({}, 784)", 1_u64 << 40);
    let words = ["1099511627776 rows of 3136 bytes", "its end in row 1"];
    not_usable(npy_of("<f4", &shape, &[0; 8]), &words);
    not_usable(npy_of("<f4", "(4294967296, 4294967296)", &[0; 8]), &["a file of"]);
    let words = ["a shape that a file can hold", "2 x 18446744073709551615"];
    not_usable(npy_of("<f4", "(2, 18446744073709551615)", &[]), &words);
    not_usable(npy_of("<f4", "(99999999999999999999, 1)", &[]), &["below 2^64"]);
    not_usable(npy_of("<f4", "(2, 3)", &[0; 23]), &["2 rows of 12 bytes", "in row 2, after 23"]);
    not_usable(npy_of("<f4", "(2, 3)", &[0; 25]), &["2 rows of 12 bytes", "1 bytes after"]);
}

// 17
#[test]
fn types_that_are_no_numbers_are_refused_by_name() {
    for (descr, words) in [
        ("|O", ["'|O'", "objects, which could run code"]),
        ("<U5", ["'<U5'", "text"]),
        ("|S3", ["'|S3'", "text"]),
        ("<c8", ["'<c8'", "complex"]),
        ("<M8[ns]", ["'<M8[ns]'", "dates"]),
        ("|V8", ["'|V8'", "structured"]),
        ("<f16", ["'<f16'", "without an f32"]),
        ("|f4", ["'|f4'", "no byte order"]),
    ] {
        not_usable(npy_of(descr, "(1, 1)", &[0; 16]), &words);
    }
    let header = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 1), }\n";
    not_usable(npy(header, &[0; 4]), &["structured type"]);
}

// 18
#[test]
fn every_number_type_of_npy_becomes_the_same_numbers() {
    fn body<const N: usize>(numbers: [[u8; N]; 2]) -> Vec<u8> {
        numbers.concat()
    }
    for (descr, body) in [
        ("|b1", vec![0, 1]),
        ("|u1", vec![0, 1]),
        ("|i1", vec![0, 1]),
        ("<u2", body([0_u16, 1].map(u16::to_le_bytes))),
        (">u4", body([0_u32, 1].map(u32::to_be_bytes))),
        ("<u8", body([0_u64, 1].map(u64::to_le_bytes))),
        (">i2", body([0_i16, 1].map(i16::to_be_bytes))),
        ("<i4", body([0_i32, 1].map(i32::to_le_bytes))),
        ("<i8", body([0_i64, 1].map(i64::to_le_bytes))),
        ("<f2", vec![0, 0, 0x00, 0x3c]),
        (">f4", body([0_f32, 1.0].map(f32::to_be_bytes))),
        ("<f8", body([0_f64, 1.0].map(f64::to_le_bytes))),
    ] {
        assert_eq!(floats(npy_of(descr, "(1, 2)", &body)), [0.0, 1.0], "{descr}");
    }
    assert_eq!(read(npy_of("|u1", "(1, 2)", &[9, 8])).bytes(), Some(&[9, 8][..]));
    assert_eq!(floats(npy_of(">i8", "(1, 1)", &(-5_i64).to_be_bytes())), [-5.0]);
    wrong_data(npy_of("|b1", "(1, 2)", &[1, 2]), &["row 1, column 2", "2 as a bool"]);
}

// 18
#[test]
fn fortran_order_is_read_into_rows_and_three_dimensions_are_pictures() {
    let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n";
    assert_eq!(floats(npy(header, &[1, 4, 2, 5, 3, 6])), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let pictures = read(npy_of("|u1", "(2, 1, 3)", &[1, 2, 3, 4, 5, 6]));
    assert_eq!(pictures.image(), Some(ImageShape { height: 1, width: 3 }));
    assert_eq!((pictures.n_rows(), pictures.n_columns()), (2, 3));
    not_usable(npy_of("<f4", "(3,)", &[0; 12]), &["two or more dimensions", "the shape 3"]);
    not_usable(npy_of("<f4", "()", &[0; 4]), &["two or more dimensions", "a single number"]);
}

// 19, 20
#[test]
fn npy_headers_are_read_strictly() {
    let entries = "'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)";
    not_usable(
        npy(&format!("{{{entries}, 'x': 1}}"), &[0; 4]),
        &["only the keys", "unknown field `x`"],
    );
    not_usable(
        npy(&format!("{{{entries}, 'shape': (1, 1)}}"), &[0; 4]),
        &["duplicate field `shape`"],
    );
    not_usable(npy_of("<f4", "(-1, 1)", &[0; 4]), &["sizes from 0", "integer `-1`"]);
    let nested = format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000));
    not_usable(npy_of("<f4", &nested, &[]), &["sequence, expected u64"]);
}

// 21, 32, 33, 34, 35: archives and foreign formats are refused unopened
#[test]
fn foreign_formats_are_named_by_content_with_what_can_be_read() {
    for (bytes, name) in [
        (&b"PK\x03\x04\x14\0\0\0\0\0archive/data.pkl"[..], "PyTorch"),
        (b"\x89HDF\r\n\x1a\n\0\0\0", "HDF5"),
        (b"\x80\x04\x95\x1a\0\0\0", "pickle, which could run code"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"<!DOCTYPE html><html>404</html>", "web page"),
        (b"{\"a\": [1, 2]}", "JSON"),
    ] {
        not_usable(bytes, &["an IDX, NPY, NPZ, CSV", "found a", name]);
        not_usable(gzip(bytes), &[name]);
    }
    not_usable(gzip(gzip("1,2\n")), &["gzip file within a gzip file"]);
}

// 42
#[test]
fn a_double_that_no_float_holds_is_named() {
    let mut body = 1.0_f64.to_le_bytes().repeat(5);
    body.extend((-1e300_f64).to_le_bytes());
    let words = ["row 2, column 3", "within +-3.4", "found -1e300"];
    wrong_data(npy_of("<f8", "(2, 3)", &body), &words);
    let header = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }\n";
    let body = [1.0, 1.0, 1e300, 1.0, 1.0, 1.0].map(f64::to_le_bytes).concat();
    wrong_data(npy(header, &body), &["row 1, column 2", "1e300"]);
    wrong_data(idx(0x0e, &[1, 1], &1e300_f64.to_be_bytes()), &["row 1, column 1", "1e300"]);
    wrong_data("1,1e300\n2,3\n", &["row 1, column 2", "1e300"]);
}

// 66
#[test]
fn what_is_no_ordinary_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = read::read(folder.path()).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
    let error = read::read(&folder.path().join("none.csv")).unwrap_err();
    assert_says(&error, &folder.path().join("none.csv"), &["cannot open"]);
    #[cfg(unix)]
    assert_says(
        &read::read(Path::new("/dev/zero")).unwrap_err(),
        Path::new("/dev/zero"),
        &["pipe"],
    );
}

// 70
#[cfg(unix)]
#[test]
fn paths_that_are_no_utf8_work() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9 \xf0\x9f\x8e\xa8 -rf"));
    std::fs::create_dir(&inner).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"\xe9_train-images-idx3-ubyte");
    std::fs::write(inner.join(name), two_pictures()).unwrap();
    assert_eq!(read::read_folder(&inner, &Streaming::NEVER).unwrap().train.n_rows(), 2);
}

#[test]
fn a_folder_with_mnists_names_is_read_with_any_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    write("shapes_train-images-idx3-ubyte.gz", gzip(two_pictures()));
    write("shapes_train-labels-idx1-ubyte", idx(8, &[2], &[1, 0]));
    write("shapes_test-images-idx3-ubyte", two_pictures());
    write("readme.txt", b"hello".to_vec());
    let splits = read::read_folder(folder.path(), &Streaming::NEVER).unwrap();
    assert_eq!(splits.train.classes(), Some(&[1, 0][..]));
    assert!(splits.valid.is_none());
    assert_eq!(splits.test.unwrap().classes(), None);

    write("shapes_test-images-idx3-ubyte", idx(8, &[1, 1, 2], &[1, 2]));
    let error = read::read_folder(folder.path(), &Streaming::NEVER).unwrap_err();
    let test = folder.path().join("shapes_test-images-idx3-ubyte");
    assert_says(&error, &test, &["expected pictures of 2 x 3", "found pictures of 1 x 2"]);
}

#[test]
fn a_folder_that_is_not_clear_lists_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |words: &[&str]| {
        let error = read::read_folder(folder.path(), &Streaming::NEVER).unwrap_err();
        assert_says(&error, folder.path(), words);
    };
    refused(&["train-images-idx3-ubyte or train-images-idx3-ubyte.gz", "an empty folder"]);
    let write = |name: &str| std::fs::write(folder.path().join(name), two_pictures()).unwrap();
    write("pictures.dat");
    refused(&["train-images-idx3-ubyte", "found pictures.dat"]);
    write("a_train-images-idx3-ubyte");
    write("b_test-images-idx3-ubyte");
    refused(&["one data set", "a_train-images-idx3-ubyte and b_test-images-idx3-ubyte"]);
    write("b_train-images-idx3-ubyte");
    refused(&["one data set", "a_train-images-idx3-ubyte and b_train-images-idx3-ubyte"]);
    std::fs::remove_file(folder.path().join("a_train-images-idx3-ubyte")).unwrap();
    write("b_valid-labels-idx1-ubyte");
    refused(&["valid-images-idx3-ubyte", "found b_test"]);
}
