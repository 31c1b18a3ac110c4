//! Table 5 of \[J\]: the errors of classifiers without fine-tuning, on raw pixels and on the codes
//! of layers 1 to 3 of a denoising stack, none of them fine-tuned. The linear probe is ours;
//! support vector machines read the codes from the folder (`bench/svm_codes.py`).

use crate::experiment::demo::Budget;
use crate::experiment::filters::destruction;
use crate::experiment::kept::as_autoencoder;
use crate::experiment::materials::Materials;
use crate::experiment::noise::{class_column, scaled, with_classes_of};
use crate::experiment::study::{Study, error_of, records};
use crate::problem::{Problem, Size};
use crate::report::table::{Best, Better, Table};
use crate::report::{Block, Section};
use serde::{Deserialize, Serialize};
use std::path::Path;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::Splits;
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Place, Result};
use unsmudge::matrix::View;
use unsmudge::metric::ErrorRate;
use unsmudge::network::ProbeSettings;
use unsmudge::optimizer::Optimizer;
use unsmudge::stack::{LayerLearner, LayerSettings, StackSettings};
use unsmudge::storage::read_whole;
use unsmudge::train::TrainSettings;
use unsmudge::write::write_npy;

/// Settings of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayersSettings {
    /// Source of the digits.
    #[serde(skip)]
    pub materials: Materials,
    /// Name of the digits, as recorded.
    pub data: String,
    /// The problem.
    pub problem: Problem,
    /// Numbers of examples.
    pub size: Size,
    /// Units of each layer.
    pub n_hidden: usize,
    /// Of each layer, the fraction destroyed in pretraining.
    pub fractions: [f32; N_LAYERS],
    /// Of each layer, the initial hidden biases: below 0, codes are sparse from the beginning.
    pub initial_biases: [f32; N_LAYERS],
    /// Of each layer, the epochs of pretraining.
    pub epochs: [u32; N_LAYERS],
    /// How the probes are fitted.
    pub probe: ProbeSettings,
    /// Seed of data, weights, order and noise.
    pub seed: u64,
}

/// A probe on one layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayersRecord {
    /// Layer; 0 is the raw pixels.
    pub layer: usize,
    /// The weight decay that validation chose.
    pub l2: f32,
    /// Error on validation examples.
    pub valid: ErrorRate,
    /// Error on test examples.
    pub test: ErrorRate,
}

/// A support vector machine on one layer: a line that `bench/svm_codes.py` writes.
#[derive(Debug, Deserialize)]
struct Machine {
    layer: usize,
    kernel: String,
    test_error: f64,
    interval: f64,
}

const N_LAYERS: usize = 3;
const BATCH: usize = 100;
const RATE: f32 = 0.001;
const STACK: &str = "denoising-stack";
const PARTS: [&str; 3] = ["train", "valid", "test"];
const MACHINES_NAME: &str = "svm.jsonl";

impl LayersSettings {
    /// At a budget: turned digits, as in the paper.
    pub fn of(budget: Budget, materials: Materials) -> Self {
        let (size, n_hidden, epochs) = match budget {
            Budget::Quick => (Size { train: 2_000, valid: 500, test: 1_000 }, 150, [60; N_LAYERS]),
            Budget::Full => {
                (Size { train: 10_000, valid: 2_000, test: 10_000 }, 3_000, [5, 20, 20])
            }
        };
        let l2 = vec![1e-5, 1e-4, 1e-3, 1e-2];
        let probe = ProbeSettings { l2, seed: materials.seed, ..ProbeSettings::default() };
        Self {
            data: materials.digits_name().into(),
            seed: materials.seed,
            materials,
            problem: Problem::Rot,
            size,
            n_hidden,
            fractions: [0.5, 0.3, 0.3],
            initial_biases: [-4.0, -1.0, -1.0],
            epochs,
            probe,
        }
    }

    fn stack(&self) -> Result<StackSettings> {
        let layer = |k: usize| {
            Ok(LayerSettings {
                learner: LayerLearner::Autoencoder(AutoencoderSettings {
                    n_hidden: self.n_hidden,
                    corruption: destruction(self.fractions[k])?,
                    initial_bias: self.initial_biases[k],
                    ..AutoencoderSettings::default()
                }),
                training: TrainSettings {
                    epochs: Some(self.epochs[k]),
                    batch: BATCH,
                    optimizer: Some(Optimizer::Adam),
                    rate: Some(RATE),
                    seed: self.seed,
                    ..TrainSettings::default()
                },
            })
        };
        Ok(StackSettings { layers: (0..N_LAYERS).map(layer).collect::<Result<_>>()? })
    }
}

