//! Unusual rows and cells are found, usual ones are not, and tables that give little to learn from
//! are scored.

use super::*;
use crate::dataset::Storage;
use crate::event::EventKind;
use crate::random::{Key, Purpose};
use crate::schema::{Column, ColumnKind};
use std::ops::ControlFlow;

const HOLE: f32 = f32::NAN;

fn context(n_threads: usize) -> Context {
    Context::new(Some(n_threads)).unwrap()
}

fn category(n_levels: usize) -> Column {
    let levels = (0..n_levels).map(|level| format!("l{level}")).collect();
    Column { kind: ColumnKind::Category { levels }, ..Column::default() }
}

/// A number, ten more than twice it, and a category by its sign.
fn cells(n_rows: usize, seed: u64) -> Vec<f32> {
    let row = |i: usize| {
        let mut stream = Key::new(seed, Purpose::Problem).at_row(i as u64).stream();
        let x = stream.normal();
        let y = 10.0 + 2.0 * x + 0.1 * stream.normal();
        [x as f32, y as f32, f32::from(u8::from(x > 0.0))]
    };
    (0..n_rows).flat_map(row).collect()
}

fn table(cells: Vec<f32>) -> Dataset {
    let n_rows = cells.len() / 3;
    let schema = Schema::new(3).with_column(2, category(2)).unwrap();
    Dataset::new(Storage::Floats(cells), n_rows, 3).unwrap().with_schema(schema).unwrap()
}

fn fit(table: &Dataset, settings: &DetectorSettings, n: usize) -> (Detector, Vec<RowScore>) {
    let observer = &mut |_: Event| ControlFlow::Continue(());
    let network = TabularSettings { n_hidden: 32, ..TabularSettings::for_scores() };
    Detector::of_networks((settings, &network), table, &context(n), observer).unwrap()
}

fn trained(cells: Vec<f32>) -> (Detector, Vec<RowScore>) {
    fit(&table(cells), &DetectorSettings::default(), 2)
}

fn scores_of_cells(detector: &Detector, table: &Dataset) -> Vec<Vec<Option<CellScore>>> {
    let mut found = Vec::new();
    let look = |row: usize, cells: &[Option<CellScore>]| {
        assert_eq!(row, found.len());
        found.push(cells.to_vec());
        Ok(())
    };
    detector.cells(table, None, &context(1), look).unwrap();
    found
}

#[test]
fn what_contradicts_the_rest_of_its_row_is_found_in_new_rows_and_in_those_of_training() {
    let mut rows = cells(300, 1);
    // Each cell is usual, but not beside the others.
    rows[3 * 50 + 1] = 14.0 - rows[3 * 50 + 1].min(10.0);
    let (x, y) = (rows[3 * 50], rows[3 * 50 + 1]);
    let (detector, scores) = trained(rows.clone());
    assert!((x - (y - 10.0) / 2.0).abs() > 1.0, "{x} {y}");
    assert!(scores[50].p <= 0.02 && scores[50].score > 0.5, "{:?}", scores[50]);
    let mut found = Vec::new();
    let look = |row: usize, cells: &[Option<CellScore>]| {
        found.push((row, cells.to_vec()));
        Ok(())
    };
    detector.cells_of_training(&table(rows), Some(&[50, 7]), &context(1), look).unwrap();
    assert_eq!((found[0].0, found[1].0), (50, 7));
    let cells = &found[0].1;
    assert!(cells[0].unwrap().p < 0.02 || cells[1].unwrap().p < 0.02, "{cells:?}");

    let new = table(vec![1.0, 12.0, 1.0, 1.0, 12.0, 0.0, -1.0, 12.0, 0.0, 9.0, 28.0, 1.0]);
    let scores = detector.score(&new, &context(1)).unwrap();
    assert!(scores[0].p > 0.1, "{scores:?}");
    assert!(scores[1..].iter().all(|row| row.p < 0.02 && row.fdr < 0.03), "{scores:?}");
    let cells = scores_of_cells(&detector, &new);
    let [sign, x, y] = [cells[1][2], cells[2][0], cells[2][1]].map(Option::unwrap);
    assert!(sign.p < 0.02 && sign.expected == 1.0 && sign.range.is_none(), "{sign:?}");
    // Either of the numbers may be the wrong one.
    let (first, expected, cell) = if x.p < y.p { (x, 1.0, -1.0) } else { (y, 8.0, 12.0) };
    let (low, high) = first.range.unwrap();
    assert!(first.p < 0.02 && first.surprise > 4.0, "{first:?}");
    assert!(low <= first.expected && first.expected <= high && (cell < low || cell > high));
    assert!((first.expected - expected).abs() < 1.0, "{first:?}");
    assert!(cells[0].iter().all(|cell| cell.unwrap().p > 0.02), "{:?}", cells[0]);
}

