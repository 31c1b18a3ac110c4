//! The denoisers at work: digits with their noise, and what each makes of them.

use super::{DeepReluSettings, Denoiser, name};
use crate::experiment::noise::{cells, noisy, scaled, squared_error};
use crate::experiment::study::{DeepAutoencoder, Study};
use std::path::Path;
use std::time::Instant;
use unsmudge::activation::Activation;
use unsmudge::baseline::Baselines;
use unsmudge::dataset::{Dataset, Splits};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::matrix::Matrix;
use unsmudge::processor::Context;
use unsmudge::write::write_npy;

/// Digits and the same digits with noise, in [0, 1] where there is none.
pub(super) struct Part {
    pub clean: Dataset,
    pub noisy: Dataset,
}

impl Part {
    fn new(
        clean: Dataset,
        settings: &DeepReluSettings,
        number: u32,
        context: &Context,
    ) -> Result<Self> {
        let noisy = noisy(&clean, &settings.corruption()?, (settings.seed, number), context)?;
        Ok(Self { clean, noisy })
    }

    /// Leaves the digits for other programs.
    pub fn write(&self, folder: &Path, name: &str) -> Result<()> {
        write_npy(&folder.join(format!("clean-{name}.npy")), cells(&self.clean)?.view())?;
        write_npy(&folder.join(format!("noisy-{name}.npy")), cells(&self.noisy)?.view())
    }
}

/// What a denoiser made of both parts, and what is known of its training.
pub(super) struct Restored {
    pub valid: Matrix,
    pub test: Matrix,
    pub sizes: Vec<usize>,
    pub n_parameters: usize,
    pub valid_losses: Vec<f64>,
    pub seconds: f64,
}

/// Clean training digits, and those of validation and test with their noise.
pub(super) fn read(
    settings: &DeepReluSettings,
    context: &Context,
) -> Result<(Dataset, Part, Part)> {
    let splits = settings.materials.digits(settings.size, context)?;
    let Splits { train, valid: Some(valid), test: Some(test) } = splits else {
        return Err(Error::setting("size", "no test digits", "validation and test digits"));
    };
    let encoding = Encoding::fit(ScalingKind::Bytes, &train)?;
    let part = |examples: &Dataset, number: u32| {
        Part::new(scaled(examples, &encoding)?, settings, number, context)
    };
    Ok((scaled(&train, &encoding)?, part(&valid, 1)?, part(&test, 2)?))
}

/// Restores both parts; `None` when the observer stops it.
pub(super) fn restore(
    denoiser: Denoiser,
    settings: &DeepReluSettings,
    (train, valid, test): (&Dataset, &Part, &Part),
    study: &mut Study,
) -> Result<Option<Restored>> {
    let sizes = settings.layers(denoiser);
    match denoiser {
        Denoiser::Nothing => Ok(Some(Restored {
            valid: clipped(cells(&valid.noisy)?),
            test: clipped(cells(&test.noisy)?),
            sizes,
            n_parameters: 0,
            valid_losses: Vec::new(),
            seconds: 0.0,
        })),
        Denoiser::Pca => project(settings, (train, valid, test), study),
        Denoiser::SameCode | Denoiser::SameSize | Denoiser::Deep => {
            let (hidden, output) = (Activation::Relu, Activation::Sigmoid);
            let network = DeepAutoencoder { sizes: sizes.clone(), activation: hidden, output };
            let (what, joint) = (name(denoiser, &sizes), settings.joint()?);
            let data = (train, Some(&valid.clean));
            let Some((stack, progress)) = study.deep_autoencoder(&what, &network, &joint, data)?
            else {
                return Ok(None);
            };
            let restored = |part: &Part| stack.reconstruct(&part.noisy, None, study.context());
            Ok(Some(Restored {
                valid: restored(valid)?,
                test: restored(test)?,
                sizes,
                n_parameters: stack.n_parameters(),
                valid_losses: progress
                    .history
                    .iter()
                    .filter_map(|epoch| epoch.valid_loss)
                    .collect(),
                seconds: progress.seconds.iter().sum(),
            }))
        }
    }
}

/// The projection on as many components as restore validation digits best.
fn project(
    settings: &DeepReluSettings,
    (train, valid, test): (&Dataset, &Part, &Part),
    study: &mut Study,
) -> Result<Option<Restored>> {
    if !study.starts("PCA") {
        return Ok(None);
    }
    let (context, started) = (study.context(), Instant::now());
    let encoding = Encoding::fit(ScalingKind::AsIs, train)?;
    let mut best: Option<(f64, Restored)> = None;
    for n_components in settings.n_components.iter().copied() {
        let pca = Baselines::fit(train, &encoding, n_components, context)?;
        let restored = |part: &Part| -> Result<Matrix> {
            let noisy = cells(&part.noisy)?;
            Ok(clipped(pca.project(&noisy, context)?.unwrap_or(noisy)))
        };
        let of_valid = restored(valid)?;
        let error = squared_error(&valid.clean, &of_valid)?.mean;
        if best.as_ref().is_none_or(|(least, _)| error < *least) {
            let restored = Restored {
                valid: of_valid,
                test: restored(test)?,
                sizes: vec![n_components],
                n_parameters: (n_components + 1) * train.n_columns(),
                valid_losses: Vec::new(),
                seconds: 0.0,
            };
            best = Some((error, restored));
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    Ok(best.map(|(_, restored)| Restored { seconds, ..restored }))
}

/// Pixels outside of [0, 1] are known to be wrong.
fn clipped(mut pixels: Matrix) -> Matrix {
    pixels.values_mut().iter_mut().for_each(|pixel| *pixel = pixel.clamp(0.0, 1.0));
    pixels
}
