//! What an autoencoder or a network puts out: heads, each a range of slots with a likelihood.
//! Pre-activations of a whole row become means, losses and gradients here, head by head.

use crate::activation::Activation;
use crate::encoding::{Encoding, Slots};
use crate::error::{Error, Result};
use crate::kernels::{self, Target};
use crate::likelihood::Likelihood;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::random::Key;
use crate::schema::ColumnKind;
use std::ops::Range;

/// Some slots of an output and their distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which slots.
    pub slots: Range<usize>,
    /// How they are distributed, given the pre-activations.
    pub likelihood: Likelihood,
    /// What makes means of pre-activations, where the likelihood leaves the choice: else its own.
    pub link: Activation,
}

/// Heads in the order of their slots. Slots that no head has are never compared with anything:
/// they have neither loss nor gradient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    heads: Vec<Head>,
    n_slots: usize,
}

impl Head {
    /// A head; without a link that the likelihood's, or the identity.
    ///
    /// # Errors
    /// [`Error::Setting`] for a link that is not the likelihood's.
    pub fn new(
        slots: Range<usize>,
        likelihood: Likelihood,
        link: Option<Activation>,
    ) -> Result<Self> {
        match (likelihood.family().link(), link) {
            (Some(own), Some(link)) if own != link => {
                let allowed = format!("{own}, with loss {likelihood}");
                Err(Error::setting("decoder", link, allowed))
            }
            (own, link) => {
                let link = own.or(link).unwrap_or(Activation::Identity);
                Ok(Self { slots, likelihood, link })
            }
        }
    }
}

impl Output {
    /// From heads in the order of their slots.
    ///
    /// # Errors
    /// [`Error::Shape`] for heads that overlap, are empty or end beyond `n_slots`, and for no head.
    pub fn new(heads: Vec<Head>, n_slots: usize) -> Result<Self> {
        let mut next = 0;
        for head in &heads {
            if head.slots.start < next || head.slots.is_empty() || head.slots.end > n_slots {
                let expected = format!("slots in order, from {next} to below {n_slots}");
                let found = format!("{} to below {}", head.slots.start, head.slots.end);
                return Err(Error::shape("output head", expected, found));
            }
            next = head.slots.end;
        }
        if heads.is_empty() {
            Err(Error::shape("output", "at least one head", "none"))
        } else {
            Ok(Self { heads, n_slots })
        }
    }

    /// One head for all of `n_slots` slots.
    ///
    /// # Errors
    /// As [`Head::new`] and [`Output::new`].
    ///
    /// # Example
    /// ```
    /// use unsmudge::activation::Activation;
    /// use unsmudge::likelihood::Likelihood;
    /// use unsmudge::output::Output;
    ///
    /// let output = Output::whole(3, Likelihood::Bernoulli, None)?;
    /// assert_eq!(output.activation(), Some(Activation::Sigmoid));
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    pub fn whole(n_slots: usize, likelihood: Likelihood, link: Option<Activation>) -> Result<Self> {
        Self::new(vec![Head::new(0..n_slots, likelihood, link)?], n_slots)
    }

    /// The output that gives rows of `encoding` back: `likelihood` and `link` are those of numbers,
    /// which share a head where they are neighbours; a binary column is Bernoulli, a category a
    /// categorical head of its own. Indicators of missing cells have none.
    ///
    /// # Errors
    /// As [`Head::new`] and [`Output::new`].
    pub fn encoded(
        encoding: &Encoding,
        likelihood: Likelihood,
        link: Option<Activation>,
    ) -> Result<Self> {
        if encoding.slots().are_columns() {
            return Self::whole(encoding.n_slots(), likelihood, link);
        }
        let mut heads: Vec<Head> = Vec::new();
        for j in 0..encoding.n_columns() {
            let slots = encoding.slots().of_column(j);
            let head = match encoding.schema().column(j).kind {
                ColumnKind::Number | ColumnKind::Count | ColumnKind::Date | ColumnKind::Time => {
                    Head::new(slots, likelihood, link)?
                }
                ColumnKind::Binary => Head::new(slots, Likelihood::Bernoulli, None)?,
                ColumnKind::Category { .. } => Head::new(slots, Likelihood::Categorical, None)?,
            };
            let is_same = |last: &Head| {
                let of_cells = |head: &Head| head.likelihood != Likelihood::Categorical;
                of_cells(last) && (last.likelihood, last.link) == (head.likelihood, head.link)
            };
            match heads.last_mut().filter(|last| is_same(last)) {
                Some(last) => last.slots.end = head.slots.end,
                None => heads.push(head),
            }
        }
        Self::new(heads, encoding.n_slots())
    }

    /// The heads, in the order of their slots.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Number of slots.
    pub fn n_slots(&self) -> usize {
        self.n_slots
    }

