//! What one pass over the data tells of its columns: from it follow the scaling, and which columns
//! have missing cells.

use crate::dataset::{Dataset, Faults};
use crate::error::{Error, Place, Result};
use crate::schema::{ColumnKind, Schema};

/// Range, sum and missing cells of each column.
#[derive(Debug, Clone)]
pub(crate) struct Statistics {
    of_train: Vec<Column>,
    of_valid: Vec<Column>, // empty without held-out rows
    n_rows: usize,         // of the training data
}

/// The cells of one column that are not missing.
#[derive(Debug, Clone, Copy)]
struct Column {
    least: f32,
    greatest: f32,
    sum: f64,
    n_missing: usize,
    is_whole: bool, // looked at where the schema has kinds
}

const EMPTY: Column = Column {
    least: f32::INFINITY,
    greatest: f32::NEG_INFINITY,
    sum: 0.0,
    n_missing: 0,
    is_whole: true,
};

impl Statistics {
    /// Of training rows and, where there are any, held-out ones.
    pub fn of(train: &Dataset, valid: Option<&Dataset>) -> Result<Self> {
        let mut faults = Faults::default();
        let of_train = columns(train, &mut faults)?;
        let of_valid = valid.map(|valid| columns(valid, &mut faults)).transpose()?;
        faults.check(train.origin())?;
        let n_rows = train.n_rows();
        Ok(Self { of_train, of_valid: of_valid.unwrap_or_default(), n_rows })
    }

    /// The least and greatest value of each column that is scaled, in training rows and then in
    /// held-out ones; of a column whose cells are all missing the least is the greater one.
    pub fn ranges(&self, schema: &Schema) -> impl Iterator<Item = (f32, f32)> {
        let all = self.of_train.iter().chain(&self.of_valid).enumerate();
        let scaled = all.filter(|(j, _)| schema.column(j % schema.n_columns()).kind.is_scaled());
        scaled.map(|(_, column)| (column.least, column.greatest))
    }

    /// The least and greatest values of the training data; 0 where all are missing.
    pub fn extremes(&self) -> (Vec<f32>, Vec<f32>) {
        let or_zero = |value: f32| if value.is_finite() { value } else { 0.0 };
        let columns = self.of_train.iter();
        columns.map(|column| (or_zero(column.least), or_zero(column.greatest))).unzip()
    }

    /// The means of the training data; 0 where all are missing.
    pub fn means(&self) -> Vec<f64> {
        let columns = self.of_train.iter();
        columns.map(|column| column.sum / self.n_present(column).max(1) as f64).collect()
    }

    /// The standard deviations of the training data, in a second pass: sums of squares would lose
    /// the digits of columns whose mean is large.
    pub fn deviations(&self, train: &Dataset, means: &[f64]) -> Result<Vec<f32>> {
        let counts: Vec<f64> =
            self.of_train.iter().map(|column| self.n_present(column) as f64).collect();
        let mut variances = vec![0.0f64; means.len()];
        train.each_row(|_, row| {
            for (j, value) in row.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
                let difference = f64::from(*value) - means[j];
                variances[j] += difference * difference / counts[j];
            }
            Ok(())
        })?;
        // A constant column has no deviation, whatever rounding left of it.
        let deviation = |(variance, column): (f64, &Column)| {
            if column.least == column.greatest { 0.0 } else { variance.sqrt() as f32 }
        };
        Ok(variances.into_iter().zip(&self.of_train).map(deviation).collect())
    }

    /// Columns, from 0, with a missing cell in any row.
    pub fn with_missing(&self) -> impl Iterator<Item = usize> {
        let valid = |j: usize| self.of_valid.get(j).is_some_and(|column| column.n_missing > 0);
        (0..self.of_train.len()).filter(move |j| self.of_train[*j].n_missing > 0 || valid(*j))
    }

    /// Refuses training data, of which these are, whose cells are not what the schema says.
    pub fn check_kinds(&self, train: &Dataset) -> Result<()> {
        for (j, special) in train.schema().special_columns() {
            let Column { least, greatest, is_whole, .. } = self.of_train[j];
            let (expected, most) = match &special.kind {
                ColumnKind::Number | ColumnKind::Date | ColumnKind::Time => continue,
                ColumnKind::Count => ("whole numbers from 0".into(), f32::INFINITY),
                ColumnKind::Binary => ("0 or 1".into(), 1.0),
                ColumnKind::Category { levels } => {
                    let last = levels.len() - 1;
                    (format!("places of {} levels, from 0 to {last}", levels.len()), last as f32)
                }
            };
            let is_kind = is_whole && least >= 0.0 && greatest <= most;
            if !is_kind && least <= greatest {
                let place = Place { column: Some(train.schema().column_name(j)), ..Place::whole() };
                let found = format!("numbers from {least} to {greatest}");
                let hint = "correct the cells, or the kind of the column";
                return Err(Error::data(train.origin().path(), place, expected, found, hint));
            }
        }
        Ok(())
    }

    fn n_present(&self, column: &Column) -> usize {
        self.n_rows - column.n_missing
    }
}

fn columns(examples: &Dataset, faults: &mut Faults) -> Result<Vec<Column>> {
    let mut columns = vec![EMPTY; examples.n_columns()];
    let has_kinds = !examples.schema().is_plain();
    let are_bytes = examples.is_bytes();
    examples.each_block(|first, values| {
        let is_finite = are_bytes || faults.all_finite(examples, first, values, |_| true);
        for row in values.chunks_exact(columns.len()) {
            for (column, value) in columns.iter_mut().zip(row) {
                if !is_finite && value.is_nan() {
                    column.n_missing += 1;
                    continue;
                }
                column.least = column.least.min(*value);
                column.greatest = column.greatest.max(*value);
                column.sum += f64::from(*value);
                if has_kinds {
                    column.is_whole &= value.fract() == 0.0;
                }
            }
        }
        Ok(())
    })?;
    Ok(columns)
}
