//! Which cells of a training row are hidden, and the noise of the others.

use super::columns::{Columns, Kind};
use crate::random::{Key, Purpose, Stream};

/// How rows are corrupted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Masks {
    /// The share of rows with noise.
    pub noised: f32,
    /// The greatest rate of hidden cells of a row without noise: it is drawn from 0 on.
    pub most_hidden: f32,
    /// Which columns are observed in training rows with missing cells: their patterns are copied.
    pub patterns: Vec<Vec<bool>>,
}

/// The share of rows without noise that copy the missing cells of another row.
const COPIED: f64 = 0.25;

/// The bounds of the rate of hidden cells of a row with noise.
const RATE: (f64, f64) = (0.05, 0.9);

/// The bounds of the noise level, in standard deviations.
const LEVEL: (f64, f64) = (0.05, 1.5);

/// How often a visible category is another level, as a share of the noise level.
const SWAPPED: f64 = 0.2;

/// One row's corruption.
pub(super) struct Corrupted {
    /// The level of the noise; `None`: there is none.
    pub level: Option<f32>,
}

impl Masks {
    /// Hides cells of a row: `visible` are its observed columns, and becomes those that are left.
    /// Adds noise to the slots of visible cells.
    pub fn corrupt(
        &self,
        columns: &Columns,
        key: Key,
        visible: &mut [bool],
        row: &mut [f32],
    ) -> Corrupted {
        let mut stream = Key { purpose: Purpose::Noise, ..key }.stream();
        if stream.unit() >= f64::from(self.noised) {
            self.hide(&mut stream, visible);
            return Corrupted { level: None };
        }
        let rate = stream.between(RATE.0, RATE.1);
        visible.iter_mut().for_each(|visible| *visible &= stream.unit() >= rate);
        let level = libm::exp(stream.between(libm::log(LEVEL.0), libm::log(LEVEL.1)));
        for (column, visible) in columns.columns.iter().zip(&*visible) {
            if !visible {
                continue;
            }
            match column.kind {
                Kind::Number { .. } => {
                    row[column.slots.start] += (level * stream.normal()) as f32;
                }
                Kind::Category => {
                    if stream.unit() < SWAPPED * level {
                        row[column.slots.clone()].fill(0.0);
                        let n_levels = column.slots.len() as u32;
                        row[column.slots.start + stream.whole(0, n_levels - 1) as usize] = 1.0;
                    }
                }
            }
        }
        Corrupted { level: Some(level as f32) }
    }

    fn hide(&self, stream: &mut Stream, visible: &mut [bool]) {
        let before: Vec<usize> = (0..visible.len()).filter(|j| visible[*j]).collect();
        if !self.patterns.is_empty() && stream.unit() < COPIED {
            let pattern = stream.whole(0, self.patterns.len() as u32 - 1) as usize;
            visible.iter_mut().zip(&self.patterns[pattern]).for_each(|(to, from)| *to &= from);
        } else {
            let rate = stream.between(0.0, f64::from(self.most_hidden));
            visible.iter_mut().for_each(|visible| *visible &= stream.unit() >= rate);
        }
        if before.iter().all(|j| visible[*j])
            && let Some(last) = before.len().checked_sub(1)
        {
            visible[before[stream.whole(0, last as u32) as usize]] = false;
        }
    }
}
