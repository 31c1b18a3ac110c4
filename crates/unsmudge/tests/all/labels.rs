//! What is to be predicted: classes, labels and numbers, in columns of a table, in a file beside
//! the examples, or the source's own; and what is said where they cannot be used.

use std::path::PathBuf;
use tempfile::TempDir;
use unsmudge::dataset::{Dataset, Predicted, Splits};
use unsmudge::read::Columns;
use unsmudge::schema::Schema;
use unsmudge::source::{DataSettings, HeldOut, Part};
use unsmudge::spill::Streaming;
use unsmudge::{Error, Result};

/// Files in a folder of their own.
struct Files(TempDir);

impl Files {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self(folder)
    }

    fn table(text: &str) -> Self {
        Self::new(&[("table.csv", text.as_bytes())])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Settings of the table, no row held out.
    fn settings(&self) -> DataSettings {
        DataSettings { valid: Some(HeldOut::Drawn(0)), ..DataSettings::of(self.path("table.csv")) }
    }

    fn labels(&self, columns: &str) -> DataSettings {
        DataSettings { labels: Some(columns.parse().unwrap()), ..self.settings() }
    }

    fn targets(&self, columns: &str) -> DataSettings {
        DataSettings { targets: Some(columns.parse().unwrap()), ..self.settings() }
    }
}

fn load(settings: &DataSettings) -> Result<Splits> {
    settings.load(&Streaming::NEVER)
}

fn train(settings: &DataSettings) -> Dataset {
    load(settings).unwrap().train
}

fn floats(examples: &Dataset) -> Vec<f32> {
    let mut cells = vec![0.0; examples.n_rows() * examples.n_columns()];
    examples.copy_rows(0, &mut cells).unwrap();
    cells
}

fn names(examples: &Dataset) -> Vec<String> {
    examples.targets().predicted().unwrap().names().to_vec()
}

/// The error of loading has all `words`, and a hint.
fn refused(settings: &DataSettings, words: &[&str]) {
    let error = load(settings).map(|splits| splits.train.n_rows()).unwrap_err();
    let hint = error.hint().unwrap_or_default().to_string();
    let text = format!("{error} {hint}");
    for word in words {
        assert!(text.contains(word), "\"{word}\" is not in: {text}");
    }
    assert!(matches!(error, Error::Setting { .. }) || !hint.is_empty(), "no hint: {text}");
}

const FLOWERS: &str = "length,species,width\n\
    1.5,setosa,2\n\
    3,\"versicolor, wild\",4\n\
    5,setosa,6\n\
    7,virginica,8\n";

