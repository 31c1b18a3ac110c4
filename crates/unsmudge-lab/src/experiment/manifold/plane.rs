//! The plane that rows are seen on: that of two columns, or of the first two principal axes.

use super::PlaneRecord;
use super::data::Rows;
use crate::experiment::noise::cells;
use unsmudge::baseline::Baselines;
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::matrix::Matrix;
use unsmudge::processor::Context;

/// Training rows that are drawn.
const N_POINTS: usize = 400;
/// Of so many rows in a hundred, both ends of an axis leave one out: few are far off.
const LEFT_OUT: f64 = 0.01;
/// The square is wider than the others are.
const MARGIN: f32 = 1.15;

/// A plane in the space of the rows.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    mean: Vec<f32>,
    axes: Matrix,         // 2 x n_columns, rows orthonormal
    train: Vec<[f32; 2]>, // training rows on it
}

impl Plane {
    /// Of the training rows.
    ///
    /// # Errors
    /// Those of reading rows; [`Error::Setting`] where there are no two axes.
    pub fn of(rows: &Rows, context: &Context) -> Result<Self> {
        let n_columns = rows.columns.len();
        if n_columns == 2 {
            let axes = Matrix::from_values(2, 2, vec![1.0, 0.0, 0.0, 1.0])?;
            return Ok(Self::seen(vec![0.0; 2], axes, &cells(&rows.train)?));
        }
        let encoding = Encoding::fit(ScalingKind::AsIs, &rows.train)?;
        let fitted = Baselines::fit(&rows.train, &encoding, 2, context)?;
        match fitted.components() {
            Some(axes) if axes.n_rows() == 2 => {
                let mean = fitted.mean().to_vec();
                Ok(Self::seen(mean, axes.clone(), &cells(&rows.train)?))
            }
            found => {
                let n_axes = found.map_or(0, Matrix::n_rows);
                let found = format!("{}, which has {n_axes} of {n_columns} columns", rows.name);
                let allowed = "tables with two principal axes, of at most 2,048 columns";
                Err(Error::setting("tables", found, allowed))
            }
        }
    }

    fn seen(mean: Vec<f32>, axes: Matrix, train: &Matrix) -> Self {
        let plane = Self { mean, axes, train: Vec::new() };
        Self { train: plane.project(train), ..plane }
    }

    /// Whether a training row is so near to a point of the plane, on it.
    pub fn is_near(&self, [x, y]: [f32; 2], distance: f32) -> bool {
        self.train.iter().any(|[a, b]| (a - x).powi(2) + (b - y).powi(2) <= distance * distance)
    }

    /// Where rows lie on the plane.
    pub fn project(&self, rows: &Matrix) -> Vec<[f32; 2]> {
        let along = |row: &[f32], axis: usize| {
            let centred = row.iter().zip(&self.mean).map(|(x, mean)| x - mean);
            centred.zip(self.axes.row(axis)).map(|(x, v)| x * v).sum()
        };
        (0..rows.n_rows()).map(|i| [0, 1].map(|axis| along(rows.row(i), axis))).collect()
    }

    /// The rows at points of the plane, n_points x n_columns.
    pub fn rows_at(&self, points: &[[f32; 2]]) -> Matrix {
        let mut rows = Matrix::zeros(points.len(), self.mean.len());
        for (i, [a, b]) in points.iter().enumerate() {
            let axes = self.axes.row(0).iter().zip(self.axes.row(1));
            let cells = rows.row_mut(i).iter_mut().zip(&self.mean).zip(axes);
            cells.for_each(|((cell, mean), (first, second))| *cell = mean + a * first + b * second);
        }
        rows
    }

