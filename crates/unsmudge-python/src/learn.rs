//! Training on arrays, with an observer in Python.

use crate::errors::to_python;
use crate::model::Model;
use crate::rows::examples;
use crate::settings::{of_json, recipe};
use crate::signals::Signals;
use crate::table::with_schema;
use numpy::{PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::ops::ControlFlow;
use unsmudge::Error;
use unsmudge::dataset::{Dataset, ImageShape, Splits, Targets};
use unsmudge::event::{Event, EventKind};
use unsmudge::matrix::Matrix;
use unsmudge::processor::Context;
use unsmudge::run;
use unsmudge::train::Outcome;

/// The result of training.
#[pyclass(frozen, get_all, module = "unsmudge._native")]
pub struct Fitted {
    /// The model with the best weights.
    pub model: Py<Model>,
    /// `finished`, `stopped early`, `interrupted` or `diverged`.
    pub outcome: &'static str,
    /// The message of a divergence.
    pub problem: Option<String>,
    /// The exception that interrupted training, to be raised after the model is kept.
    pub raised: Option<Py<PyAny>>,
    /// The stages that were started.
    pub stages: Vec<String>,
}

/// Trains by `settings` (the tables of a settings file, as JSON) on `x` and, to predict, on `labels` or
/// `values` with their names. Rows may have `weights` in the loss. The columns of `x` are those of
/// `schema` in JSON. `watch(event, facts)` receives the events, and stops training by returning True.
#[pyfunction]
#[pyo3(signature = (
    settings, x, *, labels=None, values=None, weights=None, schema=None, image=None,
    n_threads=None, watch=None
))]
#[expect(clippy::too_many_arguments, reason = "all but two have names where it is called")]
pub fn fit(
    settings: &str,
    x: &Bound<'_, PyAny>,
    labels: Option<(PyReadonlyArray1<'_, u32>, Vec<String>)>,
    values: Option<(PyReadonlyArray2<'_, f32>, Vec<String>)>,
    weights: Option<PyReadonlyArray1<'_, f32>>,
    schema: Option<&str>,
    image: Option<(usize, usize)>,
    n_threads: Option<usize>,
    watch: Option<Py<PyAny>>,
) -> PyResult<Fitted> {
    let py = x.py();
    let recipe = recipe(py, settings)?;
    let mut train = given(x, schema, image)?;
    if let Some((labels, names)) = labels {
        let codes = labels.as_slice()?.to_vec();
        train = train.with_classes(codes, Some(names)).map_err(|error| to_python(py, error))?;
    }
    if let Some((values, names)) = values {
        let (n_rows, n_columns) = (values.dims()[0], values.dims()[1]);
        let matrix = Matrix::from_values(n_rows, n_columns, values.as_slice()?.to_vec());
        let numbers =
            matrix.and_then(|values| train.with_targets(Targets::Numbers { values, names }));
        train = numbers.map_err(|error| to_python(py, error))?;
    }
    if let Some(weights) = weights {
        let weighted = train.with_weights(weights.as_slice()?.to_vec());
        train = weighted.map_err(|error| to_python(py, error))?;
    }
    let mut watcher = Watcher { signals: Signals::new(), watch, stops: false };
    let trained = py.detach(|| {
        let context = Context::new(n_threads)?;
        let splits = Splits { train, valid: None, test: None };
        run::fit(&recipe, splits, &context, &mut |event| watcher.see(event))
    });
    let trained = match (trained, watcher.signals.raised.take()) {
        (Err(_), Some(raised)) => return Err(raised),
        (trained, raised) => {
            watcher.signals.raised = raised;
            trained.map_err(|error| to_python(py, error))?
        }
    };
    let (outcome, problem) = of_outcome(&trained.outcome);
    let raised = watcher.signals.raised.map(|raised| raised.into_value(py).into_any());
    let model = Py::new(py, Model { inner: trained.model })?;
    let stages = trained.stages.iter().map(|(stage, _)| stage.to_string()).collect();
    Ok(Fitted { model, outcome, problem, raised, stages })
}

/// Rows, whose columns are those of `schema` in JSON.
pub fn given(
    x: &Bound<'_, PyAny>,
    schema: Option<&str>,
    image: Option<(usize, usize)>,
) -> PyResult<Dataset> {
    let mut rows = examples(x)?;
    if let Some((height, width)) = image {
        if height.checked_mul(width) != Some(rows.n_columns()) {
            let allowed = format!("two numbers whose product is {}", rows.n_columns());
            let error = Error::setting("image_shape", format!("({height}, {width})"), allowed);
            return Err(to_python(x.py(), error));
        }
        let image = ImageShape { height, width };
        rows = rows.with_image(image).map_err(|error| to_python(x.py(), error))?;
    }
    if let Some(schema) = schema {
        let schema = of_json(schema, "schema")?;
        rows = with_schema(rows, &schema).map_err(|error| to_python(x.py(), error))?;
    }
    Ok(rows)
}

/// The name of an outcome, and the message of a divergence.
pub fn of_outcome(outcome: &Outcome) -> (&'static str, Option<String>) {
    match outcome {
        Outcome::Finished => ("finished", None),
        Outcome::StoppedEarly => ("stopped early", None),
        Outcome::Interrupted => ("interrupted", None),
        Outcome::Diverged(error) => ("diverged", Some(error.to_string())),
    }
}

/// Passes events to Python, and checks for signals.
pub struct Watcher {
    pub signals: Signals,
    pub watch: Option<Py<PyAny>>,
    pub stops: bool,
}

impl Watcher {
    /// Batch events are passed on from time to time, all others at once.
    pub fn see(&mut self, event: Event) -> ControlFlow<()> {
        let Self { signals, watch, stops } = self;
        let watch = watch.as_ref();
        let mut call =
            |py: Python<'_>, name: &str, fill: &dyn Fn(&Bound<PyDict>) -> PyResult<()>| {
                let Some(watch) = watch else { return Ok(()) };
                let facts = PyDict::new(py);
                fill(&facts)?;
                *stops |= watch.call1(py, (name, facts))?.is_truthy(py)?;
                Ok(())
            };
        match event.kind {
            EventKind::Batch { epoch, batch, n_batches, loss } => {
                signals.ask(|py| {
                    call(py, "batch", &|facts| {
                        facts.set_item("epoch", epoch)?;
                        facts.set_item("batch", batch)?;
                        facts.set_item("n_batches", n_batches)?;
                        facts.set_item("loss", loss)
                    })
                });
            }
            EventKind::Epoch { record, is_best, seconds } => signals.tell(|py| {
                call(py, "epoch", &|facts| {
                    facts.set_item("epoch", record.epoch)?;
                    facts.set_item("rate", record.rate)?;
                    facts.set_item("train_loss", record.train_loss)?;
                    facts.set_item("valid_loss", record.valid_loss)?;
                    if record.valid_error.is_some() {
                        facts.set_item("valid_error", record.valid_error)?;
                    }
                    facts.set_item("is_best", is_best)?;
                    facts.set_item("seconds", seconds)
                })
            }),
            EventKind::Stage(start) => signals.tell(|py| {
                call(py, "stage", &|facts| {
                    facts.set_item("stage", event.scope.stage.map(|stage| stage.to_string()))?;
                    facts.set_item("number", start.number)?;
                    facts.set_item("n_stages", start.n_stages)?;
                    facts.set_item("sizes", &start.sizes)?;
                    facts.set_item("epochs", start.epochs)
                })
            }),
            EventKind::Warning(text) => {
                signals.tell(|py| call(py, "warning", &|facts| facts.set_item("text", text)));
            }
            EventKind::Working => signals.ask(|_| Ok(())),
            EventKind::Start(_) | EventKind::Note(_) | EventKind::Done(_) => {}
        }
        if self.stops || self.signals.raised.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
