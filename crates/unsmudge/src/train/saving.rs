//! When a training is saved: every two seconds, so that neither a small table waits for its disk nor
//! a long epoch is lost. The clock changes no bit: a state is only what training goes on from.

use super::Snapshot;
use crate::error::Result;
use std::time::{Duration, Instant};

/// Saves a checkpoint.
pub(crate) type Save<'a> = dyn FnMut(Snapshot) -> Result<()> + Send + 'a;

/// Training between two checkpoints: what is trained again, at most and but for a batch, after the
/// process was killed.
pub(super) const EVERY: Duration = Duration::from_secs(2);

/// The checkpoints of one training.
pub(super) struct Saving<'a, 'b> {
    save: &'a mut Save<'b>,
    every: Duration,
    steps: Option<u64>,
    saved_at: Instant,
    /// Time that saving took.
    pub spent: Duration,
}

impl<'a, 'b> Saving<'a, 'b> {
    /// Training begins or goes on now; `steps` are those of the settings.
    pub fn new(save: &'a mut Save<'b>, every: Duration, steps: Option<u64>) -> Self {
        Self { save, every, steps, saved_at: Instant::now(), spent: Duration::ZERO }
    }

    /// Whether a checkpoint is due after this step.
    pub fn is_due(&self, step: u64) -> bool {
        self.saved_at.elapsed() >= self.every
            || self.steps.is_some_and(|steps| step.is_multiple_of(steps))
    }

    /// Saves one. The time that this takes is no training.
    pub fn save(&mut self, snapshot: Snapshot) -> Result<()> {
        let started = Instant::now();
        (self.save)(snapshot)?;
        self.saved_at = Instant::now();
        self.spent += self.saved_at - started;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Dataset, Storage};
    use crate::encoding::{Encoding, ScalingKind};
    use crate::event::{Event, EventKind};
    use crate::likelihood::Likelihood;
    use crate::processor::Context;
    use crate::train::{
        Batch, Measured, Minibatch, Named, TrainSettings, Trainer, TrainingData, Updater,
    };
    use std::ops::ControlFlow;

    /// Learns nothing, in 3 epochs of 12 steps.
    struct Idle([f32; 1]);

    impl Minibatch for Idle {
        fn step(&mut self, _: &Context, _: &Batch, _: &mut Updater) -> Result<f64> {
            Ok(0.0)
        }

        fn measure(&mut self, _: &Context, _: &Batch) -> Result<Measured> {
            Ok(Measured::default())
        }

        fn tensors(&mut self) -> Named<'_> {
            vec![("idle", &mut self.0)]
        }
    }

    /// How a training is saved, how long its steps and its checkpoints take at least, and the step
    /// after which the observer stops it.
    #[derive(Clone, Copy)]
    struct Case {
        every: Duration,
        steps: Option<u64>,
        step_takes: Duration,
        save_takes: Duration,
        last: u64,
    }

    /// Saved by no clock, in no time and to its end.
    const WHOLE: Case = Case {
        every: Duration::MAX,
        steps: None,
        step_takes: Duration::ZERO,
        save_takes: Duration::ZERO,
        last: u64::MAX,
    };

    /// The steps after which it was saved, and the seconds of its epochs.
    fn saved(case: Case) -> (Vec<u64>, Vec<f64>) {
        let cells = (0..60).map(|i| i as f32).collect();
        let train = Dataset::new(Storage::Floats(cells), 60, 1).unwrap();
        let encoding = Encoding::fit(ScalingKind::AsIs, &train).unwrap();
        let data = TrainingData { train: &train, valid: None, encoding: &encoding, layer: 0 };
        let settings = TrainSettings {
            epochs: Some(3),
            batch: 5,
            checkpoint_steps: case.steps,
            ..TrainSettings::default()
        };
        let plan = settings.resolved(Likelihood::Gaussian, 60).unwrap();
        let mut trainer = Trainer::new(Idle([0.0]), plan);
        assert_eq!(trainer.save_every, Duration::from_secs(2));
        trainer.save_every = case.every;
        let (mut saved, mut n_steps) = (Vec::new(), 0);
        let observer = &mut |event: Event| {
            if let EventKind::Batch { .. } = event.kind {
                n_steps += 1;
                std::thread::sleep(case.step_takes);
            }
            if n_steps >= case.last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let save = &mut |snapshot: Snapshot| {
            saved.push(snapshot.progress.step);
            std::thread::sleep(case.save_takes);
            Ok(())
        };
        trainer.run_to(3, data, &Context::new(Some(1)).unwrap(), observer, save).unwrap();
        (saved, trainer.progress.seconds)
    }

    #[test]
    fn no_more_is_trained_between_two_checkpoints_than_the_clock_allows() {
        let milliseconds = Duration::from_millis;
        // A step takes at least as long: after 4 of them, at the latest, more than 35 have passed.
        let (every, step_takes) = (milliseconds(35), milliseconds(10));
        let (found, _) = saved(Case { every, step_takes, ..WHOLE });
        let mut before = 0;
        for step in &found {
            assert!(step - before <= 4, "{found:?}");
            before = *step;
        }
        assert_eq!(before, 36);
        // Of a long epoch no less is saved than of short ones.
        assert!(found.iter().any(|step| !step.is_multiple_of(12)), "{found:?}");
    }

    #[test]
    fn a_training_that_ends_before_is_saved_at_its_end_and_where_it_is_stopped() {
        assert_eq!(saved(WHOLE).0, [36]);
        assert_eq!(saved(Case { last: 7, ..WHOLE }).0, [7]);
        assert_eq!(saved(Case { last: 24, ..WHOLE }).0, [24]);
    }

    #[test]
    fn the_steps_of_the_settings_are_saved_too_ends_of_epochs_among_them() {
        let (found, _) = saved(Case { steps: Some(6), ..WHOLE });
        assert_eq!(found, [6, 12, 18, 24, 30, 36]);
    }

    #[test]
    fn the_seconds_of_an_epoch_are_those_of_training() {
        let (started, save_takes) = (Instant::now(), Duration::from_millis(5));
        let (found, seconds) = saved(Case { steps: Some(2), save_takes, ..WHOLE });
        let in_all = started.elapsed().as_secs_f64();
        let of_saving = found.len() as f64 * save_takes.as_secs_f64();
        assert!(seconds.iter().sum::<f64>() + of_saving <= in_all, "{seconds:?} of {in_all}");
    }
}
