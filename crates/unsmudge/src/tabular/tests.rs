//! Gradients against finite differences, equal bits for any number of threads, and tables that give
//! little to learn from.

use super::*;
use crate::dataset::Storage;
use crate::matrix::Matrix;
use crate::schema::{Column, ColumnKind};
use std::ops::ControlFlow;

const HOLE: f32 = f32::NAN;

fn quick(n_rows: usize) -> TabularSettings {
    let sizes = TabularSettings { n_hidden: 8, n_members: 2, ..TabularSettings::of(n_rows) };
    TabularSettings { steps: 20, batch: 16, ..sizes }
}

fn context(n_threads: usize) -> Context {
    Context::new(Some(n_threads)).unwrap()
}

fn fit(table: &Dataset, settings: &TabularSettings, n_threads: usize) -> Tabular {
    let observer = &mut |_: crate::event::Event| ControlFlow::Continue(());
    Tabular::fit(settings, table, &context(n_threads), observer).unwrap()
}

fn category(n_levels: usize) -> Column {
    let levels = (0..n_levels).map(|level| format!("l{level}")).collect();
    Column { kind: ColumnKind::Category { levels }, ..Column::default() }
}

/// Rows of two numbers, of which the second follows the first, and a category of three levels by
/// the first; some cells are missing.
fn table(n_rows: usize) -> Dataset {
    let mut cells = Vec::new();
    for i in 0..n_rows {
        let mut stream = Key::new(3, Purpose::Problem).at_row(i as u64).stream();
        let x = stream.normal();
        let y = 10.0 + 2.0 * x + 0.1 * stream.normal();
        let mut row = [
            x as f32,
            y as f32,
            if x < -0.5 {
                0.0
            } else if x < 0.5 {
                1.0
            } else {
                2.0
            },
        ];
        if i % 4 == 0 {
            row[i / 4 % 3] = HOLE;
        }
        cells.extend(row);
    }
    let schema = Schema::new(3).with_column(2, category(3)).unwrap();
    Dataset::new(Storage::Floats(cells), n_rows, 3).unwrap().with_schema(schema).unwrap()
}

fn filled(model: &Tabular, table: &Dataset) -> Matrix {
    let filled = model.impute(table, &context(1)).unwrap();
    assert!(filled.values().iter().all(|cell| cell.is_finite()), "{filled:?}");
    filled
}

/// Trains on rows of numbers and fills them.
fn filled_numbers(cells: &[f32], n_columns: usize) -> Matrix {
    let n_rows = cells.len() / n_columns;
    let table = Dataset::new(Storage::Floats(cells.to_vec()), n_rows, n_columns).unwrap();
    filled(&fit(&table, &quick(n_rows), 1), &table)
}

