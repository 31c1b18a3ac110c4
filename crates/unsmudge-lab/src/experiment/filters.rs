//! Fig. 3 of the technical report: filters of the first layer at increasing corruption, always from
//! the same initial weights.

mod measure; // of single filters

use crate::experiment::demo::Budget;
use crate::experiment::filters::measure::{cosine, reach};
use crate::experiment::kept::read_matrix;
use crate::experiment::materials::Materials;
use crate::experiment::study::{Study, figure, median, records};
use crate::picture::{GreyScale, SheetSettings, filter_sheet, filters_by_norm};
use crate::problem::{SIDE, Size};
use crate::report::table::{Best, Table};
use crate::report::{Block, Section};
use serde::{Deserialize, Serialize};
use std::path::Path;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::corruption::{Amount, Corruption, Noise};
use unsmudge::dataset::{ImageShape, Splits};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::Result;
use unsmudge::matrix::{Matrix, View};
use unsmudge::random::{Key, Purpose};
use unsmudge::storage::write_durably;
use unsmudge::train::TrainSettings;
use unsmudge::write::write_npy;

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FiltersSettings {
    /// Source of the digits.
    #[serde(skip)]
    pub materials: Materials,
    /// Name of the digits, as recorded.
    pub data: String,
    /// Numbers of examples; test digits are not needed.
    pub size: Size,
    /// Hidden units.
    pub n_hidden: usize,
    /// Epochs.
    pub epochs: u32,
    /// Fractions destroyed, one network each.
    pub fractions: Vec<f32>,
    /// Seed of weights, order and noise.
    pub seed: u64,
}

/// Result of one network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiltersRecord {
    /// Fraction destroyed in training.
    pub fraction: f32,
    /// Median over filters: cosine of the angle to the filter's initial weights.
    pub likeness_to_start: f64,
    /// Median over filters: correlation of weights three pixels apart, horizontally or vertically.
    /// 0 for independent weights, larger the longer the strokes.
    pub reach: f64,
    /// Held-out digits without destruction: cross-entropy in nats.
    pub held_out: f64,
    /// Seconds of training.
    pub seconds: f64,
}

const SHAPE: ImageShape = ImageShape { height: SIDE, width: SIDE };
/// Filters of a sheet: 12 x 8.
const N_SHOWN: usize = 96;
/// Neurons that are followed over the fractions.
const N_FOLLOWED: usize = 8;
const FOLLOWED_NAME: &str = "followed.png";

impl FiltersSettings {
    /// At a budget: the report's fractions and 25 %.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let (size, n_hidden, epochs) = match budget {
            Budget::Quick => (Size { train: 4_000, valid: 500, test: 0 }, 100, 10),
            Budget::Full => (Size { train: 50_000, valid: 10_000, test: 0 }, 500, 15),
        };
        Self {
            data: materials.digits_name().into(),
            seed: materials.seed,
            materials,
            size,
            n_hidden,
            epochs,
            fractions: vec![0.0, 0.1, 0.2, 0.25, 0.5],
        }
    }
}

/// Trains what is not in the journal yet and draws the pictures. Returns `None` when the observer
/// stops it.
///
/// # Errors
/// Those of reading the data, of training and of the journal.
pub fn filters(
    settings: &FiltersSettings,
    study: &mut Study,
) -> Result<Option<Vec<FiltersRecord>>> {
    study.begin("filters", settings)?;
    let folder = study.folder();
    let is_drawn = settings.fractions.iter().all(|f| folder.join(sheet_name(*f)).exists())
        && folder.join(FOLLOWED_NAME).exists();
    let mut splits: Option<Splits> = None;
    let mut found = Vec::new();
    for fraction in &settings.fractions {
        let weights_path = folder.join(weights_name(*fraction));
        let known = study.known(|record: &FiltersRecord| record.fraction == *fraction);
        if let Some(record) = known.as_ref().filter(|_| is_drawn || weights_path.exists()) {
            found.push(record.clone());
            continue;
        }
        if splits.is_none() {
            splits = Some(settings.materials.digits(settings.size, study.context())?);
        }
        let Some(Splits { train, valid: Some(valid), .. }) = &splits else { continue };
        let what = format!("{} destroyed", percent(*fraction));
        let encoding = Encoding::fit(ScalingKind::Bytes, train)?;
        let autoencoder = AutoencoderSettings {
            n_hidden: settings.n_hidden,
            corruption: destruction(*fraction)?,
            ..AutoencoderSettings::default()
        };
        let training = TrainSettings {
            epochs: Some(settings.epochs),
            seed: settings.seed,
            ..TrainSettings::default()
        };
        let data = (train, valid);
        let Some((learned, seconds)) =
            study.autoencoder(&what, &autoencoder, &training, data, &encoding)?
        else {
            return Ok(None);
        };
        let weights = &learned.encoder().weights;
        let mut held_out = 0.0;
        learned.each_reconstruction(valid, None, study.context(), |_, found| {
            held_out += found.loss;
            Ok(())
        })?;
        // The same key as the learner's: its weights before the first step.
        let key = Key::new(settings.seed, Purpose::Weights);
        let (n_inputs, by) = (weights.n_columns(), autoencoder.activation);
        let start = unsmudge::layer::Layer::initial(n_inputs, settings.n_hidden, by, key).weights;
        let rows = || (0..weights.n_rows()).map(|i| weights.row(i));
        let pairs = rows().zip((0..start.n_rows()).map(|i| start.row(i)));
        let record = FiltersRecord {
            fraction: *fraction,
            likeness_to_start: median(pairs.map(|(after, before)| cosine(after, before)).collect()),
            reach: median(rows().map(|row| reach(row, SHAPE)).collect()),
            held_out: held_out / valid.n_rows() as f64,
            seconds,
        };
        write_npy(&weights_path, weights.view())?;
        if known.is_none() {
            study.add(&record, &format!("reach {:.3}", record.reach))?;
        }
        found.push(record);
    }
    if !is_drawn {
        draw(settings, folder)?;
    }
    Ok(Some(found))
}

