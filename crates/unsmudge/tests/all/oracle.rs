//! The library against the whole algorithm in f64 (`reference`): the same weights and the same
//! losses after some epochs, for every rule of update, schedule, activation and loss, and on every
//! instruction set that the processor has.

use crate::reference::{Reference, difference, tensors_of};
use std::ops::ControlFlow;
use std::process::Command;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::Encoding;
use unsmudge::event::Event;
use unsmudge::processor::{Context, INSTRUCTION_SET_VARIABLE, InstructionSet};
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::train::{TrainSettings, TrainingData};

/// f32 keeps 24 bits: each value of a step is off by some 6e-8 of its size, sums of dozens of terms
/// by several times that, and steps carry it on: 1e-6 is usual. Adam divides by the gradient's own
/// size and so lifts the error of its smallest gradients, which 2e-5 leaves room for; any wrong
/// constant does a hundred times that.
const WEIGHTS_TOLERANCE: f64 = 2e-5;

/// Losses are means of many components, whose roundings cancel.
const LOSS_TOLERANCE: f64 = 1e-6;

const N_ROWS: usize = 70;
const N_INPUTS: usize = 21;
const N_HIDDEN: usize = 9;

/// (autoencoder in a line, training in a line): `key=value` words; what is not named is usual.
/// 50 of the 70 rows are trained on, 20 held out; a batch of 16 does not divide 50.
const CASES: [(&str, &str); 36] = [
    ("tied corruption=bernoulli:0.3", "optimizer=sgd rate=0.1"),
    ("tied corruption=masking:0.25", "optimizer=sgd rate=0.1 schedule=inverse:2"),
    ("activation=tanh corruption=salt-and-pepper:0.2", "optimizer=momentum:0.9 rate=0.02"),
    ("activation=relu", "optimizer=nesterov:0.8 rate=0.02 schedule=step:1:0.5"),
    ("activation=softplus corruption=gaussian:0.1", "optimizer=adam rate=0.003 schedule=cosine"),
    ("activation=identity", "optimizer=adamw:0.1 rate=0.003 schedule=one-cycle:0.4"),
    ("tied activation=relu corruption=flip:0.1 emphasis=double", "optimizer=sgd rate=0.05"),
    ("tied activation=tanh corruption=salt:0.2 emphasis=full", "optimizer=adam rate=0.003"),
    ("corruption=masking:0.3 emphasis=0.7,0.2", "optimizer=sgd rate=0.2 l2=0.01 l1=0.002"),
    ("tied corruption=masking:0.3", "optimizer=momentum:0.5 rate=0.1 clip=0.5 l2=0.02"),
    ("tied activation=softplus", "optimizer=nesterov:0.9 rate=0.02 clip=0.3 l1=0.01"),
    ("corruption=gaussian:0.1+speckle:0.2+masking:0.2", "optimizer=sgd rate=0.1"),
    ("corruption=swap:0.3 emphasis=double", "optimizer=sgd rate=0.1"),
    ("tied corruption=masking:0.5to0.1", "optimizer=sgd rate=0.1"),
    ("tied corruption=bernoulli:0.1..0.5", "optimizer=adamw:0.01 rate=0.003 l2=0.01"),
    ("tied corruption=masking:0.25", "optimizer=adam rate=0.003 batch=1000 clip=1"),
    (
        "tied activation=tanh loss=squared-error decoder=identity",
        "optimizer=sgd rate=0.005 batch=1",
    ),
    ("loss=squared-error decoder=sigmoid corruption=masking:0.2", "optimizer=sgd rate=0.1"),
    ("tied loss=squared-error decoder=tanh emphasis=double corruption=salt:0.3", "rate=0.003"),
    ("activation=relu loss=squared-error decoder=relu", "optimizer=sgd rate=0.01 clip=2"),
    ("activation=tanh loss=squared-error decoder=softplus", "optimizer=momentum:0.9 rate=0.003"),
    ("real corruption=salt-and-pepper:0.1 activation=tanh", "rate=0.003 schedule=cosine l1=0.001"),
    ("tied corruption=masking:0.25 contraction=0.2", "optimizer=sgd rate=0.1"),
    ("activation=tanh contraction=0.1", "optimizer=momentum:0.9 rate=0.02 l2=0.01 clip=2"),
    ("tied activation=softplus contraction=0.05", "optimizer=momentum:0.5 rate=0.02"),
    ("tied sparsity=0.5", "optimizer=sgd rate=0.1"),
    ("contraction=0.1 sparsity=1 sparsity_target=0.2", "optimizer=adam rate=0.003"),
    ("tied corruption=masking:0.25 walkback=3", "optimizer=sgd rate=0.1"),
    ("corruption=salt-and-pepper:0.2 emphasis=double walkback=2", "optimizer=adam rate=0.003"),
    ("tied corruption=swap:0.3+bernoulli:0.1 walkback=9 contraction=0.1", "optimizer=sgd rate=0.1"),
    ("activation=tanh corruption=flip:0.3to0.1 walkback=1", "optimizer=momentum:0.5 rate=0.05"),
    // Shards change the order of sums; 2 rows of the last batch are fewer than 16 shards.
    ("tied corruption=masking:0.25", "optimizer=sgd rate=0.1 l2=0.01 shards=3"),
    ("corruption=gaussian:0.1 contraction=0.1", "optimizer=adam rate=0.003 l1=0.002 shards=16"),
    ("tied corruption=masking:0.3", "optimizer=momentum:0.5 rate=0.1 clip=0.5 l2=0.02 shards=5"),
    // More noise every epoch: the training loss rises while the held-out loss falls.
    ("tied corruption=masking:0to0.9", "optimizer=sgd rate=0.1"),
    // Overshoots, and comes back with the weights from before.
    (
        "tied activation=tanh loss=squared-error",
        "optimizer=momentum:0.9 rate=0.02 epochs=8 batch=50",
    ),
];

