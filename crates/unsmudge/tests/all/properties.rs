//! Promises that hold for every size: a row alone equals the same row in a batch, and one thread
//! equals many, to the bit; noise belongs to the example.

use proptest::prelude::*;
use std::ops::ControlFlow;
use unsmudge::activation::Activation;
use unsmudge::autoencoder::{Autoencoder, AutoencoderSettings};
use unsmudge::corruption::{Corrupted, Corruption, Draw, Noise};
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::event::{EpochRecord, Event};
use unsmudge::layer::{Layer, initial_weights};
use unsmudge::likelihood::Likelihood;
use unsmudge::matrix::{Matrix, View};
use unsmudge::output::Output;
use unsmudge::precision::Precision;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, permutation, unit};
use unsmudge::train::{TrainSettings, TrainingData};

const HIDDEN_SIZES: [usize; 8] = [1, 3, 10, 16, 17, 64, 100, 500];
const INPUT_SIZES: [usize; 6] = [1, 2, 5, 16, 100, 784];

fn units(seed: u64, n: usize) -> Vec<f32> {
    let mut words = vec![0; n];
    Key::new(seed, Purpose::Sample).fill(&mut words);
    words.into_iter().map(unit).collect()
}

fn examples(n_rows: usize, n_columns: usize) -> Dataset {
    Dataset::new(Storage::Floats(units(2, n_rows * n_columns)), n_rows, n_columns).unwrap()
}

/// The rows `rows` of `all`, as examples of their own.
fn some_of(all: &Dataset, rows: std::ops::Range<usize>) -> Dataset {
    let n_columns = all.n_columns();
    let values = all.floats().unwrap();
    let cells = values[rows.start * n_columns..rows.end * n_columns].to_vec();
    Dataset::new(Storage::Floats(cells), rows.len(), n_columns).unwrap()
}

