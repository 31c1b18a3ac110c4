//! What is trained, and how.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// Sizes and training of a model of a table; see [`TabularSettings::of`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TabularSettings {
    /// Hidden units of a layer.
    pub n_hidden: usize,
    /// Hidden layers.
    pub n_layers: usize,
    /// Networks whose predictions are averaged.
    pub n_members: usize,
    /// Share of hidden units dropped in training: of every other network little is.
    pub dropout: f32,
    /// Bins of a number's encoding; 0: only its value.
    pub n_bins: usize,
    /// Whether predictions start from those of a Gaussian, where it is not too large.
    pub linear: bool,
    /// Whether numbers have means and variances, and not only a Student-t.
    pub means: bool,
    /// Share of training rows whose visible cells have noise.
    pub noised: f32,
    /// The greatest share of hidden cells in rows without noise.
    pub hidden: f32,
    /// Rows of a batch.
    pub batch: usize,
    /// Training steps.
    pub steps: usize,
    /// The learning rate.
    pub rate: f32,
    /// Seed of initial weights, masks and noise.
    pub seed: u64,
}

/// Rows below which a table is small: its networks need dropout, and do not need width.
const FEW_ROWS: usize = 2_000;

/// The dropout of tables that are not small.
const LITTLE_DROPOUT: f32 = 0.05;

/// No model has more hidden layers or members: their numbers are bytes of random keys.
const MOST: usize = 64;

impl TabularSettings {
    /// Those that suit a table of so many rows.
    pub fn of(n_rows: usize) -> Self {
        let small = Self {
            n_hidden: 128,
            n_layers: 2,
            n_members: 4,
            dropout: 0.3,
            n_bins: 12,
            linear: true,
            means: true,
            noised: 0.0,
            hidden: 0.6,
            batch: 128,
            steps: 1_200,
            rate: 1e-3,
            seed: 0,
        };
        if n_rows < FEW_ROWS {
            return small;
        }
        Self {
            n_members: 3,
            n_hidden: 256,
            dropout: LITTLE_DROPOUT,
            n_bins: 16,
            hidden: 0.7,
            batch: 256,
            steps: 1_600,
            rate: 2e-3,
            ..small
        }
    }

    /// The dropout of member `k`, from 0. Every other one has little: networks with dropout are better
    /// where columns are noisy, those without where columns depend on each other nearly exactly, and
    /// their mean is good for both.
    pub(super) fn dropout_of(&self, k: usize) -> f32 {
        if k.is_multiple_of(2) { self.dropout } else { self.dropout.min(LITTLE_DROPOUT) }
    }

    /// Those of scores: the cells that are scored are visible, with noise. (Equation 24 of
    /// docs/equations.md.)
    pub fn for_scores() -> Self {
        Self {
            n_hidden: 128,
            n_layers: 3,
            n_members: 1,
            dropout: 0.0,
            n_bins: 0,
            linear: false,
            means: false,
            noised: 1.0,
            hidden: 0.0,
            batch: 128,
            steps: 400,
            rate: 2e-3,
            seed: 0,
        }
    }

    /// Refuses what cannot be trained.
    ///
    /// # Errors
    /// [`Error::Setting`] naming a value out of its range.
    pub fn check(&self) -> Result<()> {
        let counts = [
            ("n_hidden", self.n_hidden, 1, 1 << 16),
            ("n_layers", self.n_layers, 1, MOST),
            ("n_members", self.n_members, 1, MOST),
            ("n_bins", self.n_bins, 0, 1 << 12),
            ("batch", self.batch, 1, usize::MAX),
            ("steps", self.steps, 1, u32::MAX as usize),
        ];
        for (name, value, least, most) in counts {
            if !(least..=most).contains(&value) {
                let allowed = match most {
                    usize::MAX => format!("at least {least}"),
                    most => format!("{least} to {most}"),
                };
                return Err(Error::setting(name, value, allowed));
            }
        }
        for (name, value) in
            [("dropout", self.dropout), ("noised", self.noised), ("hidden", self.hidden)]
        {
            let is_share = (0.0..=1.0).contains(&value) && (name != "dropout" || value < 1.0);
            if !is_share {
                return Err(Error::setting(name, value, "a share from 0 to 1; dropout below 1"));
            }
        }
        if self.rate > 0.0 && self.rate.is_finite() {
            Ok(())
        } else {
            Err(Error::setting("rate", self.rate, "a number above 0"))
        }
    }
}
