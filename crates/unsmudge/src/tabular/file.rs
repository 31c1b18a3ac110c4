//! Saves and loads models of tables: the container of all model files, with metadata and tensors of
//! its own.

#[cfg(test)]
mod tests;

use super::column_errors::ColumnErrors;
use super::columns::Columns;
use super::error_quantiles::{ErrorQuantiles, N_QUANTILES};
use super::linear::Linear;
use super::settings::TabularSettings;
use super::skip::Skip;
use super::{Tabular, check_shares};
use crate::encoding::{Encoding, Scaling, ScalingKind};
use crate::error::{Error, Result};
use crate::residual::ResidualNetwork;
use crate::schema::Schema;
use crate::storage::write_durably;
use crate::table::TableSettings;
use crate::tensor_file::{self, TABLE_MODEL, TensorFile, TensorRef, of_model, to_map};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the format that this program writes and the newest that it reads.
const VERSION: u32 = 1;

/// The metadata, besides format and version.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    settings: TabularSettings,
    schema: Schema,
    /// What was said of the layout of the table, where anything was.
    #[serde(default, skip_serializing_if = "TableSettings::is_usual")]
    table: TableSettings,
    /// Edges of bins of each column, 0 for categories; they are one tensor.
    n_edges: Vec<usize>,
    /// Whether there is a Gaussian.
    has_linear: bool,
    are_whole: Vec<bool>,
    network_shares: Vec<f32>,
    /// Which columns are counts, where any are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    are_counts: Vec<bool>,
    /// Whether errors of hidden cells were measured.
    has_errors: bool,
    /// Those of each column, where they were measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    column_errors: Vec<Option<ColumnErrors>>,
    n_train: usize,
}

/// What is no tensor in memory, but one in a file.
pub(crate) struct Parts {
    edges: Vec<f32>,
    /// Mean and precision of the Gaussian, which f32 hold exactly.
    mean: Vec<f32>,
    precision: Vec<f32>,
    /// Of the names of each member's tensors.
    prefixes: Vec<String>,
}

const MOST_COLUMNS: usize = 1 << 20;

impl Tabular {
    /// Writes the model durably; the same model always gives the same bytes.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save(&self, path: &Path) -> Result<()> {
        write_durably(path, &self.to_bytes()?)
    }

    /// The bytes of the model's file.
    ///
    /// # Errors
    /// None for a model that was trained or loaded.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut metadata = to_map(&self.record());
        metadata.insert("format".into(), TABLE_MODEL.into());
        metadata.insert("version".into(), VERSION.into());
        tensor_file::whole(metadata, &self.tensors("", &self.parts()))
    }

    /// Reads a model. All sizes, all numbers and the checksum are validated first.
    ///
    /// # Errors
    /// [`Error::Format`] for a file that is damaged, not a model of a table, of a newer version, or
    /// whose tensors do not fit; [`Error::File`].
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_file(tensor_file::read(path, "model file")?, path)
    }

    /// As [`Tabular::load`], from the bytes of a file. `path` is their origin, for errors.
    ///
    /// # Errors
    /// As [`Tabular::load`].
    pub fn from_bytes(bytes: Vec<u8>, path: &Path) -> Result<Self> {
        Self::from_file(tensor_file::parse(bytes, path, "model file")?, path)
    }

    pub(crate) fn from_file(mut file: TensorFile, path: &Path) -> Result<Self> {
        let record = file.take_record(path, (TABLE_MODEL, VERSION))?;
        file.check_values(path)?;
        let model = Self::take(&mut file, "", record).map_err(|error| of_model(path, error))?;
        file.check_empty(path)?;
        Ok(model)
    }

    /// The metadata.
    pub(crate) fn record(&self) -> Record {
        let n_edges = self.columns.columns.iter().map(|column| column.edges().len());
        Record {
            settings: self.settings.clone(),
            schema: self.schema().clone(),
            table: self.table.clone(),
            n_edges: n_edges.collect(),
            has_linear: self.skip.linear.is_some(),
            are_whole: self.are_whole.clone(),
            network_shares: self.network_shares.clone(),
            are_counts: self.columns.are_counts(),
            has_errors: self.errors.is_some(),
            column_errors: self.column_errors.clone(),
            n_train: self.n_train,
        }
    }

    /// What [`Tabular::tensors`] refer to.
    pub(crate) fn parts(&self) -> Parts {
        let edges = self.columns.columns.iter().flat_map(|column| column.edges()).copied();
        let singles = |values: &[f64]| values.iter().map(|value| *value as f32).collect();
        let (mean, precision) = match &self.skip.linear {
            Some(linear) => (singles(&linear.mean), singles(&linear.precision)),
            None => (Vec::new(), Vec::new()),
        };
        let prefixes = (0..self.members.len()).map(prefix_of).collect();
        Parts { edges: edges.collect(), mean, precision, prefixes }
    }

    /// The tensors, each with `prefix` before its name.
    pub(crate) fn tensors<'a>(&'a self, prefix: &str, parts: &'a Parts) -> Vec<TensorRef<'a>> {
        let name = |name: &str| format!("{prefix}{name}");
        let mut tensors = vec![
            TensorRef::vector(name("edges"), &parts.edges),
            TensorRef::vector(name("means"), &self.skip.means),
        ];
        for (part, values) in self.encoding.scaling().parts() {
            tensors.push(TensorRef::vector(name(&format!("scaling.{part}")), values));
        }
        if self.skip.linear.is_some() {
            let n = parts.mean.len();
            tensors.push(TensorRef::vector(name("linear.mean"), &parts.mean));
            let (name, values) = (name("linear.precision"), &parts.precision);
            tensors.push(TensorRef { name, shape: vec![n, n], values });
        }
        if let Some(errors) = &self.errors {
            tensors.push(TensorRef::vector(name("errors"), errors.values()));
        }
        for (member, prefix) in self.members.iter().zip(&parts.prefixes) {
            let refs = member.tensor_refs(prefix);
            tensors.extend(refs.map(|tensor| TensorRef { name: name(&tensor.name), ..tensor }));
        }
        tensors
    }

    /// A model from its tensors, which have `prefix` before their names, and its metadata.
    ///
    /// # Errors
    /// [`Error::Shape`] and [`Error::Setting`] for what does not fit.
    pub(crate) fn take(file: &mut TensorFile, prefix: &str, record: Record) -> Result<Self> {
        record.settings.check()?;
        let mut tensors = Tensors { file, prefix };
        let encoding = tensors.encoding(&record)?;
        let edges = tensors.edges(&record)?;
        let columns = Columns::of_edges(&encoding, edges, record.settings.means);
        let columns = columns.with_counts(&encoding, &record.are_counts)?;
        let n_slots = columns.n_slots;
        let means = tensors.take("means", &[n_slots])?;
        let linear = if record.has_linear {
            let doubles = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
            let mean = doubles(tensors.take("linear.mean", &[n_slots])?);
            let precision = doubles(tensors.take("linear.precision", &[n_slots, n_slots])?);
            Some(Linear { mean, precision })
        } else {
            None
        };
        let errors = if record.has_errors {
            let values = tensors.take("errors", &[columns.columns.len() * N_QUANTILES])?;
            Some(ErrorQuantiles::from_values(values)?)
        } else {
            None
        };
        let sizes = record.settings.sizes(&columns);
        let members = (0..record.settings.n_members).map(|i| {
            let prefix = prefix_of(i);
            ResidualNetwork::take(sizes, |name, shape| {
                tensors.take(&format!("{prefix}{name}"), shape)
            })
        });
        let members = members.collect::<Result<Vec<_>>>()?;
        let Record { settings, schema, table, column_errors, .. } = record;
        let Record { are_whole, network_shares, n_train, .. } = record;
        let skip = Skip { means, linear };
        Ok(Self {
            settings,
            schema,
            table,
            encoding,
            columns,
            skip,
            members,
            are_whole,
            network_shares,
            errors,
            column_errors,
            n_train,
        })
    }
}