#[test]
fn p_values_of_usual_rows_and_cells_are_uniform() {
    let (detector, own) = trained(cells(400, 1));
    let share = |p: &[f64]| p.iter().filter(|p| **p <= 0.1).count() as f64 / p.len() as f64;
    let own: Vec<f64> = own.iter().map(|row| row.p).collect();
    assert!((share(&own) - 0.1).abs() < 0.01);
    let new = table(cells(400, 2));
    let rows = detector.score(&new, &context(2)).unwrap();
    let p: Vec<f64> = rows.iter().map(|row| row.p).collect();
    assert!((0.05..=0.15).contains(&share(&p)), "{}", share(&p));
    assert!(rows.iter().all(|row| row.fdr >= row.p && row.fdr <= 1.0));
    let cells = scores_of_cells(&detector, &new);
    for j in 0..3 {
        let p: Vec<f64> = cells.iter().map(|cells| cells[j].unwrap().p).collect();
        // Of a category most p-values are 1: those of its most probable levels.
        let least = if j == 2 { 0.0 } else { 0.04 };
        assert!((least..=0.16).contains(&share(&p)), "{j}: {}", share(&p));
    }
}

#[test]
fn wild_cells_do_not_mislead_what_is_said_of_others() {
    let (detector, _) = trained(cells(300, 1));
    let cells = scores_of_cells(&detector, &table(vec![0.8, 1e6, 1.0, -0.9, 8.2, 7.0]));
    let [x, y, sign] = [0, 1, 2].map(|j| cells[0][j].unwrap());
    assert!(y.p < 0.01 && y.surprise > 20.0 && x.p > 0.02 && sign.p > 0.02, "{:?}", cells[0]);
    let [x, y, sign] = [0, 1, 2].map(|j| cells[1][j].unwrap());
    assert!(sign.p < 0.01 && sign.expected == 0.0 && x.p > 0.02 && y.p > 0.02, "{:?}", cells[1]);
}

#[test]
fn missing_cells_have_no_score_and_rows_without_cells_are_not_unusual() {
    let mut rows = cells(60, 1);
    (0..60).step_by(4).for_each(|i| rows[3 * i + i / 4 % 3] = HOLE);
    rows[15..18].fill(HOLE);
    let (detector, own) = trained(rows);
    assert_eq!((own[5].p, own.iter().all(|row| row.score.is_finite())), (1.0, true));
    let new = table(vec![HOLE, HOLE, HOLE, 1.0, HOLE, 1.0, HOLE, 300.0, HOLE]);
    let scores = detector.score(&new, &context(1)).unwrap();
    assert_eq!(scores[0].p, 1.0);
    assert!(scores[0].score <= scores[1].score && scores[1].p > 0.05, "{scores:?}");
    assert!(scores[2].p <= detector.least_p() + 1e-9, "{scores:?}");
    let cells = scores_of_cells(&detector, &new);
    let has: Vec<Vec<bool>> =
        cells.iter().map(|row| row.iter().map(Option::is_some).collect()).collect();
    assert_eq!(has, [[false; 3], [true, false, true], [false, true, false]]);
}

#[test]
fn tables_that_teach_little_are_scored() {
    // A column all missing, a constant one, and more columns than rows.
    let row = |i: usize| {
        let more = (0..20).map(move |j| (i * j % 7) as f32);
        [HOLE, 7.0, i as f32].into_iter().chain(more)
    };
    let of = |cells: Vec<f32>| {
        let n_rows = cells.len() / 23;
        Dataset::new(Storage::Floats(cells), n_rows, 23).unwrap()
    };
    let few = of((0..12).flat_map(row).collect());
    let (detector, own) = fit(&few, &DetectorSettings::default(), 1);
    let is_fine = |row: &RowScore| row.score.is_finite() && row.p > 0.0 && row.fdr <= 1.0;
    assert!(own.iter().all(is_fine));
    let mut cells: Vec<f32> = row(3).collect();
    cells[..3].copy_from_slice(&[3e38, 8.0, -3e38]);
    let new = of(cells);
    let scores = detector.score(&new, &context(1)).unwrap();
    assert!(is_fine(&scores[0]) && scores[0].p <= detector.least_p() + 1e-9, "{scores:?}");
    let found = scores_of_cells(&detector, &new);
    let finite = found[0].iter().map(|cell| cell.unwrap());
    for CellScore { surprise, p, expected, range } in finite {
        let (low, high) = range.unwrap();
        assert!([surprise, expected, low, high].iter().all(|of| of.is_finite()) && p > 0.0);
    }

    let observer = &mut |_: Event| ControlFlow::Continue(());
    let few = of(row(1).collect());
    let refused = Detector::fit(&DetectorSettings::default(), &few, &context(1), observer);
    assert!(refused.unwrap_err().to_string().contains("at least 10 rows"));
}

