//! Parameters of Python as the library's settings.

use crate::errors::to_python;
use crate::rows::ROWS;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use toml::{Table, Value};
use unsmudge::run::Recipe;

/// The recipe that settings are: the tables of a settings file as a dict. What is None is left out.
pub fn recipe(settings: &Bound<'_, PyDict>) -> PyResult<Recipe> {
    let recipe = Recipe::from_table(table(settings)?);
    let mut recipe = recipe.map_err(|error| to_python(settings.py(), error))?;
    recipe.data.source = ROWS.into();
    Ok(recipe)
}

fn table(settings: &Bound<'_, PyDict>) -> PyResult<Table> {
    let mut table = Table::new();
    for (name, of) in settings {
        let name: String = name.extract()?;
        if let Some(value) = value(&name, &of)? {
            table.insert(name, value);
        }
    }
    Ok(table)
}

/// A value of the setting `name`. Whether it is allowed is the library's to say.
fn value(name: &str, of: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    if of.is_none() {
        return Ok(None);
    }
    // numpy's numbers.
    if of.getattr("ndim").is_ok_and(|ndim| ndim.eq(0).unwrap_or(false)) {
        return value(name, &of.call_method0("item")?);
    }
    let items = |items: Vec<Bound<'_, PyAny>>| -> PyResult<Value> {
        let values = items.iter().map(|item| value(name, item)).collect::<PyResult<Vec<_>>>()?;
        Ok(Value::Array(values.into_iter().flatten().collect()))
    };
    let value = if let Ok(flag) = of.cast::<PyBool>() {
        Value::Boolean(flag.is_true())
    } else if let Ok(text) = of.cast::<PyString>() {
        Value::String(text.to_string())
    } else if let Ok(number) = of.cast::<PyFloat>() {
        Value::Float(number.value())
    } else if let Ok(number) = of.extract::<i64>() {
        Value::Integer(number)
    } else if of.is_instance_of::<PyInt>() {
        // Beyond 64 bits: the library says what is allowed.
        Value::String(of.to_string())
    } else if let Ok(dict) = of.cast::<PyDict>() {
        Value::Table(table(dict)?)
    } else if let Ok(list) = of.cast::<PyList>() {
        items(list.iter().collect())?
    } else if let Ok(tuple) = of.cast::<PyTuple>() {
        items(tuple.iter().collect())?
    } else if let Ok(number) = of.extract::<f64>() {
        Value::Float(number)
    } else {
        let text = format!("{name}={}: allowed is text, a number, True or False", of.repr()?);
        return Err(PyValueError::new_err(text));
    };
    Ok(Some(value))
}