    /// What is told of it.
    ///
    /// # Errors
    /// Those of reading rows.
    pub fn record(&self, rows: &Rows) -> Result<PlaneRecord> {
        let train = cells(&rows.train)?;
        let square = |x: &f32| f64::from(*x).powi(2);
        let total: f64 = train.values().iter().map(square).sum();
        let variance = self.train.iter().flatten().map(square).sum::<f64>() / total;
        let axes = match rows.columns.as_slice() {
            [x, y] => [x.clone(), y.clone()],
            _ => ["first principal axis", "second principal axis"].map(String::from),
        };
        let widest = [0, 1].map(|axis| widest(self.train.iter().map(|x| x[axis])));
        Ok(PlaneRecord {
            data: rows.name.clone(),
            n_rows: [&rows.train, &rows.valid, &rows.test].map(|part| part.n_rows()),
            columns: rows.columns.clone(),
            left_out: rows.left_out.clone(),
            axes,
            variance,
            half: ((MARGIN * 10.0 * widest[0].max(widest[1])).ceil() / 10.0).max(1.0),
            points: self.train.iter().take(N_POINTS).map(|x| x.map(rounded)).collect(),
        })
    }
}

/// How far most values are from 0, to both sides.
fn widest(values: impl Iterator<Item = f32>) -> f32 {
    let mut sizes: Vec<f32> = values.map(f32::abs).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let last = sizes.len().saturating_sub(1);
    sizes.get((last as f64 * (1.0 - 2.0 * LEFT_OUT)) as usize).copied().unwrap_or(1.0)
}

/// As exact as a picture can be.
pub(super) fn rounded(x: f32) -> f32 {
    (1_000.0 * x).round() / 1_000.0
}

/// A plane in words.
pub(super) fn words(record: &PlaneRecord) -> String {
    let PlaneRecord { data, n_rows: [train, valid, test], columns, variance, .. } = record;
    let n_columns = columns.len();
    let rows = format!("{data}: {train} + {valid} + {test} rows of {n_columns} columns");
    match n_columns {
        2 => rows,
        _ => format!("{rows}, {:.0} % of the variance on the plane", 100.0 * variance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::noise::scaled;
    use unsmudge::dataset::{Dataset, Storage};

    #[test]
    fn a_point_of_the_plane_is_where_it_is_seen_and_most_variance_is_on_it() {
        // Two directions of three columns, and a little of the third.
        let row = |i: usize| {
            let (a, b) = ((i * 37 % 101) as f32 - 50.0, (i * 59 % 97) as f32 - 48.0);
            [a + b, a - b, 0.5 * a + 0.001 * (i % 5) as f32]
        };
        let of = |rows: std::ops::Range<usize>| {
            let (n_rows, cells) = (rows.len(), rows.flat_map(row).collect());
            Dataset::new(Storage::Floats(cells), n_rows, 3).unwrap()
        };
        let encoding = Encoding::fit(ScalingKind::Standardise, &of(0..200)).unwrap();
        let part = |rows| scaled(&of(rows), &encoding).unwrap();
        let rows = Rows {
            name: "t".into(),
            columns: ["a", "b", "c"].map(String::from).to_vec(),
            left_out: Vec::new(),
            fingerprint: None,
            train: part(0..200),
            valid: part(200..210),
            test: part(210..230),
            exact: None,
        };
        let plane = Plane::of(&rows, &Context::new(Some(1)).unwrap()).unwrap();
        let points = [[0.5, -1.0], [2.0, 0.25]];
        let seen = plane.project(&plane.rows_at(&points));
        let pairs = seen.iter().flatten().zip(points.iter().flatten());
        pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-5, "{seen:?}"));
        let record = plane.record(&rows).unwrap();
        assert_eq!((record.n_rows, record.points.len()), ([200, 10, 20], 200));
        assert!(record.variance > 0.999, "{}", record.variance);
        let outside = |x: &&[f32; 2]| x.iter().any(|x| x.abs() > record.half);
        assert!(record.points.iter().filter(outside).count() <= 4);
        assert!(plane.is_near(plane.train[7], 0.01) && !plane.is_near([9.0, 9.0], 1.0));
    }
}
