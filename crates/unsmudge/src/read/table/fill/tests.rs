//! What is written into missing cells.

use super::*;
use crate::matrix::Matrix;
use crate::schema::{Column as SchemaColumn, ColumnKind};

#[test]
fn every_cell_of_the_columns_is_replaced_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let [path, out] = ["table.csv", "out.csv"].map(|name| folder.path().join(name));
    std::fs::write(&path, "id;x\nk 1;1,5\nk 2;\n").unwrap();
    let other = crate::schema::OtherColumn {
        role: crate::schema::ColumnRole::Ignored,
        name: Some("id".into()),
    };
    let schema = Schema::new(1).with_names(vec!["x".into()]).unwrap();
    let schema = schema.with_others([(0, other)].into());
    let cells = Matrix::from_values(2, 1, vec![7.25, 8.5]).unwrap();
    let known = (&TableSettings::default(), &schema);
    let mut table = FilledTable::create(&path, known, Fill::Every, &out, None).unwrap();
    table.put_rows(&Filled { cells: &cells, bounds: None }).unwrap();
    let n = table.commit().unwrap();
    let text = std::fs::read_to_string(&out).unwrap();
    assert_eq!((n, text.as_str()), (2, "id;x\nk 1;7,2\nk 2;8,5\n"));
}

fn filled(text: &str, schema: &Schema, cells: &[f32]) -> (u64, String) {
    filled_with(text, schema, cells, false)
}

/// With bounds that are one below and one above.
fn filled_with(text: &str, schema: &Schema, cells: &[f32], has_bounds: bool) -> (u64, String) {
    let folder = tempfile::tempdir().unwrap();
    let [path, out] = ["table.csv", "out.csv"].map(|name| folder.path().join(name));
    std::fs::write(&path, text).unwrap();
    let n_columns = schema.n_columns();
    let rows = Matrix::from_values(cells.len() / n_columns, n_columns, cells.to_vec()).unwrap();
    let [low, high] = [-1.0, 1.0].map(|by| {
        let cells = cells.iter().map(|cell| cell + by).collect();
        Matrix::from_values(rows.n_rows(), n_columns, cells).unwrap()
    });
    let filled = Filled { cells: &rows, bounds: has_bounds.then_some((&low, &high)) };
    let fill = if has_bounds { Fill::Bounded } else { Fill::Missing };
    let known = (&TableSettings::default(), schema);
    let mut table = FilledTable::create(&path, known, fill, &out, None).unwrap();
    table.put_rows(&filled).unwrap();
    let n_filled = table.commit().unwrap();
    (n_filled, std::fs::read_to_string(&out).unwrap())
}

#[test]
fn dates_and_words_are_written_as_others_of_their_column() {
    let of = |kind| SchemaColumn { kind, ..SchemaColumn::default() };
    let levels = vec!["no".to_string(), "so, so".to_string()];
    let names = ["day", "time", "word", "n"].map(String::from).to_vec();
    let schema = Schema::new(4).with_names(names).unwrap();
    let schema = schema.with_column(0, of(ColumnKind::Date)).unwrap();
    let schema = schema.with_column(1, of(ColumnKind::Time)).unwrap();
    let schema = schema.with_column(2, of(ColumnKind::Category { levels })).unwrap();
    let text = "word,n,day,time\n\
                no,1.5,1970-01-02,1970-01-01T00:01:00\n\
                , ?,,NA\n\n\
                \"\",\"\",1970-01-05,1970-01-01T00:02:00\n";
    let cells = [9.0, 9.0, 0.0, 9.0, 3.2, 90.0, 1.0, 0.26, 9.0, 9.0, 0.0, -7.0];
    let (n_filled, out) = filled(text, &schema, &cells);
    let expected = "word,n,day,time\n\
                    no,1.5,1970-01-02,1970-01-01T00:01:00\n\
                    \"so, so\", 0.3,1970-01-04,1970-01-01T00:01:30\n\n\
                    \"no\",\"-7\",1970-01-05,1970-01-01T00:02:00\n";
    assert_eq!((n_filled, out.as_str()), (6, expected));
}

#[test]
fn row_names_and_columns_that_are_left_out_are_copied() {
    let names = vec!["a".to_string()];
    let others = [(
        1,
        crate::schema::OtherColumn {
            role: crate::schema::ColumnRole::Ignored,
            name: Some("b".into()),
        },
    )];
    let schema = Schema::new(1).with_names(names).unwrap().with_others(others.into());
    let (n_filled, out) = filled("a b\nr1 1 ?\nr2 ? 2\n", &schema, &[5.0, 3.0]);
    assert_eq!((n_filled, out.as_str()), (1, "a b\nr1 1 ?\nr2 3 2\n"));
}