fn examples(is_real: bool) -> Dataset {
    let mut words = vec![0; N_ROWS * N_INPUTS];
    Key::new(11, Purpose::Sample).fill(&mut words);
    // Squared, so that columns and rows are not all alike; real data leave [0, 1].
    let values = words.iter().enumerate().map(|(i, word)| {
        let value = unit(*word) * unit(*word);
        if is_real { 5.0 * value - (i % 3) as f32 } else { value }
    });
    Dataset::new(Storage::Floats(values.collect()), N_ROWS, N_INPUTS).unwrap()
}

fn settings_of(autoencoder: &str, training: &str) -> (bool, AutoencoderSettings, TrainSettings) {
    let mut one =
        AutoencoderSettings { n_hidden: N_HIDDEN, tied: false, ..AutoencoderSettings::default() };
    let mut other =
        TrainSettings { epochs: Some(3), batch: 16, seed: 5, ..TrainSettings::default() };
    let mut is_real = false;
    for word in autoencoder.split(' ').chain(training.split(' ')) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "tied" => one.tied = true,
            "real" => is_real = true,
            "activation" => one.activation = value.parse().unwrap(),
            "loss" => one.loss = Some(value.parse().unwrap()),
            "decoder" => one.decoder = Some(value.parse().unwrap()),
            "corruption" => one.corruption = value.parse().unwrap(),
            "emphasis" => one.emphasis = value.parse().unwrap(),
            "walkback" => one.walkback = value.parse().unwrap(),
            "contraction" => one.contraction = value.parse().unwrap(),
            "sparsity" => one.sparsity = value.parse().unwrap(),
            "sparsity_target" => one.sparsity_target = value.parse().unwrap(),
            "optimizer" => other.optimizer = Some(value.parse().unwrap()),
            "epochs" => other.epochs = Some(value.parse().unwrap()),
            "rate" => other.rate = Some(value.parse().unwrap()),
            "schedule" => other.schedule = value.parse().unwrap(),
            "batch" => other.batch = value.parse().unwrap(),
            "clip" => other.clip = Some(value.parse().unwrap()),
            "l2" => other.l2 = value.parse().unwrap(),
            "shards" => other.shards = value.parse().unwrap(),
            "l1" => other.l1 = value.parse().unwrap(),
            _ => panic!("{name} is no setting"),
        }
    }
    (is_real, one, other)
}

