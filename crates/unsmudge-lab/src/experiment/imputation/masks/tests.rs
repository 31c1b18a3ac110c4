//! Masks: their rates, and what chances depend on.

use super::*;
use unsmudge::schema::{Column, ColumnKind, Schema};

const N_ROWS: usize = 4_000;

/// Three numbers and a category; the first number has holes.
fn table() -> Table {
    let row = |i: usize| {
        let mut stream = Key::new(5, Purpose::Sample).at_row(i as u64).stream();
        let x = if i.is_multiple_of(9) { f32::NAN } else { stream.normal() as f32 };
        let level = stream.whole(0, 2) as f32;
        [x, level, stream.normal().exp() as f32, 1e6 + stream.unit() as f32]
    };
    let levels = ["a", "b", "c"].map(String::from).to_vec();
    let category = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
    let schema = Schema::new(4).with_column(1, category).unwrap();
    let cells = (0..N_ROWS).flat_map(row).collect();
    Table { name: "made".into(), n_rows: N_ROWS, schema, cells }
}

fn mask(mechanism: Mechanism, rate: f64, number: u32) -> Mask {
    Mask { seed: 1, number, hiding: Hiding { mechanism, rate } }
}

/// Of a column: the share of known cells that are hidden.
fn share(table: &Table, are_hidden: &[bool], j: usize) -> f64 {
    let cells = table.cells.iter().zip(are_hidden).skip(j).step_by(4);
    let known: Vec<bool> = cells.filter(|(c, _)| !c.is_nan()).map(|(_, h)| *h).collect();
    known.iter().filter(|is_hidden| **is_hidden).count() as f64 / known.len() as f64
}

/// The mean of `values` where column `j` is hidden, less that where it is seen.
fn difference(values: &[f64], are_hidden: &[bool], j: usize) -> f64 {
    let mean = |hidden: bool| {
        let rows = are_hidden.iter().skip(j).step_by(4).zip(values);
        let of: Vec<f64> = rows.filter(|(h, _)| **h == hidden).map(|(_, v)| *v).collect();
        of.iter().sum::<f64>() / of.len() as f64
    };
    mean(true) - mean(false)
}

#[test]
fn every_mechanism_hides_the_asked_share_of_known_cells_and_no_missing_one() {
    let table = table();
    for (mechanism, rate) in [
        (Mechanism::Mcar, 0.1),
        (Mechanism::Mcar, 0.5),
        (Mechanism::Mar, 0.3),
        (Mechanism::Mnar, 0.3),
    ] {
        let mask = mask(mechanism, rate, 2);
        let are_hidden = mask.of(&table);
        let seen = match mechanism {
            Mechanism::Mar => mask.always_seen(4),
            _ => Vec::new(),
        };
        for j in 0..4 {
            let expected = if seen.contains(&j) { 0.0 } else { rate };
            let found = share(&table, &are_hidden, j);
            assert!((found - expected).abs() < 0.03, "{mechanism:?} {j}: {found}");
        }
        assert!(table.cells.iter().zip(&are_hidden).all(|(c, h)| !c.is_nan() || !h));
    }
    assert_eq!(mask(Mechanism::Mar, 0.3, 0).always_seen(10).len(), 3);
    let [first, again, other] = [0, 0, 1].map(|n| mask(Mechanism::Mcar, 0.3, n).of(&table));
    assert!(first == again && first != other);
}

#[test]
fn cells_hidden_at_random_depend_on_columns_that_are_seen_and_not_on_themselves() {
    let table = table();
    for number in 0..4 {
        let mask = mask(Mechanism::Mar, 0.3, number);
        let are_hidden = mask.of(&table);
        let [seen] = mask.always_seen(4)[..] else { panic!() };
        let of_seen = mask.standardised(&table, seen);
        for j in (0..4).filter(|j| *j != seen) {
            let depends = difference(&of_seen, &are_hidden, j).abs();
            let own = difference(&mask.standardised(&table, j), &are_hidden, j).abs();
            assert!(depends > 0.35 && own < 0.2, "mask {number}, {j}: {depends} {own}");
        }
    }
}

#[test]
fn cells_hidden_not_at_random_depend_on_themselves_alone() {
    let table = table();
    let mask = mask(Mechanism::Mnar, 0.3, 0);
    let are_hidden = mask.of(&table);
    let values: Vec<Vec<f64>> = (0..4).map(|j| mask.standardised(&table, j)).collect();
    for j in 0..4 {
        for (k, values) in values.iter().enumerate() {
            // Missing cells are never hidden, and count as 0.
            let found = difference(values, &are_hidden, j).abs();
            assert!(if j == k { found > 0.5 } else { found < 0.15 }, "{j} by {k}: {found}");
        }
    }
}

#[test]
fn equal_cells_have_no_deviation() {
    assert_eq!(moments([0.1; 7].into_iter()), (0.1, 0.0));
    assert_eq!(moments([f64::NAN, 1.0, 3.0].into_iter()), (2.0, 1.0));
}

#[test]
fn one_cell_of_a_column_is_always_left() {
    let schema = Schema::new(2);
    let cells = vec![f32::NAN, 1.0, 2.0, 3.0, 4.0, f32::NAN];
    let table = Table { name: "tiny".into(), n_rows: 3, schema, cells };
    let are_hidden = mask(Mechanism::Mcar, 1.0, 0).of(&table);
    assert_eq!(are_hidden, [false, false, false, true, true, false]);
}
