//! Damaged tables of text: one test for each fault that a reader can meet, each with the words its
//! message must have.

use crate::given::{assert_says, floats, given, gzip, not_usable, read, wrong_data};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use unsmudge::read;
use unsmudge::schema::Schema;

// 11
#[test]
fn text_that_inflates_without_measure_is_refused() {
    // The bound is 64 MiB for a file this small; the text is 70 MiB.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all("0,0,0,0,0,0,0\n".repeat(5 << 20).as_bytes()).unwrap();
    not_usable(encoder.finish().unwrap(), &["text file", "inflate to more than"]);
    not_usable(gzip(vec![0; 64 << 20]), &["IDX file"]);
}

// 22
#[test]
fn a_ragged_row_names_its_line_and_both_counts() {
    wrong_data("a,b,c\n1,2,3\n1,2\n", &["line 3, row 2: expected 3 cells, found 2"]);
    wrong_data("1;2\n3;4\n\n5;6;7\n", &["line 4, row 3: expected 2 cells, found 3"]);
    wrong_data("1 2 3\n1 2\n", &["line 2, row 2: expected 3 cells, found 2"]);
}

// 23
#[test]
fn a_quoted_newline_stays_in_its_cell_and_lines_are_counted_on() {
    let table = read("\"a\nb\",c\n1,2\n");
    assert_eq!(table.schema().names().unwrap(), ["a\nb", "c"]);
    let rows = "1,2\n".repeat(20);
    let words = ["line 23, row 21, column \"c\"", "found \"x\" among 20 numbers"];
    wrong_data(format!("\"a\nb\",c\n{rows}1,x\n"), &words);
}

// 24
#[test]
fn byte_order_marks_are_taken_off_and_other_encodings_refused() {
    let table = read("\u{feff}h\u{f6}he,b\n1,2\n");
    assert_eq!(table.schema().names().unwrap(), ["h\u{f6}he", "b"]);
    let wide: Vec<u8> = "\u{feff}1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    not_usable(&wide, &["text in UTF-16"]);
    let wide: Vec<u8> = "1,2\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    not_usable(&wide, &["text in UTF-16"]);
    wrong_data(b"h\xf6he,b\n1,2\n", &["line 1, column 1", "UTF-8", "Latin-1"]);
    wrong_data(b"a,b\n1,2\n3,\xe9t\xe9\n", &["line 3, row 2, column \"b\"", "UTF-8", "Latin-1"]);
}

// 25
#[test]
fn semicolons_with_decimal_commas_are_read() {
    assert_eq!(floats("a;b\n1,5;-2,25\n3;4e2\n"), [1.5, -2.25, 3.0, 400.0]);
    wrong_data("1,5;2\n3.5;4\n", &["row 2, column 1", "the same decimal mark", "\"3.5\""]);
}

// 26
#[test]
fn missing_words_are_missing_and_other_words_are_named() {
    let values = floats("a,b,c,d,e,f\n1,2,3,4,5,6\nNA,,nan,?,inf,unknown\n");
    assert!([6, 7, 8, 9, 11].iter().all(|cell| values[*cell].is_nan()), "{values:?}");
    assert_eq!(values[10], f32::INFINITY);
    wrong_data("a,b\n1,1e999\n", &["row 1, column \"b\"", "within +-3.4", "\"1e999\""]);
    let rows = "1,2\n".repeat(20);
    let words = ["line 22, row 21, column \"b\"", "a number", "\"0x10\""];
    wrong_data(format!("a,b\n{rows}1,0x10\n"), &words);
    wrong_data("1 2 0\n1 1e999 0\n", &["line 2, row 2, column 2", "within +-3.4"]);
}

// 27
#[test]
fn text_a_million_rows_down_names_its_row() {
    let mut table = "a,b\n".to_string() + &"1,2\n".repeat(1_000_000);
    table.push_str("1,old\n");
    wrong_data(&table, &["line 1000002, row 1000001, column \"b\": expected a number", "\"old\""]);
}

// 28
#[test]
fn a_missing_header_is_seen_and_a_duplicated_one_refused() {
    assert_eq!(read("1,2\n3,4\n").n_rows(), 2);
    wrong_data("a,b,a\n1,2,3\n", &["line 1, column 3", "names that differ", "\"a\" twice"]);
    let file = given("table.csv", "b,a\n1,2\n");
    let schema = Schema::new(2).with_names(vec!["a".into(), "b".into()]).unwrap();
    let arranged = read::read(&file.path).unwrap().arranged(&schema).unwrap();
    assert_eq!(arranged.floats(), Some(&[2.0, 1.0][..]));
}

// 29
#[test]
fn an_endless_line_is_refused() {
    not_usable("1,".repeat(10 << 20), &["none longer than 16 MiB", "does not end"]);
    not_usable("1 ".repeat(10 << 20), &["none longer than 16 MiB", "does not end"]);
    let open_quote = "a,b\n\"".to_string() + &"1,2\n".repeat(5 << 20);
    not_usable(open_quote, &["does not end"]);
}

// 30
#[test]
fn nul_bytes_are_refused_and_mixed_line_ends_read() {
    let rows = "1,2\n".repeat(20);
    wrong_data(format!("a,b\n{rows}3,\0\n"), &["line 22, row 21, column \"b\"", "a NUL byte"]);
    wrong_data(format!("a,b\0\n{rows}"), &["line 1, column 2", "a NUL byte"]);
    let rows = "1 2 3\n".repeat(20);
    wrong_data(format!("{rows}1 \0 3\n"), &["line 21, row 21, column 2", "a NUL byte"]);
    assert_eq!(floats("1,2\r\n3,4\n5,6\r7,8"), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
}

// 31
#[test]
fn an_empty_file_and_a_lone_header_are_refused() {
    not_usable("", &["an IDX, NPY, NPZ, CSV", "an empty file"]);
    not_usable(gzip(""), &["an empty file"]);
    not_usable("\n\r\n\n", &["rows of cells", "no line with anything on it"]);
    wrong_data("a,b\n", &["rows below the header", "found none"]);
}

// 36, 37
#[test]
fn missing_and_infinite_cells_are_named_before_training() {
    let file = given("table.csv", "a,b\n1,?\ninf,2\n3,4\n");
    let examples = read::read(&file.path).unwrap();
    let error = examples.check_finite().unwrap_err();
    let words =
        ["1 missing (NaN) and 1 infinite", "row 1 column \"b\"", "row 2 column \"a\" (inf)"];
    assert_says(&error, &file.path, &words);
    assert!(error.hint().unwrap().to_string().contains("remove or fill them"));
}
