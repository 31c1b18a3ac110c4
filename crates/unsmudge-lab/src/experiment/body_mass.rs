//! The example of a lecture on denoising autoencoders: height, weight and body mass index of people.
//! A network that learns to restore whichever of them is hidden learns how they depend on each
//! other, which is not linear.

use crate::problem::people;
use crate::report::curves::{Curves, Series};
use crate::report::table::{Best, Better, Table};
use crate::report::{Block, Report, Section};
use std::path::Path;
use unsmudge::activation::Activation;
use unsmudge::autoencoder::{Autoencoder, AutoencoderSettings, Emphasis};
use unsmudge::corruption::{Amount, Corruption, Noise};
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::Result;
use unsmudge::event::Observer;
use unsmudge::optimizer::Optimizer;
use unsmudge::processor::Context;
use unsmudge::schedule::Schedule;
use unsmudge::storage::write_durably;
use unsmudge::train::{TrainSettings, TrainingData};

const N_PEOPLE: usize = 500;
/// People that nothing is learned from.
const N_TEST: usize = 100;
/// Where height, weight and index stand in the table of people.
const COLUMNS: [usize; 3] = [2, 3, 4];

/// Height (cm), weight (kg) and index of a person.
type Person = [f64; 3];

/// Hides the index of people, restores it by a network and by a linear fit, and draws both as a page.
/// The table says how well.
///
/// # Errors
/// Those of training; [`Error::Interrupted`](unsmudge::Error::Interrupted) when the observer
/// stops it; [`Error::File`](unsmudge::Error::File).
pub fn body_mass(
    page: &Path,
    seed: u64,
    context: &Context,
    observer: &mut Observer,
) -> Result<Table> {
    let all = measured(seed)?;
    let (train, test) = all.split_at(all.len().saturating_sub(N_TEST));
    let (network, linear) = (learned(train, seed, context, observer)?, Linear::fit(train));
    let mean = linear.means[2];
    let by_network = restored(&network, test, mean, context)?;
    let error = |of: &dyn Fn(usize) -> f64| {
        let squares = test.iter().enumerate().map(|(i, person)| (of(i) - person[2]).powi(2));
        (squares.sum::<f64>() / test.len() as f64).sqrt()
    };
    let rows = [
        ("mean of the column", error(&|_| mean)),
        ("linear fit", error(&|i| linear.index(test[i]))),
        ("denoising autoencoder", error(&|i| by_network[i])),
    ];
    let table = Table {
        header: vec!["restored by".into(), "error".into()],
        rows: rows.map(|(name, error)| vec![name.into(), format!("{error:.3}")]).to_vec(),
        caption: format!(
            "The body mass index of {} people, hidden and restored from their height and weight: \
             root mean squared error. Learned from {} others.",
            test.len(),
            train.len()
        ),
        best: Best::OfColumns(vec![(1, Better::Lower)]),
    };
    let blocks = vec![Block::Table(table.clone()), curves(&network, &linear, context)?];
    let sections = vec![Section { heading: String::from("The index"), text: TEXT.into(), blocks }];
    let title = "Height, weight and body mass index".into();
    let report = Report { title, sections, ..Report::default() };
    write_durably(page, report.html().as_bytes())?;
    Ok(table)
}

const TEXT: &str = "A denoising autoencoder sees height, weight and body mass index with one of them \
    replaced by its mean, and is to restore it. The index is the weight divided by the squared \
    height in metres: the network finds that out, a linear fit cannot say it.";

/// People of whom all three numbers are known.
fn measured(seed: u64) -> Result<Vec<Person>> {
    let table = people(N_PEOPLE, seed)?;
    let n_columns = table.n_columns();
    let mut cells = vec![0.0; N_PEOPLE * n_columns];
    table.copy_rows(0, &mut cells)?;
    let people = cells.chunks_exact(n_columns).map(|row| COLUMNS.map(|j| f64::from(row[j])));
    Ok(people.filter(|person| person.iter().all(|cell| !cell.is_nan())).collect())
}

fn dataset(people: &[Person]) -> Result<Dataset> {
    let cells = people.iter().flatten().map(|cell| *cell as f32).collect();
    Dataset::new(Storage::Floats(cells), people.len(), COLUMNS.len())
}

