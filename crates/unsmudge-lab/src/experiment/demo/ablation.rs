//! The demo's end: one network of three layers, fine-tuned from random weights, from a plain stack
//! and from a denoising one, on the same few labelled digits.

use super::{Budget, FRACTIONS, destruction, network};
use crate::problem::Size;
use crate::report::table::{Best, Better, Table};
use crate::run;
use crate::source::load_part;
use serde::Serialize;
use std::path::Path;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::error::{Error, Result};
use unsmudge::evaluation::{PredictionEvaluation, evaluate_predictions};
use unsmudge::event::{Event, Observer};
use unsmudge::metric::ErrorRate;
use unsmudge::network::FineTuning;
use unsmudge::processor::Context;
use unsmudge::read::Columns;
use unsmudge::run::Recipe;
use unsmudge::source::{DataSettings, Part};
use unsmudge::spill::Streaming;
use unsmudge::stack::{LayerLearner, LayerSettings};
use unsmudge::train::{Outcome, TrainSettings};

/// Where the fine-tuning of one network started, and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ablation {
    /// `random weights`, `plain stack` or `denoising stack`.
    pub start: &'static str,
    /// Error on test digits.
    #[serde(flatten)]
    pub error: ErrorRate,
}

/// Each start, its folder, and what its pretraining destroys; `None`: it has no pretraining.
pub(super) const STARTS: [(&str, &str, Option<f32>); 3] = [
    ("random weights", "from-random", None),
    ("plain stack", "from-plain", Some(0.0)),
    ("denoising stack", "from-denoising", Some(0.25)),
];

fn recipe(budget: Budget, fraction: Option<f32>) -> Result<Recipe> {
    let (size, n_hidden, pretraining, epochs) = match budget {
        Budget::Quick => (Size { train: 500, valid: 100, test: 1_000 }, 60, 40, 40),
        Budget::Full => (Size { train: 1_000, valid: 500, test: 4_000 }, 200, 40, 60),
    };
    let training = |epochs| TrainSettings { epochs: Some(epochs), ..TrainSettings::default() };
    let layer = LayerSettings {
        learner: LayerLearner::Autoencoder(AutoencoderSettings {
            n_hidden,
            corruption: destruction(fraction.unwrap_or(0.0))?,
            ..AutoencoderSettings::default()
        }),
        training: training(fraction.map_or(0, |_| pretraining)),
    };
    Ok(Recipe {
        data: DataSettings {
            size: Some(size),
            labels: Some(Columns::Own),
            ..DataSettings::of("problem:rot")
        },
        layers: vec![layer; 3],
        network: Some(FineTuning { training: training(epochs), ..FineTuning::default() }),
        ..Recipe::default()
    })
}

/// Trains or resumes the three networks; `None` when the observer stops it.
pub(super) fn ablation(
    folder: &Path,
    budget: Budget,
    context: &Context,
    observer: &mut Observer,
) -> Result<Option<Vec<Ablation>>> {
    let mut found = Vec::new();
    for (i, (start, name, fraction)) in STARTS.into_iter().enumerate() {
        let recipe = recipe(budget, fraction)?;
        let item = network(FRACTIONS.len() + i);
        let mut observer = |event: Event| observer(event.in_item(&item));
        let run_folder = folder.join(budget.named(name));
        let result = run::train_or_resume(&recipe, &run_folder, context, &mut observer)?;
        match result.outcome {
            Outcome::Interrupted => return Ok(None),
            Outcome::Diverged(error) => return Err(error),
            Outcome::Finished | Outcome::StoppedEarly => {}
        }
        let (Some(network), Some(record)) = (&result.model.network, &result.model.record.network)
        else {
            return Err(Error::shape("the model of the demo", "a network", "none"));
        };
        let mut test = load_part(&recipe.data, Some(Part::Test), None, context, &Streaming::NEVER)?;
        record.predicted.apply(&mut test)?;
        let names = record.predicted.names();
        if let PredictionEvaluation::Classes { error, .. } =
            evaluate_predictions(network, names, &test, context)?
        {
            found.push(Ablation { start, error });
        }
    }
    Ok(Some(found))
}

/// The errors as a table.
pub(super) fn table(found: &[Ablation], budget: Budget) -> Result<Table> {
    let size = recipe(budget, None)?.data.size.unwrap_or(Size { train: 0, valid: 0, test: 0 });
    Ok(Table {
        header: vec!["fine-tuned from".into(), "test error, %".into()],
        rows: found.iter().map(|of| vec![of.start.into(), of.error.percent()]).collect(),
        caption: format!(
            "The same network of three layers, fine-tuned on {} labelled digits, turned at random; \
             errors on {} others with 95 % intervals.",
            size.train, size.test
        ),
        best: Best::OfColumns(vec![(1, Better::Lower)]),
    })
}