#[test]
fn what_depends_on_other_columns_is_predicted_from_them() {
    let table = table(400);
    let settings = TabularSettings { n_hidden: 32, steps: 200, ..quick(400) };
    let model = fit(&table, &settings, 2);
    let cells = vec![1.5, HOLE, HOLE, HOLE, 8.0, HOLE, 0.0, 10.0, 1.0];
    let rows = Dataset::new(Storage::Floats(cells.clone()), 3, 3).unwrap();
    let rows = rows.with_schema(table.schema().clone()).unwrap();
    let found = filled(&model, &rows);
    assert!((found.row(0)[1] - 13.0).abs() < 0.3 && found.row(0)[2] == 2.0, "{found:?}");
    assert!((found.row(1)[0] + 1.0).abs() < 0.3 && found.row(1)[2] == 0.0, "{found:?}");
    assert_eq!(found.row(2), &cells[6..]);
    let second = |share: f32| {
        let mixed = model.clone().with_network_shares(vec![1.0, share, 1.0]).unwrap();
        let again = filled(&mixed, &rows);
        assert_eq!(again.row(1)[0], found.row(1)[0]);
        again.row(0)[1]
    };
    let (linear, half) = (second(0.0), second(0.5));
    assert!(linear != found.row(0)[1] && (linear - 13.0).abs() < 0.5, "{linear}");
    assert!((half - 0.5 * (linear + found.row(0)[1])).abs() < 1e-5, "{half}");
    for refused in [vec![1.0], vec![0.0, 1.0, 1.5], vec![0.0, f32::NAN, 1.0]] {
        assert!(model.clone().with_network_shares(refused).is_err());
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let table = table(100);
    let bytes = |n| fit(&table, &quick(100), n).to_bytes().unwrap();
    let one = bytes(1);
    assert!(one == bytes(2) && one == bytes(3));
    let model = fit(&table, &quick(100), 1);
    let impute = |n| model.impute(&table, &context(n)).unwrap();
    assert_eq!(impute(1), impute(3));
}

#[test]
fn a_row_is_filled_the_same_with_or_without_others() {
    let table = table(600);
    let model = fit(&table, &quick(600), 1);
    let all = filled(&model, &table);
    let (_, last) = table.split_last(3).unwrap();
    assert_eq!(filled(&model, &last).values(), &all.values()[3 * 597..]);
}

#[test]
fn tables_that_teach_nothing_are_filled_with_what_is_known() {
    // A column all missing, a constant one, a row all missing.
    let cells: Vec<f32> = (0..12).flat_map(|i| [HOLE, 7.0, i as f32]).collect();
    let cells = [cells, vec![HOLE; 3]].concat();
    let found = filled_numbers(&cells, 3);
    assert_eq!(found.row(12)[1], 7.0);
    assert!((0.0..=11.0).contains(&found.row(12)[2]));
    // One row; more columns than rows; numbers that are whole stay so, and within their range.
    assert_eq!(filled_numbers(&[1.0, HOLE, 3.0], 3).row(0)[0], 1.0);
    let wide: Vec<f32> =
        (0..120).map(|i| if i % 7 == 0 { HOLE } else { (i % 11) as f32 }).collect();
    let found = filled_numbers(&wide, 40);
    let expected = {
        let table = Dataset::new(Storage::Floats(wide.clone()), 3, 40).unwrap();
        let model = fit(&table, &quick(3), 1);
        model.expect(&table, &Context::new(Some(1)).unwrap()).unwrap()
    };
    let pairs = || expected.values().iter().zip(found.values());
    assert!(pairs().any(|(expected, _)| expected.fract() != 0.0));
    assert!(pairs().all(|(expected, found)| expected.round() == *found));
    assert!(found.values().iter().all(|cell| cell.fract() == 0.0 && (0.0..=10.0).contains(cell)));
}

#[test]
fn levels_may_be_one_never_seen_or_missing_where_none_was() {
    let schema = Schema::new(3).with_column(0, category(1)).unwrap();
    let schema = schema.with_column(1, category(3)).unwrap();
    let of = |cells: Vec<f32>| {
        let n_rows = cells.len() / 3;
        Dataset::new(Storage::Floats(cells), n_rows, 3)
            .unwrap()
            .with_schema(schema.clone())
            .unwrap()
    };
    let model =
        fit(&of((0..30).flat_map(|i| [0.0, (i % 2) as f32, i as f32]).collect()), &quick(30), 1);
    // The level after the last, holes in new places, numbers far beyond those of training.
    let found = filled(&model, &of(vec![HOLE, 3.0, 1e38, 1.0, HOLE, HOLE]));
    assert_eq!((found.row(0)[0], found.row(1)[0]), (0.0, 1.0));
    assert!(found.row(1)[1] < 2.0);
}

#[test]
fn large_numbers_keep_their_offset_and_tables_without_a_gaussian_their_means() {
    let cells: Vec<f32> = (0..60).map(|i| if i == 30 { HOLE } else { (i / 2) as f32 }).collect();
    let offset = Column { offset: 1.7e12, ..Column::default() };
    let schema = Schema::new(2).with_column(0, offset).unwrap();
    let rows = Dataset::new(Storage::Floats(cells), 30, 2).unwrap().with_schema(schema).unwrap();
    let settings = TabularSettings { linear: false, ..quick(30) };
    let found = filled(&fit(&rows, &settings, 1), &rows);
    let cell = found.row(15)[0];
    assert!((0.0..=29.0).contains(&cell) && cell.fract() == 0.0, "{cell}");
}

#[test]
fn settings_that_cannot_be_trained_are_refused() {
    let good = TabularSettings::of(10);
    assert!(good.check().is_ok() && TabularSettings::of(3_000).check().is_ok());
    for bad in [
        TabularSettings { n_members: 0, ..good.clone() },
        TabularSettings { n_layers: 1000, ..good.clone() },
        TabularSettings { dropout: 1.0, ..good.clone() },
        TabularSettings { hidden: f32::NAN, ..good.clone() },
        TabularSettings { rate: 0.0, ..good.clone() },
    ] {
        assert!(matches!(bad.check(), Err(Error::Setting { .. })));
    }
    let words = |bad: TabularSettings| bad.check().unwrap_err().to_string();
    assert!(words(TabularSettings { batch: 0, ..good.clone() }).contains("at least 1"));
    assert!(words(TabularSettings { n_members: 0, ..good }).contains("1 to 64"));
}