/// An autoencoder that always has one of three cells hidden, and is compared there alone.
fn learned(
    people: &[Person],
    seed: u64,
    context: &Context,
    observer: &mut Observer,
) -> Result<Autoencoder> {
    let train = dataset(people)?;
    let encoding = Encoding::fit(ScalingKind::Standardise, &train)?;
    let one = Amount::Constant(1.0 / COLUMNS.len() as f32);
    let network = AutoencoderSettings {
        n_hidden: 32,
        tied: false,
        activation: Activation::Tanh,
        corruption: Corruption::new(vec![(Noise::Masking, one)])?,
        emphasis: Emphasis::FULL,
        ..AutoencoderSettings::default()
    };
    let training = TrainSettings {
        epochs: Some(500),
        optimizer: Some(Optimizer::Adam),
        rate: Some(0.01),
        schedule: Schedule::Cosine,
        seed,
        ..TrainSettings::default()
    };
    let data = TrainingData { train: &train, valid: None, encoding: &encoding, layer: 0 };
    let (network, _, outcome) = network.fit(&training, data, context, observer)?;
    outcome.done()?;
    Ok(network)
}

/// What a network restores of people whose index is replaced by its mean.
fn restored(
    network: &Autoencoder,
    people: &[Person],
    mean: f64,
    context: &Context,
) -> Result<Vec<f64>> {
    let hidden: Vec<Person> =
        people.iter().map(|[height, weight, _]| [*height, *weight, mean]).collect();
    let restored = network.reconstruct(&dataset(&hidden)?, None, context)?;
    Ok((0..people.len()).map(|i| f64::from(restored.row(i)[2])).collect())
}

/// The best linear function of height and weight.
struct Linear {
    means: Person,
    slopes: [f64; 2],
}

impl Linear {
    fn fit(people: &[Person]) -> Self {
        let n = people.len() as f64;
        let means = [0, 1, 2].map(|j| people.iter().map(|person| person[j]).sum::<f64>() / n);
        let covariance = |i: usize, j: usize| -> f64 {
            people.iter().map(|of| (of[i] - means[i]) * (of[j] - means[j])).sum()
        };
        let (hh, hw, ww) = (covariance(0, 0), covariance(0, 1), covariance(1, 1));
        let (hi, wi) = (covariance(0, 2), covariance(1, 2));
        let determinant = hh * ww - hw * hw;
        let slopes = [(hi * ww - wi * hw) / determinant, (wi * hh - hi * hw) / determinant];
        Self { means, slopes }
    }

    fn index(&self, [height, weight, _]: Person) -> f64 {
        let [by_height, by_weight] = self.slopes;
        let [of_height, of_weight, of_index] = self.means;
        of_index + by_height * (height - of_height) + by_weight * (weight - of_weight)
    }
}

/// The index by height for two weights: by its formula, by the network and by the linear fit.
fn curves(network: &Autoencoder, linear: &Linear, context: &Context) -> Result<Block> {
    let mut series = Vec::new();
    for (weight, heights) in [(60.0, 150..=180), (85.0, 160..=190)] {
        let of = |height: i32| [f64::from(height), weight, 0.0];
        let people: Vec<Person> = heights.step_by(2).map(of).collect();
        let by_formula = |[height, weight, _]: Person| weight / (height / 100.0).powi(2);
        let ways: [(&str, Vec<f64>); 3] = [
            ("linear fit", people.iter().map(|person| linear.index(*person)).collect()),
            ("formula", people.iter().map(|person| by_formula(*person)).collect()),
            ("network", restored(network, &people, linear.means[2], context)?),
        ];
        series.extend(ways.into_iter().map(|(name, index)| Series {
            name: format!("{name}, {weight} kg"),
            points: people.iter().map(|person| person[0]).zip(index).collect(),
            best: None,
        }));
    }
    Ok(Block::Curves(Curves {
        series,
        x_label: "height, cm".into(),
        y_label: "body mass index".into(),
        caption: "People of 60 and of 85 kg.".into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;
    use unsmudge::event::Event;

    #[test]
    fn a_linear_function_is_found_and_no_other() {
        let of = |height: f64, weight: f64| [height, weight, 3.0 + 2.0 * height - 0.5 * weight];
        let people = [of(1.0, 2.0), of(2.0, 5.0), of(4.0, 3.0), of(0.0, 1.0)];
        let linear = Linear::fit(&people);
        assert!((linear.index([10.0, 4.0, 0.0]) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn the_network_restores_the_index_better_than_a_linear_fit() {
        let folder = tempfile::tempdir().unwrap();
        let (page, context) = (folder.path().join("bmi.html"), Context::new(Some(1)).unwrap());
        let mut go_on = |_: Event| ControlFlow::Continue(());
        let table = body_mass(&page, 0, &context, &mut go_on).unwrap();
        let errors: Vec<f64> = table.rows.iter().map(|row| row[1].parse().unwrap()).collect();
        assert!(errors[1] < 0.2 * errors[0] && errors[2] < 0.3 * errors[1], "{errors:?}");
        assert!(std::fs::read_to_string(&page).unwrap().contains("network, 85 kg"));
        let mut stop = |_: Event| ControlFlow::Break(());
        let stopped = body_mass(&page, 0, &context, &mut stop);
        assert!(matches!(stopped, Err(unsmudge::Error::Interrupted)));
    }
}