#[test]
fn the_number_of_threads_and_other_rows_change_no_bit() {
    let rows = table(cells(60, 1));
    let settings = DetectorSettings::default();
    let (one, three) = (fit(&rows, &settings, 1), fit(&rows, &settings, 3));
    assert_eq!(one.0.to_bytes().unwrap(), three.0.to_bytes().unwrap());
    assert_eq!(one.1, three.1);
    let new = table(cells(400, 2));
    let all = one.0.score(&new, &context(3)).unwrap();
    let (_, last) = new.clone().split_last(3).unwrap();
    let some = one.0.score(&last, &context(1)).unwrap();
    assert!(some.iter().zip(&all[397..]).all(|(a, b)| (a.score, a.p) == (b.score, b.p)));
    let cells = scores_of_cells(&one.0, &new);
    assert_eq!(scores_of_cells(&one.0, &last), cells[397..]);
}

#[test]
fn networks_are_trained_on_as_many_rows_as_their_steps_have_room_for() {
    let settings = DetectorSettings { steps: Some(1), ..DetectorSettings::default() };
    let observer = &mut |_: Event| ControlFlow::Continue(());
    for (n_rows, n_trained) in [(100, 80), (160, 128), (300, 128)] {
        let rows = table(cells(n_rows, 1));
        let (detector, scores) = Detector::fit(&settings, &rows, &context(2), observer).unwrap();
        assert!(detector.networks.iter().all(|network| network.n_train() == n_trained));
        assert_eq!((detector.n_train(), scores.len()), (n_rows, n_rows));
    }
}

#[test]
fn looking_at_cells_ends_where_the_caller_says_so() {
    let (detector, _) = trained(cells(60, 1));
    let mut n_rows = 0;
    let look = |_: usize, _: &[Option<CellScore>]| {
        n_rows += 1;
        if n_rows < 3 { Ok(()) } else { Err(Error::Interrupted) }
    };
    let ended = detector.cells(&table(cells(40, 2)), None, &context(1), look);
    assert!(matches!(ended, Err(Error::Interrupted)) && n_rows == 3);
}

#[test]
fn training_can_be_stopped() {
    let mut n_stages = 0;
    let observer = &mut |event: Event| match event.kind {
        EventKind::Stage(start) => {
            n_stages += 1;
            assert_eq!((start.number, start.n_stages), (n_stages, 5));
            if n_stages == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
        _ => ControlFlow::Continue(()),
    };
    let settings = DetectorSettings::default();
    let stopped = Detector::fit(&settings, &table(cells(60, 1)), &context(1), observer);
    assert!(matches!(stopped, Err(Error::Interrupted)));
}

#[test]
fn rows_far_from_those_that_are_known_to_be_good_are_unusual() {
    // On a circle: each number alone, and their usual relation, allow the centre.
    let circle = |n: usize| {
        (0..n).flat_map(move |i| {
            let angle = (i * 37 % n) as f32 / n as f32 * std::f32::consts::TAU;
            [angle.cos(), angle.sin()]
        })
    };
    let of = |cells: Vec<f32>| {
        let n_rows = cells.len() / 2;
        Dataset::new(Storage::Floats(cells), n_rows, 2).unwrap()
    };
    let settings = DetectorSettings { clean: true, ..DetectorSettings::default() };
    let (detector, own) = fit(&of(circle(200).collect()), &settings, 2);
    assert!(own.iter().filter(|row| row.p <= 0.1).count() <= 21);
    let scores = detector.score(&of(vec![0.0, 0.0, 0.6, 0.8, HOLE, HOLE]), &context(1)).unwrap();
    assert!(scores[0].p < 0.02 && scores[1].p > 0.05 && scores[2].p == 1.0, "{scores:?}");
}
