//! How well a network predicts: of classes the error with its interval and which were taken for
//! which; of labels each one's error; of numbers the squared error beside that of their mean.

use crate::data::Examples;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::metric::{ErrorRate, confusion};
use crate::network::{Head, Network, most_probable};
use crate::processor::Context;
use serde::Serialize;

/// Predictions against the truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PredictionEvaluation {
    /// One class of several.
    Classes {
        /// Share of wrong classes with its interval.
        #[serde(flatten)]
        error: ErrorRate,
        /// The names of the classes.
        classes: Vec<String>,
        /// How often each true class (rows) was predicted as each class (columns).
        confusion: Vec<Vec<u64>>,
    },
    /// Several labels, each there or not.
    Labels {
        /// Each label's share of errors; predicted where its probability is a half or more.
        labels: Vec<LabelErrors>,
    },
    /// Numbers.
    Regression {
        /// The errors of each predicted column.
        targets: Vec<TargetErrors>,
        /// Number of examples.
        n_examples: usize,
    },
}

/// How often one label is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelErrors {
    /// The label.
    pub name: String,
    /// Share of errors with its interval.
    #[serde(flatten)]
    pub error: ErrorRate,
}

/// How far predicted numbers are from the true ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetErrors {
    /// What is predicted.
    pub name: String,
    /// Mean squared error.
    pub squared_error: f64,
    /// The same for the mean of these very examples: what knows nothing of the inputs.
    pub squared_error_of_mean: f64,
}

/// Predicts and compares. `names` are those of the classes, the labels or the numbers; labels of
/// `examples` are places among the classes.
///
/// # Errors
/// [`Error::Shape`] when the examples lack what is to be predicted, or do not fit the network.
pub fn evaluate_predictions(
    network: &Network,
    names: &[String],
    examples: &Examples,
    context: &Context,
) -> Result<PredictionEvaluation> {
    let missing = |what: &str| Error::shape("examples to evaluate on", what, "none");
    if let Head::Classes(n_classes) = network.head() {
        let truth = examples.labels.as_deref().ok_or_else(|| missing("a class for each row"))?;
        let mut predicted = Vec::with_capacity(truth.len());
        network.each_prediction(examples, context, |rows| {
            predicted.extend(most_probable(rows));
            Ok(())
        })?;
        return Ok(PredictionEvaluation::Classes {
            error: ErrorRate::of(&predicted, truth),
            classes: names.to_vec(),
            confusion: confusion(&predicted, truth, n_classes),
        });
    }
    let truth = examples.values.as_ref().ok_or_else(|| missing("values for each row"))?;
    let found = network.predict(examples, context)?;
    let pairs =
        names.iter().enumerate().map(|(j, name)| (name, column(&found, j), column(truth, j)));
    if let Head::Labels(_) = network.head() {
        let is_there = |values: &[f64]| values.iter().map(|v| u32::from(*v >= 0.5)).collect();
        let labels = pairs.map(|(name, found, truth)| {
            let (found, truth): (Vec<u32>, Vec<u32>) = (is_there(&found), is_there(&truth));
            LabelErrors { name: name.clone(), error: ErrorRate::of(&found, &truth) }
        });
        return Ok(PredictionEvaluation::Labels { labels: labels.collect() });
    }
    let targets = pairs.map(|(name, found, truth)| {
        let mean = truth.iter().sum::<f64>() / truth.len().max(1) as f64;
        TargetErrors {
            name: name.clone(),
            squared_error: mean_squared(&found, &truth),
            squared_error_of_mean: mean_squared(&vec![mean; truth.len()], &truth),
        }
    });
    Ok(PredictionEvaluation::Regression { targets: targets.collect(), n_examples: truth.n_rows() })
}

fn column(of: &Matrix, j: usize) -> Vec<f64> {
    (0..of.n_rows()).map(|i| f64::from(of.row(i)[j])).collect()
}

fn mean_squared(found: &[f64], truth: &[f64]) -> f64 {
    let squares = found.iter().zip(truth).map(|(one, other)| (one - other).powi(2));
    squares.sum::<f64>() / truth.len().max(1) as f64
}
