//! The demo: the same network from the same initial weights, trained to undo no, little and much
//! destruction, as in Fig. 3 of the technical report.

mod ablation;
mod page;

pub use ablation::Ablation;

use crate::gallery::{Choice, filters, passage};
use crate::picture::{GreyScale, Picture};
use crate::problem::Size;
use crate::report::table::{Best, Better, Table};
use crate::report::{Block, Figure, ModelPage, baseline_name};
use crate::run;
use crate::source::load_part;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::baseline::Baselines;
use unsmudge::corruption::{Amount, Corruption, Noise};
use unsmudge::dataset::Dataset;
use unsmudge::encoding::Encoding;
use unsmudge::error::{Error, Result};
use unsmudge::evaluation::{Evaluation, evaluate};
use unsmudge::event::{Event, Observer};
use unsmudge::model_file::Model;
use unsmudge::processor::Context;
use unsmudge::run::{Recipe, RunResult};
use unsmudge::source::{DataSettings, Part};
use unsmudge::spill::Streaming;
use unsmudge::stack::{LayerLearner, LayerSettings, Stack};
use unsmudge::storage::write_durably;
use unsmudge::train::{Outcome, TrainSettings};

/// Amount of work of a demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// Seconds.
    Quick,
    /// A minute or two.
    Full,
}

/// One network of a demo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemoNetwork {
    /// Fraction destroyed in training.
    pub fraction: f32,
    /// On test digits, at each fraction destroyed, with those of the baselines.
    pub evaluations: Vec<Evaluation>,
}

/// Result of a demo.
#[derive(Debug)]
pub struct Demo {
    /// The three networks.
    pub networks: Vec<DemoNetwork>,
    /// One network fine-tuned from three starts.
    pub ablation: Vec<Ablation>,
    /// Squared error of each model and baseline at each amount of destruction.
    pub table: Table,
    /// The error from each start.
    pub ablation_table: Table,
    /// Description and path of each file.
    pub files: Vec<(&'static str, PathBuf)>,
}

/// The fractions destroyed in training, and in the test.
const FRACTIONS: [f32; 3] = [0.0, 0.25, 0.5];
const N_FILTERS: usize = 96; // 12 x 8: no empty places
const N_EXAMPLES: usize = 14;
/// Digits that a new model can be trained on in the page.
const N_IN_PAGE: usize = 1_000;
const PAGE_TITLE: &str = "Digits: draw one, and see it repaired";

impl Budget {
    /// A run's folder: those of a quick demo and of a full one are next to each other.
    fn named(self, name: &str) -> String {
        let start = if self == Self::Quick { "quick-" } else { "" };
        format!("{start}{name}")
    }

    fn recipe(self, fraction: f32) -> Result<Recipe> {
        let (size, n_hidden, epochs) = match self {
            Self::Quick => (Size { train: 5_000, valid: 500, test: 500 }, 200, 12),
            Self::Full => (Size { train: 20_000, valid: 1_000, test: 1_000 }, 500, 25),
        };
        let autoencoder = AutoencoderSettings {
            n_hidden,
            corruption: destruction(fraction)?,
            ..AutoencoderSettings::default()
        };
        Ok(Recipe {
            data: DataSettings { size: Some(size), ..DataSettings::of("problem:basic") },
            layers: vec![LayerSettings {
                learner: LayerLearner::Autoencoder(autoencoder),
                training: TrainSettings { epochs: Some(epochs), ..TrainSettings::default() },
            }],
            ..Recipe::default()
        })
    }
}

fn destruction(fraction: f32) -> Result<Corruption> {
    Corruption::new(vec![(Noise::Masking, Amount::Constant(fraction))])
}

/// Trains or resumes three networks, each in its own folder below `folder`, and draws their filters
/// and their reconstructions of corrupted digits; then fine-tunes one network from three starts.
/// Events have the network as their item. Returns `None` when the observer stops it: the same call
/// resumes it.
///
/// # Errors
/// [`Error::Setting`] when `folder` holds a demo with other settings; as [`run::train`].
pub fn demo(
    folder: &Path,
    budget: Budget,
    context: &Context,
    observer: &mut Observer,
) -> Result<Option<Demo>> {
    fs::create_dir_all(folder).map_err(Error::file(folder, "make the folder"))?;
    let mut results = Vec::new();
    for (i, fraction) in FRACTIONS.into_iter().enumerate() {
        let recipe = budget.recipe(fraction)?;
        let run_folder = folder.join(budget.named(&format!("nu-{fraction:.2}")));
        let item = network(i);
        let observer = &mut |event: Event| observer(event.in_item(&item));
        let result = run::train_or_resume(&recipe, &run_folder, context, observer)?;
        match result.outcome {
            Outcome::Interrupted => return Ok(None),
            Outcome::Diverged(error) => return Err(error),
            Outcome::Finished | Outcome::StoppedEarly => results.push(result),
        }
    }
    let Some(starts) = ablation::ablation(folder, budget, context, observer)? else {
        return Ok(None);
    };
    let recipe = budget.recipe(0.0)?;
    let test = load_part(&recipe.data, Some(Part::Test), None, context, &Streaming::NEVER)?;
    let train = load_part(&recipe.data, Some(Part::Train), None, context, &Streaming::NEVER)?;
    let ablation_table = ablation::table(&starts, budget)?;
    let found = Found::of(&results, &train, &test, (starts, ablation_table), context)?;
    found.write(folder, &results, (&train, &test), context).map(Some)
}

/// A network of the demo, from 0, as the item of events.
fn network(i: usize) -> String {
    format!("network {} of {}", i + 1, FRACTIONS.len() + ablation::STARTS.len())
}

/// Results of each network.
struct Found {
    networks: Vec<DemoNetwork>,
    starts: Vec<Ablation>,
    ablation_table: Table,
}

impl Found {
    fn of(
        results: &[RunResult],
        train: &Dataset,
        test: &Dataset,
        (starts, ablation_table): (Vec<Ablation>, Table),
        context: &Context,
    ) -> Result<Self> {
        let mut networks = Vec::new();
        // All have the same data, scaling and code size.
        let first = results.first().map(|result| &result.model.stack);
        let n_components = first.map_or(0, Stack::n_hidden);
        let encoding = Encoding::of(None, train, None)?;
        let baselines = Baselines::fit(train, &encoding, n_components, context)?;
        for (result, fraction) in results.iter().zip(FRACTIONS) {
            let model = &result.model.stack;
            let mut evaluations = Vec::new();
            for fraction in FRACTIONS {
                let corruption = destruction(fraction)?;
                evaluations.push(evaluate(model, test, &corruption, 0, &baselines, context)?);
            }
            networks.push(DemoNetwork { fraction, evaluations });
        }
        Ok(Self { networks, starts, ablation_table })
    }

