//! The denoiser of one noise level: the best one for each slot alone, and what the network adds to
//! it. (Equation 34 of docs/equations.md.)

use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::processor::Context;
use crate::residual::ResidualNetwork;

/// Numbers that stand for a noise level among the inputs: cosines and sines of this many
/// frequencies.
const N_FREQUENCIES: usize = 16;
/// What stands for the class among the inputs, which are many: from 1 it is learned slowly.
const CLASS: f32 = 4.0;
/// Less variance of a slot than this share of the mean of all counts as this much.
const LEAST_VARIANCE: f64 = 1e-5;

/// What a denoiser knows of the data before training: the linear denoiser of each slot, and how rows
/// become inputs of the network. (Karras et al. 2022 call it so.)
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Preconditioning {
    /// Means and variances of the slots.
    pub means: Vec<f32>,
    pub variances: Vec<f32>,
    /// Of a slot, by the mean of all variances: what noise levels are measured in.
    pub deviation: f32,
    pub n_classes: usize,
}

/// Factors of a slot at one noise level.
pub(super) struct Factors {
    /// Of the corrupted value, in the best linear reconstruction.
    pub skip: f32,
    /// Of the network's output: the deviation of what the linear reconstruction leaves open.
    pub scale: f32,
}

impl Preconditioning {
    /// Of training rows; `None` where all are the same.
    ///
    /// # Errors
    /// What reading rows from disk gives.
    pub fn fit(rows: &Dataset, encoding: &Encoding, n_classes: usize) -> Result<Option<Self>> {
        let n_slots = encoding.n_slots();
        let (mut sums, mut squares) = (vec![0.0f64; n_slots], vec![0.0f64; n_slots]);
        encoding.each_row(rows, |_, slots| {
            for ((sum, square), x) in sums.iter_mut().zip(&mut squares).zip(slots) {
                *sum += f64::from(*x);
                *square += f64::from(*x) * f64::from(*x);
            }
            Ok(())
        })?;
        let n = rows.n_rows() as f64;
        let moments = sums.iter().zip(&squares);
        let variances = moments.map(|(sum, square)| (square / n - (sum / n).powi(2)).max(0.0));
        let variances: Vec<f64> = variances.collect();
        let mean = variances.iter().sum::<f64>() / n_slots as f64;
        let least = LEAST_VARIANCE * mean;
        Ok((mean > 0.0).then(|| Self {
            means: sums.iter().map(|sum| (sum / n) as f32).collect(),
            variances: variances.iter().map(|variance| variance.max(least) as f32).collect(),
            deviation: mean.sqrt() as f32,
            n_classes,
        }))
    }

    pub fn n_slots(&self) -> usize {
        self.means.len()
    }

    /// Of the noise level and the class.
    pub fn n_conditions(&self) -> usize {
        n_conditions(self.n_classes)
    }

    /// Encoded rows become deviations from the means.
    pub fn centre(&self, rows: &mut Matrix) {
        for row in rows.values_mut().chunks_exact_mut(self.n_slots()) {
            row.iter_mut().zip(&self.means).for_each(|(x, mean)| *x -= mean);
        }
    }

    /// The way back from [`Preconditioning::centre`].
    pub fn uncentre(&self, rows: &mut Matrix) {
        for row in rows.values_mut().chunks_exact_mut(self.n_slots()) {
            row.iter_mut().zip(&self.means).for_each(|(x, mean)| *x += mean);
        }
    }

    /// For a slot of this variance, at a noise level.
    pub fn factors(variance: f32, level: f32) -> Factors {
        let noise = level * level;
        let total = variance + noise;
        Factors { skip: variance / total, scale: level * (variance / total).sqrt() }
    }

    /// The factor of corrupted values as inputs of the network.
    pub fn input_factor(&self, level: f32) -> f32 {
        1.0 / (self.deviation * self.deviation + level * level).sqrt()
    }

    /// Writes what every layer is told: the noise level, and the class where it is known.
    pub fn write_condition(&self, level: f32, class: Option<u32>, out: &mut [f32]) {
        let u = 0.25 * libm::logf(level / self.deviation);
        let (of_level, of_class) = out.split_at_mut(2 * N_FREQUENCIES);
        for (k, pair) in of_level.chunks_exact_mut(2).enumerate() {
            // From a quarter turn to four turns over the usual levels.
            let turns = 0.25 + 3.75 * k as f32 / (N_FREQUENCIES - 1) as f32;
            let angle = std::f32::consts::PI * turns * u;
            (pair[0], pair[1]) = (libm::cosf(angle), libm::sinf(angle));
        }
        of_class.fill(0.0);
        if let Some(to) = class.and_then(|class| of_class.get_mut(class as usize)) {
            *to = CLASS;
        }
    }
}

/// Numbers that stand for the noise level and one of these classes.
pub(super) fn n_conditions(n_classes: usize) -> usize {
    2 * N_FREQUENCIES + n_classes
}

/// Scratch of reconstructions.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    inputs: Matrix,  // n_examples x (n_slots + n_conditions)
    outputs: Matrix, // n_examples x 2 n_slots
}

/// D(x; s): the expected clean rows of centred rows with noise of this level; in place. Classes are
/// one a row, where known.
pub(super) fn reconstruct(
    preconditioning: &Preconditioning,
    network: &mut ResidualNetwork,
    (rows, level, classes): (&mut Matrix, f32, &[Option<u32>]),
    context: &Context,
    scratch: &mut Scratch,
) {
    let n = preconditioning.n_slots();
    let Scratch { inputs, outputs } = scratch;
    inputs.reshape(rows.n_rows(), n + preconditioning.n_conditions());
    outputs.reshape(rows.n_rows(), 2 * n);
    let factors =
        preconditioning.variances.iter().map(|variance| Preconditioning::factors(*variance, level));
    let factors: Vec<Factors> = factors.collect();
    let input = preconditioning.input_factor(level);
    for (i, class) in classes.iter().enumerate() {
        let (values, condition) = inputs.row_mut(i).split_at_mut(n);
        values.iter_mut().zip(rows.row(i)).for_each(|(to, x)| *to = input * x);
        preconditioning.write_condition(level, *class, condition);
    }
    network.forward(context, inputs, outputs, None);
    for i in 0..rows.n_rows() {
        let (added, gates) = outputs.row(i).split_at(n);
        let known = inputs.row(i).iter().zip(added.iter().zip(gates)).zip(&factors);
        for (x, ((input, (added, gate)), factors)) in rows.row_mut(i).iter_mut().zip(known) {
            *x = factors.skip * *x + factors.scale * (added + gate * input);
        }
    }
}
