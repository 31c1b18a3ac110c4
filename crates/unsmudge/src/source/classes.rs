//! Classes that are probably none: nearly as many as rows.

use crate::dataset::{Dataset, Targets};
use crate::error::{Error, Hint, Place, Result};
use crate::read::Columns;

/// As few classes are never too many.
const FEW: usize = 20;

/// Refuses classes of which most have one row only: numbers to predict, or names of rows.
///
/// # Errors
/// [`Error::Data`] with how many there are.
pub(super) fn check(examples: &Dataset, labels: Option<&Columns>) -> Result<()> {
    let Targets::Classes { names: Some(names), .. } = examples.targets() else { return Ok(()) };
    let (n_classes, n_rows) = (names.len(), examples.n_rows());
    if n_classes < FEW || 2 * n_classes <= n_rows {
        return Ok(());
    }
    let column = match labels {
        Some(Columns::Named(names)) => names.first(),
        _ => None,
    };
    let hint = match column {
        Some(column) if names.iter().all(|name| name.parse::<f64>().is_ok()) => {
            Hint::from("did you mean ").value("targets", column).text("?")
        }
        _ => "name a column whose texts are shared by several rows".into(),
    };
    let place = Place { column: column.map(|name| format!("\"{name}\"")), ..Place::whole() };
    let found = format!("{n_classes} classes for {n_rows} rows");
    Err(Error::data(examples.origin().path(), place, "classes that rows share", found, hint))
}
