//! Checks of what is to be learned, before anything is allocated or trained.

use crate::dataset::Dataset;
use crate::encoding::Encoding;
use crate::error::{Error, Hint, Place, Result};
use crate::likelihood::Likelihood;
use crate::output::Output;
use crate::processor::memory_bytes;
use crate::train::TrainPlan;

/// Numbers of values that training holds in memory.
pub(crate) struct Values {
    /// Weights, each of which takes [`TrainPlan::values_per_weight`].
    pub n_weights: u128,
    /// Of a row of a batch, in all matrices together.
    pub per_row: u128,
    /// Whatever else there is, once.
    pub others: u128,
}

/// Refuses what cannot fit into this machine's memory before it is asked for.
pub(crate) fn check_memory(
    what: String,
    values: Values,
    training: &TrainPlan,
    n_rows: usize,
) -> Result<()> {
    let weights = values.n_weights.saturating_mul(training.values_per_weight() as u128);
    let rows = training.batch.min(n_rows).max(256) as u128;
    let batch = rows.saturating_mul(values.per_row);
    check_fits(what, weights.saturating_add(batch).saturating_add(values.others))
}

/// Refuses more values than this machine's memory holds.
pub(crate) fn check_fits(what: String, n_values: u128) -> Result<()> {
    let (needed, limit) = (n_values.saturating_mul(4), memory_bytes());
    match needed > u128::from(limit) {
        false => Ok(()),
        true => Err(Error::Memory {
            what,
            needed_bytes: needed.min(u128::from(u64::MAX)) as u64,
            limit_bytes: limit,
        }),
    }
}

/// Refuses shards of a batch, which `who` does not have.
pub(crate) fn refuse_shards(training: &TrainPlan, who: &str) -> Result<()> {
    match training.shards {
        1 => Ok(()),
        shards => {
            let allowed = format!("only 1 for {who}: autoencoders and fine-tuning have shards");
            Err(Error::setting("shards", shards, allowed))
        }
    }
}

/// Every value finite, or missing where it may be, and, once scaled, one that its head's likelihood
/// has.
pub(crate) fn check_values(examples: &Dataset, encoding: &Encoding, output: &Output) -> Result<()> {
    encoding.check_cells(examples)?;
    let other = Hint::from(", or ").value("loss", "squared-error");
    check_targets(examples, encoding, output, (output.likelihood().name(), &other))
}

/// Every value, once scaled, one that its head's likelihood has. `who` needs it; `other` follows
/// the hint.
pub(crate) fn check_targets(
    examples: &Dataset,
    encoding: &Encoding,
    output: &Output,
    (who, other): (&str, &Hint),
) -> Result<()> {
    let is_unit = examples.is_bytes() && encoding.is_unit();
    let heads = output.heads().iter().filter_map(|head| {
        let (expected, is_one) = head.likelihood.family().targets()?;
        // What is encoded as a category is one.
        let is_sure = match head.likelihood {
            Likelihood::Bernoulli => is_unit,
            likelihood => likelihood == Likelihood::Categorical,
        };
        (!is_sure).then_some((head, expected, is_one))
    });
    let heads: Vec<_> = heads.collect();
    if heads.is_empty() {
        return Ok(());
    }
    let mut cells = vec![0.0; encoding.n_columns()];
    encoding.each_row(examples, |i, scaled| {
        for (head, expected, is_one) in &heads {
            let Some(slot) = head.slots.clone().find(|slot| !is_one(scaled[*slot])) else {
                continue;
            };
            examples.copy_rows(i, &mut cells)?;
            let column = encoding.slots().column(slot);
            let (cell, scaled) = (cells[column], scaled[slot]);
            let found = if cell == scaled {
                cell.to_string()
            } else {
                format!("{cell}, scaled to {scaled}")
            };
            let (origin, expected) = (examples.origin(), format!("{expected}, which {who} needs"));
            let place = Place::cell(origin.row(i), examples.schema().column_name(column));
            let hint = if head.likelihood == Likelihood::Bernoulli {
                let unit = Hint::from("use ").value("scaling", "unit");
                unit.text(" to bring the data into [0, 1]")
            } else {
                Hint::from("use ").value("scaling", "as-is")
            };
            return Err(Error::data(origin.path(), place, expected, found, hint.then(other)));
        }
        Ok(())
    })
}
