//! Data and settings that are hard to learn from: an error that names the place, or a model of
//! finite numbers. (Faults 38 to 45 and 48 to 51; settings by name: the command's own tests.)

use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use unsmudge::activation::Activation;
use unsmudge::autoencoder::{Autoencoder, AutoencoderSettings};
use unsmudge::corruption::Corruption;
use unsmudge::dataset::{Dataset, Origin, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::event::{Event, EventKind};
use unsmudge::likelihood::Likelihood;
use unsmudge::processor::Context;
use unsmudge::run::Recipe;
use unsmudge::source::{DataSettings, HeldOut, load_files};
use unsmudge::spill::Streaming;
use unsmudge::stack::LayerSettings;
use unsmudge::train::{Outcome, Progress, TrainSettings, TrainingData};
use unsmudge::{Error, Result};

const SCALINGS: [ScalingKind; 3] = [ScalingKind::AsIs, ScalingKind::Standardise, ScalingKind::Unit];
const LOSSES: [Likelihood; 2] = [Likelihood::Bernoulli, Likelihood::Gaussian];

fn examples(n_rows: usize, values: &[f32]) -> Dataset {
    let n_columns = values.len() / n_rows;
    let examples = Dataset::new(Storage::Floats(values.to_vec()), n_rows, n_columns).unwrap();
    examples.with_origin(Origin::new("t.csv"))
}

fn settings(n_hidden: usize, loss: Likelihood) -> AutoencoderSettings {
    let corruption = "masking:0.25".parse().unwrap();
    let usual = AutoencoderSettings::default();
    AutoencoderSettings { n_hidden, loss: Some(loss), corruption, ..usual }
}

fn epochs(epochs: u32) -> TrainSettings {
    TrainSettings { epochs: Some(epochs), ..TrainSettings::default() }
}

fn fit(
    settings: &AutoencoderSettings,
    training: &TrainSettings,
    examples: &Dataset,
    kind: ScalingKind,
) -> Result<(Autoencoder, Progress, Outcome)> {
    let encoding = Encoding::fit(kind, examples).unwrap();
    let data = TrainingData { train: examples, valid: None, encoding: &encoding, layer: 0 };
    let context = Context::new(Some(1)).unwrap();
    let go_on = &mut |_: Event| ControlFlow::Continue(());
    settings.fit(training, data, &context, go_on)
}

fn is_finite(model: &Autoencoder) -> bool {
    let mut all = model.encoder().weights.values().iter().chain(model.decoder_bias());
    all.all(|value| value.is_finite())
}

/// Learns with every scaling and loss that fits the data, and finds finite numbers everywhere.
#[track_caller]
fn is_learned_from(examples: &Dataset) {
    for kind in SCALINGS {
        for loss in LOSSES {
            if loss == Likelihood::Bernoulli && kind == ScalingKind::Standardise {
                continue;
            }
            let what = format!("{kind}, {loss}");
            let found = fit(&settings(3, loss), &epochs(3), examples, kind);
            let (model, progress, outcome) =
                found.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(matches!(outcome, Outcome::Finished), "{what}: {outcome:?}");
            assert!(is_finite(&model), "{what}");
            assert_eq!(progress.history.len(), 3, "{what}");
            let is_loss = |loss: f64| loss.is_finite() && loss >= 0.0;
            assert!(progress.history.iter().all(|epoch| is_loss(epoch.train_loss)), "{what}");
            let context = Context::new(Some(1)).unwrap();
            let clean = model.reconstruct(examples, None, &context).unwrap();
            assert!(clean.values().iter().all(|value| value.is_finite()), "{what}");
        }
    }
}

// 38
#[test]
fn a_constant_column_divides_by_nothing_and_is_named_in_a_warning() {
    is_learned_from(&examples(3, &[0.5, 0.1, 0.5, 0.9, 0.5, 0.4]));
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("t.csv");
    // 0.1 has no exact mean: its variance must come out as none all the same.
    let rows: String = (0..50).map(|i| format!("0.1,{},7e30\n", i % 7)).collect();
    std::fs::write(&table, format!("a,b,c\n{rows}")).unwrap();
    let layer = LayerSettings { training: epochs(1), ..LayerSettings::default() };
    let data = DataSettings::of(table);
    let recipe = Recipe { data, layers: vec![layer], ..Recipe::default() };
    let mut warnings = Vec::new();
    let mut observer = |event: Event| {
        if let EventKind::Warning(text) = event.kind {
            warnings.push(text.to_string());
        }
        ControlFlow::Continue(())
    };
    let context = Context::new(Some(1)).unwrap();
    let run = folder.path().join("run");
    let result = unsmudge::run::train(&recipe, &run, &load_files, &context, &mut observer).unwrap();
    assert!(is_finite(result.model.stack.first()));
    let told = "2 of 3 columns have one value only and teach nothing: \"a\", \"c\"";
    assert_eq!(warnings, [told]);
}

// 39
#[test]
fn nothing_but_zeros_is_learned_from() {
    is_learned_from(&examples(4, &[0.0; 12]));
}

// 40
#[test]
fn cross_entropy_of_values_out_of_its_range_is_refused_and_offers_scaling() {
    for value in [1.0001, -0.2, 255.0, f32::MAX] {
        let given = examples(2, &[0.5, 0.1, 0.2, value]);
        let loss = settings(3, Likelihood::Bernoulli);
        let error = fit(&loss, &epochs(1), &given, ScalingKind::AsIs).unwrap_err();
        let told = format!(
            "t.csv: row 2, column 2: expected a value in [0, 1], which cross-entropy needs, found \
             {value}"
        );
        assert_eq!(error.to_string(), told);
        assert!(error.hint().unwrap().to_string().contains("scaling = \"unit\""));
        fit(&loss, &epochs(1), &given, ScalingKind::Unit).unwrap();
        let error = fit(&loss, &epochs(1), &given, ScalingKind::Standardise).unwrap_err();
        assert!(error.to_string().contains(", scaled to "), "{error}");
    }
}

// 41
#[test]
fn exact_zeros_and_ones_have_a_finite_loss() {
    is_learned_from(&examples(4, &[0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]));
}

// 43
#[test]
fn numbers_too_small_to_be_normal_become_zero() {
    let given = examples(2, &[1e-42, 0.5, -1e-45, 1.0]);
    let encoding = Encoding::fit(ScalingKind::AsIs, &given).unwrap();
    let mut row = [0.0; 2];
    encoding.encode_rows(&given, 0, &mut row).unwrap();
    assert_eq!(row, [0.0, 0.5]);
    is_learned_from(&examples(2, &[1e-42, 0.5, 1e-45, 1.0]));
    // Columns of nothing else.
    is_learned_from(&examples(2, &[1e-42, 2e-42, 3e-42, 1e-45]));
}

// 44
#[test]
fn one_row_one_column_and_batches_of_any_size_are_learned_from() {
    is_learned_from(&examples(1, &[0.5, 0.25]));
    is_learned_from(&examples(3, &[0.5, 0.25, 1.0]));
    is_learned_from(&examples(1, &[0.5]));
    let given = examples(3, &[0.5, 0.25, 1.0, 0.0, 0.5, 0.1]);
    let network = settings(3, Likelihood::Gaussian);
    let trained = |batch: usize| {
        let training = TrainSettings { batch, ..epochs(2) };
        fit(&network, &training, &given, ScalingKind::AsIs).map(|(model, ..)| model)
    };
    let all = trained(3).unwrap();
    assert_eq!(trained(4).unwrap(), all);
    assert_eq!(trained(usize::MAX).unwrap(), all);
    assert!(is_finite(&trained(1).unwrap()) && is_finite(&trained(2).unwrap()));
    let error = trained(0).unwrap_err();
    assert_eq!(error.to_string(), "setting `batch` = 0: allowed is a whole number from 1");
}

// 44
#[test]
fn of_too_few_rows_none_are_held_out() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("t.csv");
    for (n_rows, n_held_out) in [(1, 0), (9, 0), (10, 1), (19, 1), (20, 2)] {
        std::fs::write(&table, "1,2\n".repeat(n_rows)).unwrap();
        let splits = DataSettings::of(&table).load(&Streaming::NEVER).unwrap();
        assert_eq!(splits.valid.map_or(0, |valid| valid.n_rows()), n_held_out, "{n_rows}");
        let all = DataSettings { valid: Some(HeldOut::Drawn(n_rows)), ..DataSettings::of(&table) };
        assert!(matches!(all.load(&Streaming::NEVER), Err(Error::Setting { .. })), "{n_rows}");
    }
}