/// Trains what is not in the journal yet, and leaves the codes of all layers in the folder as
/// `codes-LAYER-PART.npy`, with the classes in `classes-PART.npy`. Returns `None` when the observer
/// stops it.
///
/// # Errors
/// Those of reading the data, of training and of the journal.
pub fn layers(settings: &LayersSettings, study: &mut Study) -> Result<Option<Vec<LayersRecord>>> {
    study.begin("layers", settings)?;
    let known: Vec<LayersRecord> = study.all();
    if known.len() > N_LAYERS {
        return Ok(Some(known));
    }
    let context = study.context();
    let (problem, size) = (settings.problem, settings.size);
    let splits = settings.materials.problem(problem, size, context)?;
    let Splits { train, valid: Some(valid), test: Some(test) } = splits else {
        return Err(Error::setting("size", "no test rows", "validation and test rows"));
    };
    let encoding = Encoding::fit(ScalingKind::Bytes, &train)?;
    let data = (&train, Some(&valid));
    let Some(encoders) = study.stack(STACK, &settings.stack()?, data, &encoding)? else {
        return Ok(None);
    };
    let mut parts = [train, valid, test];
    for (part, name) in parts.iter_mut().zip(PARTS) {
        write_npy(&study.folder().join(format!("classes-{name}.npy")), class_column(part)?.view())?;
        *part = scaled(part, &encoding)?;
    }
    for layer in 0..=N_LAYERS {
        if let Some(encoder) = layer.checked_sub(1).and_then(|k| encoders.get(k)) {
            for part in &mut parts {
                let encoding = Encoding::fit(ScalingKind::AsIs, part)?;
                let codes = as_autoencoder(encoder.clone(), encoding)?.encode(part, context)?;
                *part = with_classes_of(codes, part)?;
            }
        }
        for (part, name) in parts.iter().zip(PARTS) {
            let file = study.folder().join(format!("codes-{layer}-{name}.npy"));
            if let Some(values) = part.floats() {
                let (n_rows, n_columns) = (part.n_rows(), part.n_columns());
                write_npy(&file, View::new(n_rows, n_columns, values)?)?;
            }
        }
        if known.iter().any(|record| record.layer == layer) {
            continue;
        }
        let what = format!("probe of layer {layer}");
        if !study.starts(&what) {
            return Ok(None);
        }
        let [train, valid, test] = &parts;
        let n_classes = settings.problem.n_classes();
        let data = (train, valid);
        let Some(probe) = study.probe(&settings.probe, data, n_classes)? else {
            return Ok(None);
        };
        let record = LayersRecord {
            layer,
            l2: probe.l2,
            valid: error_of(&probe.network, valid, context)?,
            test: error_of(&probe.network, test, context)?,
        };
        study.add(&record, &format!("test error {} %", record.test.percent()))?;
    }
    Ok(Some(study.all()))
}

/// The experiment of a folder as a part of a report, with the support vector machines where
/// `svm.jsonl` is next to the journal.
///
/// # Errors
/// Those of reading the journal; [`Error::Data`] for a line of `svm.jsonl` that is none.
pub(super) fn section(folder: &Path) -> Result<Section> {
    let found: Vec<LayersRecord> = records(folder)?;
    let machines = machines(&folder.join(MACHINES_NAME))?;
    let row = |record: &LayersRecord| {
        let name = match record.layer {
            0 => "pixels".to_string(),
            layer => format!("layer {layer}"),
        };
        let machine = |kernel: &str| {
            let is_of = |m: &&Machine| (m.layer, m.kernel.as_str()) == (record.layer, kernel);
            let percent =
                |m: &Machine| format!("{:.2} ± {:.2}", 100.0 * m.test_error, 100.0 * m.interval);
            machines.iter().find(is_of).map_or(String::new(), percent)
        };
        vec![name, record.test.percent(), machine("linear"), machine("rbf")]
    };
    let table = Table {
        header: ["", "linear probe", "SVM linear", "SVM rbf"].map(String::from).to_vec(),
        rows: found.iter().map(row).collect(),
        caption: "Test error in percent with its 95 % interval. Weight decay, C and gamma were \
                  chosen on validation examples."
            .into(),
        best: Best::OfColumns((1..=3).map(|column| (column, Better::Lower)).collect()),
    };
    let (heading, text) = ("Classifiers on the codes of each layer".into(), TEXT.into());
    Ok(Section { heading, text, blocks: vec![Block::Table(table)] })
}

fn machines(path: &Path) -> Result<Vec<Machine>> {
    const MOST_BYTES: u64 = 1 << 20;
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = String::from_utf8_lossy(&read_whole(path, MOST_BYTES)?).into_owned();
    let mut found = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let value: serde_json::Value = serde_json::from_str(line).map_err(|_| Error::Data {
            path: path.to_path_buf(),
            place: Place::line(i as u64 + 1),
            expected: "one JSON object".into(),
            found: format!("{:?}", line.chars().take(40).collect::<String>()),
            hint: "run bench/svm_codes.py again into a new file".into(),
        })?;
        // Lines of trials are ignored.
        found.extend(serde_json::from_value::<Machine>(value).ok());
    }
    Ok(found)
}

const TEXT: &str = "A denoising stack on turned digits, pretrained without labels and not \
    fine-tuned; then classifiers on the pixels and on the codes of each layer. Vincent et al. 2010, \
    Table 5, on the original files: a linear support vector machine goes from 43.47 % on pixels to \
    10.00 % on layer 3, one with an rbf kernel from 11.11 % to 8.27 % on layer 2.";