    /// The likelihood that losses are named after: the first head's.
    pub fn likelihood(&self) -> Likelihood {
        self.heads[0].likelihood // there is one: `new` sees to it
    }

    /// The likelihood that the usual optimizer is chosen by: the first whose gradient has no bound,
    /// since one such head makes plain SGD diverge; else the first head's.
    pub fn training_likelihood(&self) -> Likelihood {
        let mut likelihoods = self.heads.iter().map(|head| head.likelihood);
        likelihoods
            .find(|likelihood| !likelihood.family().has_bounded_gradient())
            .unwrap_or(self.likelihood())
    }

    /// The activation that makes means of all pre-activations, where there is a single one.
    pub fn activation(&self) -> Option<Activation> {
        match self.heads.as_slice() {
            [head] if head.slots.len() == self.n_slots => {
                head.likelihood.family().operator().is_none().then_some(head.link)
            }
            _ => None,
        }
    }

    /// Pre-activations without bias (n_examples x n_slots) become means, in place. Slots without a
    /// head become 0.
    pub(crate) fn mean(&self, context: &Context, values: &mut Matrix, bias: &[f32]) {
        kernels::each_row(context, values, |_, row, set| {
            let mut next = 0;
            for Head { slots, likelihood, link } in &self.heads {
                row[next..slots.start].fill(0.0);
                next = slots.end;
                likelihood.family().mean(set, *link, &mut row[slots.clone()], &bias[slots.clone()]);
            }
            row[next..].fill(0.0);
        });
    }

    /// The sum over all rows of their weighted losses; pre-activations without bias (n_examples x
    /// n_slots) become the gradient of the MEAN over rows. (Equation 5 of docs/equations.md.)
    pub(crate) fn gradient(
        &self,
        context: &Context,
        values: &mut Matrix,
        bias: &[f32],
        target: Target,
    ) -> f64 {
        kernels::sum_of_losses(context, values, target, |row, target, set| {
            let (mut next, mut loss) = (0, 0.0);
            for Head { slots, likelihood, link } in &self.heads {
                row[next..slots.start].fill(0.0);
                next = slots.end;
                let target = target.slots(slots.clone());
                let (row, bias) = (&mut row[slots.clone()], &bias[slots.clone()]);
                loss += likelihood.family().gradient(set, *link, row, bias, target);
            }
            row[next..].fill(0.0);
            loss
        })
    }

    /// The losses of one row in f64, slot by slot, from pre-activations without bias: the whole
    /// loss of a block of levels stands in its first slot. Returns their sum.
    pub(crate) fn losses(&self, x: &[f32], values: &[f32], bias: &[f32], out: &mut [f64]) -> f64 {
        out.fill(0.0);
        let a: Vec<f64> = values.iter().zip(bias).map(|(v, b)| f64::from(*v + *b)).collect();
        for Head { slots, likelihood, link } in &self.heads {
            let (x, out) = (&x[slots.clone()], &mut out[slots.clone()]);
            likelihood.family().losses(*link, &a[slots.clone()], x, out);
        }
        out.iter().sum()
    }

    /// The slots of `x`, an encoded row, that are compared with reconstructions, with their
    /// likelihoods: the heads without missing cells.
    pub(crate) fn compared(&self, slots: &Slots, x: &[f32]) -> Vec<(Likelihood, Range<usize>)> {
        let mut parts = Vec::with_capacity(self.heads.len());
        let mut missing = slots.missing(x).peekable();
        for Head { slots, likelihood, .. } in &self.heads {
            let mut next = slots.start;
            while let Some(cell) = missing.next_if(|cell| cell.start < slots.end) {
                parts.push((*likelihood, next..cell.start));
                next = cell.end;
            }
            parts.push((*likelihood, next..slots.end));
        }
        parts.retain(|(_, slots)| !slots.is_empty());
        parts
    }

    /// Biases to start from, one a slot. `means` gives the means of the slots' targets, and is
    /// called only where a likelihood starts from them.
    ///
    /// # Errors
    /// What `means` gives.
    pub(crate) fn initial_bias(
        &self,
        means: impl FnOnce() -> Result<Vec<f32>>,
    ) -> Result<Vec<f32>> {
        let mut bias = vec![0.0; self.n_slots];
        let starts =
            |head: &Head| Some((head.slots.clone(), head.likelihood.family().initial_bias()?));
        let starts: Vec<_> = self.heads.iter().filter_map(starts).collect();
        if starts.is_empty() {
            return Ok(bias);
        }
        let means = means()?;
        for (slots, of_mean) in starts {
            slots.for_each(|slot| bias[slot] = of_mean(means[slot]));
        }
        Ok(bias)
    }

    /// Whether its distribution is known, so that it can be drawn from: squared error says nothing
    /// of a spread.
    pub(crate) fn has_draws(&self) -> bool {
        self.heads.iter().all(|head| head.likelihood != Likelihood::Gaussian)
    }

