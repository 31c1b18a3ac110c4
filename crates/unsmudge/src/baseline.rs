//! Baselines that do not learn to denoise: the corrupted example itself, the column means, and the
//! projection on as many principal components as the model has hidden units.

use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::Result;
use crate::kernels;
use crate::matrix::Matrix;
use crate::processor::Context;
use nalgebra::{DMatrix, Dyn, SymmetricEigen};

/// Column means and, where they are affordable, principal components.
#[derive(Debug, Clone)]
pub struct Baselines {
    mean: Vec<f32>,             // n_inputs, scaled units
    components: Option<Matrix>, // n_components x n_inputs, rows orthonormal
}

/// Means and components are estimated from at most this many rows; more do not change them visibly.
const MOST_ROWS: usize = 20_000;
/// Beyond this many columns the eigenvectors take minutes.
const MOST_COLUMNS: usize = 2_048;
/// Of few rows a component of less variance, as a share of the first one's, is only rounding.
const LEAST_VARIANCE: f64 = 1e-10;
/// Rows multiplied at a time.
const BLOCK: usize = 256;

impl Baselines {
    /// Fits means and the first `n_components` principal components of scaled examples, on at most
    /// 20,000 evenly spaced rows; fewer components where there is no variance left. There are none if
    /// `n_components` is 0 or at least the number of columns (then PCA is the identity), or for more
    /// than 2,048 columns.
    ///
    /// # Errors
    /// As [`Dataset::copy_rows`].
    pub fn fit(
        examples: &Dataset,
        encoding: &Encoding,
        n_components: usize,
        context: &Context,
    ) -> Result<Self> {
        let n_inputs = encoding.n_slots();
        let step = examples.n_rows().div_ceil(MOST_ROWS);
        let rows: Vec<usize> = (0..examples.n_rows()).step_by(step).collect();
        let (mut sums, mut n_missing) = (vec![0.0f64; n_inputs], vec![0usize; n_inputs]);
        let mut row = vec![0.0; n_inputs];
        for i in &rows {
            encoding.encode_rows(examples, *i, &mut row)?;
            sums.iter_mut().zip(&row).for_each(|(sum, value)| *sum += f64::from(*value));
            encoding.slots().missing(&row).flatten().for_each(|slot| n_missing[slot] += 1);
        }
        let count = |n_missing: usize| (rows.len() - n_missing).max(1) as f64;
        let means = sums.into_iter().zip(n_missing);
        let mean: Vec<f32> = means.map(|(sum, n)| (sum / count(n)) as f32).collect();
        let wanted = n_inputs <= MOST_COLUMNS && (1..n_inputs).contains(&n_components);
        let centre = |rows: &[usize], block: &mut Matrix| -> Result<()> {
            block.set_rows(rows.len());
            for (i, row) in rows.iter().enumerate() {
                let out = block.row_mut(i);
                encoding.encode_rows(examples, *row, out)?;
                out.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean);
            }
            Ok(())
        };
        let components = if wanted && rows.len() < n_inputs {
            let mut centred = Matrix::zeros(rows.len(), n_inputs);
            centre(&rows, &mut centred)?;
            let components = principal_of_few(&centred, n_components);
            (components.n_rows() > 0).then_some(components)
        } else if wanted {
            let mut covariance = Matrix::zeros(n_inputs, n_inputs);
            let mut block = Matrix::zeros(BLOCK, n_inputs);
            for rows in rows.chunks(BLOCK) {
                centre(rows, &mut block)?;
                kernels::matmul_tn(
                    context,
                    covariance.values_mut(),
                    block.view(),
                    block.view(),
                    1.0,
                    1.0,
                );
            }
            Some(principal(&covariance, n_components))
        } else {
            None
        };
        Ok(Self { mean, components })
    }

    /// The column means in scaled units, n_inputs values: the best constant reconstruction.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// Whether there are principal components.
    pub fn has_components(&self) -> bool {
        self.components.is_some()
    }

    /// The principal components as rows, n_components x n_inputs, orthonormal, the one of most variance
    /// first; `None` where there are none.
    pub fn components(&self) -> Option<&Matrix> {
        self.components.as_ref()
    }

    /// mean + (x~ - mean) Vᵀ V for rows x~ (n_examples x n_inputs, scaled), or `None` without
    /// components.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) when the columns disagree.
    pub fn project(&self, corrupted: &Matrix, context: &Context) -> Result<Option<Matrix>> {
        let Some(components) = &self.components else { return Ok(None) };
        let mut centred = Matrix::zeros(corrupted.n_rows(), self.mean.len());
        centred.copy_from(corrupted)?;
        for row in centred.values_mut().chunks_exact_mut(self.mean.len()) {
            row.iter_mut().zip(&self.mean).for_each(|(value, mean)| *value -= mean);
        }
        let mut codes = Matrix::zeros(corrupted.n_rows(), components.n_rows());
        kernels::matmul_nt(context, &mut codes, centred.view(), components.view());
        let mut out = centred;
        kernels::matmul(context, &mut out, codes.view(), components.view());
        for row in out.values_mut().chunks_exact_mut(self.mean.len()) {
            row.iter_mut().zip(&self.mean).for_each(|(value, mean)| *value += mean);
        }
        Ok(Some(out))
    }
}

