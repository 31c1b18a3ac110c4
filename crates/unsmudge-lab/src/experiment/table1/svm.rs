//! The support vector machines of the table, as `bench/svm.py` recorded them.

use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use std::path::Path;
use unsmudge::error::Result;
use unsmudge::journal::Journal;
use unsmudge::metric::ErrorRate;

/// A support vector machine that validation chose, on the test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SvmCell {
    /// Row of the table.
    pub problem: Problem,
    /// Its kernel.
    pub kernel: Kernel,
    /// Settings chosen on validation data.
    pub chosen: SvmSettings,
    /// Number of alternatives that it was chosen from.
    pub n_candidates: usize,
    /// Error on the test set.
    pub test: ErrorRate,
    /// Seconds of training and testing the chosen one.
    pub seconds: f64,
    /// The version of scikit-learn.
    pub scikit_learn: String,
    /// The processor.
    pub machine: String,
}

/// A kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kernel {
    /// exp(-gamma (distance)^2).
    Rbf,
    /// (scaled inner product + 1)^degree.
    Poly,
}

/// Hyperparameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SvmSettings {
    /// Cost of a misclassified row: C.
    #[serde(rename = "C")]
    pub c: f64,
    /// gamma, or the degree.
    pub shape: f64,
}

impl Kernel {
    pub(super) const ALL: [Self; 2] = [Self::Rbf, Self::Poly];

    /// The paper's name of such a machine.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rbf => "SVM_rbf",
            Self::Poly => "SVM_poly",
        }
    }

    /// Name of the kernel's own parameter.
    pub(super) fn shape(self) -> &'static str {
        match self {
            Self::Rbf => "gamma",
            Self::Poly => "degree",
        }
    }
}

/// The machines in `svm.jsonl` of a results folder; none where there is no such file.
///
/// # Errors
/// As [`Journal::read`].
pub fn svms(folder: &Path) -> Result<Vec<SvmCell>> {
    Journal::read(&folder.join("svm.jsonl"))
}