    /// Squared errors: networks, then baselines, by fraction destroyed.
    fn table(&self) -> Table {
        let number = |value: f64| format!("{value:.2}");
        let mut rows = Vec::new();
        for network in &self.networks {
            let mut row = vec![format!("trained with {}", percent(network.fraction))];
            row.extend(
                network.evaluations.iter().map(|evaluation| number(evaluation.squared_error)),
            );
            rows.push(row);
        }
        // The baselines are the same for all networks.
        let first = self.networks.first().map_or(&[][..], |network| &network.evaluations);
        let n_baselines = first.first().map_or(0, |evaluation| evaluation.baselines.len());
        for i in 0..n_baselines {
            let mut row = vec![baseline_name(first[0].baselines[i].name).to_string()];
            row.extend(first.iter().map(|found| number(found.baselines[i].squared_error)));
            rows.push(row);
        }
        let mut header = vec!["squared error, test digits".to_string()];
        header.extend(FRACTIONS.iter().map(|fraction| format!("{} destroyed", percent(*fraction))));
        let n_examples = first.first().map_or(0, |evaluation| evaluation.n_examples);
        Table {
            header,
            rows,
            caption: format!(
                "Mean over {n_examples} digits that no network has seen; sum over 784 pixels \
                 between 0 and 1."
            ),
            best: Best::OfColumns(
                (1..=FRACTIONS.len()).map(|column| (column, Better::Lower)).collect(),
            ),
        }
    }

    fn write(
        self,
        folder: &Path,
        results: &[RunResult],
        (train, test): (&Dataset, &Dataset),
        context: &Context,
    ) -> Result<Demo> {
        let few = test.clone().first(N_EXAMPLES);
        let mut files = Vec::new();
        let mut sheets = Vec::new();
        let mut strips = Vec::new();
        let names = [
            ("filters-nu-0.00.png", "denoised-nu-0.00.png"),
            ("filters-nu-0.25.png", "denoised-nu-0.25.png"),
            ("filters-nu-0.50.png", "denoised-nu-0.50.png"),
        ];
        let worst = destruction(FRACTIONS[2])?;
        for ((result, fraction), (sheet_name, strip_name)) in
            results.iter().zip(FRACTIONS).zip(names)
        {
            let model: &Model = &result.model;
            let shape = crate::gallery::shape_of(model, None)?;
            let sheet = filters(model, Choice::First(N_FILTERS), GreyScale::PerFilter, shape)?;
            let strip = passage(model, &few, Some((&worst, 0)), shape, context)?;
            for (name, what, picture) in
                [(sheet_name, "filters", &sheet), (strip_name, "denoised digits", &strip)]
            {
                let path = folder.join(name);
                write_durably(&path, &picture.png()?)?;
                files.push((what, path));
            }
            let caption = format!("Trained with {} destroyed.", percent(fraction));
            let alt = "Rows of digits: clean, destroyed, reconstructed";
            strips.push(figure(&strip, &caption, alt)?);
            sheets.push(figure(&sheet, &caption, "A sheet of 96 filters")?);
        }
        let table = self.table();
        let html = self.report(results, table.clone(), sheets, strips).html();
        let path = folder.join("report.html");
        write_durably(&path, html.as_bytes())?;
        files.insert(0, ("report", path));
        if let Some(result) = results.last() {
            let page = ModelPage::of_pictures(PAGE_TITLE, &result.model, Some(test))?;
            let html = page.with_training(&train.clone().first(N_IN_PAGE))?.html();
            let path = folder.join("page.html");
            write_durably(&path, html.as_bytes())?;
            files.insert(1, ("page to draw on", path));
        }
        files.extend(results.iter().map(|result| ("model", result.model_path.clone())));
        let (networks, ablation) = (self.networks, self.starts);
        Ok(Demo { networks, ablation, table, ablation_table: self.ablation_table, files })
    }
}

fn figure(picture: &Picture, caption: &str, alt: &str) -> Result<Block> {
    Ok(Block::Figure(Figure {
        png: picture.png()?,
        caption: caption.into(),
        alt: alt.into(),
        width: u32::try_from(picture.width).ok(),
    }))
}

fn percent(fraction: f32) -> String {
    format!("{:.0} %", fraction * 100.0)
}