#[test]
fn a_column_of_text_in_the_middle_becomes_classes_and_no_input() {
    let examples = train(&Files::table(FLOWERS).labels("species"));
    assert_eq!(examples.classes(), Some(&[0, 1, 0, 2][..]));
    assert_eq!(names(&examples), ["setosa", "versicolor, wild", "virginica"]);
    assert_eq!(floats(&examples), [1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    assert_eq!(examples.schema().names().unwrap(), ["length", "width"]);
}

#[test]
fn classes_of_numbers_are_places_in_numeric_order() {
    let examples = train(&Files::table("class,a\n10,1\n3,2\n10,3\n3.0,4\n").labels("class"));
    assert_eq!(examples.classes(), Some(&[1, 0, 1, 0][..]));
    assert_eq!(names(&examples), ["3", "10"]);
}

#[test]
fn columns_without_names_are_numbered_from_1() {
    // Only the class is no number: the first line is data, not a header.
    let files = Files::table("5.1,a,0.2\n4.9,b,0.4\n");
    let examples = train(&files.labels("2"));
    assert_eq!((names(&examples), examples.n_rows()), (vec!["a".to_string(), "b".into()], 2));
    assert_eq!(examples.schema().names(), None);
    assert_eq!(examples.schema().column_name(0), "1");
    assert_eq!(examples.schema().column_name(1), "3"); // as it stands in the file
    let files = Files::table("1,2,3\n4,5,6\n");
    refused(&files.labels("4"), &["a column \"4\"", "3 columns without names", "from 1"]);
}

#[test]
fn several_columns_of_0_and_1_are_labels_in_the_order_asked_for() {
    let files = Files::table("wet,x,cold\n1,5,0\n0,6,1\n");
    let examples = train(&files.labels("cold,wet"));
    assert_eq!(examples.values().unwrap().values(), [0.0, 1.0, 1.0, 0.0]);
    assert_eq!(
        examples.targets().predicted(),
        Some(Predicted::Labels(vec!["cold".into(), "wet".into()]))
    );
    assert_eq!(floats(&examples), [5.0, 6.0]);
    let files = Files::table("wet,x,cold\n1,5,0\n0,6,2\n");
    refused(&files.labels("wet,cold"), &["row 2, column \"cold\"", "0 or 1", "found 2"]);
}

#[test]
fn numbers_to_predict_keep_their_size() {
    let files = Files::table("x;price;weight\n1;1000,5;2\n3;-4;5\n");
    let examples = train(&files.targets("price,weight"));
    assert_eq!(examples.values().unwrap().values(), [1000.5, 2.0, -4.0, 5.0]);
    assert!(
        matches!(examples.targets().predicted(), Some(Predicted::Numbers(names)) if names.len() == 2)
    );
    let files = Files::table("x,price\n1,2\n3,\n5,inf\n");
    refused(&files.targets("price"), &["row 2, column \"price\"", "a missing value", "remove"]);
}

#[test]
fn settings_say_it_in_plain_words() {
    let read = |text: &str| toml::from_str::<DataSettings>(text).map(|settings| settings.labels);
    let named =
        |names: &[&str]| Some(Columns::Named(names.iter().map(ToString::to_string).collect()));
    assert_eq!(read("labels = true").unwrap(), Some(Columns::Own));
    assert_eq!(read("labels = \"species\"").unwrap(), named(&["species"]));
    assert_eq!(read("labels = [\"a\", \"b, c\"]").unwrap(), named(&["a", "b, c"]));
    assert_eq!(read("seed = 1").unwrap(), None);
    for text in ["labels = false", "labels = []", "labels = 3"] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains("true") || error.contains("needs a name"), "{error}");
    }
    let settings = DataSettings { labels: named(&["a", "b, c"]), ..DataSettings::of("t.csv") };
    let text = toml::to_string(&settings).unwrap();
    assert_eq!(toml::from_str::<DataSettings>(&text).unwrap(), settings);
}

#[test]
fn a_column_that_is_not_there_gets_the_nearest_one() {
    let files = Files::table(FLOWERS);
    refused(&files.labels("specie"), &["a column \"specie\"", "did you mean species?"]);
    refused(&files.labels("z"), &["\"length\", \"species\", \"width\"", "from 1"]);
    refused(&files.targets("width,width"), &["columns that differ"]);
    refused(&files.targets("species"), &["row 1, column \"species\"", "a number", "\"setosa\""]);
    refused(&Files::table("a,b\n1,0\n0,1\n").labels("a,b"), &["a column of inputs"]);
}

// FAULTS 36
#[test]
fn missing_labels_are_named() {
    for cell in ["", "NA", " nan ", "?"] {
        let files = Files::table(&format!("a,class\n1,x\n2,{cell}\n3,y\n"));
        let words = ["table.csv: line 3, row 2, column \"class\"", "a class", "a missing one"];
        refused(&files.labels("class"), &words);
    }
    refused(&Files::table("a,b\n1,2\n").labels(""), &["labels, or numbers", "labels = \"COLUMN\""]);
    let both =
        DataSettings { targets: Some(Columns::Own), ..Files::table("a,b\n1,2\n").labels("b") };
    refused(&both, &["`targets`", "one or the other"]);
}

#[test]
fn damaged_text_in_a_class_is_refused() {
    let files = Files::new(&[("table.csv", b"a,class\n1,\xe9t\xe9\n2,b\n")]);
    refused(&files.labels("class"), &["row 1, column \"class\"", "UTF-8", "Latin-1"]);
    let files = Files::table(&format!("a,class\n{}2,b\0\n", "1,x\n".repeat(20)));
    refused(&files.labels("class"), &["row 21, column \"class\"", "a NUL byte"]);
}

// FAULTS 47
#[test]
fn one_class_only_and_a_class_that_training_lacks_are_refused() {
    let files = Files::table("a,class\n1,x\n2,x\n3,y\n4,z\n");
    let held_out = |n| DataSettings { valid: Some(HeldOut::Last(n)), ..files.labels("class") };
    refused(&held_out(2), &["two classes or more", "\"x\" only", "sorted"]);
    // The row is counted as in the file, not as in the part.
    refused(&held_out(1), &["row 4", "learned: \"x\", \"y\", found \"z\"", "shuffle"]);
}

