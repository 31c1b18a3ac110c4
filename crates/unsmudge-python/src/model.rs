//! A trained model and its use: arrays in, arrays out, with the GIL released in between.

use crate::errors::to_python;
use crate::rows::examples;
use crate::signals::Signals;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::path::{Path, PathBuf};
use unsmudge::autoencoder::Autoencoder;
use unsmudge::corruption::Corruption;
use unsmudge::dataset::Dataset;
use unsmudge::encoding::Encoding;
use unsmudge::matrix::{Matrix, View};
use unsmudge::processor::Context;
use unsmudge::rbm::free_energy;
use unsmudge::{Error, Result};

/// A trained model: the layers that reconstruct, and the network of a model that predicts.
#[pyclass(frozen, module = "unsmudge._native")]
pub struct Model {
    pub inner: unsmudge::model_file::Model,
}

type Floats<'py> = Bound<'py, PyArray2<f32>>;
type Values<'py> = Bound<'py, PyArray1<f32>>;

#[pymethods]
impl Model {
    /// Reads a model file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let loaded = py.detach(|| unsmudge::model_file::Model::load(&path));
        loaded.map(|inner| Self { inner }).map_err(|error| to_python(py, error))
    }

    /// Reads a model from the bytes of its file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let bytes = bytes.to_vec();
        let path = Path::new("<bytes>");
        let read = py.detach(|| unsmudge::model_file::Model::from_bytes(bytes, path));
        read.map(|inner| Self { inner }).map_err(|error| to_python(py, error))
    }

    /// Writes the model file durably.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.inner.save(&path)).map_err(|error| to_python(py, error))
    }

    /// Writes the model as one ONNX file.
    fn to_onnx(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let exported = py.detach(|| unsmudge::onnx::export(&self.inner, &path));
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

    /// The metadata of the model file, as JSON.
    fn record(&self) -> PyResult<String> {
        let text = serde_json::to_string(&self.inner.record);
        text.map_err(|error| PyRuntimeError::new_err(error.to_string()))
    }

    /// Number of units of each layer, lowest first.
    #[getter]
    fn sizes(&self) -> Vec<usize> {
        self.inner.stack.layers().iter().map(Autoencoder::n_hidden).collect()
    }

    /// Number of inputs.
    #[getter]
    fn n_inputs(&self) -> usize {
        self.inner.stack.n_inputs()
    }

    /// W, b and b' of a layer, from 1.
    fn weights<'py>(
        &self,
        py: Python<'py>,
        layer: usize,
    ) -> PyResult<(Floats<'py>, Values<'py>, Values<'py>)> {
        let layer = self.layer(layer).map_err(|error| to_python(py, error))?;
        let weights = &layer.encoder().weights;
        let shape = [weights.n_rows(), weights.n_columns()];
        let weights = PyArray1::from_slice(py, weights.values()).reshape(shape)?;
        let bias = PyArray1::from_slice(py, &layer.encoder().bias);
        Ok((weights, bias, PyArray1::from_slice(py, layer.decoder_bias())))
    }

    /// Codes of a layer, from 1; of the fine-tuned layers where there are any.
    #[pyo3(signature = (x, layer, n_threads=None))]
    fn encode<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        layer: usize,
        n_threads: Option<usize>,
    ) -> PyResult<Floats<'py>> {
        let n_columns = match self.layer(layer) {
            Ok(layer) => layer.n_hidden(),
            Err(error) => return Err(to_python(x.py(), error)),
        };
        gathered(x, self.inner.stack.encoding(), n_threads, n_columns, |examples, context, put| {
            match &self.inner.network {
                Some(network) => network.each_code(examples, layer, context, put),
                None => self.inner.stack.each_code(examples, layer, context, put),
            }
        })
    }

    /// Class probabilities, or predicted numbers.
    #[pyo3(signature = (x, n_threads=None))]
    fn predict<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        n_threads: Option<usize>,
    ) -> PyResult<Floats<'py>> {
        let Some(network) = &self.inner.network else {
            let none = Error::shape("model", "a network that predicts", "a stack alone");
            return Err(to_python(x.py(), none));
        };
        gathered(
            x,
            self.inner.stack.encoding(),
            n_threads,
            network.head().n_outputs(),
            |examples, context, put| network.each_prediction(examples, context, put),
        )
    }

    /// Reconstructions through all layers, of corrupted rows if `corruption` is given.
    #[pyo3(signature = (x, corruption=None, seed=0, n_threads=None))]
    fn reconstruct<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        corruption: Option<&str>,
        seed: u64,
        n_threads: Option<usize>,
    ) -> PyResult<Floats<'py>> {
        let corruption: Option<Corruption> = corruption
            .map(str::parse)
            .transpose()
            .map_err(|error: Error| to_python(x.py(), error))?;
        let rows =
            used(x, self.inner.stack.encoding(), n_threads, |examples, context, signals| {
                let encoding = self.inner.stack.encoding();
                let mut out = Matrix::zeros(examples.n_rows(), encoding.n_columns());
                let noise = corruption.as_ref().map(|corruption| (corruption, seed));
                self.inner.stack.each_reconstruction(examples, noise, context, |row, found| {
                    encoding.decode_row(found.reconstruction, out.row_mut(row));
                    signals.check()
                })?;
                Ok(out)
            })?;
        to_array(x.py(), rows)
    }

    /// Decodes codes of a layer, from 1.
    #[pyo3(signature = (codes, layer, n_threads=None))]
    fn decode<'py>(
        &self,
        py: Python<'py>,
        codes: PyReadonlyArray2<'py, f32>,
        layer: usize,
        n_threads: Option<usize>,
    ) -> PyResult<Floats<'py>> {
        let (n_rows, n_columns) = (codes.dims()[0], codes.dims()[1]);
        let values = codes.as_slice()?;
        let decoded = py.detach(|| {
            let context = Context::new(n_threads)?;
            self.layer(layer)?;
            let mut layers = self.inner.stack.layers()[..layer].iter().rev();
            let top = View::new(n_rows, n_columns, values)?;
            let first = layers.next().map(|layer| layer.decode(top, &context));
            let first = first.unwrap_or_else(|| Ok(Matrix::default()))?;
            layers.try_fold(first, |codes, layer| layer.decode(codes.view(), &context))
        });
        to_array(py, decoded.map_err(|error| to_python(py, error))?)
    }

    /// What each row without corruption loses, equation (2) or (3), beyond the least possible.
    #[pyo3(signature = (x, n_threads=None))]
    fn excess_losses<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let losses =
            used(x, self.inner.stack.encoding(), n_threads, |examples, context, signals| {
                let mut losses = vec![0.0; examples.n_rows()];
                self.inner.stack.each_reconstruction(examples, None, context, |row, found| {
                    losses[row] = found.loss - found.floor;
                    signals.check()
                })?;
                Ok(losses)
            })?;
        Ok(PyArray1::from_vec(x.py(), losses))
    }

    /// The free energy of each row of a Boltzmann machine: equation (11).
    #[pyo3(signature = (x, n_threads=None))]
    fn free_energies<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        n_threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let energies = used(x, self.inner.stack.encoding(), n_threads, |examples, context, _| {
            free_energy(self.inner.stack.first(), examples, context)
        })?;
        Ok(PyArray1::from_vec(x.py(), energies))
    }

    /// A warning if rows are on another scale than those of training.
    fn range_warning(&self, x: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
        used(x, self.inner.stack.encoding(), Some(1), |examples, _, _| {
            self.inner.stack.encoding().range_warning(examples)
        })
    }
}

