//! One trial of a search: its run and its record in the journal.

use super::space::Changes;
use crate::error::{Error, Result};
use crate::run::{Recipe, RunResult};
use crate::train::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// The record of a trial: one line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The number of the trial, from 1.
    pub trial: usize,
    /// The rung of successive halving, from 1; 1 for the other methods.
    pub rung: usize,
    /// The settings from the search space.
    pub changes: BTreeMap<String, Value>,
    /// The least held-out error or loss; `None` for a trial that diverged or was refused.
    pub score: Option<f64>,
    /// The kind of score: `held-out error`, a fraction, or `held-out loss`.
    pub measure: Option<String>,
    /// The held-out loss of the same epoch: of equal errors the one with the least loss is best.
    pub loss: Option<f64>,
    /// `finished`, `stopped early`, or an error message.
    pub outcome: String,
    /// The epoch of the last stage with this score.
    pub best_epoch: u32,
    /// Number of epochs of the last stage.
    pub epochs: u32,
    /// Seconds of training.
    pub seconds: f64,
    /// Folder of the run, relative to that of the search.
    pub folder: String,
    /// Fingerprint of the training and held-out rows.
    pub data: String,
}

impl fmt::Display for Trial {
    /// Its score or what prevented one, its settings and its seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.score, self.measure.as_deref()) {
            (Some(score), Some(ERROR)) => write!(f, "{ERROR} {:.2} %", 100.0 * score)?,
            (Some(score), Some(measure)) => write!(f, "{measure} {score:.4}")?,
            _ => f.write_str(&self.outcome)?,
        }
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
        let change = |(name, value): (&String, &Value)| format!("{name} {}", plain(value));
        let changes: Vec<String> = self.changes.iter().map(change).collect();
        write!(f, "  {}  {:.1} s", changes.join(", "), self.seconds)
    }
}

/// The measure of trials that classify.
const ERROR: &str = "held-out error";

/// A trial to be run.
pub(super) struct Task<'a> {
    /// From 0.
    pub trial: usize,
    pub rung: usize,
    pub changes: &'a Changes,
    pub recipe: Recipe,
    pub folder: String,
}

impl Task<'_> {
    /// The trial of a run that ended; `None` when the observer stopped it.
    ///
    /// # Errors
    /// Those of the run, except settings that cannot be trained: these fail the trial only.
    pub fn judge(&self, result: Result<RunResult>) -> Result<Option<Trial>> {
        match result {
            Ok(result) => self.judge_model(&result),
            Err(error @ (Error::Setting { .. } | Error::Memory { .. })) => {
                Ok(Some(self.without_score(error.to_string())))
            }
            Err(other) => Err(other),
        }
    }

    fn judge_model(&self, result: &RunResult) -> Result<Option<Trial>> {
        let data = result.model.record.data.fingerprint.clone();
        let outcome = match &result.outcome {
            Outcome::Interrupted => return Ok(None),
            Outcome::Finished => "finished",
            Outcome::StoppedEarly => "stopped early",
            // The loss of the stage that diverged may not be comparable with the network's error.
            Outcome::Diverged(error) => {
                let seconds = result.seconds();
                return Ok(Some(Trial { seconds, data, ..self.without_score(error.to_string()) }));
            }
        };
        let best = result.last().and_then(|progress| {
            progress.history.iter().find(|record| record.epoch == progress.best_epoch)
        });
        let (score, measure) = match best.map(|best| (best.valid_error, best.valid_loss)) {
            Some((Some(error), _)) => (error, ERROR),
            Some((None, Some(loss))) => (loss, "held-out loss"),
            _ => {
                let allowed = "held-out rows, one or more: a search chooses on them";
                return Err(Error::setting("data.valid", "none held out", allowed));
            }
        };
        Ok(Some(Trial {
            score: Some(score),
            measure: Some(measure.into()),
            loss: best.and_then(|best| best.valid_loss),
            best_epoch: best.map_or(0, |best| best.epoch),
            epochs: result.last().map_or(0, |progress| progress.epoch),
            seconds: result.seconds(),
            data,
            ..self.without_score(outcome.into())
        }))
    }

    fn without_score(&self, outcome: String) -> Trial {
        Trial {
            trial: self.trial + 1,
            rung: self.rung,
            changes: self
                .changes
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect(),
            score: None,
            measure: None,
            loss: None,
            outcome,
            best_epoch: 0,
            epochs: 0,
            seconds: 0.0,
            folder: self.folder.clone(),
            data: String::new(),
        }
    }
}

/// Sorts trials by score, then by loss, then by number; those without a score are last.
pub(super) fn rank(trials: &mut [Trial]) {
    let or_last = |number: Option<f64>| number.unwrap_or(f64::INFINITY);
    trials.sort_by(|one, other| {
        let by_score = or_last(one.score).total_cmp(&or_last(other.score));
        let by_loss = or_last(one.loss).total_cmp(&or_last(other.loss));
        by_score.then(by_loss).then(one.trial.cmp(&other.trial))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_errors_the_least_loss_goes_first_and_none_last() {
        let changes = Changes::new();
        let trial = |trial, score, loss| {
            let (recipe, folder) = (Recipe::default(), String::new());
            let task = Task { trial, rung: 1, changes: &changes, recipe, folder };
            Trial { score, loss, ..task.without_score("finished".into()) }
        };
        let mut trials = [
            trial(0, None, None),
            trial(1, Some(0.25), Some(0.5)),
            trial(2, Some(0.25), Some(0.4)),
            trial(3, Some(0.125), Some(0.9)),
            trial(4, Some(0.25), Some(0.4)),
        ];
        rank(&mut trials);
        assert_eq!(trials.map(|trial| trial.trial), [4, 3, 5, 2, 1]);
    }
}
