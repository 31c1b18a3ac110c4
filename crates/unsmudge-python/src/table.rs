//! Models of tables: rows of f64 and a schema in, filled rows out. Python converts words, dates and
//! missing cells to numbers before, and back after.

use crate::errors::to_python;
use crate::learn::Watcher;
use crate::rows::ROWS;
use crate::settings::{Settings, of_json, whole};
use crate::signals::Signals;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::path::{Path, PathBuf};
use unsmudge::dataset::{Dataset, Origin};
use unsmudge::imputation;
use unsmudge::matrix::Matrix;
use unsmudge::processor::Context;
use unsmudge::schema::{Column, Schema};
use unsmudge::tabular::{Tabular, TabularSettings};

/// Rows that are filled between two checks for Ctrl-C.
const ROWS_AT_ONCE: usize = 1 << 13;

/// Rows as NumPy takes them.
type Rows<'py> = Bound<'py, PyArray2<f64>>;

/// A trained model of a table.
#[pyclass(frozen, module = "unsmudge._native")]
pub struct TableModel {
    inner: Tabular,
}

#[pymethods]
impl TableModel {
    /// Trains on rows, whose columns are those of `schema` in JSON, with `settings` in JSON: `seed`,
    /// `steps` and `n_members`. Also returns how well each column is filled, in JSON.
    #[staticmethod]
    #[pyo3(signature = (settings, x, schema, *, n_threads=None, watch=None))]
    fn fit(
        py: Python<'_>,
        settings: &str,
        x: PyReadonlyArray2<'_, f64>,
        schema: &str,
        n_threads: Option<usize>,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<(Self, String)> {
        let table = table(py, &x, &of_json(schema, "schema")?)?;
        let settings = table_settings(py, &of_json(settings, "settings")?, table.n_rows())?;
        let mut watcher = Watcher { signals: Signals::new(), watch, stops: false };
        let fitted = py.detach(|| {
            let context = Context::new(n_threads)?;
            imputation::fit(&settings, &table, &context, &mut |event| watcher.see(event))
        });
        if let Some(raised) = watcher.signals.raised {
            return Err(raised);
        }
        let fitted = Self { inner: fitted.map_err(|error| to_python(py, error))? };
        let errors = fitted.column_errors()?;
        Ok((fitted, errors))
    }

    /// Reads a model file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let loaded = py.detach(|| Tabular::load(&path));
        loaded.map(|inner| Self { inner }).map_err(|error| to_python(py, error))
    }

    /// Reads a model from the bytes of its file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let bytes = bytes.to_vec();
        let read = py.detach(|| Tabular::from_bytes(bytes, Path::new("<bytes>")));
        read.map(|inner| Self { inner }).map_err(|error| to_python(py, error))
    }

    /// Writes the model file durably.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.inner.save(&path)).map_err(|error| to_python(py, error))
    }

    /// Writes the model as one ONNX file.
    fn to_onnx(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let exported = py.detach(|| unsmudge::onnx::export_table(&self.inner, &path));
        exported.map(drop).map_err(|error| to_python(py, error))
    }

    /// The bytes of the model file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.inner.to_bytes()).map_err(|error| to_python(py, error))?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let make = py.get_type::<Self>().getattr("from_bytes")?;
        (make, (self.to_bytes(py)?,)).into_pyobject(py)
    }

    /// The columns, as JSON.
    fn schema(&self) -> PyResult<String> {
        json(self.inner.schema())
    }

    /// How it was trained, as JSON.
    fn settings(&self) -> PyResult<String> {
        json(self.inner.settings())
    }

    /// How well each column is filled, as JSON; of a model that was not measured an empty list.
    fn column_errors(&self) -> PyResult<String> {
        json(&self.inner.column_errors())
    }

    /// Rows, whose columns are those of the schema, with their missing cells filled.
    #[pyo3(signature = (x, n_threads=None))]
    fn impute<'py>(
        &self,
        py: Python<'py>,
        x: PyReadonlyArray2<'py, f64>,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let [filled] = self.filled(py, &x, n_threads, |table, context| {
            Ok([self.inner.impute(table, context)?])
        })?;
        Ok(filled)
    }

    /// The same with lower and with upper bounds that hold a `share` of missing numbers.
    #[pyo3(signature = (x, share, n_threads=None))]
    fn intervals<'py>(
        &self,
        py: Python<'py>,
        x: PyReadonlyArray2<'py, f64>,
        share: f64,
        n_threads: Option<usize>,
    ) -> PyResult<(Rows<'py>, Rows<'py>)> {
        let [low, high] = self.filled(py, &x, n_threads, |table, context| {
            let found = self.inner.intervals(table, share, context)?;
            Ok([found.low, found.high])
        })?;
        Ok((low, high))
    }

    /// The same with missing cells drawn: draw `number` of `seed`.
    #[pyo3(signature = (x, seed, number, n_threads=None))]
    fn draw<'py>(
        &self,
        py: Python<'py>,
        x: PyReadonlyArray2<'py, f64>,
        seed: u64,
        number: u32,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let [drawn] = self.filled(py, &x, n_threads, |table, context| {
            Ok([self.inner.draw(table, (seed, number), context)?])
        })?;
        Ok(drawn)
    }
}

