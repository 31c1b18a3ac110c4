//! Pictures of one model: its filters, and examples with their reconstructions.

use crate::picture::{GreyScale, Picture, SheetSettings, filter_sheet, filters_by_norm, strip};
use unsmudge::corruption::Corruption;
use unsmudge::dataset::{Dataset, ImageShape};
use unsmudge::error::{Error, Result};
use unsmudge::matrix::Matrix;
use unsmudge::model_file::Model;
use unsmudge::processor::Context;

/// Which filters a sheet shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The first n: the same units in every model of one size and seed.
    First(usize),
    /// The n with the largest norm, largest first.
    Largest(usize),
}

/// The shape of a model's examples: the one it was trained with, or the one given.
///
/// # Errors
/// [`Error::Setting`] when there is none, or it has another number of components.
pub fn shape_of(model: &Model, given: Option<ImageShape>) -> Result<ImageShape> {
    let n_inputs = model.stack.n_inputs();
    let allowed = || format!("HEIGHTxWIDTH with {n_inputs} components in all");
    match given.or(model.record.image) {
        None => Err(Error::setting("shape", "(none)", allowed())),
        Some(shape) if shape.height.checked_mul(shape.width) == Some(n_inputs) => Ok(shape),
        Some(shape) => {
            Err(Error::setting("shape", format!("{}x{}", shape.height, shape.width), allowed()))
        }
    }
}

/// A sheet of filters of the lowest layer, each row w of W as the input of norm 1 that excites its unit the most,
/// w / norm(w).
///
/// # Errors
/// As [`filter_sheet`].
pub fn filters(
    model: &Model,
    choice: Choice,
    scale: GreyScale,
    shape: ImageShape,
) -> Result<Picture> {
    let weights = model.stack.first().encoder().weights.view();
    let chosen: Vec<usize> = match choice {
        Choice::First(n) => (0..n.min(weights.n_rows())).collect(),
        Choice::Largest(n) => filters_by_norm(weights).into_iter().take(n).collect(),
    };
    filter_sheet(weights, &chosen, shape, SheetSettings { scale, ..SheetSettings::default() })
}

/// Rows of pictures: the examples, corrupted when `corruption` is given, and reconstructed. On the
/// grey scale from the least to the greatest value of the training data.
///
/// # Errors
/// [`Error::Shape`] when examples and model disagree; as [`strip`].
pub fn passage(
    model: &Model,
    examples: &Dataset,
    corruption: Option<(&Corruption, u64)>,
    shape: ImageShape,
    context: &Context,
) -> Result<Picture> {
    let stack = &model.stack;
    let (n_rows, n_columns) = (examples.n_rows(), stack.encoding().n_columns());
    let mut rows = [(); 3].map(|()| Matrix::zeros(n_rows, n_columns));
    let grey = Grey::of(model);
    stack.each_reconstruction(examples, corruption, context, |row, found| {
        let stages = [found.clean, found.corrupted, found.reconstruction];
        for (matrix, values) in rows.iter_mut().zip(stages) {
            let out = matrix.row_mut(row);
            stack.encoding().decode_row(values, out);
            out.iter_mut().for_each(|value| *value = grey.of_value(*value));
        }
        Ok(())
    })?;
    let [clean, corrupted, reconstructed] = &rows;
    match corruption {
        Some(_) => strip(&[clean.view(), corrupted.view(), reconstructed.view()], shape, None),
        None => strip(&[clean.view(), reconstructed.view()], shape, None),
    }
}

/// From raw values to [0, 1].
struct Grey {
    least: f32,
    span: f32,
}

impl Grey {
    fn of(model: &Model) -> Self {
        let (least, greatest) = model.stack.encoding().scaling().range();
        Self { least, span: (greatest - least).max(f32::MIN_POSITIVE) }
    }

    fn of_value(&self, value: f32) -> f32 {
        (value - self.least) / self.span
    }
}