// 45
#[test]
fn nothing_but_duplicates_is_learned_from() {
    is_learned_from(&examples(40, &[0.1, 0.7, 1.0].repeat(40)));
}

// 48
#[test]
fn values_on_another_scale_than_those_of_training_are_warned_of() {
    let trained_on = examples(2, &[0.0, 1.0, 0.5, 0.2]);
    let encoding = Encoding::fit(ScalingKind::AsIs, &trained_on).unwrap();
    let told = encoding.range_warning(&examples(2, &[0.0, 255.0, 3.0, 17.0])).unwrap().unwrap();
    assert!(told.contains("from 0 to 255, those of the training data from 0 to 1"), "{told}");
    assert!(told.ends_with("are they on the same scale?"), "{told}");
    assert!(encoding.range_warning(&trained_on).unwrap().is_none());
    let bytes = Encoding::fit(ScalingKind::Bytes, &examples(2, &[0.0, 255.0, 3.0, 17.0])).unwrap();
    assert!(bytes.range_warning(&examples(2, &[0.0, 1.0, 0.3, 0.2])).unwrap().is_some());
}

// 49
#[test]
fn a_network_larger_than_the_memory_is_refused_before_it_is_asked_for() {
    let given = examples(2, &[0.5; 200]);
    let start = Instant::now();
    for n_hidden in [1_000_000_000, 1 << 40, usize::MAX] {
        let network = settings(n_hidden, Likelihood::Gaussian);
        let error = fit(&network, &epochs(1), &given, ScalingKind::AsIs).unwrap_err();
        let Error::Memory { needed_bytes, limit_bytes, .. } = error else { panic!("{error}") };
        assert!(needed_bytes > limit_bytes);
    }
    assert!(start.elapsed() < Duration::from_secs(1));
    let error = fit(&settings(0, LOSSES[0]), &epochs(1), &given, ScalingKind::AsIs).unwrap_err();
    assert_eq!(error.to_string(), "setting `n_hidden` = 0: allowed is a whole number from 1");
}