impl TableModel {
    /// What `fill` makes of rows, some at a time: matrices of as many rows and of the columns of the
    /// schema, in units with offsets.
    fn filled<'py, const N: usize>(
        &self,
        py: Python<'py>,
        x: &PyReadonlyArray2<'py, f64>,
        n_threads: Option<usize>,
        fill: impl Fn(&Dataset, &Context) -> unsmudge::Result<[Matrix; N]> + Sync,
    ) -> PyResult<[Bound<'py, PyArray2<f64>>; N]> {
        let schema = self.inner.schema();
        let table = table(py, x, schema)?;
        let offsets: Vec<f64> = (0..table.n_columns()).map(|j| schema.column(j).offset).collect();
        let mut signals = Signals::new();
        let filled = py.detach(|| {
            let context = Context::new(n_threads)?;
            let mut out = [const { Vec::new() }; N];
            for rows in table.blocks(ROWS_AT_ONCE) {
                for (out, filled) in out.iter_mut().zip(&fill(&rows, &context)?) {
                    for row in filled.values().chunks(offsets.len()) {
                        let cells = row.iter().zip(&offsets);
                        out.extend(cells.map(|(cell, of)| f64::from(*cell) + of));
                    }
                }
                signals.check()?;
            }
            Ok(out)
        });
        let filled = match (filled, signals.raised) {
            (_, Some(raised)) => return Err(raised),
            (filled, None) => filled.map_err(|error| to_python(py, error))?,
        };
        let n_rows = filled[0].len() / offsets.len();
        let arrays = filled.map(|values| PyArray1::from_vec(py, values));
        let arrays: Vec<_> = arrays
            .into_iter()
            .map(|values| values.reshape([n_rows, offsets.len()]))
            .collect::<PyResult<_>>()?;
        arrays.try_into().map_err(|_| PyRuntimeError::new_err("another number of arrays"))
    }
}

/// What a model file says that it is: `unsmudge model`, `unsmudge table model`, `unsmudge diffusion
/// model` or `unsmudge anomaly detector`.
#[pyfunction]
pub fn format_of(py: Python<'_>, path: PathBuf) -> PyResult<String> {
    let read = py.detach(|| unsmudge::model_file::Model::format(&path));
    read.map_err(|error| to_python(py, error))
}

/// Rows with the columns of `schema`; large numbers are less by an offset of their own.
pub fn table(py: Python<'_>, x: &PyReadonlyArray2<'_, f64>, schema: &Schema) -> PyResult<Dataset> {
    let (n_rows, n_columns) = (x.dims()[0], x.dims()[1]);
    let cells = x.as_slice()?;
    let rows = Dataset::from_f64(cells, n_rows, n_columns);
    let rows = rows.and_then(|rows| with_schema(rows, schema));
    Ok(rows.map_err(|error| to_python(py, error))?.with_origin(Origin::new(ROWS)))
}

/// Rows, whose columns are those of `schema` but for the offsets, which stay.
pub fn with_schema(rows: Dataset, schema: &Schema) -> unsmudge::Result<Dataset> {
    let mut columns = schema.clone();
    for number in 0..rows.n_columns() {
        let (known, offset) = (schema.column(number), rows.schema().column(number).offset);
        if *known != Column::default() || offset != 0.0 {
            columns = columns.with_column(number, Column { offset, ..known.clone() })?;
        }
    }
    rows.with_schema(columns)
}

/// The settings that suit so many rows, but for those that are given.
fn table_settings(py: Python<'_>, given: &Settings, n_rows: usize) -> PyResult<TabularSettings> {
    let usual = TabularSettings::of(n_rows);
    Ok(TabularSettings {
        seed: whole(py, given, "seed")?.unwrap_or(usual.seed),
        steps: whole(py, given, "steps")?.map_or(usual.steps, |steps| steps as usize),
        n_members: whole(py, given, "n_members")?.map_or(usual.n_members, |n| n as usize),
        ..usual
    })
}

pub fn json(value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| PyRuntimeError::new_err(error.to_string()))
}
