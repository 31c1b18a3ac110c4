//! NPZ archives: which array is read, and what damaged ones get. (21, and 2, 14 to 19 of its arrays)

use crate::given::{Given, assert_says, given, refused};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;
use unsmudge::dataset::Targets;
use unsmudge::error::Error;
use unsmudge::matrix::View;
use unsmudge::read::{self, Columns};
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::write::write_npy;

/// An NPY file of bytes.
fn array(descr: &str, shape: &str, body: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    [&bytes, text.as_bytes(), body].concat()
}

/// A member: its name, its content, and what the directory says of its size.
struct Member<'a>(&'a str, Vec<u8>, Option<u32>);

/// An archive as other programs write them: sizes of 32 bits, deflated.
fn archive(members: &[Member]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for Member(name, content, claimed) in members {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        let packed = encoder.finish().unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let sizes = [packed.len() as u32, claimed.unwrap_or(content.len() as u32)];
        let mut common = [20_u16, 0, 8, 0, 33].map(u16::to_le_bytes).concat();
        common.extend([crc.sum(), sizes[0], sizes[1]].map(u32::to_le_bytes).concat());
        common.extend([name.len() as u16, 0].map(u16::to_le_bytes).concat());
        directory.extend(b"PK\x01\x02\x14\0".iter().chain(&common).chain(&[0; 10]));
        directory.extend((bytes.len() as u32).to_le_bytes());
        directory.extend(name.bytes());
        bytes.extend(b"PK\x03\x04".iter().chain(&common));
        bytes.extend(name.bytes().chain(packed));
    }
    let n = members.len() as u16;
    let end = [directory.len() as u32, bytes.len() as u32].map(u32::to_le_bytes).concat();
    let n = [0, 0, n, n].map(u16::to_le_bytes).concat();
    [&bytes[..], &directory, b"PK\x05\x06", &n, &end, &[0, 0]].concat()
}

/// An array of two rows of two bytes, from `first` on.
fn rows(first: u8) -> Vec<u8> {
    array("|u1", "(2, 2)", &[first, first + 1, first + 2, first + 3])
}

fn with_rows(names: &[&str]) -> Given {
    let member = |(i, name): (usize, &&str)| format!("{name}.npy-{i}");
    let names: Vec<String> = names.iter().enumerate().map(member).collect();
    let members: Vec<Member> = names
        .iter()
        .enumerate()
        .map(|(i, name)| Member(name.split_once('-').unwrap().0, rows(10 * i as u8), None))
        .collect();
    given("data.npz", archive(&members))
}

/// The first cell of a file.
fn first_cell(path: &std::path::Path) -> f32 {
    let rows = read::read(path).unwrap();
    let mut row = [0.0; 2];
    rows.copy_rows(0, &mut row).unwrap();
    row[0]
}

#[test]
fn the_only_array_is_read_or_x_or_the_one_that_is_named() {
    assert_eq!(first_cell(&with_rows(&["arr_0"]).path), 0.0);
    let file = with_rows(&["other", "X"]);
    assert_eq!(first_cell(&file.path), 10.0);
    assert_eq!(first_cell(&read::array_path(&file.path, "other")), 0.0);
    let file = with_rows(&["codes", "../x"]);
    let words = ["expected one array, or one that is called X", "\"codes\", \"../x\""];
    assert_says(&refused(&file.path), &file.path, &words);
    let error = refused(&read::array_path(&file.path, "coeds"));
    assert_says(&error, &file.path, &["an array \"coeds\"", "\"codes\""]);
    assert!(error.hint().unwrap().to_string().contains("did you mean codes"), "{error}");
}

#[test]
fn arrays_called_x_and_y_are_rows_and_classes_and_parts_have_words() {
    let y = array("<i8", "(2,)", &[3_i64, 7].map(i64::to_le_bytes).concat());
    let names = ["y_test.npy", "x_train.npy", "y_train.npy", "x_test.npy"];
    let contents = [y.clone(), rows(1), y, rows(3)];
    let members: Vec<Member> =
        names.iter().zip(contents).map(|(name, bytes)| Member(name, bytes, None)).collect();
    let file = given("digits.npz", archive(&members));
    let mut data = DataSettings::of(&file.path);
    data.labels = Some(Columns::Own);
    let splits = data.load(&Streaming::NEVER);
    // The last row is held out; then one class is not among those of the training rows.
    assert!(splits.is_ok() || splits.unwrap_err().to_string().contains("class"));
    let test = data.load_part(None, None, &Streaming::NEVER).unwrap();
    assert!(matches!(test.targets(), Targets::Classes { names: Some(n), .. } if n == &["3", "7"]));
    assert_eq!(test.origin().path(), read::array_path(&file.path, "x_test"));
    data.labels = None;
    data.targets = Some(Columns::Own);
    let test = data.load_part(None, None, &Streaming::NEVER).unwrap();
    assert_eq!(test.values().unwrap().values(), [3.0, 7.0]);
    // Without such an array it is said what there is.
    let file = with_rows(&["X", "z"]);
    data.source = file.path.clone();
    let error = data.load(&Streaming::NEVER).unwrap_err();
    assert_says(&error, &file.path, &["an array y of what is to be predicted", "\"z\""]);
}

/// Texts as numpy has them: code points of four bytes, filled up with zeros.
fn texts(words: &[&str], length: usize, bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
    let letters = |word: &&str| {
        let points: Vec<u32> = word.chars().map(u32::from).collect();
        points.into_iter().chain(std::iter::repeat(0)).take(length).collect::<Vec<_>>()
    };
    words.iter().flat_map(letters).flat_map(bytes).collect()
}

