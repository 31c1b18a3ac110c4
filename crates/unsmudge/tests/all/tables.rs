//! Tables as people have them, each with what must be found in it; settings that overrule what is
//! found; schema files, also those that lie.

use std::path::PathBuf;
use tempfile::TempDir;
use unsmudge::dataset::Dataset;
use unsmudge::schema::ColumnKind;
use unsmudge::source::{DataSettings, HeldOut};
use unsmudge::spill::Streaming;
use unsmudge::table::{DecimalMark, Separator, TableDescription, TableSettings};
use unsmudge::{Error, Result};

/// A table in a folder of its own, and settings for it.
struct Given {
    folder: TempDir,
    data: DataSettings,
}

fn given(text: impl AsRef<[u8]>) -> Given {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    Given { data: DataSettings { valid: Some(HeldOut::Last(0)), ..DataSettings::of(path) }, folder }
}

impl Given {
    fn with(mut self, change: impl Fn(&mut TableSettings)) -> Self {
        change(&mut self.data.table);
        self
    }

    fn labels(mut self, columns: &str) -> Self {
        self.data.labels = Some(columns.parse().unwrap());
        self
    }

    fn schema(mut self, text: &str) -> Self {
        let path = self.path("schema.toml");
        std::fs::write(&path, text).unwrap();
        self.data.table.schema = Some(path);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn load(&self) -> Result<Dataset> {
        self.data.load(&Streaming::NEVER).map(|splits| splits.train)
    }

    fn describe(&self) -> TableDescription {
        self.data.describe().unwrap()
    }

    /// Names of the inputs, and the first row.
    fn row(&self) -> (Vec<String>, Vec<f32>) {
        let rows = self.load().unwrap();
        let mut cells = vec![0.0; rows.n_columns()];
        rows.copy_rows(0, &mut cells).unwrap();
        let names = (0..rows.n_columns()).map(|j| rows.schema().column_name(j));
        (names.map(|name| name.trim_matches('"').to_string()).collect(), cells)
    }

    /// The error of loading has all `words`.
    fn refused(&self, words: &[&str]) {
        let error = self.load().map(|rows| rows.n_rows()).unwrap_err();
        let text = format!("{error} {}", error.hint().unwrap_or_default());
        for word in words {
            assert!(text.contains(word), "\"{word}\" is not in: {text}");
        }
        assert!(!matches!(error, Error::Shape { .. }), "{text}");
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// A header and 24 rows made by `row` from 1 on.
fn rows(header: &str, row: impl Fn(u32) -> String) -> String {
    let rows: String = (1..=24).map(|i| row(i) + "\n").collect();
    format!("{header}\n{rows}")
}

#[test]
fn one_line_tells_what_was_found() {
    for (text, line) in [
        (
            rows("a,b,flag", |i| format!("0.{i},{i},{}", ["TRUE", "FALSE"][i as usize % 2])),
            "table, commas, header, 3 columns: 1 number, 1 category, 1 left out; 0 missing cells; no \
             classes",
        ),
        (
            rows("\"a\",\"b\"", |i| format!("\"{i}\",0.{i},{}", 7 * i % 5)),
            "table, commas, header, row names left out, 2 columns: 2 numbers; 0 missing cells; no \
             classes",
        ),
        (
            rows("a,b", |i| format!("0.{i},0.5,")),
            "table, commas, header, 2 columns: 2 numbers; 0 missing cells; no classes",
        ),
        (
            rows("sep=;\na;b", |i| format!("{};0,{i}5", i % 7)),
            "table, semicolons, 1 line skipped, decimal commas, header, 2 columns: 2 numbers; 0 \
             missing cells; no classes",
        ),
        (
            rows("a,b", |i| format!("\"0,0{i}\",\"0,5\"")),
            "table, commas, decimal commas, header, 2 columns: 2 numbers; 0 missing cells; no classes",
        ),
        (
            rows("price;b", |i| {
                format!("{};{}", if i == 1 { "1,000".into() } else { (31 * i).to_string() }, i % 5)
            }),
            "table, semicolons, commas between thousands, header, 2 columns: 2 numbers; 0 missing \
             cells; no classes",
        ),
        (
            rows("0.5 0.25 3", |i| format!("0.{i} 0.125 {}", i % 3)),
            "table, spaces, no header, 3 columns: 3 numbers; 0 missing cells; no classes",
        ),
        (
            rows("day\tat", |i| format!("2024-01-{i:02}\t2024-01-{i:02} 10:30")),
            "table, tabs, header, 2 columns: 1 date (in days), 1 time (in seconds); 0 missing cells; \
             no classes",
        ),
        (
            rows("a|b", |i| format!("{}|?", i % 4)),
            "table, bars, header, 2 columns: 1 number, 1 left out; 24 missing cells; no classes",
        ),
    ] {
        assert_eq!(given(&text).describe().line(), line, "{text}");
    }
    let table = given(rows("a,b,y", |i| format!("0.{i},?,{}", i % 2))).labels("y").describe();
    let end = "1 number, 1 left out; 24 missing cells; classes in \"y\"";
    assert!(table.line().ends_with(end), "{}", table.line());
    assert_eq!(table.columns[1].reason.as_deref(), Some("has no values"));
    let levels: Vec<_> = table.columns[2].levels.iter().map(|level| level.count).collect();
    assert_eq!(levels, [12, 12]);
}

#[test]
fn columns_are_chosen_left_out_and_made_numbers_or_categories() {
    let text = rows("id,color,size,y", |i| {
        format!("{i},{},{},0.{i}", ["red", "blue"][i as usize % 2], i % 3)
    });
    let all = given(&text);
    assert_eq!(all.row(), (names(&["color", "size", "y"]), vec![0.0, 1.0, 0.1]));
    let some = given(&text).with(|table| table.columns = names(&["y", "#1"]));
    assert_eq!(some.row(), (names(&["id", "y"]), vec![1.0, 0.1]));
    let less = given(&text).with(|table| table.ignore = names(&["color", "#3"]));
    assert_eq!(less.row(), (names(&["y"]), vec![0.1]));
    let words = given(&text).with(|table| table.categories = names(&["size"])).load().unwrap();
    let levels = ColumnKind::Category { levels: names(&["0", "1", "2"]) };
    assert_eq!(words.schema().column(1).kind, levels);
    let number = given(&text).with(|table| table.numbers = names(&["id"]));
    assert_eq!(number.row().0, names(&["id", "color", "size", "y"]));
    let number = given(&text).with(|table| table.numbers = names(&["color"]));
    number.refused(&[
        "line 2, row 1, column \"color\": expected a number",
        "\"blue\"",
        "categories",
    ]);
}

#[test]
fn a_column_that_is_not_there_gets_the_nearest_one() {
    let text = rows("age,income", |i| format!("0.{i},{}", 3 * i));
    let settings: [fn(&mut TableSettings) -> &mut Vec<String>; 4] = [
        |table| &mut table.columns,
        |table| &mut table.ignore,
        |table| &mut table.categories,
        |table| &mut table.numbers,
    ];
    for list in settings {
        let wrong = given(&text).with(|table| *list(table) = names(&["incom"]));
        wrong.refused(&[
            "expected a column \"incom\", found \"age\", \"income\"",
            "did you mean income?",
        ]);
        given(&text).with(|table| *list(table) = names(&["#3"])).refused(&["column \"#3\""]);
    }
    let both = given(&text).with(|table| {
        table.numbers = names(&["age"]);
        table.ignore = names(&["age"]);
    });
    both.refused(&["`ignore` = age", "numbers"]);
    given(&text)
        .with(|table| table.ignore = names(&["age", "income"]))
        .refused(&["column of inputs"]);
}

#[test]
fn a_name_with_a_comma_can_be_given() {
    let text = rows("a,\"is it, yes?\"", |i| format!("0.{i},{}", i % 2));
    for columns in ["\"is it, yes?\"", "#2"] {
        let examples = given(&text).labels(columns).load().unwrap();
        assert_eq!(examples.targets().predicted().unwrap().names(), ["0", "1"], "{columns}");
    }
}

#[test]
fn the_layout_can_be_overruled() {
    let years = given(rows("2001,2002", |i| format!("0.{i},0.5")));
    assert_eq!(years.describe().n_rows, 25);
    let years = years.with(|table| table.header = Some(true));
    assert_eq!(years.row(), (names(&["2001", "2002"]), vec![0.1, 0.5]));
    // Numbers of columns, as data frames without names have, unless rows are such numbers too.
    let numbered = given(rows("0,1,2", |i| format!("0.{i},0.5,{i}")));
    assert!(numbered.describe().header);
    assert!(!numbered.with(|table| table.header = Some(false)).describe().header);
    assert!(!given(rows("0,1,2", |i| format!("{i},{},{}", i + 1, i + 2))).describe().header);
    let text = given(rows("a,b", |i| format!("x{},y", i % 3)));
    assert!(text.describe().header);
    assert_eq!(text.with(|table| table.header = Some(false)).describe().n_rows, 25);

    let odd = given("a:b\n1:2\n3:4\n").with(|table| table.separator = ":".parse().ok());
    assert_eq!(odd.row(), (names(&["a", "b"]), vec![1.0, 2.0]));
    let comma = given("a;b\n1,5;2\n").with(|table| table.separator = Some(Separator::Byte(b',')));
    assert_eq!(comma.describe().separator, Some(Separator::Byte(b',')));

    let unclear = given("a;b\n1,000;2\n1,500;3\n");
    unclear.refused(&["1000 or 1", "decimal"]);
    for (mark, value) in [(DecimalMark::Comma, 1.0), (DecimalMark::Point, 1000.0)] {
        let table = given("a;b\n1,000;2\n1,500;3\n").with(|table| table.decimal = Some(mark));
        assert_eq!(table.row().1, [value, 2.0]);
        assert_eq!(table.describe().columns[0].range, Some((value.into(), 1.5 * f64::from(value))));
    }

    let titled = given("x,y\n\na,b\n1,2\n3,4\n").with(|table| table.skip = Some(2));
    assert_eq!(titled.row(), (names(&["a", "b"]), vec![1.0, 2.0]));
    let named_rows = given("a,b\nx,1,2\ny,3,4\n").with(|table| table.skip = Some(0));
    assert_eq!(named_rows.row(), (names(&["a", "b"]), vec![1.0, 2.0]));
    let sep =
        given("sep=;\na;b\n1;2\n").with(|table| table.separator = Some(Separator::Byte(b';')));
    assert_eq!(sep.row(), (names(&["a", "b"]), vec![1.0, 2.0]));

    let coded =
        given("a,b\n-999,2\n3,absent\n").with(|table| table.missing = names(&["-999", "absent"]));
    assert!(coded.row().1[0].is_nan());
    assert_eq!(coded.describe().n_missing(), 2);
}

#[test]
fn settings_of_tables_are_refused_where_there_is_none() {
    let array = b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }        \n\0\0\0\0";
    let array = given(array).with(|table| table.ignore = names(&["a"]));
    array.refused(&["`ignore`", "only with a table as text"]);
    let mut folder = given("");
    folder.data.source = folder.folder.path().to_path_buf();
    folder.with(|table| table.skip = Some(1)).refused(&["`skip` = 1"]);
    let error = toml::from_str::<DataSettings>("sepparator = \";\"").unwrap_err().to_string();
    assert!(error.contains("unknown field `sepparator`"), "{error}");
}

#[test]
fn as_many_classes_as_rows_are_probably_numbers() {
    let text = rows("a,y", |i| format!("0.{i},0.{i}1"));
    given(&text).labels("y").refused(&[
        "column \"y\"",
        "24 classes for 24 rows",
        "targets = \"y\"",
    ]);
    let text = rows("a,y", |i| format!("0.{i},name{i}"));
    given(&text).labels("y").refused(&["24 classes for 24 rows", "shared by several rows"]);
    let text = rows("a,y", |i| format!("0.{i},{}", i % 12));
    assert_eq!(given(&text).labels("y").load().unwrap().n_rows(), 24);
}

/// People, and a schema of theirs.
fn people() -> String {
    rows("age,color,day,y", |i| {
        let color = ["red", "blue", "unknown"][i as usize % 3];
        format!("{},{color},2024-01-{i:02},{}", 20 + i, i % 2)
    })
}

const SCHEMA: &str = "[[column]]\nname = \"age\"\nkind = \"number\"\n[[column]]\nname = \"color\"\n\
                      levels = [\"blue\", \"unknown\", \"red\"]\n[[column]]\nname = \"day\"\n\
                      role = \"ignored\"\n[[column]]\nname = \"y\"\nrole = \"class\"\n";

#[test]
fn a_description_written_as_a_schema_reads_the_same() {
    for text in [
        people(),
        rows("\"a\",\"b, c\"", |i| format!("\"{i}\",0.{i},{}", i % 3)),
        rows("sep=;\nx;\"say \"\"hi\"\"\"", |i| format!("{};0,{i}", i % 7)),
        rows("1 0.5", |i| format!("{} 0.{i}", i % 5)),
    ] {
        let found = given(&text);
        let schema = found.describe().schema_text().unwrap();
        let (told, row) = (found.describe(), found.row());
        let again = found.schema(&schema);
        assert_eq!(again.row(), row, "{schema}");
        assert_eq!(again.describe().columns, told.columns, "{schema}");
        assert_eq!(again.describe().line(), told.line());
    }
}

#[test]
fn a_schema_says_kinds_levels_roles_and_words() {
    let table = given(people()).schema(SCHEMA);
    assert_eq!(table.row(), (names(&["age", "color"]), vec![21.0, 0.0]));
    assert_eq!(table.load().unwrap().targets().predicted().unwrap().names(), ["0", "1"]);
    let line = table.describe().line();
    assert!(line.contains("1 number, 1 category, 1 left out;"), "{line}");
    // A word for nothing that is no level is a missing cell.
    let fewer = SCHEMA.replace("\"unknown\", ", "");
    let table = given(people()).schema(&fewer).describe();
    assert_eq!(table.columns[1].levels.len(), 2);
    let coded = given(people().replace("unknown", "none of it"));
    let coded = coded.schema(&format!("missing = [\"none of it\"]\n{fewer}"));
    assert_eq!(coded.describe().columns[1].n_missing, 8);
    // What is asked for goes before.
    let table = given(people()).schema(SCHEMA).labels("color");
    assert_eq!(table.load().unwrap().targets().predicted().unwrap().names().len(), 3);
    let table = given(people()).schema(SCHEMA).with(|table| table.ignore = names(&["color"]));
    assert_eq!(table.row().0, names(&["age"]));
}

#[test]
fn a_schema_that_lies_is_refused_where_it_does() {
    let lie = |from: &str, to: &str, words: &[&str]| {
        assert!(SCHEMA.contains(from));
        given(people()).schema(&SCHEMA.replacen(from, to, 1)).refused(words);
    };
    lie("\"age\"", "\"agee\"", &["a column \"agee\"", "did you mean age?"]);
    lie(
        "\"color\"\nlevels",
        "\"color\"\nkind = \"number\"\n#",
        &["line 2, row 1, column \"color\""],
    );
    lie("\"red\"", "\"rot\"", &["line 4, row 3, column \"color\": expected a level", "\"red\""]);
    lie(
        "\"ignored\"",
        "\"input\"\nkind = \"number\"",
        &["line 2, row 1, column \"day\": expected"],
    );
    lie("kind = \"number\"", "kind = \"date\"", &["line 2, row 1, column \"age\": expected"]);
    lie(
        "[[column]]\nname = \"y\"\nrole = \"class\"\n",
        "",
        &["column \"y\"", "3 columns", "ignored"],
    );
    lie("\"y\"", "\"age\"", &["column \"age\": expected columns that differ"]);
    lie("\"blue\", ", "\"red\", ", &["column \"color\": expected levels that differ"]);
    lie("[\"blue\", \"unknown\", \"red\"]", "[]", &["column \"color\"", "found none"]);
    lie("kind = \"number\"", "kind = \"nubmer\"", &["schema file", "nubmer", "number"]);
    lie("kind = \"number\"", "knid = \"number\"", &["the key knid", "did you mean kind?"]);
    lie("kind = \"number\"", "levels = [1]", &["schema file"]);
    lie(
        "kind = \"number\"",
        "kind = \"number\"\nlevels = [\"1\"]",
        &["only with the kind category"],
    );
    lie(
        "[[column]]\nname = \"age\"",
        "seperator = \";\"\n[[column]]\nname = \"age\"",
        &["did you mean separator?"],
    );
    for text in ["", "[[column", "column = 3", "\u{0}", "header = \"yes\"\n"] {
        given(people()).schema(text).refused(&["schema file", "describing the table"]);
    }
    let gone = given(people()).with(|table| table.schema = Some("/nowhere/schema.toml".into()));
    assert!(matches!(gone.load(), Err(Error::File { .. })));
}