    /// Means (n_examples x n_slots) become draws, in place: row i by the words of `key(i)`.
    pub(crate) fn sample_rows(
        &self,
        context: &Context,
        means: &mut Matrix,
        key: impl Fn(usize) -> Key + Sync,
    ) {
        kernels::each_row(context, means, |i, row, _| self.sample(row, key(i)));
    }

    /// The means of one row become a draw, in place: slot j by the word of column j of `key`.
    pub fn sample(&self, means: &mut [f32], key: Key) {
        let mut words = vec![0; self.n_slots];
        key.fill(&mut words);
        for Head { slots, likelihood, .. } in &self.heads {
            likelihood.family().sample(&mut means[slots.clone()], &words[slots.clone()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed() -> Output {
        let heads = vec![
            Head::new(0..2, Likelihood::Gaussian, None).unwrap(),
            Head::new(3..6, Likelihood::Categorical, None).unwrap(),
            Head::new(6..7, Likelihood::Bernoulli, None).unwrap(),
        ];
        Output::new(heads, 7).unwrap()
    }

    const X: [f32; 7] = [1.0, -2.0, 9.0, 0.0, 1.0, 0.0, 0.25];
    const A: [f32; 7] = [0.5, 0.25, 3.0, -1.0, 0.5, 2.0, -0.75];

    #[test]
    fn gradients_are_those_of_finite_differences_and_slots_without_a_head_have_none() {
        let (output, bias) = (mixed(), [0.125f32; 7]);
        let weights = [1.0f32, 0.5, 1.0, 2.0, 2.0, 2.0, 0.0];
        let clean = Matrix::from_values(1, 7, X.to_vec()).unwrap();
        let target = Target { clean: clean.view(), weights: &weights, row_weights: &[] };
        let mut values = Matrix::from_values(1, 7, A.to_vec()).unwrap();
        let context = Context::new(Some(1)).unwrap();
        let loss = output.gradient(&context, &mut values, &bias, target);
        let weighted = |a: &[f32]| {
            let mut losses = [0.0; 7];
            output.losses(&X, a, &bias, &mut losses);
            losses.iter().zip(weights).map(|(loss, w)| loss * f64::from(w)).sum::<f64>()
        };
        assert!((loss - weighted(&A)).abs() < 1e-5, "{loss} against {}", weighted(&A));
        for slot in 0..7 {
            let step = 1.0 / 256.0;
            let moved = |by: f32| {
                let mut a = A;
                a[slot] += by;
                weighted(&a)
            };
            let slope = (moved(step) - moved(-step)) / f64::from(2.0 * step);
            let found = f64::from(values.row(0)[slot]);
            assert!((found - slope).abs() < 1e-4, "slot {slot}: {found} against {slope}");
        }
        assert_eq!(values.row(0)[2], 0.0);
    }

    #[test]
    fn one_head_without_a_bound_decides_the_usual_optimizer() {
        let gaussian = Head::new(4..5, Likelihood::Gaussian, None).unwrap();
        let categorical = Head::new(0..4, Likelihood::Categorical, None).unwrap();
        let both = Output::new(vec![categorical.clone(), gaussian], 5).unwrap();
        assert_eq!(both.likelihood(), Likelihood::Categorical);
        assert_eq!(both.training_likelihood(), Likelihood::Gaussian);
        let words = Output::new(vec![categorical], 4).unwrap();
        assert_eq!(words.training_likelihood(), Likelihood::Categorical);
    }

    #[test]
    fn draws_and_means_keep_to_their_heads() {
        let output = mixed();
        let mut means = Matrix::from_values(1, 7, A.to_vec()).unwrap();
        output.mean(&Context::new(Some(1)).unwrap(), &mut means, &[0.0; 7]);
        let row = means.row(0).to_vec();
        assert_eq!((row[0], row[2]), (0.5, 0.0));
        assert!((row[3..6].iter().sum::<f32>() - 1.0).abs() < 1e-6);
        let mut draw = row.clone();
        output.sample(&mut draw, Key::new(3, crate::random::Purpose::Sample));
        assert_eq!(draw[3..6].iter().sum::<f32>(), 1.0);
        assert!(draw[6] == 0.0 || draw[6] == 1.0);
    }

    #[test]
    fn heads_that_overlap_and_links_that_are_not_the_likelihood_s_are_refused() {
        let head = |slots| Head::new(slots, Likelihood::Gaussian, None).unwrap();
        assert!(Output::new(vec![head(0..2), head(1..3)], 3).is_err());
        assert!(Output::new(vec![head(0..4)], 3).is_err());
        assert!(Output::new(Vec::new(), 3).is_err());
        let error = Head::new(0..1, Likelihood::Bernoulli, Some(Activation::Tanh)).unwrap_err();
        assert!(error.to_string().contains("sigmoid, with loss cross-entropy"), "{error}");
    }
}
