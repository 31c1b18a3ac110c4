//! The demo and the experiments of the papers, each run by one command. `table1` writes its journal
//! itself; the others use `study`.

mod demo;
mod gabor;
mod kept;
mod materials;
mod noise; // noise that stays
mod system;
mod study;
mod tables; // tables as they are read and written
mod compared; // methods compared
mod filters;
mod few_labels;
mod layers;
mod imputation;
mod anomaly;
mod mnist;
mod deep_relu;
mod overfitting;
mod regenerate;
mod patches;
mod people;
mod body_mass;
mod samples;
mod manifold;
mod table1;
mod results;

pub use anomaly::{
    Anomalies, AnomalyRecord, AnomalySettings, CellScores, CellsRecord, FoundCells, Protocol,
    Ranking, anomaly,
};
pub use body_mass::body_mass;
pub use deep_relu::{DeepReluRecord, DeepReluSettings, Denoiser, deep_relu};
pub use demo::{Ablation, Budget, Demo, DemoNetwork, demo};
pub use few_labels::{FewLabelsRecord, FewLabelsSettings, Start, few_labels};
pub use filters::{FiltersRecord, FiltersSettings, filters};
pub use gabor::{Fit, Shape, fit};
pub use imputation::{
    ColumnScore, Hiding, ImputationRecord, ImputationSettings, Mechanism, Scores, imputation,
};
pub use layers::{LayersRecord, LayersSettings, layers};
pub use manifold::{
    AtLevel, ManifoldRecord, ManifoldSettings, Manifolds, PlaneRecord, Restorer, manifold,
};
pub use materials::Materials;
pub use mnist::{
    AllDigitsRecord, MnistRecord, MnistResult, MnistSettings, MnistTrial, Tuning, mnist,
};
pub use overfitting::{OverfittingRecord, OverfittingSettings, Remedy, overfitting};
pub use patches::{Method, PatchesRecord, PatchesSettings, SparseSettings, patches};
pub use people::{WrongCell, write_people};
pub use regenerate::{RegenerateRecord, RegenerateSettings, regenerate};
pub use results::results;
pub use samples::{Generator, SamplesRecord, SamplesSettings, samples};
pub use study::{LayerRecord, Study};
pub use system::{System, SystemSettings};
pub use table1::{Cell, Round, SvmCell, Table1Settings, Trial, svms, table1, tables};

use crate::report::Section;
use std::path::Path;
use unsmudge::error::{Error, Result};

/// The experiment of a folder, any but the table, as a part of a report: from its journal and the
/// pictures next to it.
///
/// # Errors
/// Those of reading them; [`Error::Setting`] for a journal of none of these experiments.
pub fn section(folder: &Path) -> Result<Section> {
    match study::experiment_of(folder)?.as_str() {
        "filters" => filters::section(folder),
        "patches" => patches::section(folder),
        "layers" => layers::section(folder),
        "mnist" => mnist::section(folder),
        "deep-relu" => deep_relu::section(folder),
        "overfitting" => overfitting::section(folder),
        "regenerate" => regenerate::section(folder),
        "samples" => samples::section(folder),
        "manifold" => manifold::section(folder),
        "few-labels" => few_labels::section(folder),
        "imputation" => imputation::section(folder),
        "anomaly" => anomaly::section(folder),
        other => {
            let allowed = "a folder of filters, patches, layers, mnist, deep-relu, overfitting, \
                           regenerate, samples, manifold, few-labels, imputation or anomaly";
            Err(Error::setting("experiment", other, allowed))
        }
    }
}
