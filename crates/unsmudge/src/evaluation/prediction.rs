//! Evaluation of predictions: for classes the error rate with its interval and the confusion
//! matrix; for labels the error rate of each; for numbers the squared error and that of their mean.

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::metric::{ErrorRate, confusion};
use crate::network::{Network, Task, most_probable};
use crate::processor::Context;
use serde::Serialize;

/// Errors of predictions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PredictionEvaluation {
    /// One class of several.
    Classes {
        /// Error rate with its interval.
        #[serde(flatten)]
        error: ErrorRate,
        /// The names of the classes.
        classes: Vec<String>,
        /// How often each true class (rows) was predicted as each class (columns).
        confusion: Vec<Vec<u64>>,
    },
    /// Several independent labels.
    Labels {
        /// Error rate of each label; a label is predicted if its probability is at least 1/2.
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

/// Error rate of one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelErrors {
    /// The label.
    pub name: String,
    /// Error rate with its interval.
    #[serde(flatten)]
    pub error: ErrorRate,
}

/// Errors of one predicted number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetErrors {
    /// Name of the target column.
    pub name: String,
    /// Mean squared error.
    pub squared_error: f64,
    /// Mean squared error of predicting the mean of these examples, which ignores the inputs.
    pub squared_error_of_mean: f64,
}

/// Predicts and compares with the targets of `examples`. `names` are the names of the classes, the
/// labels or the numbers; class labels of `examples` are indices into the classes.
///
/// # Errors
/// [`Error::Shape`] when the examples have no targets or do not fit the network.
pub fn evaluate_predictions(
    network: &Network,
    names: &[String],
    examples: &Dataset,
    context: &Context,
) -> Result<PredictionEvaluation> {
    let missing = |what: &str| Error::shape("examples to evaluate on", what, "none");
    if let Task::Classes(n_classes) = network.head() {
        let truth = examples.classes().ok_or_else(|| missing("a class for each row"))?;
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
    let truth = examples.values().ok_or_else(|| missing("values for each row"))?;
    let found = network.predict(examples, context)?;
    let pairs =
        names.iter().enumerate().map(|(j, name)| (name, column(&found, j), column(truth, j)));
    if let Task::Labels(_) = network.head() {
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
