//! Diffusion models: arrays of rows in, samples, reconstructions and scores out.

use crate::errors::to_python;
use crate::learn::Watcher;
use crate::rows::examples;
use crate::settings::{Settings, get, of_json, whole};
use crate::signals::Signals;
use crate::table::json;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use serde_json::Value;
use std::path::{Path, PathBuf};
use unsmudge::Error;
use unsmudge::diffusion::{Classes, Diffusion, DiffusionSettings, Sampling};
use unsmudge::matrix::Matrix;
use unsmudge::processor::Context;

/// A trained diffusion model.
#[pyclass(frozen, module = "unsmudge._native")]
pub struct DiffusionModel {
    inner: Diffusion,
}

#[pymethods]
impl DiffusionModel {
    /// Trains on rows, with `settings` in JSON: `n_hidden`, `n_layers`, `steps`, `batch`, `rate` and
    /// `seed`; `labels` are codes, one a row, and the names of the codes.
    #[staticmethod]
    #[pyo3(signature = (settings, x, labels=None, *, n_threads=None, watch=None))]
    fn fit(
        settings: &str,
        x: &Bound<'_, PyAny>,
        labels: Option<(PyReadonlyArray1<'_, u32>, Vec<String>)>,
        n_threads: Option<usize>,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let py = x.py();
        let given: Settings = of_json(settings, "settings")?;
        let mut rows = examples(x)?;
        if let Some((codes, names)) = labels {
            let codes = codes.as_slice()?.to_vec();
            rows = rows.with_classes(codes, Some(names)).map_err(|error| to_python(py, error))?;
        }
        let usual = DiffusionSettings::of(rows.n_rows());
        let count = |name: &str, usual: usize| -> PyResult<usize> {
            Ok(whole(py, &given, name)?.map_or(usual, |n| n as usize))
        };
        let rate = get(py, &given, "rate", Value::as_f64, "a number above 0")?;
        let settings = DiffusionSettings {
            n_hidden: count("n_hidden", usual.n_hidden)?,
            n_layers: count("n_layers", usual.n_layers)?,
            steps: count("steps", usual.steps)?,
            batch: count("batch", usual.batch)?,
            rate: rate.map_or(usual.rate, |rate| rate as f32),
            seed: whole(py, &given, "seed")?.unwrap_or(usual.seed),
            ..usual
        };
        let mut watcher = Watcher { signals: Signals::new(), watch, stops: false };
        let fitted = py.detach(|| {
            let context = Context::new(n_threads)?;
            Diffusion::fit(&settings, &rows, &context, &mut |event| watcher.see(event))
        });
        if let Some(raised) = watcher.signals.raised {
            return Err(raised);
        }
        fitted.map(|inner| Self { inner }).map_err(|error| to_python(py, error))
    }

    /// Reads a model file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let loaded = py.detach(|| Diffusion::load(&path));
        loaded.map(|inner| Self { inner }).map_err(|error| to_python(py, error))
    }

    /// Reads a model from the bytes of its file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let bytes = bytes.to_vec();
        let read = py.detach(|| Diffusion::from_bytes(bytes, Path::new("<bytes>")));
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

    /// How it was trained, as JSON.
    fn settings(&self) -> PyResult<String> {
        json(self.inner.settings())
    }

    /// Names of the classes.
    fn classes(&self) -> Vec<String> {
        self.inner.classes().to_vec()
    }

    /// What is to be added to the samples of each column.
    fn offsets(&self) -> Vec<f64> {
        let schema = self.inner.encoding().schema();
        (0..schema.n_columns()).map(|j| schema.column(j).offset).collect()
    }

    /// Number of columns.
    fn n_columns(&self) -> usize {
        self.inner.n_columns()
    }

    /// Draws rows, of one class or of all in equal shares, by these numbers of noise levels,
    /// guidance and seed.
    #[pyo3(signature = (n_samples, class_code, sampling, n_threads=None))]
    fn sample<'py>(
        &self,
        py: Python<'py>,
        n_samples: usize,
        class_code: Option<u32>,
        sampling: (usize, f32, u64),
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let classes = class_code.map_or(Classes::Equal, Classes::One);
        let (steps, guidance, seed) = sampling;
        let sampling = Sampling { steps, guidance, seed };
        let mut signals = Signals::new();
        let drawn = py.detach(|| {
            let context = Context::new(n_threads)?;
            self.inner.sample(n_samples, classes, &sampling, &context, &mut |_| {
                signals.ask(|_| Ok(()));
                if signals.raised.is_some() {
                    std::ops::ControlFlow::Break(())
                } else {
                    std::ops::ControlFlow::Continue(())
                }
            })
        });
        match (drawn, signals.raised) {
            (_, Some(raised)) => Err(raised),
            (drawn, None) => array(py, drawn),
        }
    }

    /// Expected clean rows, of rows with noise of this level.
    #[pyo3(signature = (x, level, n_threads=None))]
    fn denoise<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        level: f32,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let rows = examples(x)?;
        let found = x.py().detach(|| {
            let context = Context::new(n_threads)?;
            self.inner.denoise(&rows, level, &context)
        });
        array(x.py(), found)
    }

    /// Gradients of the log density of rows with noise of this level.
    #[pyo3(signature = (x, level, n_threads=None))]
    fn score_field<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        level: f32,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let rows = examples(x)?;
        let found = x.py().detach(|| {
            let context = Context::new(n_threads)?;
            self.inner.score_field(&rows, level, &context)
        });
        array(x.py(), found)
    }
}

fn array<'py>(
    py: Python<'py>,
    found: Result<Matrix, Error>,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let found = found.map_err(|error| to_python(py, error))?;
    let shape = [found.n_rows(), found.n_columns()];
    PyArray1::from_vec(py, found.into_values()).reshape(shape)
}
