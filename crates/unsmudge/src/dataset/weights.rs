//! How much each row counts in the loss that training lowers.

use crate::dataset::Dataset;
use crate::error::{Error, Hint, Place, Result};

impl Dataset {
    /// The same rows, each with a weight of 0 or more: how much it counts in losses and error rates,
    /// relative to the others. (Equation 5 of docs/equations.md.)
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of weights than of rows; [`Error::Data`] naming a weight
    /// that is below 0 or no finite number, and where all are 0.
    ///
    /// # Example
    /// ```
    /// use unsmudge::dataset::{Dataset, Storage};
    ///
    /// let table = Dataset::new(Storage::Floats(vec![1.0, 2.0, 3.0]), 3, 1)?;
    /// let table = table.with_weights(vec![1.0, 0.5, 2.0])?;
    /// assert_eq!(table.weights(), [1.0, 0.5, 2.0]);
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    pub fn with_weights(mut self, weights: Vec<f32>) -> Result<Self> {
        if weights.len() != self.n_rows {
            return Err(Error::shape("weights of rows", self.n_rows, weights.len()));
        }
        if let Some(row) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
            let place = Place::row(self.origin.row(row));
            let hint = "a row that is to count nothing has the weight 0";
            let expected = "a weight of 0 or more";
            return Err(Error::data(self.origin.path(), place, expected, weights[row], hint));
        }
        self.weights = weights;
        self.check_weighs(0..self.n_rows, "a row")?;
        Ok(self)
    }

    /// How much each row counts: one weight a row; or none, where all count the same.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Refuses weights, of which `who` knows nothing.
    ///
    /// # Errors
    /// [`Error::Setting`] where rows have weights.
    pub(crate) fn refuse_weights(&self, who: &str) -> Result<()> {
        if self.weights.is_empty() {
            return Ok(());
        }
        let allowed = format!("rows that all count the same: {who} has no weights of rows");
        Err(Error::setting("weights", "one a row", allowed))
    }

    /// Checks that both the first `n_first` rows and the others count at all.
    pub(super) fn check_parts_weigh(&self, n_first: usize) -> Result<()> {
        self.check_weighs(0..n_first, "a training row")?;
        self.check_weighs(n_first..self.n_rows, "a held-out row")
    }

    /// Keeps the weights of the first `n_rows` rows and returns the others.
    pub(super) fn split_weights_off(&mut self, n_rows: usize) -> Vec<f32> {
        if self.weights.is_empty() { Vec::new() } else { self.weights.split_off(n_rows) }
    }

    fn check_weighs(&self, rows: std::ops::Range<usize>, what: &str) -> Result<()> {
        if self.weights.is_empty() || self.weights[rows].iter().any(|weight| *weight > 0.0) {
            return Ok(());
        }
        let expected = format!("{what} with a weight above 0");
        let hint =
            Hint::from("rows of weight 0 count nothing: leave them out, or hold out others: ")
                .argument("valid");
        Err(Error::data(self.origin.path(), Place::whole(), expected, "none", hint))
    }
}

#[cfg(test)]
mod tests {
    use crate::dataset::{Dataset, Storage};

    fn rows(weights: &[f32]) -> crate::Result<Dataset> {
        let cells = (0..weights.len()).map(|i| i as f32).collect();
        Dataset::new(Storage::Floats(cells), weights.len(), 1)?.with_weights(weights.to_vec())
    }

    #[test]
    fn weights_stay_with_their_rows() {
        let examples = rows(&[1.0, 2.0, 3.0, 4.0]).unwrap().reordered(vec![3, 0, 2, 1]);
        assert_eq!(examples.weights(), [4.0, 1.0, 3.0, 2.0]);
        let (first, last) = examples.split_last(1).unwrap();
        assert_eq!((first.weights(), last.weights()), (&[4.0, 1.0, 3.0][..], &[2.0][..]));
        assert_eq!(first.first(2).weights(), [4.0, 1.0]);
    }

    #[test]
    fn weights_that_are_none_are_refused_with_their_row() {
        let refused = |weights: &[f32]| rows(weights).unwrap_err().to_string();
        assert!(refused(&[1.0, -1.0]).contains("row 2"), "{}", refused(&[1.0, -1.0]));
        assert!(refused(&[f32::NAN, 1.0]).contains("row 1"));
        assert!(refused(&[0.0, 0.0]).contains("a row with a weight above 0"));
        let held_out = rows(&[1.0, 1.0, 0.0]).unwrap().split_last(1).unwrap_err().to_string();
        assert!(held_out.contains("a held-out row"), "{held_out}");
        let few = rows(&[1.0]).unwrap().with_weights(vec![]).unwrap_err().to_string();
        assert!(few.contains("weights of rows"), "{few}");
    }
}