#[test]
fn bounds_are_columns_at_the_end_empty_where_nothing_was_filled() {
    let schema = Schema::new(2).with_names(["a".into(), "b".into()].to_vec()).unwrap();
    let cells = [1.0, 2.0, 3.0, 4.0];
    let bounded = |text: &str| filled_with(text, &schema, &cells, true).1;
    assert_eq!(bounded("a,b\r\n1,2\r\n3,\r\n"), "a,b,b.low,b.high\r\n1,2,,\r\n3,4,3,5\r\n");
    // The last line has no end; decimal commas need quotes, or another separator.
    assert_eq!(
        bounded("a;b\n1,5;\n;4,25"),
        "a;b;a.low;a.high;b.low;b.high\n1,5;2;;;1;3\n3;4,25;2;4;;"
    );
    // An empty cell at the end of each row stays there.
    assert_eq!(bounded("a\tb\n1\t\t\n3\t4\t\n"), "a\tb\tb.low\tb.high\n1\t2\t1\t3\t\n3\t4\t\t\t\n");
    // Spaces can separate no empty cell.
    let unnamed = Schema::new(2);
    let (_, text) = filled_with("1 NA\n3 4\n", &unnamed, &cells, true);
    assert_eq!(text, "1 2 1 3\n3 4 NA NA\n");
}

#[test]
fn rows_may_come_in_parts_and_nothing_is_left_of_a_copy_that_is_not_complete() {
    let folder = tempfile::tempdir().unwrap();
    let [path, out] = ["table.csv", "out.csv"].map(|name| folder.path().join(name));
    std::fs::write(&path, "a,b\n1,\n\n,2\n3,\n\n").unwrap();
    let schema = Schema::new(2).with_names(["a".into(), "b".into()].to_vec()).unwrap();
    let rows = |cells: &[f32]| Matrix::from_values(cells.len() / 2, 2, cells.to_vec()).unwrap();
    let [first, rest] = [&[1.0, 7.0][..], &[8.0, 2.0, 3.0, 9.0]].map(rows);
    let settings = TableSettings::default();
    let create = |fill| FilledTable::create(&path, (&settings, &schema), fill, &out, None).unwrap();
    let of = |cells| Filled { cells, bounds: None };
    let mut table = create(Fill::Missing);
    table.put_rows(&of(&first)).unwrap();
    table.put_rows(&of(&rest)).unwrap();
    assert_eq!(table.commit().unwrap(), 3);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "a,b\n1,7\n\n8,2\n3,9\n\n");
    std::fs::remove_file(&out).unwrap();

    let mut table = create(Fill::Missing);
    table.put_rows(&of(&rest)).unwrap();
    assert!(matches!(table.commit(), Err(Error::Shape { .. })));
    let mut table = create(Fill::Missing);
    table.put_rows(&of(&rest)).unwrap();
    assert!(matches!(table.put_rows(&of(&rest)), Err(Error::Data { .. })));
    assert!(matches!(create(Fill::Bounded).put_rows(&of(&first)), Err(Error::Shape { .. })));
    drop(table);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn parts_of_a_copy_one_after_the_other_are_the_whole_copy() {
    let folder = tempfile::tempdir().unwrap();
    let [path, out] = ["table.csv", "out.csv"].map(|name| folder.path().join(name));
    let text = "\u{feff}title\na,b\r\n1,\r\n\r\n,2\r\n\r\n\r\n3,\r\n4,\"\"\r\n5,6\r\n\r\n";
    std::fs::write(&path, text).unwrap();
    let schema = Schema::new(2).with_names(["a".into(), "b".into()].to_vec()).unwrap();
    let settings = TableSettings::default();
    let cells: Vec<f32> = (10..20).map(|i| i as f32).collect();
    let filled = |fill, shard: Option<Shard>| {
        let rows = shard.map_or(0..5, |shard| shard.rows(5).unwrap());
        let cells = cells[2 * rows.start..2 * rows.end].to_vec();
        let cells = Matrix::from_values(rows.len(), 2, cells).unwrap();
        let bounds = (fill == Fill::Bounded).then_some((&cells, &cells));
        let known = (&settings, &schema);
        let mut table = FilledTable::create(&path, known, fill, &out, shard).unwrap();
        table.put_rows(&Filled { cells: &cells, bounds }).unwrap();
        (table.commit().unwrap(), std::fs::read_to_string(&out).unwrap())
    };
    for fill in [Fill::Missing, Fill::Bounded, Fill::Every] {
        let (n_filled, whole) = filled(fill, None);
        for n_shards in 1..=5 {
            let parts = (1..=n_shards).map(|i| filled(fill, Shard::new(i, n_shards).ok()));
            let (n, parts): (Vec<u64>, Vec<String>) = parts.unzip();
            assert_eq!((n.iter().sum(), parts.concat()), (n_filled, whole.clone()));
        }
    }
    let known = (&settings, &schema);
    let second = Shard::new(2, 2).unwrap();
    let table = FilledTable::create(&path, known, Fill::Missing, &out, Some(second)).unwrap();
    let error = table.commit().unwrap_err().to_string();
    assert!(error.contains("expected 3, found 0"), "{error}");
    let many = Shard::new(1, 6).ok();
    let refused = FilledTable::create(&path, known, Fill::Missing, &out, many).err().unwrap();
    assert!(refused.to_string().contains("1/6"), "{refused}");
}
