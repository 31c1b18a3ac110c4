//! Studies at the smallest sizes that have everything.

use serde_json::{Value, to_value};
use unsmudge::Result;
use unsmudge::diffusion::DiffusionSettings;
use unsmudge::network::ProbeSettings;
use unsmudge_lab::experiment::{
    Budget, DeepReluSettings, FewLabelsSettings, FiltersSettings, Hiding, ImputationSettings,
    LayersSettings, ManifoldSettings, Materials, Mechanism, Method, MnistSettings,
    OverfittingSettings, PatchesSettings, RegenerateSettings, SamplesSettings, Study, Tuning,
    deep_relu, few_labels, filters, imputation, layers, manifold, mnist, overfitting, patches,
    regenerate, samples,
};
use unsmudge_lab::problem::Size;

const SIZE: Size = Size { train: 60, valid: 20, test: 30 };

/// The results of an experiment at the smallest size; `None` when it was stopped.
pub fn run(name: &str, seed: u64, study: &mut Study) -> Result<Option<Value>> {
    let materials = Materials { seed, ..Materials::default() };
    let quick = Budget::Quick;
    let found = match name {
        "filters" => {
            let usual = FiltersSettings::of(quick, materials);
            let fractions = vec![0.0, 0.5];
            let tiny = FiltersSettings { size: SIZE, n_hidden: 6, epochs: 2, fractions, ..usual };
            filters(&tiny, study)?.map(to_value)
        }
        "patches" => {
            let usual = PatchesSettings::of(quick, materials);
            use Method::{Contractive, Masking, Sparse, UnderComplete, WeightDecay};
            let methods = vec![UnderComplete, WeightDecay, Contractive, Sparse, Masking];
            let (n_patches, n_hidden, n_few) = ([80, 20], 4, 2);
            let tiny = PatchesSettings { n_patches, n_hidden, n_few, epochs: 2, methods, ..usual };
            patches(&tiny, study)?.map(to_value)
        }
        "layers" => {
            let usual = LayersSettings::of(quick, materials);
            let probe = ProbeSettings { l2: vec![1e-3, 1e-2], epochs: 2, ..usual.probe.clone() };
            let tiny = LayersSettings { size: SIZE, n_hidden: 5, epochs: [1; 3], probe, ..usual };
            layers(&tiny, study)?.map(to_value)
        }
        "mnist" => {
            let usual = MnistSettings::of(quick, materials);
            let (n_hidden, pretraining_epochs) = (5, 1);
            let tunings = [0.1, 0.2].map(|rate| Tuning { rate, dropout: 0.1 }).to_vec();
            let tiny = MnistSettings {
                size: SIZE,
                n_hidden,
                pretraining_epochs,
                epochs: 2,
                tunings,
                ..usual
            };
            mnist(&tiny, study)?.map(to_value)
        }
        "deep-relu" => {
            let usual = DeepReluSettings::of(quick, materials);
            let (sizes, n_components) = (vec![6, 4], vec![2, 3]);
            let tiny = DeepReluSettings { size: SIZE, sizes, epochs: 2, n_components, ..usual };
            deep_relu(&tiny, study)?.map(to_value)
        }
        "overfitting" => {
            let usual = OverfittingSettings::of(quick, materials);
            let tiny = OverfittingSettings {
                size: SIZE,
                n_rows: vec![20, 60],
                sigmas: vec![0.0, 0.5],
                n_hidden: 5,
                n_small: 2,
                steps: 6,
                decays: vec![0.1],
                corruptions: vec!["masking:0.5".into()],
                ..usual
            };
            overfitting(&tiny, study)?.map(to_value)
        }
        "regenerate" => {
            let usual = RegenerateSettings::of(quick, materials);
            let probe = ProbeSettings { l2: vec![1e-3], epochs: 2, ..usual.probe.clone() };
            let tiny = RegenerateSettings {
                size: Size { test: 0, ..SIZE },
                n_hidden: 6,
                epochs: 1,
                n_examples: 10,
                n_draws: 2,
                probe,
                ..usual
            };
            regenerate(&tiny, study)?.map(to_value)
        }
        "samples" => {
            let usual = SamplesSettings::of(quick, materials);
            let diffusion =
                DiffusionSettings { n_hidden: 8, n_layers: 1, steps: 4, ..usual.diffusion.clone() };
            let (n_samples, n_hidden, epochs, steps, judge_epochs) = (20, 5, 1, 2, 1);
            let tiny = SamplesSettings {
                size: SIZE,
                n_samples,
                diffusion,
                n_hidden,
                epochs,
                steps,
                judge_epochs,
                ..usual
            };
            samples(&tiny, study)?.map(to_value)
        }
        "manifold" => {
            let usual = ManifoldSettings::of(quick, materials);
            let (n_points, levels) = (40, vec![0.3, 0.9]);
            let tiny = ManifoldSettings {
                n_points,
                levels,
                n_hidden: 6,
                steps: 4,
                n_hidden_of_diffusion: 6,
                steps_of_diffusion: vec![3, 4],
                ..usual
            };
            manifold(&tiny, study)?.map(to_value)
        }
        "imputation" => {
            let usual = ImputationSettings::of(quick, materials);
            let mechanisms = [Mechanism::Mcar, Mechanism::Mnar];
            let hidings = mechanisms.map(|mechanism| Hiding { mechanism, rate: 0.3 }).to_vec();
            let (most_rows, whole, steps) = (40, true, Some(2));
            let tiny = ImputationSettings { hidings, most_rows, whole, steps, ..usual };
            imputation(&tiny, study)?.map(to_value)
        }
        _ => {
            let usual = FewLabelsSettings::of(quick, materials);
            let (n_hidden, pretraining_epochs, counts) = (5, 1, vec![20, 1_000]);
            let (n_draws, steps) = (2, 6);
            let tiny = FewLabelsSettings {
                size: SIZE,
                n_hidden,
                pretraining_epochs,
                counts,
                n_draws,
                steps,
                ..usual
            };
            few_labels(&tiny, study)?.map(to_value)
        }
    };
    Ok(found.map(|value| timeless(value.unwrap())))
}

/// Without seconds.
fn timeless(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("seconds"));
            fields.values_mut().for_each(|field| *field = timeless(field.take()));
        }
        Value::Array(records) => {
            let without = records.drain(..).map(timeless).collect();
            return Value::Array(without);
        }
        _ => {}
    }
    value
}
