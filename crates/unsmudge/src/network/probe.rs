//! A linear probe: how well a linear classifier separates classes on raw examples or on the codes of
//! a layer, whose weights do not change.

use crate::dataset::Dataset;
use crate::encoding::{Encoding, ScalingKind};
use crate::error::{Error, Result};
use crate::event::Observer;
use crate::network::{FineTuning, Network, NetworkSettings, Task};
use crate::optimizer::Optimizer;
use crate::processor::Context;
use crate::train::{TrainSettings, TrainingData};
use serde::{Deserialize, Serialize};

/// How a probe is fitted: softmax regression on standardised columns by Adam, once for each weight
/// decay; held-out examples choose the decay and the epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProbeSettings {
    /// Weight decays to choose from; see [`TrainSettings::l2`].
    pub l2: Vec<f32>,
    /// Most epochs.
    pub epochs: u32,
    /// Epochs without a lower held-out error until it stops.
    pub patience: u32,
    /// Adam's rate.
    pub rate: f32,
    /// Seed of the order of examples.
    pub seed: u64,
}

impl Default for ProbeSettings {
    fn default() -> Self {
        Self { l2: vec![1e-4, 1e-3, 1e-2], epochs: 60, patience: 8, rate: 0.001, seed: 0 }
    }
}

/// A fitted probe.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The classifier: a head without hidden layers.
    pub network: Network,
    /// The weight decay that held-out examples chose.
    pub l2: f32,
    /// Its least held-out share of errors.
    pub valid_error: f64,
}

impl ProbeSettings {
    /// Fits on labelled examples; the first of equals is chosen.
    ///
    /// # Errors
    /// [`Error::Setting`] for no weight decay to choose from; as [`FineTuning::fit`];
    /// [`Error::Diverged`]; [`Error::Interrupted`] when the observer stops it.
    pub fn fit(
        &self,
        (train, valid): (&Dataset, &Dataset),
        n_classes: usize,
        context: &Context,
        observer: &mut Observer,
    ) -> Result<Probe> {
        let encoding = Encoding::fit(ScalingKind::Standardise, train)?;
        let data = TrainingData { train, valid: Some(valid), encoding: &encoding, layer: 0 };
        let mut best: Option<Probe> = None;
        for l2 in &self.l2 {
            let training = TrainSettings {
                epochs: Some(self.epochs),
                batch: BATCH,
                optimizer: Some(Optimizer::Adam),
                rate: Some(self.rate),
                l2: *l2,
                patience: Some(self.patience),
                seed: self.seed,
                ..TrainSettings::default()
            };
            let head = Task::Classes(n_classes);
            let network = Network::with_new_head(Vec::new(), head, encoding.clone())?;
            let tuning = FineTuning { settings: NetworkSettings::default(), training };
            let (network, progress, outcome) = tuning.fit(network, data, context, observer)?;
            outcome.done()?;
            let valid_error = progress.best_loss.unwrap_or(f64::INFINITY);
            if best.as_ref().is_none_or(|best| valid_error < best.valid_error) {
                best = Some(Probe { network, l2: *l2, valid_error });
            }
        }
        best.ok_or_else(|| Error::setting("l2", "(none)", "at least one weight decay"))
    }
}

const BATCH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Storage;
    use crate::event::Event;
    use crate::random::{Key, Purpose, unit};
    use std::ops::ControlFlow;

    /// Two columns on very different scales; the class is the side of a line through the middle.
    fn halves(part: u8, n_rows: usize) -> Dataset {
        let mut words = vec![0; 2 * n_rows];
        Key { part, ..Key::new(3, Purpose::Sample) }.fill(&mut words);
        let points: Vec<f32> = words.into_iter().map(unit).collect();
        let class = |point: &[f32]| u32::from(point[0] > point[1]);
        let labels = points.chunks(2).map(class).collect();
        let cells = points.chunks(2).flat_map(|p| [p[0], 1000.0 * p[1] + 5000.0]).collect();
        let examples = Dataset::new(Storage::Floats(cells), n_rows, 2).unwrap();
        examples.with_classes(labels, None).unwrap()
    }

    /// Forty columns of which the first says the class, three times of four: few rows overfit.
    fn hidden_in_noise(part: u8, n_rows: usize) -> Dataset {
        let mut words = vec![0; 41 * n_rows];
        Key { part, ..Key::new(4, Purpose::Sample) }.fill(&mut words);
        let numbers: Vec<f32> = words.into_iter().map(unit).collect();
        let rows = numbers.chunks(41);
        let labels = rows.clone().map(|row| u32::from((row[0] > 0.5) == (row[40] > 0.25)));
        let labels = labels.collect();
        let cells = Storage::Floats(rows.flat_map(|row| row[..40].to_vec()).collect());
        let examples = Dataset::new(cells, n_rows, 40).unwrap();
        examples.with_classes(labels, None).unwrap()
    }

    fn keep_on(_: Event) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[test]
    fn a_line_is_found_whatever_the_scale_of_the_columns() {
        let (train, valid) = (halves(0, 2_000), halves(1, 500));
        let context = Context::new(Some(2)).unwrap();
        let settings = ProbeSettings { rate: 0.02, ..ProbeSettings::default() };
        let probe = settings.fit((&train, &valid), 2, &context, &mut keep_on).unwrap();
        assert!(probe.valid_error < 0.02, "{}", probe.valid_error);
        let found =
            crate::network::most_probable(probe.network.predict(&valid, &context).unwrap().view());
        let truth = valid.classes().unwrap();
        let errors = found.iter().zip(truth).filter(|(one, other)| one != other).count();
        assert!((errors as f64 / 500.0 - probe.valid_error).abs() < 1e-12);
    }

    #[test]
    fn held_out_examples_choose_the_weight_decay_the_first_of_equals() {
        let (train, valid) = (hidden_in_noise(0, 60), hidden_in_noise(1, 300));
        let context = Context::new(Some(1)).unwrap();
        let of = |l2: Vec<f32>| {
            let settings = ProbeSettings { l2, epochs: 40, rate: 0.02, ..ProbeSettings::default() };
            settings.fit((&train, &valid), 2, &context, &mut keep_on).unwrap()
        };
        let decays = [1e-4, 0.1, 1.0, 10.0];
        let alone: Vec<Probe> = decays.iter().map(|l2| of(vec![*l2])).collect();
        let least = alone.iter().map(|probe| probe.valid_error).fold(1.0, f64::min);
        assert!(alone.iter().any(|probe| probe.valid_error > least), "nothing to choose");
        let first = alone.into_iter().find(|probe| probe.valid_error == least).unwrap();
        assert_eq!(of(decays.to_vec()), first);
    }

    #[test]
    fn no_weight_decay_to_choose_from_is_refused() {
        let examples = halves(0, 20);
        let context = Context::new(Some(1)).unwrap();
        let settings = ProbeSettings { l2: Vec::new(), ..ProbeSettings::default() };
        let error = settings.fit((&examples, &examples), 2, &context, &mut keep_on).unwrap_err();
        assert!(error.to_string().contains("`l2`"), "{error}");
    }
}