fn autoencoder(n_inputs: usize, n_hidden: usize, tied: bool) -> Autoencoder {
    let key = Key::new(9, Purpose::Weights);
    let encoder = Layer::initial(n_inputs, n_hidden, Activation::Sigmoid, key);
    let decoder = (!tied).then(|| initial_weights(n_inputs, n_hidden, 0.3, Key { part: 1, ..key }));
    let encoding = Encoding::fit(ScalingKind::AsIs, &examples(2, n_inputs)).unwrap();
    let output = Output::whole(n_inputs, Likelihood::Bernoulli, None).unwrap();
    Autoencoder::from_parts(encoder, decoder, units(3, n_inputs), output, encoding).unwrap()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Codes, reconstructions and decoded codes.
fn uses(model: &Autoencoder, examples: &Dataset, context: &Context) -> [Matrix; 3] {
    let codes = model.encode(examples, context).unwrap();
    let reconstructions = model.reconstruct(examples, None, context).unwrap();
    let decoded = model.decode(codes.view(), context).unwrap();
    [codes, reconstructions, decoded]
}

/// What is wrong with the rows `rows` used as a batch of their own; empty when nothing is.
fn faults(
    model: &Autoencoder,
    all: &Dataset,
    whole: &[Matrix; 3],
    rows: std::ops::Range<usize>,
    context: &Context,
) -> Vec<String> {
    let part = uses(model, &some_of(all, rows.clone()), context);
    let names = ["encode", "reconstruct", "decode"];
    let mut faults = Vec::new();
    for ((name, part), whole) in names.iter().zip(&part).zip(whole) {
        let differing: Vec<usize> = rows
            .clone()
            .filter(|row| bits(part.row(row - rows.start)) != bits(whole.row(*row)))
            .collect();
        if !differing.is_empty() {
            faults.push(format!("{name} of rows {rows:?}: {differing:?} differ"));
        }
    }
    faults
}

#[test]
fn a_row_alone_equals_the_same_row_in_a_batch_to_the_bit() {
    const N_ROWS: usize = 67; // a full block and a short one
    let context = [1, 2].map(|n| Context::new(Some(n)).unwrap());
    let mut found = Vec::new();
    for n_inputs in INPUT_SIZES {
        let all = examples(N_ROWS, n_inputs);
        for n_hidden in HIDDEN_SIZES {
            for tied in [true, false] {
                let model = autoencoder(n_inputs, n_hidden, tied);
                let whole = uses(&model, &all, &context[0]);
                // Every row alone where that is quick, else some at either end and in the middle.
                let rows: Vec<usize> = match n_inputs * n_hidden > 5_000 {
                    true => vec![0, 31, 63, 66],
                    false => (0..N_ROWS).collect(),
                };
                let mut parts: Vec<_> = rows.iter().map(|row| *row..row + 1).collect();
                parts.extend([0..67, 1..67, 20..53]);
                for part in parts {
                    for context in &context {
                        for fault in faults(&model, &all, &whole, part.clone(), context) {
                            let n = context.n_threads();
                            found.push(format!(
                                "{n_inputs} x {n_hidden}, tied {tied}, {n} threads: {fault}"
                            ));
                        }
                    }
                }
            }
        }
    }
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

/// All but swap noise, which takes cells from other examples of the batch.
fn kinds_of_noise() -> Vec<String> {
    let alone = Noise::ALL.into_iter().filter(|noise| *noise != Noise::Swap);
    let sum = "masking:0.1..0.6+gaussian:0.5to0.1+salt:0.2".to_string();
    alone.map(|noise| format!("{}:0.3", noise.name())).chain([sum]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_any_batch_gives_the_same_bits(
        n_inputs in 1usize..150,
        n_hidden in 1usize..80,
        n_rows in 1usize..150,
        cut in 0.0..1.0f64,
        tied: bool,
        n_threads in 1usize..4,
    ) {
        let (all, model) = (examples(n_rows, n_inputs), autoencoder(n_inputs, n_hidden, tied));
        let whole = uses(&model, &all, &Context::new(Some(1)).unwrap());
        let context = Context::new(Some(n_threads)).unwrap();
        let cut = (cut * n_rows as f64) as usize;
        for part in [0..cut, cut..n_rows].into_iter().filter(|part| !part.is_empty()) {
            let found = faults(&model, &all, &whole, part, &context);
            prop_assert!(found.is_empty(), "{found:?}");
        }
    }

    #[test]
    fn noise_belongs_to_the_example_and_not_to_its_place(
        kind in prop::sample::select(kinds_of_noise()),
        rows in prop::collection::vec(0u32..1_000_000, 1..40),
        shift in 0usize..40,
        n_columns in 1usize..90,
        n_threads in 1usize..4,
    ) {
        let corruption: Corruption = kind.parse().unwrap();
        let mut turned = rows.clone();
        turned.rotate_left(shift % rows.len());
        let [context, single] = [n_threads, 1].map(|n| Context::new(Some(n)).unwrap());
        let one = corrupted(&single, &corruption, &rows, n_columns);
        let other = corrupted(&context, &corruption, &turned, n_columns);
        for (i, row) in rows.iter().enumerate() {
            let alone = corrupted(&single, &corruption, &[*row], n_columns);
            let place = (i + rows.len() - shift % rows.len()) % rows.len();
            prop_assert_eq!(bits(one.0.row(i)), bits(alone.0.row(0)));
            prop_assert_eq!(bits(one.0.row(i)), bits(other.0.row(place)));
            let marks = |of: &[u8], at: usize| of[at * n_columns..(at + 1) * n_columns].to_vec();
            prop_assert_eq!(marks(&one.1, i), marks(&alone.1, 0));
            prop_assert_eq!(marks(&one.1, i), marks(&other.1, place));
        }
    }

    #[test]
    fn a_permutation_holds_every_row_once_whatever_its_length(n in 0usize..3000, seed: u64) {
        let mut order = permutation(Key::new(seed, Purpose::Order), n);
        order.sort_unstable();
        prop_assert!(order.iter().enumerate().all(|(i, row)| i as u32 == *row));
    }
}

/// The examples `rows` of a data set in which example r has the values of a stream of its own.
fn corrupted(
    context: &Context,
    corruption: &Corruption,
    rows: &[u32],
    n_columns: usize,
) -> (Matrix, Vec<u8>) {
    let mut clean = Matrix::zeros(rows.len(), n_columns);
    for (i, row) in rows.iter().enumerate() {
        clean.row_mut(i).copy_from_slice(&units(u64::from(*row), n_columns));
    }
    let (mut out, mut marks) = (clean.clone(), vec![7; rows.len() * n_columns]);
    let draw =
        Draw { seed: 6, purpose: Purpose::Noise, layer: 0, epoch: 2, progress: 0.4, step: 0 };
    let to = Corrupted { values: &mut out, marks: &mut marks };
    corruption
        .corrupt(context, &Encoding::as_is(clean.n_columns()), (&clean, rows), draw, to)
        .unwrap();
    (out, marks)
}

/// Bits of all weights and the history after training with `n_threads` threads.
fn trained(
    settings: &AutoencoderSettings,
    training: &TrainSettings,
    (n_rows, n_inputs): (usize, usize),
    n_threads: usize,
) -> (Vec<u32>, Vec<EpochRecord>) {
    let (train, valid) = examples(n_rows, n_inputs).split_last(n_rows / 4).unwrap();
    let encoding = Encoding::fit(ScalingKind::AsIs, &train).unwrap();
    let data = TrainingData { train: &train, valid: Some(&valid), encoding: &encoding, layer: 0 };
    let context = Context::new(Some(n_threads)).unwrap();
    let mut keep_on = |_: Event| ControlFlow::Continue(());
    let (model, progress, _) = settings.fit(training, data, &context, &mut keep_on).unwrap();
    let decoder = model.decoder_weights().map_or(&[][..], |weights| weights.values());
    let encoder = model.encoder();
    let tensors = [encoder.weights.values(), &encoder.bias, decoder, model.decoder_bias()];
    (bits(&tensors.concat()), progress.history)
}

#[test]
fn training_gives_the_same_bits_with_any_number_of_threads() {
    // (rows, inputs, hidden units, batch): tiny, narrow, odd, and large enough for every pass to be
    // shared: 100 x 300 cells, 60,000 weights.
    let sizes = [(40, 3, 1, 7), (90, 33, 17, 20), (64, 784, 10, 16), (70, 1, 40, 9)];
    let large = [(400, 300, 200, 100), (340, 784, 100, 64), (300, 130, 600, 256)];
    for (n_rows, n_inputs, n_hidden, batch) in sizes.into_iter().chain(large) {
        for (tied, corruption, emphasis, optimizer, precision, (penalty, walkback)) in [
            (true, "gaussian:0.1+masking:0.2", "none", "adam", Precision::F32, (0.0, 0)),
            (false, "masking:0.3", "double", "nesterov:0.9", Precision::F32, (0.0, 2)),
            (false, "masking:0.3", "none", "adam", Precision::Bf16, (0.0, 3)),
            (true, "none", "none", "sgd", Precision::F32, (0.1, 0)),
        ] {
            let settings = AutoencoderSettings {
                n_hidden,
                tied,
                corruption: corruption.parse().unwrap(),
                emphasis: emphasis.parse().unwrap(),
                contraction: penalty,
                sparsity: penalty,
                walkback,
                ..AutoencoderSettings::default()
            };
            let training = TrainSettings {
                epochs: Some(2),
                batch,
                optimizer: Some(optimizer.parse().unwrap()),
                rate: Some(0.002),
                clip: Some(1.0),
                l2: 0.001,
                precision,
                ..TrainSettings::default()
            };
            let with = |n_threads| trained(&settings, &training, (n_rows, n_inputs), n_threads);
            let one = with(1);
            for n_threads in [2, 3, 4] {
                let many = with(n_threads);
                let what = format!("{n_inputs} x {n_hidden}, batch {batch}, {n_threads} threads");
                assert_eq!(one.1, many.1, "losses: {what}");
                let n_wrong = one.0.iter().zip(&many.0).filter(|(a, b)| a != b).count();
                assert_eq!(n_wrong, 0, "weights of {what}, tied {tied}");
            }
        }
    }
}

#[test]
fn products_in_bf16_change_weights_a_little_and_what_is_learned_hardly() {
    let settings = AutoencoderSettings { n_hidden: 60, ..AutoencoderSettings::default() };
    let [exact, rounded] = [Precision::F32, Precision::Bf16].map(|precision| {
        let training = TrainSettings { epochs: Some(20), precision, ..TrainSettings::default() };
        trained(&settings, &training, (400, 50), 1)
    });
    assert_ne!(exact.0, rounded.0);
    let loss = |history: &[EpochRecord]| history.last().unwrap().valid_loss.unwrap();
    let (exact, rounded) = (loss(&exact.1), loss(&rounded.1));
    assert!((rounded / exact - 1.0).abs() < 0.002, "{rounded} against {exact}");
}

#[test]
fn no_code_means_no_rows() {
    let model = autoencoder(4, 3, true);
    let none = View::new(0, 3, &[]).unwrap();
    assert_eq!(model.decode(none, &Context::new(Some(1)).unwrap()).unwrap().n_rows(), 0);
}