#[test]
fn rows_that_are_held_out_keep_their_labels() {
    let settings = DataSettings { valid: Some(HeldOut::Last(2)), ..Files::table("").labels("") };
    let files = Files::table("a,class\n1,x\n2,y\n3,y\n4,x\n5,y\n");
    let settings = DataSettings { source: files.path("table.csv"), ..settings };
    let settings = DataSettings { labels: Some("class".parse().unwrap()), ..settings };
    let splits = load(&settings).unwrap();
    assert_eq!(splits.train.classes(), Some(&[0, 1, 1][..]));
    let valid = splits.valid.unwrap();
    assert_eq!((valid.classes(), floats(&valid)), (Some(&[0, 1][..]), vec![4.0, 5.0]));
    assert_eq!(names(&valid), ["x", "y"]);
}

/// Rows sorted by class, 20 of each, the first column half more than the number of the row.
fn sorted_by_class() -> Files {
    let row = |row: usize| format!("{}.5,0.{},{}\n", row + 1, row % 7, ["x", "y", "z"][row / 20]);
    Files::table(&format!("a,b,class\n{}", (0..60).map(row).collect::<String>()))
}

#[test]
fn held_out_rows_are_drawn_of_each_class_in_proportion() {
    let files = sorted_by_class();
    let settings = DataSettings { valid: None, ..files.labels("class") };
    let splits = load(&settings).unwrap();
    let valid = splits.valid.unwrap();
    let of = |examples: &Dataset, class| {
        examples.classes().unwrap().iter().filter(|code| **code == class).count()
    };
    assert_eq!([0, 1, 2].map(|class| of(&valid, class)), [2, 2, 2]);
    assert_eq!([0, 1, 2].map(|class| of(&splits.train, class)), [18, 18, 18]);
    // Rows keep the order of the file, and know their numbers there.
    for part in [&splits.train, &valid] {
        let numbers: Vec<f32> = floats(part).chunks(2).map(|row| row[0].floor()).collect();
        assert!(numbers.is_sorted() && numbers != (1..=6).map(|n| n as f32).collect::<Vec<_>>());
        let of_origin = (0..part.n_rows()).map(|row| part.origin().row(row) as f32);
        assert_eq!(of_origin.collect::<Vec<_>>(), numbers);
    }
    let other = load(&DataSettings { seed: 1, ..settings }).unwrap().valid.unwrap();
    assert_ne!(floats(&other), floats(&valid));
}

#[test]
fn inputs_of_the_held_out_part_are_the_rows_that_training_held_out() {
    let files = sorted_by_class();
    let settings = DataSettings { valid: None, ..files.labels("class") };
    let splits = load(&settings).unwrap();
    let known = splits.train.schema();
    for (part, rows) in
        [(Part::Train, &splits.train), (Part::Valid, splits.valid.as_ref().unwrap())]
    {
        let inputs = settings.load_inputs(Some(part), known, &Streaming::NEVER).unwrap();
        assert_eq!((floats(&inputs), inputs.classes()), (floats(rows), None));
    }
}

#[test]
fn benchmarks_hold_their_last_rows_out() {
    let text: String = (0..20).map(|row| format!("{}.5 0 {}\n", row, row % 2)).collect();
    let files = Files::new(&[("train.amat", text.as_bytes())]);
    let own =
        DataSettings { labels: Some(Columns::Own), ..DataSettings::of(files.path("train.amat")) };
    let rows = |settings: &DataSettings| floats(&load(settings).unwrap().valid.unwrap());
    assert_eq!(rows(&own), [18.5, 0.0, 19.5, 0.0]);
    let files = sorted_by_class();
    let last = Some("last:1".parse().unwrap());
    let last = DataSettings { valid: last, ..files.labels("class") };
    assert_eq!(rows(&last)[0], 60.5);
}

fn npy(kind: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), bytes]
        .concat()
}

