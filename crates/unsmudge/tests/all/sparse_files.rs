//! Sparse files, svmlight and MatrixMarket: what is read, and what wrong ones get.

use crate::given::{floats, given, gzip, not_usable, read, refused, wrong_data};
use unsmudge::dataset::Targets;
use unsmudge::read::{self, Columns};
use unsmudge::schema::Schema;
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;

#[test]
fn svmlight_is_read_as_sparse_rows_whatever_its_order_comments_and_groups() {
    let text = "# by hand\n+1 qid:7 3:0.5 1:2 # 9:9\n\n-1\n1 2:1e1 3:0\r\n";
    let rows = read(text);
    assert_eq!((rows.n_rows(), rows.n_columns(), rows.floats()), (3, 3, None));
    assert_eq!(floats(text), [2.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 10.0, 0.0]);
    assert_eq!(floats(gzip("1 1:1\n")), [1.0]);
    // One index is 0: they count from 0.
    assert_eq!(floats("0 0:1 2:3\n0 1:2"), [1.0, 0.0, 3.0, 0.0, 2.0, 0.0]);
    assert_eq!(floats("# Column indices are zero-based\n0 1:2\n"), [0.0, 2.0]);
    let file = given("test.svm", "1 2:1\n");
    let rows = read::read_for(&file.path, &Schema::new(5)).unwrap();
    assert_eq!(rows.n_columns(), 5);
}

#[test]
fn the_first_index_of_svmlight_is_found_or_said() {
    let load = |text: &str, first| {
        let file = given("test.svm", text);
        let mut data = DataSettings::of(&file.path);
        data.table.first_index = first;
        data.load_part(None, None, &Streaming::NEVER)
    };
    for (text, said, found, n_columns) in [
        ("1 2:1\n1 3:1\n", None, 1, 3),
        ("1 2:1\n1 3:1\n", Some(0), 0, 4),
        ("1 0:1\n1 3:1\n", None, 0, 4),
        ("# zero-based\n1 3:1\n", Some(1), 1, 3),
    ] {
        let rows = load(text, said).unwrap();
        assert_eq!(rows.n_columns(), n_columns, "{text} {said:?}");
        assert_eq!(rows.origin().line(), Some(format!("svmlight, indices from {found}")));
    }
    let error = load("1 2:1\n1 0:1\n", Some(1)).unwrap_err();
    assert!(error.to_string().contains("line 2, row 2: expected indices from 1"), "{error}");
    let error = load("a,b\n1,2\n", Some(1)).unwrap_err().to_string();
    assert!(error.contains("`first_index` = 1") && error.contains("file of svmlight"), "{error}");
}

#[test]
fn labels_of_svmlight_are_classes_or_numbers_where_they_are_asked_for() {
    let text: String = (0..8).map(|i| format!("{} {}:1\n", ["+1", "-1"][i % 2], i + 1)).collect();
    let file = given("train.svm", text);
    let mut data = DataSettings::of(&file.path);
    let load = |data: &DataSettings| data.load_part(None, None, &Streaming::NEVER).unwrap();
    assert_eq!(load(&data).targets(), &Targets::None);
    data.labels = Some(Columns::Own);
    let targets = load(&data);
    let Targets::Classes { names: Some(names), codes } = targets.targets() else { panic!() };
    assert_eq!((names, &codes[..3]), (&vec!["1".to_string(), "-1".into()], &[0, 1, 0][..]));
    assert!(data.load(&Streaming::NEVER).unwrap().valid.is_none());
    data.labels = None;
    data.targets = Some(Columns::Own);
    assert_eq!(load(&data).values().unwrap().row(1), [-1.0]);
    // As a file beside others it gives its labels.
    let rows = given("rows.csv", "1,2\n".repeat(8));
    let beside = DataSettings { beside: Some(file.path.clone()), ..DataSettings::of(&rows.path) };
    let beside = DataSettings { labels: Some(Columns::Own), ..beside };
    assert_eq!(load(&beside).classes().unwrap().len(), 8);
}

