//! Parameters of Python, which come as JSON, as the library's settings.

use crate::errors::to_python;
use crate::rows::ROWS;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use unsmudge::Error;
use unsmudge::run::Recipe;

/// Settings by name.
pub type Settings = Map<String, Value>;

/// The recipe that settings are: the tables of a settings file.
pub fn recipe(py: Python<'_>, settings: &str) -> PyResult<Recipe> {
    let recipe = Recipe::from_table(of_json(settings, "settings")?);
    let mut recipe = recipe.map_err(|error| to_python(py, error))?;
    recipe.data.source = ROWS.into();
    Ok(recipe)
}

/// What JSON says.
pub fn of_json<T: DeserializeOwned>(text: &str, what: &str) -> PyResult<T> {
    let refused = |error| PyValueError::new_err(format!("{what}: {error}"));
    serde_json::from_str(text).map_err(refused)
}

/// A whole number, where it is given.
pub fn whole(py: Python<'_>, given: &Settings, name: &str) -> PyResult<Option<u64>> {
    let allowed = "a whole number from 0, below 2^63";
    get(py, given, name, Value::as_u64, allowed)
}

/// A value, where it is given.
pub fn get<T>(
    py: Python<'_>,
    given: &Settings,
    name: &str,
    read: impl Fn(&Value) -> Option<T>,
    allowed: &str,
) -> PyResult<Option<T>> {
    let Some(value) = given.get(name) else { return Ok(None) };
    let refused = || {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        to_python(py, Error::setting(name, shown, allowed))
    };
    read(value).map(Some).ok_or_else(refused)
}