/// Of the names of the tensors of member `i`, from 0; in names from 1.
fn prefix_of(i: usize) -> String {
    format!("member.{}.", i + 1)
}

/// Tensors of a file, whose names begin with `prefix`.
struct Tensors<'a> {
    file: &'a mut TensorFile,
    prefix: &'a str,
}

impl Tensors<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        self.file.take(&format!("{}{name}", self.prefix), shape)
    }

    /// The encoding, once the numbers of columns are known to be those of the tensors.
    fn encoding(&mut self, record: &Record) -> Result<Encoding> {
        let n_columns = record.schema.n_columns();
        if !(1..=MOST_COLUMNS).contains(&n_columns) {
            let expected = format!("1 to {MOST_COLUMNS}");
            return Err(Error::shape("columns of the schema", expected, n_columns));
        }
        record.schema.check()?;
        let counts = [record.n_edges.len(), record.are_whole.len(), record.network_shares.len()];
        if counts != [n_columns; 3] || ![0, n_columns].contains(&record.column_errors.len()) {
            let found = format!("{counts:?}");
            return Err(Error::shape("lists of columns", format!("of {n_columns} each"), found));
        }
        check_shares(&record.network_shares)?;
        let mut take = |part: &str| self.take(&format!("scaling.{part}"), &[n_columns]);
        let (offset, span) = (take("offset")?, take("span")?);
        let (least, greatest) = (take("least")?, take("greatest")?);
        let scaling = Scaling::from_parts(ScalingKind::Standardise, offset, span, least, greatest)?;
        let has_indicators = (0..n_columns).all(|j| record.schema.column(j).missing);
        if !has_indicators {
            return Err(Error::shape("columns with missing cells", "all", "others"));
        }
        Encoding::from_parts(record.schema.clone(), scaling)
    }

    /// The edges of the bins of each number.
    fn edges(&mut self, record: &Record) -> Result<Vec<Option<Vec<f32>>>> {
        let name = format!("{}edges", self.prefix);
        let most = self.file.tensors.iter().find(|tensor| tensor.name == name);
        let most = most.map_or(0, |tensor| tensor.values.len());
        let n_edges = record.n_edges.iter().try_fold(0usize, |sum, n| sum.checked_add(*n));
        let n_edges = n_edges.filter(|n| *n <= most).unwrap_or(most.saturating_add(1));
        let all = self.take("edges", &[n_edges])?;
        let mut rest = &all[..];
        let mut edges = Vec::with_capacity(record.n_edges.len());
        for (j, n) in record.n_edges.iter().enumerate() {
            let (of_column, after) = rest.split_at(*n);
            rest = after;
            let is_category = Columns::is_category(&record.schema, j);
            let are_ascending = of_column.windows(2).all(|pair| pair[0] < pair[1]);
            if !are_ascending || is_category && *n > 0 {
                let found = format!("others in column {}", record.schema.column_name(j));
                return Err(Error::shape("edges of bins", "ascending, none of categories", found));
            }
            edges.push((!is_category).then(|| of_column.to_vec()));
        }
        Ok(edges)
    }
}