// 51
#[test]
fn divergence_is_found_and_the_best_weights_are_kept() {
    let values: Vec<f32> = (0..60).map(|i| (i * i % 11) as f32).collect();
    let given = examples(20, &values);
    let network = settings(5, Likelihood::Gaussian);
    let mut late = 0;
    for rate in [0.01, 0.02, 0.03, 0.05, 0.1, 0.3, 1e3, 1e10, 1e30, f32::MAX] {
        let optimizer = Some("sgd".parse().unwrap());
        let training = TrainSettings { rate: Some(rate), optimizer, ..epochs(200) };
        let found = fit(&network, &training, &given, ScalingKind::AsIs);
        let (model, progress, outcome) = found.unwrap();
        assert!(is_finite(&model), "{rate}");
        let Outcome::Diverged(error) = outcome else {
            assert!(rate < 1.0, "rate {rate} was not found to diverge");
            continue;
        };
        assert!(error.to_string().starts_with("training diverged in epoch "), "{error}");
        assert!(error.hint().unwrap().to_string().contains("a tenth of the learning rate"));
        // The same as if it had been trained for as many epochs as were good.
        if progress.best_epoch > 0 {
            late += 1;
            let training = TrainSettings { epochs: Some(progress.best_epoch), ..training };
            let (best, ..) = fit(&network, &training, &given, ScalingKind::AsIs).unwrap();
            assert_eq!(model, best, "{rate}");
        }
    }
    assert!(late > 0, "no rate diverged late: this test shows nothing");
}

