//! Filters of natural pictures [J, Fig. 5 to 7]: one layer on whitened patches, without
//! regularisation, with weight decay, under three kinds of noise, and with penalties on its codes;
//! and how many of its filters are Gabor functions.

use crate::experiment::demo::Budget;
use crate::experiment::gabor::{Shape, fit};
use crate::experiment::materials::Materials;
use crate::experiment::study::{Study, figure, median, records};
use crate::picture::{GreyScale, SheetSettings, filter_sheet};
use crate::problem::{Textures, read_photos, whitened_patches};
use crate::report::table::{Best, Table};
use crate::report::{Block, Section};
use serde::{Deserialize, Serialize};
use std::path::Path;
use unsmudge::activation::Activation;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::ImageShape;
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::Result;
use unsmudge::likelihood::Likelihood;
use unsmudge::optimizer::Optimizer;
use unsmudge::schedule::Schedule;
use unsmudge::storage::write_durably;
use unsmudge::train::TrainSettings;

/// What prevents a layer from copying its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Fewer hidden units than pixels.
    UnderComplete,
    /// Nothing.
    Plain,
    /// A penalty on the squared weights.
    WeightDecay,
    /// Gaussian noise of deviation 0.5.
    Gaussian,
    /// A tenth of the pixels become black or white.
    SaltAndPepper,
    /// 55 % of the pixels become 0.
    Masking,
    /// A penalty on the derivative of the code.
    Contractive,
    /// A penalty on mean activations that are not small.
    Sparse,
}

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatchesSettings {
    /// Source of the photographs.
    #[serde(skip)]
    pub materials: Materials,
    /// Name of the photographs, as recorded.
    pub data: String,
    /// Patches to learn from, and held out.
    pub n_patches: [usize; 2],
    /// Hidden units.
    pub n_hidden: usize,
    /// Hidden units of the method with few.
    pub n_few: usize,
    /// Epochs.
    pub epochs: u32,
    /// Penalty of the method with weight decay.
    pub l2: f32,
    /// Weight of the contractive method.
    pub contraction: f32,
    /// The sparse method.
    pub sparse: SparseSettings,
    /// The methods to train.
    pub methods: Vec<Method>,
    /// Seed of patches, weights, order and noise.
    pub seed: u64,
}

/// Settings of the method that makes activations sparse. It has weight decay too, as Ng's lecture
/// notes have, and batches that are large enough to tell a mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SparseSettings {
    /// Weight of the penalty.
    pub sparsity: f32,
    /// The mean activation.
    pub target: f32,
    /// Weight decay.
    pub l2: f32,
    /// Examples in a batch.
    pub batch: usize,
}

/// Result of one method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatchesRecord {
    /// The method.
    pub method: Method,
    /// Share of filters that a Gabor function fits with r^2 > 0.5, and better than a round spot.
    pub gabor_share: f64,
    /// Share of filters that a round spot fits with r^2 > 0.5, at least as well.
    pub spot_share: f64,
    /// Median r^2 of the best Gabor functions.
    pub median_fit: f64,
    /// Squared error of held-out patches without noise, as a share of their variance.
    pub held_out: f64,
    /// Seconds of training.
    pub seconds: f64,
}

const SIDE: usize = 12;
const SHAPE: ImageShape = ImageShape { height: SIDE, width: SIDE };

impl Method {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::UnderComplete,
        Self::Plain,
        Self::WeightDecay,
        Self::Gaussian,
        Self::SaltAndPepper,
        Self::Masking,
        Self::Contractive,
        Self::Sparse,
    ];

    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnderComplete => "under-complete",
            Self::Plain => "plain",
            Self::WeightDecay => "weight-decay",
            Self::Gaussian => "gaussian",
            Self::SaltAndPepper => "salt-and-pepper",
            Self::Masking => "masking",
            Self::Contractive => "contractive",
            Self::Sparse => "sparse",
        }
    }

    fn corruption(self) -> &'static str {
        match self {
            Self::Gaussian => "gaussian:0.5",
            Self::SaltAndPepper => "salt-and-pepper:0.1",
            Self::Masking => "masking:0.55",
            _ => "none",
        }
    }

    fn picture_name(self) -> String {
        format!("patches-{}.png", self.name())
    }
}

impl PatchesSettings {
    /// At a budget.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let (n_patches, n_hidden, epochs) = match budget {
            Budget::Quick => ([40_000, 1_000], 100, 15),
            Budget::Full => ([100_000, 10_000], 200, 30),
        };
        Self {
            data: materials.photos_name().into(),
            seed: materials.seed,
            materials,
            n_patches,
            n_hidden,
            n_few: n_hidden / 4,
            epochs,
            l2: 0.3,
            contraction: 2.0,
            sparse: SparseSettings { sparsity: 5.0, target: 0.03, l2: 0.02, batch: 200 },
            methods: Method::ALL.to_vec(),
        }
    }

    fn autoencoder(&self, method: Method) -> Result<AutoencoderSettings> {
        let usual = AutoencoderSettings {
            n_hidden: self.n_hidden,
            loss: Some(Likelihood::Gaussian),
            decoder: Some(Activation::Identity),
            corruption: method.corruption().parse()?,
            ..AutoencoderSettings::default()
        };
        let SparseSettings { sparsity, target: sparsity_target, .. } = self.sparse;
        Ok(match method {
            Method::UnderComplete => AutoencoderSettings { n_hidden: self.n_few, ..usual },
            Method::Contractive => AutoencoderSettings { contraction: self.contraction, ..usual },
            Method::Sparse => AutoencoderSettings { sparsity, sparsity_target, ..usual },
            _ => usual,
        })
    }

    fn training(&self, method: Method) -> TrainSettings {
        TrainSettings {
            epochs: Some(self.epochs),
            batch: if method == Method::Sparse { self.sparse.batch } else { 20 },
            // Adam lengthens the steps of filters that decay, until most are copies of one.
            optimizer: Some(match method {
                Method::WeightDecay => Optimizer::Sgd,
                _ => Optimizer::Adam,
            }),
            rate: Some(0.01),
            schedule: Schedule::Cosine,
            l2: match method {
                Method::WeightDecay => self.l2,
                Method::Sparse => self.sparse.l2,
                _ => 0.0,
            },
            seed: self.seed,
            ..TrainSettings::default()
        }
    }
}

