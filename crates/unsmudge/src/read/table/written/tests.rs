//! Cells are written as others of their column.

use super::*;
use crate::schema::Column as SchemaColumn;

fn style(decimals: usize) -> Style {
    Style { decimals: Some(decimals), ..Style::default() }
}

#[test]
fn numbers_have_no_more_decimals_than_others_of_their_column() {
    let point = Marks { decimal: b'.', has_groups: false };
    let comma = Marks { decimal: b',', has_groups: false };
    assert_eq!(style(2).number(0.126, 0.0, point), "0.13");
    assert_eq!(style(2).number(5.0, 0.0, point), "5");
    assert_eq!(style(20).number(0.1, 0.0, point), "0.1");
    assert_eq!(style(0).number(-0.2, 0.0, point), "0");
    assert_eq!(style(1).number(1.25, 1e6, comma), "1000001,2");
    assert_eq!(Style { has_exponent: true, ..style(1) }.number(0.125, 0.0, point), "0.125");
    assert_eq!(Style::default().number(0.125, 0.0, point), "0.125");
}

#[test]
fn rows_are_as_they_are_in_the_table_whatever_the_order_of_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, "word;x\n\"a;b\"; 1,50\n\n?;2\nnew;\n").unwrap();
    let levels = vec!["a;b".to_string(), "c".to_string()];
    let word = SchemaColumn { kind: ColumnKind::Category { levels }, ..SchemaColumn::default() };
    let names = ["x", "word"].map(String::from).to_vec();
    let schema = Schema::new(2).with_names(names).unwrap().with_column(1, word).unwrap();
    let written = Written::open(&path, (&TableSettings::default(), &schema)).unwrap();
    let mut rows = Vec::new();
    let look = |row: usize, cells: &[String]| {
        assert_eq!(row, rows.len());
        rows.push(cells.join("|"));
        Ok(())
    };
    written.each_row(look).unwrap();
    assert_eq!(rows, ["1,50|a;b", "2|?", "|new"]);
    assert_eq!((written.text(0, 0.127), written.text(1, 1.0)), ("0,13".into(), "c".into()));
    assert_eq!(written.text(1, 2.0), "");
}