#[test]
fn weights_and_losses_are_those_of_the_reference() {
    let context = Context::new(Some(2)).unwrap();
    let (mut worst_weights, mut worst_loss) = (0.0f64, 0.0f64);
    let (mut n_not_by_train, mut n_not_last) = (0, 0);
    for (autoencoder, training) in CASES {
        let name = format!("{autoencoder} | {training}");
        let (is_real, settings, training) = settings_of(autoencoder, training);
        let (train, valid) = examples(is_real).split_last(20).unwrap();
        let encoding = Encoding::of(None, &train, None).unwrap();
        let data =
            TrainingData { train: &train, valid: Some(&valid), encoding: &encoding, layer: 0 };
        let mut reference = Reference::new(&settings, &training, data);
        let history = reference.fit();
        let mut keep_on = |_: Event| ControlFlow::Continue(());
        let (model, progress, _) = settings.fit(&training, data, &context, &mut keep_on).unwrap();

        assert_eq!(training.clip.is_some(), reference.n_clipped > 0, "{name}: clips nothing");
        let train_losses = history.iter().map(|(train, _)| *train);
        let least = train_losses.fold(f64::INFINITY, f64::min);
        let kept = history[progress.best_epoch as usize - 1].0;
        let has_penalties = settings.contraction > 0.0 || settings.sparsity > 0.0;
        let keeps_last = has_penalties || settings.walkback > 0;
        assert!(!keeps_last || Some(progress.best_epoch) == training.epochs, "{name}");
        n_not_by_train += u32::from(kept > least);
        n_not_last += u32::from(Some(progress.best_epoch) < training.epochs);
        assert_eq!(progress.history.len(), history.len(), "{name}");
        for (record, (train, valid)) in progress.history.iter().zip(history) {
            for (ours, theirs) in
                [(Some(record.train_loss), Some(train)), (record.valid_loss, valid)]
            {
                let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
                let error = (ours / theirs - 1.0).abs();
                assert!(error < LOSS_TOLERANCE, "{name}: loss {ours} against {theirs}");
                worst_loss = worst_loss.max(error);
            }
        }
        for (k, (ours, theirs)) in tensors_of(&model).iter().zip(&reference.tensors).enumerate() {
            let error = difference(ours, theirs);
            assert!(error < WEIGHTS_TOLERANCE, "{name}: tensor {k} is off by {error:e}");
            worst_weights = worst_weights.max(error);
        }
    }
    assert!(n_not_by_train > 0 && n_not_last > 0, "the held-out loss never chose the weights");
    println!(
        "oracle on {}: {} cases, weights within {worst_weights:.1e}, losses within {worst_loss:.1e}",
        Context::new(None).unwrap().instruction_set().name(),
        CASES.len()
    );
}

/// The instruction set is chosen once in a process, so each gets a process of its own. A set that
/// the processor has and that was not exercised fails the test.
#[test]
fn every_instruction_set_of_this_processor_agrees_with_the_reference() {
    let mut lines = Vec::new();
    for set in InstructionSet::ALL {
        if !set.is_available() {
            lines.push(format!("NOT EXERCISED, this processor lacks it: {}", set.name()));
            continue;
        }
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "oracle::weights_and_losses_are_those_of_the_reference",
                "--exact",
                "--nocapture",
            ])
            .env(INSTRUCTION_SET_VARIABLE, set.name())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} fails:\n{text}\n{errors}", set.name());
        let says = format!("oracle on {}: ", set.name());
        let line = text.lines().find_map(|line| line.find(&says).map(|at| line[at..].to_string()));
        lines.push(line.unwrap_or_else(|| panic!("{} was not exercised:\n{text}", set.name())));
    }
    println!("{}", lines.join("\n"));
}
