//! The penalties on codes and their gradients, as plain loops over f64.

use super::{Reference, Seen, Tensors, activate, slope, wide};
use unsmudge::activation::Activation;

impl Reference<'_> {
    /// What training lowers: the mean loss over examples and the penalties.
    pub fn objective(&self, tensors: &Tensors, seen: &Seen) -> f64 {
        self.pass(tensors, seen).0 + self.penalties(tensors, seen).0
    }

    /// The penalties, and their gradient with respect to W and b.
    pub fn penalties(&self, [w, b, ..]: &Tensors, seen: &Seen) -> (f64, [Vec<f64>; 2]) {
        let (n, d, h) = (seen.clean.n_rows(), seen.clean.n_columns(), b.len());
        let by = self.settings.activation;
        let contraction = f64::from(self.settings.contraction);
        let (sparsity, target) =
            (f64::from(self.settings.sparsity), f64::from(self.settings.sparsity_target));
        let (mut sum, mut dw, mut db) = (0.0, vec![0.0; w.len()], vec![0.0; h]);
        for i in 0..h {
            let filter = &w[i * d..(i + 1) * d];
            let code = |row: usize| {
                let inputs = wide(seen.corrupted.row(row));
                activate(by, b[i] + filter.iter().zip(inputs).map(|(w, x)| w * x).sum::<f64>())
            };
            let codes: Vec<f64> = (0..n).map(code).collect();
            let norm: f64 = filter.iter().map(|w| w * w).sum();
            let mean = codes.iter().sum::<f64>() / n as f64;
            let mut d_mean = 0.0;
            if sparsity > 0.0 {
                sum += sparsity * target * (target / mean).ln();
                sum += sparsity * (1.0 - target) * ((1.0 - target) / (1.0 - mean)).ln();
                d_mean = sparsity * ((1.0 - target) / (1.0 - mean) - target / mean);
            }
            for (row, y) in codes.iter().enumerate() {
                let share = contraction / n as f64;
                let s = slope(by, *y);
                sum += share * s * s * norm;
                let da = share * 2.0 * s * second_derivative(by, *y) * norm + d_mean / n as f64 * s;
                db[i] += da;
                for (j, x) in wide(seen.corrupted.row(row)).into_iter().enumerate() {
                    dw[i * d + j] += da * x + share * s * s * 2.0 * filter[j];
                }
            }
        }
        (sum, [dw, db])
    }
}

/// s'', from the output.
fn second_derivative(by: Activation, y: f64) -> f64 {
    match by {
        Activation::Sigmoid => y * (1.0 - y) * (1.0 - 2.0 * y),
        Activation::Tanh => -2.0 * y * (1.0 - y * y),
        Activation::Softplus => (-y).exp() - (-2.0 * y).exp(),
        Activation::Relu | Activation::Identity => 0.0,
    }
}
