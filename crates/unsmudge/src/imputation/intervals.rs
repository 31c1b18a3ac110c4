//! Intervals hold the share that they say, and draws spread as cells do.

use super::fit;
use crate::dataset::{Dataset, Storage};
use crate::event::Event;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::{Key, Purpose};
use crate::schema::{Column, ColumnKind, Schema};
use crate::tabular::{Intervals, Tabular, TabularSettings};
use std::ops::ControlFlow;

const N_ROWS: usize = 600;

/// A number, twice it with noise, the first with less noise, and whether the first is above 0.
fn rows() -> Vec<[f32; 4]> {
    let row = |i| {
        let mut stream = Key::new(4, Purpose::Problem).at_row(i).stream();
        let x = stream.normal();
        let y = 2.0 * x + 0.5 * stream.normal();
        let near = x + 0.2 * stream.normal();
        [x as f32, y as f32, near as f32, f32::from(u8::from(x > 0.0))]
    };
    (0..N_ROWS as u64).map(row).collect()
}

/// The same with cells missing: the second in a third of the rows, the first and the third in others,
/// the last in some.
fn holed() -> Dataset {
    let mut rows = rows();
    for (i, row) in rows.iter_mut().enumerate() {
        match i % 12 {
            0..4 => row[1] = f32::NAN,
            4 => (row[0], row[2]) = (f32::NAN, f32::NAN),
            5 => row[3] = f32::NAN,
            _ => {}
        }
    }
    let levels = ["no", "yes"].map(String::from).to_vec();
    let sign = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
    let schema = Schema::new(4).with_column(3, sign).unwrap();
    let table = Dataset::new(Storage::Floats(rows.concat()), N_ROWS, 4).unwrap();
    table.with_schema(schema).unwrap()
}

fn context(n_threads: usize) -> Context {
    Context::new(Some(n_threads)).unwrap()
}

fn model() -> Tabular {
    let settings =
        TabularSettings { steps: 300, n_hidden: 32, n_members: 2, ..TabularSettings::of(N_ROWS) };
    let observer = &mut |_: Event| ControlFlow::Continue(());
    fit(&settings, &holed(), &context(2), observer).unwrap()
}

#[test]
fn intervals_hold_their_share_of_the_cells_and_draws_spread_as_wide() {
    let (model, table, rows) = (model(), holed(), rows());
    let all = model.intervals(&table, 0.9, &context(1)).unwrap();
    let missing: Vec<usize> = (0..N_ROWS).filter(|i| i % 12 < 4).collect();
    let held = |of: &Intervals| {
        let is_held =
            |i: &&usize| (of.low.row(**i)[1]..=of.high.row(**i)[1]).contains(&rows[**i][1]);
        missing.iter().filter(is_held).count() as f64 / missing.len() as f64
    };
    assert!((0.83..0.97).contains(&held(&all)), "{}", held(&all));
    let half = model.intervals(&table, 0.5, &context(1)).unwrap();
    assert!((0.35..0.65).contains(&held(&half)), "{}", held(&half));
    // Cells that are there are their own bounds, and so are levels.
    assert_eq!((all.low.row(7), all.high.row(7)), (&rows[7][..], &rows[7][..]));
    assert_eq!(all.low.row(5)[3], all.high.row(5)[3]);
    assert!(model.intervals(&table, 1.0, &context(1)).is_err());

    let draws: Vec<Matrix> =
        (0..6).map(|k| model.draw(&table, (1, k), &context(1)).unwrap()).collect();
    assert_eq!(draws[2], model.draw(&table, (1, 2), &context(3)).unwrap());
    assert!(draws.iter().all(|draw| draw.values().iter().all(|cell| cell.is_finite())));
    assert_eq!(draws[0].row(7), rows[7]);
    let squares = |of: &dyn Fn(&Matrix, usize) -> f32, picked: &[usize]| {
        let each = draws.iter().flat_map(|draw| picked.iter().map(move |i| of(draw, *i)));
        (each.map(|x| f64::from(x * x)).sum::<f64>() / (6 * picked.len()) as f64).sqrt()
    };
    let error = squares(&|draw, i| draw.row(i)[1] - 2.0 * rows[i][0], &missing);
    assert!((0.35..0.75).contains(&error), "{error}");
    // Two missing cells of a row go together, and are no means.
    // Drawn one without the other, they would be 0.39 apart.
    let both: Vec<usize> = (0..N_ROWS).filter(|i| i % 12 == 4).collect();
    let apart = squares(&|draw, i| draw.row(i)[0] - draw.row(i)[2], &both);
    let spread = squares(&|draw, i| draw.row(i)[0] - 0.5 * rows[i][1], &both);
    assert!((0.1..0.3).contains(&apart) && spread > 0.15, "{apart} {spread}");
}

#[test]
fn parts_of_a_table_are_filled_as_the_whole() {
    let (model, table) = (model(), holed());
    let parts = |of: &dyn Fn(&Dataset) -> Matrix| -> Vec<f32> {
        table.blocks(250).flat_map(|rows| of(&rows).values().to_vec()).collect()
    };
    let impute = |rows: &Dataset| model.impute(rows, &context(1)).unwrap();
    assert_eq!(parts(&impute), impute(&table).values());
    let low = |rows: &Dataset| model.intervals(rows, 0.5, &context(1)).unwrap().low;
    assert_eq!(parts(&low), low(&table).values());
    let draw = |rows: &Dataset| model.draw(rows, (3, 4), &context(1)).unwrap();
    assert_eq!(parts(&draw), draw(&table).values());
}