/// Trains what is not in the journal yet, each with its picture. Returns `None` when the observer
/// stops it.
///
/// # Errors
/// Those of reading the data, of training and of the journal.
pub fn patches(
    settings: &PatchesSettings,
    study: &mut Study,
) -> Result<Option<Vec<PatchesRecord>>> {
    study.begin("patches", settings)?;
    let mut examples = None;
    let mut found = Vec::new();
    for method in settings.methods.iter().copied() {
        let picture = study.folder().join(method.picture_name());
        let known = study.known(|record: &PatchesRecord| record.method == method);
        if let Some(record) = known.as_ref().filter(|_| picture.exists()) {
            found.push(record.clone());
            continue;
        }
        if examples.is_none() {
            let textures = match &settings.materials.photos {
                Some(folder) => Textures::Photos(read_photos(folder)?),
                None => Textures::Drawn,
            };
            let [train, valid] = settings.n_patches;
            let all =
                whitened_patches(&textures, SIDE, train + valid, settings.seed, study.context())?;
            examples = Some(all.split_last(valid)?);
        }
        let Some((train, valid)) = &examples else { continue };
        // In the units of whitening: variance 0.1.
        let encoding = Encoding::fit(ScalingKind::AsIs, train)?;
        let (autoencoder, training) = (settings.autoencoder(method)?, settings.training(method));
        let data = (train, valid);
        let Some((learned, seconds)) =
            study.autoencoder(method.name(), &autoencoder, &training, data, &encoding)?
        else {
            return Ok(None);
        };
        let weights = &learned.encoder().weights;
        let fits = study.context().share(0..weights.n_rows(), |i| fit(weights.row(i), SHAPE));
        let share = |shape: Shape| {
            let n = fits.iter().filter(|fit| fit.shape() == shape).count();
            n as f64 / fits.len().max(1) as f64
        };
        let (mut error, mut whole) = (0.0, 0.0);
        learned.each_reconstruction(valid, None, study.context(), |_, found| {
            error += found.loss;
            whole += found.clean.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
            Ok(())
        })?;
        let record = PatchesRecord {
            method,
            gabor_share: share(Shape::Gabor),
            spot_share: share(Shape::Spot),
            median_fit: median(fits.iter().map(|fit| fit.gabor).collect()),
            held_out: error / whole,
            seconds,
        };
        let all: Vec<usize> = (0..weights.n_rows()).collect();
        let sheet =
            SheetSettings { scale: GreyScale::PerFilter, n_columns: Some(20), enlarge: Some(3) };
        write_durably(&picture, &filter_sheet(weights.view(), &all, SHAPE, sheet)?.png()?)?;
        if known.is_none() {
            let gabors = 100.0 * record.gabor_share;
            study.add(&record, &format!("{gabors:.0} % of the filters are Gabor functions"))?;
        }
        found.push(record);
    }
    Ok(Some(found))
}

/// The experiment of a folder as a part of a report.
///
/// # Errors
/// Those of reading the journal and the pictures.
pub(super) fn section(folder: &Path) -> Result<Section> {
    let found: Vec<PatchesRecord> = records(folder)?;
    let percent = |share: f64| format!("{:.0}", 100.0 * share);
    let row = |record: &PatchesRecord| {
        vec![
            record.method.name().to_string(),
            percent(record.gabor_share),
            percent(record.spot_share),
            percent(1.0 - record.gabor_share - record.spot_share),
            format!("{:.2}", record.median_fit),
            format!("{:.3}", record.held_out),
            format!("{:.0}", record.seconds),
        ]
    };
    let header = ["", "Gabor %", "spot %", "neither %", "median r²", "error", "seconds"];
    let mut blocks = vec![Block::Table(Table {
        header: header.map(String::from).to_vec(),
        rows: found.iter().map(row).collect(),
        caption: "Shares of all filters: fitted with r² > 0.5 by a Gabor function and better than \
                  by a round spot; by a spot; by neither. The median is that of the best Gabor \
                  functions. Error: squared, of held-out patches without noise, as a share of \
                  their variance."
            .into(),
        best: Best::Nothing,
    })];
    for record in &found {
        let name = record.method.name();
        let (caption, alt) = (format!("{name}."), format!("A sheet of all filters: {name}"));
        blocks.push(figure(folder, &record.method.picture_name(), caption, alt)?);
    }
    Ok(Section { heading: "Filters of natural pictures".into(), text: TEXT.into(), blocks })
}

const TEXT: &str = "One layer with tied weights, an affine decoder and squared error on whitened \
    patches of 12 x 12 pixels (Fig. 5 to 7 of Vincent et al. 2010). The paper found local blobs by \
    fewer units than pixels; with more units noise-like filters without noise, since nothing asks \
    for structure, and blobs with weight decay; oriented edges with Gaussian and salt-and-pepper \
    noise, and gratings with masking. Two methods are not the paper's: contractive (Rifai et al. \
    2011), and sparse, with a small weight decay.";