/// One sheet for each fraction, and one for the neurons that are followed: those whose filters are
/// the largest where most is destroyed, a row each, a column for each fraction.
fn draw(settings: &FiltersSettings, folder: &Path) -> Result<()> {
    let read = |fraction: &f32| read_matrix(&folder.join(weights_name(*fraction)));
    let all: Vec<Matrix> = settings.fractions.iter().map(read).collect::<Result<_>>()?;
    let sheet = |weights: View, filters: &[usize], n_columns: usize| {
        let scale = GreyScale::PerFilter;
        let settings = SheetSettings { scale, n_columns: Some(n_columns), enlarge: Some(2) };
        filter_sheet(weights, filters, SHAPE, settings)?.png()
    };
    for (fraction, weights) in settings.fractions.iter().zip(&all) {
        let shown: Vec<usize> = (0..N_SHOWN.min(weights.n_rows())).collect();
        let png = sheet(weights.view(), &shown, 12)?;
        write_durably(&folder.join(sheet_name(*fraction)), &png)?;
    }
    let Some(last) = all.last() else { return Ok(()) };
    let neurons = filters_by_norm(last.view()).into_iter().take(N_FOLLOWED);
    let rows: Vec<f32> = neurons
        .flat_map(|neuron| all.iter().flat_map(move |weights| weights.row(neuron).to_vec()))
        .collect();
    let n_rows = rows.len() / last.n_columns();
    let rows = Matrix::from_values(n_rows, last.n_columns(), rows)?;
    let places: Vec<usize> = (0..n_rows).collect();
    write_durably(&folder.join(FOLLOWED_NAME), &sheet(rows.view(), &places, all.len())?)
}

/// The experiment of a folder as a part of a report.
///
/// # Errors
/// Those of reading the journal and the pictures.
pub(super) fn section(folder: &Path) -> Result<Section> {
    let found: Vec<FiltersRecord> = records(folder)?;
    let row = |record: &FiltersRecord| {
        vec![
            percent(record.fraction),
            format!("{:.3}", record.reach),
            format!("{:.2}", record.likeness_to_start),
            format!("{:.2}", record.held_out),
            format!("{:.0}", record.seconds),
        ]
    };
    let header = ["destroyed", "reach", "likeness to start", "cross-entropy", "seconds"];
    let mut blocks = vec![Block::Table(Table {
        header: header.map(String::from).to_vec(),
        rows: found.iter().map(row).collect(),
        caption: "Medians over all filters. Reach: the correlation of weights three pixels apart. \
                  Likeness: the cosine to the initial weights. Cross-entropy in nats of held-out digits that \
                  are not destroyed."
            .into(),
        best: Best::Nothing,
    })];
    for record in &found {
        let (caption, alt) = (
            format!("Trained with {} destroyed.", percent(record.fraction)),
            format!("A sheet of {N_SHOWN} filters, {} destroyed", percent(record.fraction)),
        );
        blocks.push(figure(folder, &sheet_name(record.fraction), caption, alt)?);
    }
    let columns: Vec<String> = found.iter().map(|record| percent(record.fraction)).collect();
    blocks.push(figure(
        folder,
        FOLLOWED_NAME,
        format!(
            "One neuron in each row, with {} destroyed from left to right.",
            columns.join(", ")
        ),
        "Rows of filters that become larger from left to right".into(),
    )?);
    Ok(Section { heading: "Filters of digits".into(), text: TEXT.into(), blocks })
}

const TEXT: &str = "The first layer from the same initial weights, the same tile being the same \
    unit in all sheets (Fig. 3 of Vincent, Larochelle, Bengio, Manzagol 2008). Where nothing is \
    destroyed many filters keep the noise that they started from or are spots; the more is \
    destroyed, the more become strokes and parts of digits.";

fn sheet_name(fraction: f32) -> String {
    format!("filters-nu-{fraction:.2}.png")
}

fn weights_name(fraction: f32) -> String {
    format!("weights-nu-{fraction:.2}.npy")
}

fn percent(fraction: f32) -> String {
    format!("{:.0} %", fraction * 100.0)
}

/// Masking of a fraction; none for 0.
pub(crate) fn destruction(fraction: f32) -> Result<Corruption> {
    if fraction > 0.0 {
        Corruption::new(vec![(Noise::Masking, Amount::Constant(fraction))])
    } else {
        Ok(Corruption::default())
    }
}
