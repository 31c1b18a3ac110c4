//! A small table as people have them: numbers, words and missing cells that depend on each other.

use crate::problem::maker::{Drawn, key};
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::error::Result;
use unsmudge::random::Stream;
use unsmudge::schema::{Column, ColumnKind, Schema};

const NAMES: [&str; 8] = ["age", "sex", "height", "weight", "bmi", "education", "job", "income"];
const SEXES: [&str; 2] = ["female", "male"];
const EDUCATIONS: [&str; 4] = ["primary", "secondary", "bachelor", "master"];
const JOBS: [&str; 4] = ["services", "trade", "office", "science"];
const N: usize = NAMES.len();

/// A table of `n_rows` people: age, sex, height (cm), weight (kg), body mass index, education, job
/// and income; where the weight is missing, the index is too. A larger table starts with the rows of
/// a smaller one.
///
/// # Errors
/// [`Error::Shape`](unsmudge::Error::Shape) for no row.
///
/// # Example
/// ```
/// let table = unsmudge_lab::problem::people(100, 0)?;
/// assert_eq!(table.schema().column_name(4), "\"bmi\"");
/// # Ok::<(), unsmudge::Error>(())
/// ```
pub fn people(n_rows: usize, seed: u64) -> Result<Dataset> {
    let rows = (0..n_rows as u64).map(|row| key(seed, Drawn::Person).at_row(row).stream());
    let cells: Vec<f32> = rows.flat_map(|mut stream| person(&mut stream)).collect();
    let mut schema = Schema::new(N).with_names(NAMES.map(String::from).to_vec())?;
    for (number, levels) in [(1, &SEXES[..]), (5, &EDUCATIONS), (6, &JOBS)] {
        let levels = levels.iter().map(ToString::to_string).collect();
        let column = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
        schema = schema.with_column(number, column)?;
    }
    Dataset::new(Storage::Floats(cells), n_rows, N)?.with_schema(schema)
}

fn person(stream: &mut Stream) -> [f32; N] {
    let tenths = |value: f64| (10.0 * value).round() / 10.0;
    let age = f64::from(stream.whole(18, 80));
    let is_male = f64::from(stream.whole(0, 1));
    let height = (163.0 + 13.0 * is_male + 6.5 * stream.normal()).round();
    let build = 22.0 + 0.05 * (age - 18.0) + is_male + 2.5 * stream.normal();
    let weight = tenths((build.max(16.0) + stream.normal().powi(2)) * (height / 100.0).powi(2));
    let bmi = tenths(weight / (height / 100.0).powi(2));
    let learned = (1.6 - 0.01 * (age - 18.0) + stream.normal()).round().clamp(0.0, 3.0);
    let job = (learned + 0.7 * stream.normal()).round().clamp(0.0, 3.0);
    let years = (age - 18.0 - 3.0 * learned).clamp(0.0, 40.0);
    let income = 9.9 + 0.22 * learned + 0.1 * job + 0.012 * years + 0.25 * stream.normal();
    let income = (libm::exp(income) / 100.0).round() * 100.0;
    let mut row = [age, is_male, height, weight, bmi, learned, job, income].map(|cell| cell as f32);
    let (is_unweighed, is_private) = (stream.unit() < 0.08, stream.unit() < 0.03 + age / 800.0);
    if is_unweighed {
        row[3] = f32::NAN;
        row[4] = f32::NAN;
    }
    if is_private {
        row[7] = f32::NAN;
    }
    if stream.unit() < 0.04 {
        row[5] = f32::NAN;
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_have_holes_and_an_index_that_follows_from_weight_and_height() {
        let table = people(500, 3).unwrap();
        let mut cells = vec![0.0; 500 * N];
        table.copy_rows(0, &mut cells).unwrap();
        let mut counts = [0; N];
        for row in cells.chunks_exact(N) {
            counts.iter_mut().zip(row).for_each(|(n, cell)| *n += usize::from(cell.is_nan()));
            assert_eq!(row[3].is_nan(), row[4].is_nan());
            let index = row[3] / (row[2] / 100.0).powi(2);
            assert!(row[4].is_nan() || (index - row[4]).abs() < 0.051, "{row:?}");
        }
        assert!(counts[3] > 20 && counts[5] > 10 && counts[7] > 20, "{counts:?}");
        assert_eq!(counts[..3], [0; 3]);
        let mut first = vec![0.0; 10 * N];
        people(10, 3).unwrap().copy_rows(0, &mut first).unwrap();
        assert!(first.iter().zip(&cells).all(|(a, b)| a == b || a.is_nan() && b.is_nan()));
    }
}
