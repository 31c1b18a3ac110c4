//! Samples of each generator, drawn and measured.

use super::draw::{Gaussians, Sources, thinned};
use super::judge::{JUDGE, fit_judge, known_judge};
use super::quality::{Surroundings, frechet, nearest, parzen};
use super::{Generator, SamplesRecord, SamplesSettings};
use crate::experiment::noise::{cells, class_column};
use crate::experiment::study::{Study, error_of};
use crate::picture::sample_sheet;
use unsmudge::dataset::{Dataset, Splits};
use unsmudge::error::{Error, Result};
use unsmudge::matrix::Matrix;
use unsmudge::network::most_probable;
use unsmudge::storage::write_durably;
use unsmudge::write::write_npy;

/// Rows whose distances in pixels are measured.
const N_NEAREST: usize = 500;
/// Digits whose log density is measured, of validation and of test digits.
const N_PARZEN: usize = 1_000;
/// Widths of Parzen windows that validation digits choose from.
const WIDTHS: [f64; 6] = [0.1, 0.14, 0.18, 0.22, 0.26, 0.3];
/// Samples of a picture.
const N_SHOWN: usize = 100;

/// The digits of the experiment, and the network that samples are judged by.
pub(super) struct Measure<'a> {
    sources: Sources<'a>,
    test: Dataset,
    features: Matrix, // of test digits
    pixels: Matrix,   // of training digits
    distance: f64,    // of test digits to the nearest training ones
}

impl<'a> Measure<'a> {
    pub fn new(
        settings: &'a SamplesSettings,
        splits: Splits,
        gaussians: Option<Gaussians>,
        study: &mut Study,
    ) -> Result<Option<Self>> {
        let Splits { train, valid: Some(valid), test: Some(test) } = splits else {
            return Err(Error::setting("size", "no test digits", "validation and test digits"));
        };
        let Some(judge) = known_judge(settings, &train, study)? else { return Ok(None) };
        let context = study.context();
        // Every n-th: the first half of MNIST's test digits is the cleaner one.
        let test = thinned(&test, settings.n_samples)?;
        let error = error_of(&judge, &test, context)?.percent();
        let note = format!("the classifier's error: {error} %");
        study.tell(&note);
        let pixels = unit_rows(&train)?;
        let some = unit_rows(&thinned(&test, N_NEAREST)?)?;
        for (part, name) in [(&train, "train"), (&valid, "valid")] {
            let file = |kind: &str| study.folder().join(format!("{kind}-{name}.npy"));
            write_npy(&file("pixels"), cells(part)?.view())?;
            write_npy(&file("classes"), class_column(part)?.view())?;
        }
        Ok(Some(Self {
            features: judge.encode(&test, JUDGE.len(), context)?,
            distance: nearest(&some, &pixels, context),
            sources: Sources { settings, train, valid, judge, gaussians },
            test,
            pixels,
        }))
    }

    /// Samples of a generator, drawn and measured; `None` when the observer stops it.
    pub fn record(&self, generator: Generator, study: &mut Study) -> Result<Option<SamplesRecord>> {
        if !study.starts(generator.name()) {
            return Ok(None);
        }
        let Some(drawn) = self.sources.draw(generator, study)? else { return Ok(None) };
        let context = study.context();
        let samples = unit_rows(&drawn.samples)?;
        let range = (0.0, 1.0);
        if let Some(image) = self.sources.train.image() {
            let shown = unit_rows(&thinned(&drawn.samples, N_SHOWN)?)?;
            let png = sample_sheet(shown.view(), image, range)?.png()?;
            write_durably(&study.folder().join(format!("{}.png", generator.name())), &png)?;
        }
        let features = self.sources.judge.encode(&drawn.samples, JUDGE.len(), context)?;
        let around = Surroundings::of(&self.features, &features, context);
        let agreement = drawn.samples.classes().map(|classes| -> Result<f64> {
            let found = most_probable(self.sources.judge.predict(&drawn.samples, context)?.view());
            let n_same = found.iter().zip(classes).filter(|(a, b)| a == b).count();
            Ok(n_same as f64 / classes.len() as f64)
        });
        let learned = match drawn.samples.classes() {
            Some(_) => {
                let Some(network) = fit_judge(self.sources.settings, &drawn.samples, study)? else {
                    return Ok(None);
                };
                Some(error_of(&network, &self.test, context)?)
            }
            None => None,
        };
        let few = unit_rows(&thinned(&drawn.samples, N_NEAREST)?)?;
        let valid = unit_rows(&thinned(&self.sources.valid, N_PARZEN)?)?;
        let width = |a: &&f64, b: &&f64| {
            let of = |width: &f64| parzen(&valid, &samples, *width, context);
            of(a).total_cmp(&of(b))
        };
        let width = WIDTHS.iter().max_by(width).copied().unwrap_or(WIDTHS[0]);
        let test = unit_rows(&thinned(&self.test, N_PARZEN)?)?;
        Ok(Some(SamplesRecord {
            generator,
            guidance: drawn.guidance,
            frechet: frechet(&self.features, &features),
            precision: around.precision,
            recall: around.recall,
            density: around.density,
            coverage: around.coverage,
            agreement: agreement.transpose()?,
            learned,
            nearest: nearest(&few, &self.pixels, context) / self.distance,
            parzen: parzen(&test, &samples, width, context),
            training_seconds: drawn.training_seconds,
            sampling_seconds: drawn.sampling_seconds,
        }))
    }
}

/// Bytes as numbers in [0, 1].
fn unit_rows(rows: &Dataset) -> Result<Matrix> {
    let mut out = Matrix::zeros(rows.n_rows(), rows.n_columns());
    rows.copy_rows(0, out.values_mut())?;
    out.values_mut().iter_mut().for_each(|cell| *cell /= 255.0);
    Ok(out)
}