impl Model {
    fn layer(&self, layer: usize) -> Result<&Autoencoder> {
        let layers = self.inner.stack.layers();
        let found = layer.checked_sub(1).and_then(|k| layers.get(k));
        found.ok_or_else(|| Error::setting("layer", layer, format!("1 to {}", layers.len())))
    }
}

/// Collects rows that arrive in blocks into one array.
fn gathered<'py>(
    x: &Bound<'py, PyAny>,
    encoding: &Encoding,
    n_threads: Option<usize>,
    n_columns: usize,
    each: impl Fn(&Dataset, &Context, &mut (dyn FnMut(View) -> Result<()> + Send)) -> Result<()> + Sync,
) -> PyResult<Floats<'py>> {
    let rows = used(x, encoding, n_threads, |examples, context, signals| {
        let mut out = Vec::with_capacity(examples.n_rows() * n_columns);
        each(examples, context, &mut |rows| {
            out.extend_from_slice(rows.values());
            signals.check()
        })?;
        Ok((out, examples.n_rows()))
    })?;
    PyArray1::from_vec(x.py(), rows.0).reshape([rows.1, n_columns])
}

/// Works on rows without the GIL; what a signal raised comes before the library's own error.
fn used<T: Send>(
    x: &Bound<'_, PyAny>,
    encoding: &Encoding,
    n_threads: Option<usize>,
    work: impl FnOnce(&Dataset, &Context, &mut Signals) -> Result<T> + Send,
) -> PyResult<T> {
    let examples = examples(x)?;
    let mut signals = Signals::new();
    let worked = x.py().detach(|| {
        let context = Context::new(n_threads)?;
        let examples = examples.arranged(encoding.schema())?;
        encoding.check_cells(&examples)?;
        work(&examples, &context, &mut signals)
    });
    match (worked, signals.raised) {
        (_, Some(raised)) => Err(raised),
        (worked, None) => worked.map_err(|error| to_python(x.py(), error)),
    }
}

fn to_array(py: Python<'_>, matrix: Matrix) -> PyResult<Floats<'_>> {
    let shape = [matrix.n_rows(), matrix.n_columns()];
    PyArray1::from_vec(py, matrix.into_values()).reshape(shape)
}