/// The eigenvectors of the largest eigenvalues of a symmetric matrix, as rows.
fn principal(covariance: &Matrix, n_components: usize) -> Matrix {
    let n = covariance.n_rows();
    let symmetric = DMatrix::from_fn(n, n, |i, j| f64::from(covariance.row(i.max(j))[i.min(j)]));
    let eigen = symmetric.symmetric_eigen();
    let mut components = Matrix::zeros(n_components, n);
    for (i, column) in largest_first(&eigen).iter().take(n_components).enumerate() {
        for (j, value) in components.row_mut(i).iter_mut().enumerate() {
            *value = eigen.eigenvectors[(j, *column)] as f32;
        }
    }
    components
}

/// The same of few rows, which are centred (n_examples x n_inputs), as far as there is variance. An
/// eigenvector u of X Xᵀ, which is smaller than Xᵀ X, gives its eigenvector Xᵀ u.
fn principal_of_few(centred: &Matrix, n_components: usize) -> Matrix {
    let (n_rows, n_inputs) = (centred.n_rows(), centred.n_columns());
    let rows = DMatrix::from_fn(n_rows, n_inputs, |i, j| f64::from(centred.row(i)[j]));
    let eigen = (&rows * rows.transpose()).symmetric_eigen();
    let mut order = largest_first(&eigen);
    let most = order.first().map_or(0.0, |first| eigen.eigenvalues[*first]);
    order.retain(|column| eigen.eigenvalues[*column] > LEAST_VARIANCE * most);
    order.truncate(n_components);
    let mut components = Matrix::zeros(order.len(), n_inputs);
    for (i, column) in order.into_iter().enumerate() {
        let direction = rows.tr_mul(&eigen.eigenvectors.column(column)).normalize();
        components.row_mut(i).iter_mut().zip(&direction).for_each(|(to, x)| *to = *x as f32);
    }
    components
}

fn largest_first(eigen: &SymmetricEigen<f64, Dyn>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|one, other| eigen.eigenvalues[*other].total_cmp(&eigen.eigenvalues[*one]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Storage;
    use crate::encoding::ScalingKind;

    #[test]
    fn the_first_component_of_a_line_is_the_line() {
        // Points (t, 2t): noise across the line is removed, noise along it stays.
        let values: Vec<f32> = (0..100).flat_map(|t| [t as f32, 2.0 * t as f32]).collect();
        let examples = Dataset::new(Storage::Floats(values), 100, 2).unwrap();
        let encoding = Encoding::fit(ScalingKind::AsIs, &examples).unwrap();
        let context = Context::new(Some(1)).unwrap();
        let fit =
            |n_components| Baselines::fit(&examples, &encoding, n_components, &context).unwrap();
        let baselines = fit(1);
        assert_eq!(baselines.mean(), [49.5, 99.0]);
        let corrupted = Matrix::from_values(1, 2, vec![10.0 - 2.0, 20.0 + 1.0]).unwrap();
        let projected = baselines.project(&corrupted, &context).unwrap().unwrap();
        assert!((projected.values()[0] - 10.0).abs() < 1e-3);
        assert!((projected.values()[1] - 20.0).abs() < 1e-3);
        assert!(!fit(2).has_components());
        let line = baselines.components().unwrap().row(0);
        assert!(
            (line[1] / line[0] - 2.0).abs() < 1e-4 && baselines.components().unwrap().n_rows() == 1
        );
    }

    #[test]
    fn rows_that_are_fewer_than_columns_have_the_components_of_the_same_rows_twice() {
        let row = |i: usize| (0..9).map(move |j| ((i * 37 + j * j * 11) % 17) as f32);
        let context = Context::new(Some(1)).unwrap();
        let fit = |times: usize, n_components: usize| {
            let cells = (0..6 * times).flat_map(|i| row(i % 6)).collect();
            let examples = Dataset::new(Storage::Floats(cells), 6 * times, 9).unwrap();
            let encoding = Encoding::fit(ScalingKind::AsIs, &examples).unwrap();
            Baselines::fit(&examples, &encoding, n_components, &context).unwrap()
        };
        let new = Matrix::from_values(1, 9, row(7).collect()).unwrap();
        let project = |of: &Baselines| of.project(&new, &context).unwrap().unwrap();
        for n_components in [1, 3, 5] {
            let (few, many) = (project(&fit(1, n_components)), project(&fit(2, n_components)));
            for (one, other) in few.values().iter().zip(many.values()) {
                assert!((one - other).abs() < 1e-3, "{n_components}: {few:?} {many:?}");
            }
        }
        // 6 rows vary in 5 directions: there is no sixth component.
        assert_eq!(project(&fit(1, 8)).values(), project(&fit(1, 5)).values());
        let same = Dataset::new(Storage::Floats(vec![0.5; 18]), 2, 9).unwrap();
        let encoding = Encoding::fit(ScalingKind::AsIs, &same).unwrap();
        assert!(!Baselines::fit(&same, &encoding, 1, &context).unwrap().has_components());
    }
}