// FAULTS 7
#[test]
fn labels_come_from_a_file_beside_the_examples() {
    let beside = |name: &str, bytes: &[u8], columns: &str| {
        let files = Files::new(&[("table.csv", b"a,b\n1,2\n3,4\n5,6\n"), (name, bytes)]);
        let path = Some(files.path(name));
        load(&DataSettings { beside: path, ..files.labels(columns) }).map(|splits| splits.train)
    };
    let list = npy("<i8", "(3,)", &[7_i64, 3, 7].map(i64::to_le_bytes).concat());
    let examples = beside("y.npy", &list, "").unwrap();
    assert_eq!((examples.classes(), examples.n_columns()), (Some(&[1, 0, 1][..]), 2));
    assert_eq!(names(&examples), ["3", "7"]);

    let idx = [0, 0, 8, 1, 0, 0, 0, 3, 4, 4, 9];
    assert_eq!(names(&beside("y-idx1-ubyte", &idx, "").unwrap()), ["4", "9"]);
    let table = b"id,kind\n1,x\n2,y\n3,x\n";
    assert_eq!(beside("y.csv", table, "kind").unwrap().classes(), Some(&[0, 1, 0][..]));
    assert_eq!(names(&beside("y.csv", b"kind\nx\ny\nx\n", "").unwrap()), ["x", "y"]);
    assert_eq!(names(&beside("y.csv", b"x\ny\nx\n", "1").unwrap()), ["x", "y"]);
    let flags = b"wet,cold\n1,0\n0,0\n1,1\n";
    assert_eq!(beside("y.csv", flags, "").unwrap().values().unwrap().row(2), [1.0, 1.0]);

    let few = npy("<i8", "(2,)", &[7_i64, 3].map(i64::to_le_bytes).concat());
    let error = beside("y.npy", &few, "").unwrap_err().to_string();
    assert!(error.contains("y.npy: expected 3 rows") && error.ends_with("found 2"), "{error}");
    // A first line is a header where its text is in no row below, unless the column is given by
    // number.
    assert_eq!(names(&beside("y.csv", b"x\ny\nx\n", "").unwrap()), ["x", "y"]);
    let error = beside("y.csv", b"z\ny\nx\n", "").unwrap_err();
    assert!(error.hint().unwrap().to_string().contains("given by number"), "{error}");
}

#[test]
fn a_folder_has_its_own_labels() {
    let pictures =
        |n: u8| [&[0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 1, 0, 0, 0, 1][..], &[9; 4]].concat();
    let labels = |labels: &[u8]| [&[0, 0, 8, 1, 0, 0, 0, labels.len() as u8][..], labels].concat();
    let train = &pictures(4)[..20];
    let test = &pictures(2)[..18];
    let folder = |test_labels: &[u8]| {
        Files::new(&[
            ("train-images-idx3-ubyte", train),
            ("train-labels-idx1-ubyte", &labels(&[7, 3, 3, 7])),
            ("t10k-images-idx3-ubyte", test),
            ("t10k-labels-idx1-ubyte", &labels(test_labels)),
        ])
    };
    let own = |files: &Files| DataSettings {
        labels: Some(Columns::Own),
        valid: Some(HeldOut::Drawn(1)),
        ..DataSettings::of(files.path(""))
    };
    let files = folder(&[3, 7]);
    let splits = load(&own(&files)).unwrap();
    assert_eq!(splits.train.classes(), Some(&[1, 0, 0][..]));
    assert_eq!(splits.test.unwrap().classes(), Some(&[0, 1][..]));
    assert_eq!(names(&splits.train), ["3", "7"]);
    refused(&own(&folder(&[3, 8])), &["row 2", "learned: \"3\", \"7\", found \"8\""]);
    let named = DataSettings { labels: Some("digit".parse().unwrap()), ..own(&files) };
    refused(&named, &["`labels` = digit", "labels of their own"]);
}

#[test]
fn a_table_is_used_later_with_its_labels_or_without() {
    let trained = train(&Files::table(FLOWERS).labels("species"));
    let (learned, known) = (trained.targets().predicted().unwrap(), trained.schema());
    // Other rows, in another order of classes; one class alone is no fault here.
    let files = Files::table("species,length,width\nvirginica,1,2\nvirginica,3,4\n");
    let mut examples = files.labels("species").load_part(None, None, &Streaming::NEVER).unwrap();
    learned.apply(&mut examples).unwrap();
    assert_eq!(examples.classes(), Some(&[2, 2][..]));
    // Only inputs are wanted: the column is left out whatever it holds, and may be missing.
    for text in ["species,length,width\n,1,2\n?,3,4\n", "length,width\n1,2\n3,4\n"] {
        let settings = Files::table(text);
        let inputs = settings
            .labels("species")
            .load_inputs(Some(Part::Train), known, &Streaming::NEVER)
            .unwrap();
        assert_eq!(floats(&inputs), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(inputs.classes(), None);
    }
    // Without a header the count of columns says whether it is there.
    for text in ["1,x,2\n3,y,4\n", "1,2\n3,4\n"] {
        let inputs = Files::table(text)
            .labels("2")
            .load_inputs(None, &Schema::new(2), &Streaming::NEVER)
            .unwrap();
        assert_eq!(floats(&inputs), [1.0, 2.0, 3.0, 4.0]);
    }
}