#[test]
fn wrong_lines_of_svmlight_are_named() {
    let good = "1 1:1\n".repeat(20);
    for (line, words) in [
        ("1 2:1 -3:1", &["line 21, row 21", "whole number from 0", "\"-3:1\""][..]),
        ("1 2:1 2:5", &["line 21, row 21, column index 2", "it twice"]),
        ("1 99999999999:1", &["an index", "\"99999999999:1\""]),
        ("1 2:nan", &["a finite number after the index", "\"2:nan\""]),
        ("1 2:", &["a finite number"]),
        ("1 2:1e999", &["a finite number"]),
        ("1 2", &["a cell such as 3:0.5", "\"2\""]),
        ("1,2 2:1", &["one label, a number", "\"1,2\""]),
        ("2:1", &["one label, a number", "\"2:1\""]),
        ("x 2:1", &["one label, a number", "\"x\""]),
        ("inf 2:1", &["one label, a number"]),
    ] {
        wrong_data(format!("{good}{line}\n"), words);
    }
    // Beyond what a model can have; nothing is allocated for it.
    wrong_data("1 4294967295:1\n", &["at most 16777216 columns", "found 4294967295"]);
    not_usable(format!("{good}1 1:{}", "1".repeat(17 << 20)), &["a line that does not end"]);
}

#[test]
fn matrix_market_is_read_sparse_or_dense() {
    let head = "%%MatrixMarket matrix coordinate";
    let text = format!("{head} real general\n% of hand\n\n2 3 3\n2 1 -1.5\n1 3 2\n2 1 0.5\n");
    assert_eq!(floats(&text), [0.0, 0.0, 2.0, -1.0, 0.0, 0.0]);
    assert_eq!(read(&text).floats(), None);
    assert_eq!(floats(gzip(format!("{head} pattern general\n2 2 1\n1 2\n"))), [0.0, 1.0, 0.0, 0.0]);
    let symmetric = format!("{head} integer symmetric\n2 2 2\n1 1 4\n2 1 7\n");
    assert_eq!(floats(symmetric), [4.0, 7.0, 7.0, 0.0]);
    let skew = format!("{head} real skew-symmetric\n2 2 1\n2 1 7\n");
    assert_eq!(floats(skew), [0.0, -7.0, 7.0, 0.0]);
    let dense = "%%MatrixMarket matrix array real general\n2 3\n1\n2\n3\n4\n5\n6\n";
    assert_eq!(floats(dense), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    assert!(read(dense).floats().is_some());
}

#[test]
fn wrong_matrices_are_named() {
    let head = "%%MatrixMarket matrix coordinate real general\n";
    for (kind, found) in [
        ("matrix coordinate complex general", "complex"),
        ("matrix coordinate real hermitian", "hermitian"),
        ("matrix array real symmetric", "symmetric"),
        ("vector array real general", "vector"),
        ("matrix", "matrix"),
    ] {
        not_usable(format!("%%MatrixMarket {kind}\n2 2 1\n1 1 1\n"), &["MatrixMarket", found]);
    }
    for (body, words) in [
        ("", &["rows, columns and entries"][..]),
        ("2 2\n", &["line 2", "rows, columns and entries", "\"2 2\""]),
        ("2 2 -1\n", &["\"2 2 -1\""]),
        ("0 2 0\n", &["at least one row"]),
        ("2 2 1\n3 1 1\n", &["line 3", "a place in 2 x 2, counted from 1", "\"3 1 1\""]),
        ("2 2 1\n0 1 1\n", &["counted from 1"]),
        ("2 2 1\n1 1\n", &["row, column, value"]),
        ("2 2 1\n1 1 nan\n", &["a finite number"]),
        ("2 2 2\n1 1 1\n", &["2 entries, as its second line says", "found 1"]),
        ("2 2 1\n1 1 1\n1 2 1\n", &["1 entries", "found 2"]),
        ("4294967295 1 1\n1 1 1\n", &["rows that have entries", "4294967295 rows"]),
        ("2 99999999999 1\n1 99999999 1\n", &["at most 16777216 columns"]),
        ("99999999999 2 1\n1 1 1\n", &["at most 4294967295 rows"]),
    ] {
        let error = refused(&given("matrix.mtx", format!("{head}{body}")).path).to_string();
        words.iter().for_each(|word| assert!(error.contains(word), "{body}: {error}"));
    }
    let dense = "%%MatrixMarket matrix array real general\n";
    not_usable(format!("{dense}1000000 1000000\n1\n"), &["1000000 x 1000000 cells"]);
    wrong_data(format!("{dense}1 3\n1\n2\n"), &["3 cells", "found 2"]);
}