#[test]
fn an_array_y_of_text_is_classes_by_name() {
    let words = ["grün", "red", "grün"];
    let rows = array("|u1", "(3, 2)", &[1, 2, 3, 4, 5, 6]);
    let bytes = "gr\u{fc}n\0\0red\0\0\0\0gr\u{fc}n\0\0";
    let load = |y: Vec<u8>| {
        let members = [Member("X.npy", rows.clone(), None), Member("y.npy", y, None)];
        let file = given("words.npz", archive(&members));
        let mut data = DataSettings::of(&file.path);
        data.labels = Some(Columns::Own);
        let loaded = data.load_part(None, None, &Streaming::NEVER);
        data.labels = None;
        data.targets = Some(Columns::Own);
        let as_numbers = data.load_part(None, None, &Streaming::NEVER);
        (loaded, as_numbers, file)
    };
    for y in [
        array("<U5", "(3,)", &texts(&words, 5, u32::to_le_bytes)),
        array(">U5", "(3, 1)", &texts(&words, 5, u32::to_be_bytes)),
        array("|S7", "(3,)", bytes.as_bytes()),
    ] {
        let (loaded, as_numbers, file) = load(y);
        let loaded = loaded.unwrap();
        let Targets::Classes { codes, names: Some(names) } = loaded.targets() else { panic!() };
        assert_eq!(
            (&codes[..], &names[..]),
            (&[0, 1, 0][..], &["grün", "red"].map(String::from)[..])
        );
        // Text is no number, and no input.
        let y = read::array_path(&file.path, "y");
        for error in [as_numbers.unwrap_err(), refused(&y)] {
            assert_says(&error, &y, &["text", "dtype bool"]);
            let hint = error.hint().unwrap().to_string();
            assert!(hint.contains("as y of an archive"), "{hint}");
        }
    }
    for (y, words) in [
        (array("<U2", "(3,)", &texts(&["a", "", "b"], 2, u32::to_le_bytes)), ["row 2", "empty"]),
        (array("<U1", "(3,)", &[0xff; 12]), ["row 1", "what is no text"]),
        (array("|S1", "(3, 2)", b"abcdef"), ["one text for each row", "shape 3 x 2"]),
        (array("|S1", "(2,)", b"ab"), ["3 rows, one for each example", "found 2"]),
        (array("|S9", "(3,)", b"ab"), ["3 rows of 9 bytes", "end in row 1"]),
    ] {
        let (loaded, _, file) = load(y);
        assert_says(&loaded.unwrap_err(), &read::array_path(&file.path, "y"), &words);
    }
}

#[test]
fn what_is_written_is_read_and_the_same_bytes_each_time() {
    let file = given("codes.npz", "");
    let values = [1.5, -2.0, 0.0, 3.0e-20, 5.0, 6.0];
    write_npy(&file.path, View::new(3, 2, &values).unwrap()).unwrap();
    let rows = read::read(&file.path).unwrap();
    assert_eq!((rows.floats(), rows.n_rows()), (Some(&values[..]), 3));
    assert_eq!(read::arrays(&file.path).unwrap().unwrap(), ["X"]);
    let first = std::fs::read(&file.path).unwrap();
    write_npy(&file.path, View::new(3, 2, &values).unwrap()).unwrap();
    assert!(std::fs::read(&file.path).unwrap() == first);
}

#[test]
fn damaged_archives_are_refused_wherever_they_are_cut_or_changed() {
    let whole = archive(&[Member("X.npy", rows(0), None), Member("y.npy", rows(4), None)]);
    for n in 0..whole.len() {
        let file = given("data.npz", &whole[..n]);
        let error = refused(&file.path);
        assert!(error.to_string().starts_with(&file.path.display().to_string()), "{n}: {error}");
    }
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x55;
        let file = given("data.npz", bytes);
        let _ = read::read(&file.path).map(|rows| rows.n_rows());
    }
}

#[test]
fn lies_about_sizes_names_and_types_are_refused_by_name() {
    let refuse = |members: &[Member], words: &[&str]| {
        let file = given("data.npz", archive(members));
        let error = refused(&file.path);
        assert!(matches!(error, Error::Format { .. }), "{error}");
        assert_says(&error, &file.path, words);
    };
    let bomb = array("|u1", "(1000, 1000)", &vec![0; 1_000_000]);
    refuse(
        &[Member("X.npy", bomb.clone(), Some(2_000_000_000))],
        &["2000000000 bytes, as the dir"],
    );
    refuse(&[Member("X.npy", bomb, Some(500))], &["a wrong checksum, after 500 bytes"]);
    let liar = array("<f4", "(1099511627776, 784)", &[0; 64]);
    refuse(&[Member("X.npy", liar, None)], &["rows of 3136 bytes"]);
    refuse(&[Member("X.npy", rows(0), None), Member("X.npy", rows(4), None)], &["\"X.npy\" twice"]);
    let objects = array("|O", "(2, 2)", &[0; 32]);
    refuse(&[Member("X.npy", objects, None)], &[":X: ", "Python objects, which could run code"]);
    let mut wrong = archive(&[Member("X.npy", rows(0), None)]);
    let crc = wrong.len() - 22 - 5 - 46 + 16;
    for place in [crc, 14] {
        wrong[place] ^= 1;
    }
    let file = given("data.npz", wrong);
    assert_says(&refused(&file.path), &file.path, &["matching checksum", "wrong checksum"]);
    let mut other = archive(&[Member("X.npy", rows(0), None)]);
    let method = other.len() - 22 - 5 - 46 + 10;
    other[method] = 12;
    let file = given("data.npz", other);
    assert_says(&refused(&file.path), &file.path, &["stored or deflated", "method 12"]);
    let file = given("data.npz.gz", crate::given::gzip(archive(&[Member("X.npy", rows(0), None)])));
    assert_says(&refused(&file.path), &file.path, &["not gzipped"]);
}
