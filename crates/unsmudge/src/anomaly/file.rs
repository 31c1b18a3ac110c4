//! Saves and loads detectors: the container of all model files, with the networks one after the
//! other.

#[cfg(test)]
mod tests;

use super::conformal::Reference;
use super::folds::Folds;
use super::neighbours::Neighbours;
use super::{Detector, DetectorSettings, LEAST_ROWS};
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::schema::Schema;
use crate::storage::write_durably;
use crate::tabular::Tabular;
use crate::tensor_file::{self, DETECTOR, TensorFile, TensorRef, of_model, to_map};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

/// The version of the format that this program writes and the newest that it reads.
const VERSION: u32 = 1;

/// The metadata, besides format and version.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    settings: DetectorSettings,
    schema: Schema,
    /// Those of each network, without the schema, which they share.
    networks: Vec<Map<String, Value>>,
    n_train: usize,
    /// Number of scores of rows, and of cells of each column.
    n_rows: usize,
    n_cells: Vec<usize>,
    /// Number of rows that others are compared with, and of their distances, where there are any.
    neighbours: Option<(usize, usize)>,
}

impl Detector {
    /// Writes the detector durably; the same detector always gives the same bytes.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save(&self, path: &Path) -> Result<()> {
        write_durably(path, &self.to_bytes()?)
    }

    /// The bytes of the detector's file.
    ///
    /// # Errors
    /// None for a detector that was trained or loaded.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut metadata = to_map(&self.record());
        metadata.insert("format".into(), DETECTOR.into());
        metadata.insert("version".into(), VERSION.into());
        let cells: Vec<f32> = self.cells.iter().flat_map(Reference::scores).copied().collect();
        let parts: Vec<_> = self.networks.iter().map(Tabular::parts).collect();
        let mut tensors = vec![
            TensorRef::vector("typical".into(), &self.typical),
            TensorRef::vector("rows".into(), self.rows.scores()),
            TensorRef::vector("cells".into(), &cells),
        ];
        if let Some(Neighbours { rows, distances }) = &self.neighbours {
            tensors.push(TensorRef::matrix("neighbours.rows".into(), rows));
            let distances = distances.scores();
            tensors.push(TensorRef::vector("neighbours.distances".into(), distances));
        }
        for (k, (network, parts)) in self.networks.iter().zip(&parts).enumerate() {
            tensors.extend(network.tensors(&prefix(k), parts));
        }
        tensor_file::whole(metadata, &tensors)
    }

    /// Reads a detector. All sizes, all numbers and the checksum are validated first.
    ///
    /// # Errors
    /// [`Error::Format`] for a file that is damaged, no detector, of a newer version, or whose
    /// tensors do not fit; [`Error::File`].
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_file(tensor_file::read(path, "model file")?, path)
    }

    /// As [`Detector::load`], from the bytes of a file. `path` is their origin, for errors.
    ///
    /// # Errors
    /// As [`Detector::load`].
    pub fn from_bytes(bytes: Vec<u8>, path: &Path) -> Result<Self> {
        Self::from_file(tensor_file::parse(bytes, path, "model file")?, path)
    }

    pub(crate) fn from_file(mut file: TensorFile, path: &Path) -> Result<Self> {
        let record = file.take_record(path, (DETECTOR, VERSION))?;
        file.check_values(path)?;
        let detector = take(&mut file, record).map_err(|error| of_model(path, error))?;
        file.check_empty(path)?;
        Ok(detector)
    }

    fn record(&self) -> Record {
        let without_schema = |network: &Tabular| {
            let mut record = to_map(&network.record());
            record.remove("schema");
            record
        };
        Record {
            settings: self.settings.clone(),
            schema: self.schema().clone(),
            networks: self.networks.iter().map(without_schema).collect(),
            n_train: self.n_train,
            n_rows: self.rows.scores().len(),
            n_cells: self.cells.iter().map(|of| of.scores().len()).collect(),
            neighbours: self
                .neighbours
                .as_ref()
                .map(|of| (of.rows.n_rows(), of.distances.scores().len())),
        }
    }
}

/// What stands before the names of tensors of network `k`, from 0; in names it is from 1.
fn prefix(k: usize) -> String {
    format!("network.{}.", k + 1)
}

fn take(file: &mut TensorFile, record: Record) -> Result<Detector> {
    let Record { settings, schema, networks, n_train, n_rows, n_cells, neighbours } = record;
    if n_train < LEAST_ROWS {
        return Err(Error::shape("training rows", format!("at least {LEAST_ROWS}"), n_train));
    }
    if networks.len() != Folds::count(n_train) {
        return Err(Error::shape("networks", Folds::count(n_train), networks.len()));
    }
    let schema_of_all = serde_json::to_value(&schema).unwrap_or(Value::Null);
    let networks = networks.into_iter().enumerate().map(|(k, mut record)| {
        record.insert("schema".into(), schema_of_all.clone());
        let record = serde_json::from_value(Value::Object(record));
        let record = record.map_err(|error| Error::shape("a network", "its metadata", error))?;
        Tabular::take(file, &prefix(k), record)
    });
    let networks = networks.collect::<Result<Vec<_>>>()?;
    let typical = file.take("typical", &[schema.n_columns()])?;
    let rows = Reference::from_sorted(file.take("rows", &[n_rows])?)?;
    if n_cells.len() != schema.n_columns() {
        return Err(Error::shape("counts of cells", schema.n_columns(), n_cells.len()));
    }
    let n_all = n_cells.iter().try_fold(0usize, |sum, n| sum.checked_add(*n));
    let all = file.take("cells", &[n_all.unwrap_or(usize::MAX)])?;
    let mut rest = &all[..];
    let mut cells = Vec::with_capacity(n_cells.len());
    for n in n_cells {
        let (of_column, after) = rest.split_at(n);
        cells.push(Reference::from_sorted(of_column.to_vec())?);
        rest = after;
    }
    let neighbours = match neighbours {
        Some((n_rows, n_distances)) => {
            let n_slots = networks[0].encoding().n_slots();
            let rows = file.take("neighbours.rows", &[n_rows, n_slots])?;
            let rows = Matrix::from_values(n_rows, n_slots, rows)?;
            let distances = file.take("neighbours.distances", &[n_distances])?;
            Some(Neighbours { rows, distances: Reference::from_sorted(distances)? })
        }
        None => None,
    };
    Ok(Detector { settings, networks, n_train, typical, rows, cells, neighbours })
}
