//! Training on rows that arrive in parts, for `partial_fit`.

use crate::errors::to_python;
use crate::learn::{Fitted, Watcher, given, of_outcome};
use crate::model::Model;
use crate::rows::examples;
use crate::settings::recipe;
use crate::signals::Signals;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::path::Path;
use std::sync::{Mutex, TryLockError};
use unsmudge::processor::Context;
use unsmudge::run;

/// An autoencoder that is trained on rows as they arrive.
#[pyclass(frozen, module = "unsmudge._native")]
pub struct Online {
    inner: Mutex<run::Online>,
}

#[pymethods]
impl Online {
    /// Starts with the scaling of `x`, which also applies to all further rows. Settings are JSON.
    #[staticmethod]
    #[pyo3(signature = (settings, x, *, schema=None, image=None))]
    fn begin(
        settings: &str,
        x: &Bound<'_, PyAny>,
        schema: Option<&str>,
        image: Option<(usize, usize)>,
    ) -> PyResult<Self> {
        let (recipe, rows) = (recipe(x.py(), settings)?, given(x, schema, image)?);
        let begun = x.py().detach(|| run::Online::new(&recipe, &rows));
        Self::of(x.py(), begun)
    }

    /// Continues training a model of one layer.
    #[staticmethod]
    fn from_model(py: Python<'_>, settings: &str, model: &Model) -> PyResult<Self> {
        let recipe = recipe(py, settings)?;
        let model = model.inner.clone();
        Self::of(py, py.detach(|| run::Online::from_model(model, &recipe)))
    }

    /// Restores the state of a pickle.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, model: &Model, state: &[u8]) -> PyResult<Self> {
        let state = state.to_vec();
        let model = model.inner.clone();
        Self::of(py, py.detach(|| run::Online::resume(model, state, Path::new("<bytes>"))))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let make = py.get_type::<Self>().getattr("from_bytes")?;
        let state = self.with(py, |online| online.state())?;
        (make, (self.model(py)?, PyBytes::new(py, &state))).into_pyobject(py)
    }

    /// The current model.
    fn model(&self, py: Python<'_>) -> PyResult<Model> {
        Ok(Model { inner: self.with(py, |online| online.model())? })
    }

    /// One epoch over `x`.
    #[pyo3(signature = (x, *, n_threads=None, watch=None))]
    fn learn(
        &self,
        x: &Bound<'_, PyAny>,
        n_threads: Option<usize>,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<Fitted> {
        let py = x.py();
        let rows = examples(x)?;
        let mut watcher = Watcher { signals: Signals::new(), watch, stops: false };
        let outcome = self.with(py, |online| {
            let context = Context::new(n_threads)?;
            online.learn(&rows, &context, &mut |event| watcher.see(event))
        })?;
        let (outcome, problem) = of_outcome(&outcome);
        let raised = watcher.signals.raised.map(|raised| raised.into_value(py).into_any());
        let model = Py::new(py, self.model(py)?)?;
        Ok(Fitted { model, outcome, problem, raised, stages: vec!["layer 1".into()] })
    }
}

impl Online {
    fn of(py: Python<'_>, online: unsmudge::Result<run::Online>) -> PyResult<Self> {
        let online = online.map_err(|error| to_python(py, error))?;
        Ok(Self { inner: Mutex::new(online) })
    }

    /// Works without the GIL. Two Python threads must not train the same model at once.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut run::Online) -> unsmudge::Result<T> + Send,
    ) -> PyResult<T> {
        py.detach(|| match self.inner.try_lock() {
            Ok(mut online) => Ok(work(&mut online)),
            Err(TryLockError::Poisoned(poisoned)) => Ok(work(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => {
                let text = "the estimator is learning in another thread";
                Err(PyRuntimeError::new_err(text))
            }
        })?
        .map_err(|error| to_python(py, error))
    }
}
