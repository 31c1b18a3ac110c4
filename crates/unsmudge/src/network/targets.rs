//! Numbers to predict come in any unit: a network learns them standardised, and predicts them raw.

use crate::matrix::Matrix;
use crate::network::Network;

/// Mean and deviation of each column of numbers to predict.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TargetScaling {
    means: Vec<f32>,
    deviations: Vec<f32>,
}

impl TargetScaling {
    /// Of the rows that are learned from. A column with one value only has the deviation 1.
    pub fn fit(values: &Matrix) -> Self {
        let n_rows = values.n_rows().max(1) as f64;
        let column = |j: usize| (0..values.n_rows()).map(move |i| f64::from(values.row(i)[j]));
        let mean = |j: usize| column(j).sum::<f64>() / n_rows;
        let deviation = |j: usize| {
            let mean = mean(j);
            let variance = column(j).map(|value| (value - mean).powi(2)).sum::<f64>() / n_rows;
            if variance > 0.0 { variance.sqrt() } else { 1.0 }
        };
        let of_each = |number: &dyn Fn(usize) -> f64| -> Vec<f32> {
            (0..values.n_columns()).map(|j| number(j) as f32).collect()
        };
        Self { means: of_each(&mean), deviations: of_each(&deviation) }
    }

    /// Raw numbers become standardised ones, in place.
    pub fn scale(&self, values: &mut Matrix) {
        self.each(values, |value, mean, deviation| (value - mean) / deviation);
    }

    /// Standardised numbers become raw ones, in place.
    pub fn unscale(&self, values: &mut Matrix) {
        self.each(values, |value, mean, deviation| value * deviation + mean);
    }

    fn each(&self, values: &mut Matrix, change: impl Fn(f32, f32, f32) -> f32) {
        for i in 0..values.n_rows() {
            let row = values.row_mut(i).iter_mut();
            for (value, (mean, deviation)) in row.zip(self.means.iter().zip(&self.deviations)) {
                *value = change(*value, *mean, *deviation);
            }
        }
    }

    /// A network that learned standardised numbers becomes one that predicts raw ones: its last
    /// layer, which is affine, takes the scaling in.
    pub fn raw(&self, mut network: Network) -> Network {
        if let Some(last) = network.layers.last_mut() {
            for (j, (mean, deviation)) in self.means.iter().zip(&self.deviations).enumerate() {
                last.weights.row_mut(j).iter_mut().for_each(|weight| *weight *= deviation);
                last.bias[j] = last.bias[j] * deviation + mean;
            }
        }
        network
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Dataset, Storage};
    use crate::encoding::{Encoding, ScalingKind};
    use crate::layer::Layer;
    use crate::network::Task;
    use crate::processor::Context;

    #[test]
    fn predictions_become_raw_and_numbers_come_back() {
        let raw = Matrix::from_values(3, 2, vec![1.0, 7.0, 2.0, 7.0, 6.0, 7.0]).unwrap();
        let targets = TargetScaling::fit(&raw);
        let mut values = raw.clone();
        targets.scale(&mut values);
        let sum: f32 = (0..3).map(|i| values.row(i)[0]).sum();
        assert!(sum.abs() < 1e-6 && values.row(1)[1] == 0.0, "{values:?}");
        let examples = Dataset::new(Storage::Floats(vec![0.5, -1.0]), 2, 1).unwrap();
        let layer = Layer {
            weights: Matrix::from_values(2, 1, vec![0.3, 2.0]).unwrap(),
            bias: vec![0.1, -0.2],
            activation: Task::Regression(2).activation(),
        };
        let encoding = Encoding::fit(ScalingKind::AsIs, &examples).unwrap();
        let network = Network::from_parts(vec![layer], Task::Regression(2), encoding).unwrap();
        let context = Context::new(Some(1)).unwrap();
        let mut expected = network.predict(&examples, &context).unwrap();
        targets.unscale(&mut expected);
        let found = targets.raw(network).predict(&examples, &context).unwrap();
        for (found, expected) in found.values().iter().zip(expected.values()) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
        targets.unscale(&mut values);
        for (found, expected) in values.values().iter().zip(raw.values()) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }
}
