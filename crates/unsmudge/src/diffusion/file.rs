//! Saves and loads diffusion models: the container of all model files, with metadata and tensors of
//! its own.

use super::Diffusion;
use super::denoiser::Preconditioning;
use super::settings::DiffusionSettings;
use crate::dataset::ImageShape;
use crate::encoding::{Encoding, Scaling, ScalingKind};
use crate::error::{Error, Result};
use crate::residual::ResidualNetwork;
use crate::schema::Schema;
use crate::storage::write_durably;
use crate::tensor_file::{self, DIFFUSION_MODEL, TensorFile, TensorRef, of_model, to_map};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the format that this program writes and the newest that it reads.
const VERSION: u32 = 1;
const MOST_COLUMNS: usize = 1 << 20;
const MOST_CLASSES: usize = 1 << 16;

/// The metadata, besides format and version.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    settings: DiffusionSettings,
    schema: Schema,
    #[serde(with = "crate::text")]
    scaling: ScalingKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<ImageShape>,
    /// Names of the classes, where rows have some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    classes: Vec<String>,
    are_whole: Vec<bool>,
    deviation: f32,
    n_train: usize,
}

impl Diffusion {
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
        let record = Record {
            settings: self.settings.clone(),
            schema: self.encoding.schema().clone(),
            scaling: self.encoding.kind(),
            image: self.image,
            classes: self.classes.clone(),
            are_whole: self.are_whole.clone(),
            deviation: self.preconditioning.deviation,
            n_train: self.n_train,
        };
        let mut metadata = to_map(&record);
        metadata.insert("format".into(), DIFFUSION_MODEL.into());
        metadata.insert("version".into(), VERSION.into());
        let mut tensors = vec![
            TensorRef::vector("means".into(), &self.preconditioning.means),
            TensorRef::vector("variances".into(), &self.preconditioning.variances),
        ];
        for (part, values) in self.encoding.scaling().parts() {
            if !values.is_empty() {
                tensors.push(TensorRef::vector(format!("scaling.{part}"), values));
            }
        }
        tensors.extend(self.network.tensor_refs(""));
        tensor_file::whole(metadata, &tensors)
    }

    /// Reads a model. All sizes, all numbers and the checksum are validated first.
    ///
    /// # Errors
    /// [`Error::Format`] for a file that is damaged, no diffusion model, of a newer version, or
    /// whose tensors do not fit; [`Error::File`].
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_file(tensor_file::read(path, "model file")?, path)
    }

    /// As [`Diffusion::load`], from the bytes of a file. `path` is their origin, for errors.
    ///
    /// # Errors
    /// As [`Diffusion::load`].
    pub fn from_bytes(bytes: Vec<u8>, path: &Path) -> Result<Self> {
        Self::from_file(tensor_file::parse(bytes, path, "model file")?, path)
    }

    pub(crate) fn from_file(mut file: TensorFile, path: &Path) -> Result<Self> {
        let record = file.take_record(path, (DIFFUSION_MODEL, VERSION))?;
        file.check_values(path)?;
        let model = take(&mut file, record).map_err(|error| of_model(path, error))?;
        file.check_empty(path)?;
        Ok(model)
    }
}

fn take(file: &mut TensorFile, record: Record) -> Result<Diffusion> {
    let Record { settings, schema, scaling, image, classes, are_whole, deviation, n_train } =
        record;
    settings.check()?;
    let n_columns = schema.n_columns();
    if !(1..=MOST_COLUMNS).contains(&n_columns) {
        let expected = format!("1 to {MOST_COLUMNS}");
        return Err(Error::shape("columns of the schema", expected, n_columns));
    }
    if are_whole.len() != n_columns {
        return Err(Error::shape("columns of whole numbers or not", n_columns, are_whole.len()));
    }
    if classes.len() > MOST_CLASSES {
        return Err(Error::shape("classes", format!("at most {MOST_CLASSES}"), classes.len()));
    }
    if image.is_some_and(|image| image.height.checked_mul(image.width) != Some(n_columns)) {
        return Err(Error::shape("picture", format!("{n_columns} pixels"), "another number"));
    }
    schema.check()?;
    let mut part = |part: &str, is_there: bool| match is_there {
        true => file.take(&format!("scaling.{part}"), &[n_columns]),
        false => Ok(Vec::new()),
    };
    let is_learned = scaling.is_learned();
    let (offset, span) = (part("offset", is_learned)?, part("span", is_learned)?);
    let (least, greatest) = (part("least", true)?, part("greatest", true)?);
    let scaling = Scaling::from_parts(scaling, offset, span, least, greatest)?;
    let encoding = Encoding::from_parts(schema, scaling)?;
    if encoding.n_slots() != n_columns {
        return Err(Error::shape("columns of numbers", n_columns, encoding.n_slots()));
    }
    let means = file.take("means", &[n_columns])?;
    let variances = file.take("variances", &[n_columns])?;
    if !(deviation > 0.0 && variances.iter().all(|variance| *variance > 0.0)) {
        return Err(Error::shape("variances", "numbers above 0", "others"));
    }
    let preconditioning = Preconditioning { means, variances, deviation, n_classes: classes.len() };
    let sizes = settings.sizes(n_columns, preconditioning.n_conditions());
    let network = ResidualNetwork::take(sizes, |name, shape| file.take(name, shape))?;
    Ok(Diffusion {
        settings,
        encoding,
        image,
        classes,
        are_whole,
        preconditioning,
        network,
        n_train,
    })
}
