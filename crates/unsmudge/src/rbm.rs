//! One restricted Boltzmann machine with binary units: the rival of the denoising autoencoder that
//! deep belief networks are made of. `settings` says what can be asked for, `learner` is the
//! training step. What is learned is an [`Autoencoder`] with tied weights and sigmoids, so that it
//! encodes, reconstructs and stacks like one. Inputs in [0, 1] are taken as probabilities.

mod learner;
mod settings;

pub use settings::RbmSettings;

use crate::activation::Activation;
use crate::block::{BLOCK, over_blocks};
use crate::coder::Autoencoder;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::kernels;
use crate::likelihood::Likelihood;
use crate::matrix::Matrix;
use crate::processor::Context;

/// The free energy of raw examples, one value each, in nats:
/// F(v) = -b'.v - sum_i ln(1 + exp(W_i v + b_i)), so that P(v) = exp(-F(v)) / Z. (Equation 11 of
/// docs/equations.md.) Z, which all examples share, is not known: differences mean something,
/// for example between the means over training and over held-out examples, whose gap grows when
/// a machine overfits (Hinton 2010). A row alone has the bits it has among others.
///
/// # Errors
/// [`Error::Setting`] for a model that is no Boltzmann machine: its weights not tied, or an
/// activation not sigmoid. [`Error::Shape`] when the examples have another number of columns.
///
/// # Example
/// ```
/// use unsmudge::activation::Activation;
/// use unsmudge::autoencoder::Autoencoder;
/// use unsmudge::dataset::{Dataset, Storage};
/// use unsmudge::encoding::{Encoding, ScalingKind};
/// use unsmudge::likelihood::Likelihood;
/// use unsmudge::output::Output;
/// use unsmudge::{layer::Layer, matrix::Matrix, processor::Context};
///
/// let sigmoid = Activation::Sigmoid;
/// let weights = Matrix::from_values(1, 2, vec![1.0, -1.0])?;
/// let encoder = Layer { weights, bias: vec![0.0], activation: sigmoid };
/// let examples = Dataset::new(Storage::Floats(vec![1.0, 1.0, 0.0, 0.0]), 2, 2)?;
/// let encoding = Encoding::fit(ScalingKind::AsIs, &examples)?;
/// let bias = vec![0.5, 0.25];
/// let output = Output::whole(2, Likelihood::Bernoulli, None)?;
/// let machine = Autoencoder::from_parts(encoder, None, bias, output, encoding)?;
/// let energies = unsmudge::rbm::free_energy(&machine, &examples, &Context::new(Some(1))?)?;
/// let ln_2 = std::f64::consts::LN_2;
/// assert!((energies[0] - (-0.75 - ln_2)).abs() < 1e-6);
/// assert!((energies[1] + ln_2).abs() < 1e-6);
/// # Ok::<(), unsmudge::Error>(())
/// ```
pub fn free_energy(
    machine: &Autoencoder,
    examples: &Dataset,
    context: &Context,
) -> Result<Vec<f64>> {
    check_machine(machine)?;
    let encoder = machine.encoder();
    let mut energies = vec![0.0; examples.n_rows()];
    let mut products = Matrix::zeros(BLOCK, machine.n_hidden());
    over_blocks(examples, machine.encoding(), context, |block| {
        kernels::matmul_nt(context, &mut products, block.clean.view(), encoder.weights.view());
        for (i, row) in block.rows.iter().enumerate() {
            let visible = dot(machine.decoder_bias(), block.clean.row(i));
            let hidden = softplus_sum(products.row(i), &encoder.bias);
            energies[*row as usize] = -visible - hidden;
        }
        Ok(())
    })?;
    Ok(energies)
}

fn check_machine(model: &Autoencoder) -> Result<()> {
    if !model.is_tied() {
        return Err(Error::setting("tied", false, "true, for a Boltzmann machine"));
    }
    let hidden = model.encoder().activation;
    if hidden != Activation::Sigmoid {
        return Err(Error::setting("activation", hidden, "sigmoid, for a Boltzmann machine"));
    }
    let likelihood = model.output().likelihood();
    if likelihood != Likelihood::Bernoulli {
        return Err(Error::setting("loss", likelihood, "cross-entropy, for a Boltzmann machine"));
    }
    Ok(())
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn softplus_sum(products: &[f32], bias: &[f32]) -> f64 {
    let softplus = |a: f64| a.max(0.0) + libm::log1p(libm::exp(-a.abs()));
    products.iter().zip(bias).map(|(a, b)| softplus(f64::from(*a) + f64::from(*b))).sum()
}
