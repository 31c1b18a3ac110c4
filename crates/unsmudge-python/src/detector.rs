//! Detectors of unusual rows and cells: rows of f64 and a schema in, scores and p-values out.

use crate::errors::to_python;
use crate::learn::Watcher;
use crate::settings::{Settings, get, of_json, whole};
use crate::signals::Signals;
use crate::table::{json, table};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use serde_json::Value;
use std::path::{Path, PathBuf};
use unsmudge::anomaly::{CellScore, Detector, DetectorSettings, RowScore};
use unsmudge::processor::Context;

/// A trained detector.
#[pyclass(frozen, module = "unsmudge._native")]
pub struct TableDetector {
    inner: Detector,
}

/// Scores and p-values of rows.
type Rows<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

#[pymethods]
impl TableDetector {
    /// Trains on rows, whose columns are those of `schema` in JSON, with `settings` in JSON: `seed`,
    /// `steps` and `clean`. Also returns scores and p-values of the rows by networks that were not
    /// trained on them.
    #[staticmethod]
    #[pyo3(signature = (settings, x, schema, *, n_threads=None, watch=None))]
    fn fit<'py>(
        py: Python<'py>,
        settings: &str,
        x: PyReadonlyArray2<'py, f64>,
        schema: &str,
        n_threads: Option<usize>,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<(Self, Rows<'py>)> {
        let table = table(py, &x, &of_json(schema, "schema")?)?;
        let given: Settings = of_json(settings, "settings")?;
        let clean = get(py, &given, "clean", Value::as_bool, "True or False")?;
        let settings = DetectorSettings {
            clean: clean.unwrap_or_default(),
            seed: whole(py, &given, "seed")?.unwrap_or_default(),
            steps: whole(py, &given, "steps")?.map(|steps| steps as usize),
        };
        let mut watcher = Watcher { signals: Signals::new(), watch, stops: false };
        let fitted = py.detach(|| {
            let context = Context::new(n_threads)?;
            Detector::fit(&settings, &table, &context, &mut |event| watcher.see(event))
        });
        if let Some(raised) = watcher.signals.raised {
            return Err(raised);
        }
        let (inner, scores) = fitted.map_err(|error| to_python(py, error))?;
        Ok((Self { inner }, of_rows(py, &scores)))
    }

    /// Reads a model file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let loaded = py.detach(|| Detector::load(&path));
        loaded.map(|inner| Self { inner }).map_err(|error| to_python(py, error))
    }

    /// Reads a model from the bytes of its file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let bytes = bytes.to_vec();
        let read = py.detach(|| Detector::from_bytes(bytes, Path::new("<bytes>")));
        read.map(|inner| Self { inner }).map_err(|error| to_python(py, error))
    }

    /// Writes the model file durably.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.inner.save(&path)).map_err(|error| to_python(py, error))
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

    /// The score that a share of at most `p` of rows exceed.
    fn threshold(&self, p: f64) -> f64 {
        f64::from(self.inner.threshold(p))
    }

    /// Scores and p-values of rows that it was not trained on.
    #[pyo3(signature = (x, n_threads=None))]
    fn score<'py>(
        &self,
        py: Python<'py>,
        x: PyReadonlyArray2<'py, f64>,
        n_threads: Option<usize>,
    ) -> PyResult<Rows<'py>> {
        let table = table(py, &x, self.inner.schema())?;
        let scores = py.detach(|| self.inner.score(&table, &Context::new(n_threads)?));
        Ok(of_rows(py, &scores.map_err(|error| to_python(py, error))?))
    }

    /// Surprise, p-value, expected value, and least and greatest usual value of each cell, one after
    /// the other: n_rows x 5 n_columns. NaN where a cell is missing, or has no range.
    #[pyo3(signature = (x, of_training, n_threads=None))]
    fn cells<'py>(
        &self,
        py: Python<'py>,
        x: PyReadonlyArray2<'py, f64>,
        of_training: bool,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let schema = self.inner.schema();
        let table = table(py, &x, schema)?;
        let (n_rows, n_columns) = (table.n_rows(), table.n_columns());
        let offsets: Vec<f64> = (0..n_columns).map(|j| schema.column(j).offset).collect();
        let found = py.detach(|| {
            let context = Context::new(n_threads)?;
            let mut out = Vec::with_capacity(n_rows * n_columns * 5);
            let look = |_: usize, cells: &[Option<CellScore>]| {
                let cells = cells.iter().zip(&offsets);
                out.extend(cells.flat_map(|(cell, offset)| of_cell(cell.as_ref(), *offset)));
                Ok(())
            };
            if of_training {
                self.inner.cells_of_training(&table, None, &context, look)?;
            } else {
                self.inner.cells(&table, None, &context, look)?;
            }
            Ok(out)
        });
        let found = found.map_err(|error| to_python(py, error))?;
        PyArray1::from_vec(py, found).reshape([n_rows, n_columns * 5])
    }
}

fn of_rows<'py>(py: Python<'py>, rows: &[RowScore]) -> Rows<'py> {
    let scores = rows.iter().map(|row| f64::from(row.score));
    let p = rows.iter().map(|row| row.p);
    (PyArray1::from_iter(py, scores), PyArray1::from_iter(py, p))
}

fn of_cell(cell: Option<&CellScore>, offset: f64) -> [f64; 5] {
    let Some(cell) = cell else { return [f64::NAN; 5] };
    let whole = |value: f32| f64::from(value) + offset;
    let (low, high) =
        cell.range.map_or((f64::NAN, f64::NAN), |(low, high)| (whole(low), whole(high)));
    [f64::from(cell.surprise), cell.p, whole(cell.expected), low, high]
}
