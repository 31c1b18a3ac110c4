//! What the commands that learn from a table, or use a model on it, have in common.

use crate::output::say;
use crate::signals;
use serde_json::{Value, json};
use std::path::Path;
use std::str::FromStr;
use unsmudge::Error;
use unsmudge::dataset::{Dataset, Shard};
use unsmudge::imputation::ColumnErrors;
use unsmudge::matrix::Matrix;
use unsmudge::read::{self, Fill, Filled};
use unsmudge::schema::Schema;
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::storage::is_stream;
use unsmudge::table::TableSettings;
use unsmudge::tabular::Intervals;

/// A table that a model is trained or used on, where it is, and how it is read.
pub(super) struct Given<'a> {
    pub path: &'a Path,
    pub settings: TableSettings,
    /// Its rows, or those of a part.
    pub table: Dataset,
    pub shard: Option<Shard>,
}

/// Rows that are filled together: their cells are in memory.
const ROWS_AT_ONCE: usize = 4096;

/// Reads a table, with the columns of `known` where a model has them. A large one is copied to
/// `folder` while it is in use, and its rows are read there.
pub(super) fn read_table(
    path: &Path,
    settings: &TableSettings,
    known: Option<&Schema>,
    folder: &Path,
) -> unsmudge::Result<Dataset> {
    let data = DataSettings { table: settings.clone(), ..DataSettings::of(path) };
    data.load_part(None, known, &Streaming::of_table(folder))
}

/// Says which levels a model has never seen.
pub(super) fn tell_unseen(path: &Path, table: &Dataset, known: &Schema) -> unsmudge::Result<()> {
    if let Some(text) = table.clone().arranged(known)?.unseen_levels()? {
        say(&format!("unsmudge: warning: {}: {text}", path.display()));
    }
    Ok(())
}

/// Copies a table to `out` with cells filled by `of`, which is given some rows at a time and gives
/// their cells, and bounds for [`Fill::Bounded`]. Returns how many cells were filled.
pub(super) fn fill_rows(
    given: &Given,
    schema: &Schema,
    fill: Fill,
    out: &Path,
    mut of: impl FnMut(&Dataset) -> unsmudge::Result<(Matrix, Option<Intervals>)>,
) -> unsmudge::Result<u64> {
    check_copy(out, &given.table)?;
    let table = given.table.clone().arranged(schema)?;
    let mut copy = read::fill(given.path, (&given.settings, schema), fill, out, given.shard)?;
    for rows in table.blocks(ROWS_AT_ONCE) {
        signals::check(out)?;
        let (cells, bounds) = of(&rows)?;
        let bounds = bounds.as_ref().map(|of| (&of.low, &of.high));
        copy.put_rows(&Filled { cells: &cells, bounds })?;
    }
    signals::check(out)?;
    copy.commit()
}

/// Refuses a name for a copy of a table that is of another format than the table.
fn check_copy(out: &Path, table: &Dataset) -> unsmudge::Result<()> {
    let ending = out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let is_typed = table.origin().table().is_some_and(|table| table.separator.is_none());
    let allowed = match ending.to_ascii_lowercase().as_str() {
        "parquet" | "arrow" | "feather" | "ipc" if !is_typed => {
            "a name such as FILE.csv: what came as text leaves as text"
        }
        "csv" | "tsv" | "txt" if is_typed => {
            "a name such as FILE.parquet or FILE.arrow: columns keep their types"
        }
        _ => return Ok(()),
    };
    Err(Error::setting("out", out.display(), allowed))
}

/// Refuses outputs, by the name of their argument, that would replace the table.
pub(super) fn check_outputs(
    outputs: &[(&str, Option<&Path>)],
    table: &Path,
) -> unsmudge::Result<()> {
    let table = table.canonicalize().ok();
    for (name, path) in outputs {
        let Some(path) = path else { continue };
        if table.is_some() && path.canonicalize().ok() == table {
            return Err(Error::setting(name, path.display(), "another file than the table"));
        }
    }
    Ok(())
}

/// Refuses what cannot go with data on standard output or in a pipe.
pub(super) fn check_alone<const N: usize>(
    out: &Path,
    others: [(&str, Option<String>); N],
) -> unsmudge::Result<()> {
    if is_stream(out) { refuse(others, "only with a file as output: -o FILE") } else { Ok(()) }
}

/// Refuses the first setting that is given.
pub(super) fn refuse<const N: usize>(
    given: [(&str, Option<String>); N],
    allowed: &str,
) -> unsmudge::Result<()> {
    match given.into_iter().find_map(|(name, value)| Some((name, value?))) {
        Some((name, value)) => Err(Error::setting(name, value, allowed)),
        None => Ok(()),
    }
}

/// Refuses to save a model that is not trained here.
pub(super) fn check_model(model: Option<&Path>, is_trained: bool) -> unsmudge::Result<()> {
    match model {
        Some(path) if !is_trained => {
            let allowed = "only where a model is trained: with one table and no model";
            Err(Error::setting("model", path.display(), allowed))
        }
        _ => Ok(()),
    }
}

/// What was found in the table; with warnings where a model is trained on it.
pub(super) fn tell(quiet: bool, table: &Dataset, warns: bool) {
    if let Some(line) = table.origin().line().filter(|_| !quiet) {
        say(&line);
    }
    let Some(found) = table.origin().table().filter(|_| warns) else { return };
    for warning in found.warnings() {
        say(&format!("unsmudge: warning: {warning}"));
    }
}

/// How well the columns of a table are filled.
pub(super) fn as_json(schema: &Schema, errors: &[Option<ColumnErrors>]) -> Value {
    let column = |(j, errors): (usize, &Option<ColumnErrors>)| {
        json!({
            "column": schema.column_name(j).trim_matches('"'),
            "errors": errors,
        })
    };
    let columns: Vec<_> = errors.iter().enumerate().map(column).collect();
    json!({ "columns": columns })
}

/// Reads a setting, where it is given.
pub(super) fn put<T: FromStr>(name: &str, text: Option<&str>, to: &mut T) -> unsmudge::Result<()> {
    if let Some(text) = text {
        *to = text.parse().map_err(|_| Error::setting(name, text, "one number"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_no_number_is_refused() {
        let mut batch = 5;
        put("batch", None, &mut batch).unwrap();
        assert_eq!(batch, 5);
        put("batch", Some("7"), &mut batch).unwrap();
        assert_eq!(batch, 7);
        let error = put("batch", Some("7x"), &mut batch).unwrap_err().to_string();
        assert!(error.contains("batch") && error.contains("7x"), "{error}");
    }
}