#[test]
fn hidden_biases_begin_where_they_are_told_to_if_that_is_a_number() {
    let examples = examples(4, &[0.0, 1.0, 1.0, 0.0, 0.5, 0.5, 1.0, 1.0]);
    let from = |initial_bias: f32| {
        let settings = AutoencoderSettings { initial_bias, ..settings(3, Likelihood::Gaussian) };
        fit(&settings, &epochs(0), &examples, ScalingKind::AsIs)
    };
    for bias in [0.0, -2.0] {
        assert_eq!(from(bias).unwrap().0.encoder().bias, [bias; 3]);
    }
    for bias in [f32::NAN, f32::INFINITY] {
        let error = from(bias).unwrap_err().to_string();
        assert!(error.contains("`initial_bias`") && error.contains("a finite number"), "{error}");
    }
}

#[test]
fn penalties_that_are_no_numbers_from_0_or_do_not_go_with_the_units_are_refused_by_name() {
    let examples = examples(4, &[0.0, 1.0, 1.0, 0.0, 0.5, 0.5, 1.0, 1.0]);
    let usual = settings(3, Likelihood::Gaussian);
    let told = |settings: AutoencoderSettings| {
        let refused = fit(&settings, &epochs(1), &examples, ScalingKind::AsIs).unwrap_err();
        refused.to_string()
    };
    for weight in [-0.1, f32::NAN, f32::INFINITY] {
        let error = told(AutoencoderSettings { contraction: weight, ..usual.clone() });
        assert!(error.contains("`contraction`") && error.contains("a number from 0"), "{error}");
        let error = told(AutoencoderSettings { sparsity: weight, ..usual.clone() });
        assert!(error.contains("`sparsity`") && error.contains("a number from 0"), "{error}");
    }
    for sparsity_target in [-0.1, 0.0, 1.0, f32::NAN] {
        let error = told(AutoencoderSettings { sparsity_target, ..usual.clone() });
        assert!(error.contains("`sparsity_target`") && error.contains("below 1"), "{error}");
    }
    for activation in Activation::ALL.into_iter().filter(|by| *by != Activation::Sigmoid) {
        let error = told(AutoencoderSettings { sparsity: 0.5, activation, ..usual.clone() });
        let words =
            format!("setting `sparsity` = 0.5: allowed is only 0 with activation {activation}");
        assert!(error.starts_with(&words), "{error}");
        let contracted = AutoencoderSettings { contraction: 0.5, activation, ..usual.clone() };
        assert!(fit(&contracted, &epochs(1), &examples, ScalingKind::AsIs).is_ok());
    }
}

#[test]
fn walks_that_cannot_be_drawn_or_never_begin_are_refused_by_name() {
    let examples = examples(4, &[0.0, 1.0, 1.0, 0.0, 0.5, 0.5, 1.0, 1.0]);
    let usual = AutoencoderSettings { walkback: 3, ..settings(3, Likelihood::Bernoulli) };
    let refused = |settings: &AutoencoderSettings, training: &TrainSettings| {
        fit(settings, training, &examples, ScalingKind::AsIs).unwrap_err()
    };
    let far = AutoencoderSettings { walkback: 101, ..usual.clone() };
    let told = "setting `walkback` = 101: allowed is a whole number from 0 to 100";
    assert_eq!(refused(&far, &epochs(1)).to_string(), told);
    let still = AutoencoderSettings { corruption: Corruption::default(), ..usual.clone() };
    let error = refused(&still, &epochs(1)).to_string();
    assert!(error.starts_with("setting `walkback` = 3: allowed is only 0 with corruption none"));
    let squared = AutoencoderSettings { loss: Some(Likelihood::Gaussian), ..usual.clone() };
    let error = refused(&squared, &epochs(1));
    let told = "setting `walkback` = 3: allowed is only 0 with squared error, which has no \
                distribution to draw from";
    assert_eq!(error.to_string(), told);
    assert!(error.hint().unwrap().to_string().contains("loss = \"cross-entropy\""));
    let patient = TrainSettings { patience: Some(2), ..epochs(1) };
    let error = refused(&usual, &patient).to_string();
    assert!(error.starts_with("setting `patience` = 2: allowed is none with walkback"), "{error}");
    // 100 steps are many, and no error.
    let longest = AutoencoderSettings { walkback: 100, ..usual };
    let (model, progress, _) = fit(&longest, &epochs(9), &examples, ScalingKind::AsIs).unwrap();
    assert!(is_finite(&model) && progress.best_epoch == 9);
}
