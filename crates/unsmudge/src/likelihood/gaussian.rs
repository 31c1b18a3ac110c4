//! Gaussian of fixed variance 1/2: squared error sum_j (x_j - z_j)^2, no 1/2 and no 1/d.
//! (Equation 3 of docs/equations.md.)

use super::{Family, each_slot, summed};
use crate::activation::Activation;
use crate::kernels::functions::{
    relu, relu_slope, sigmoid, sigmoid_slope, softplus, softplus_slope, tanh, tanh_slope,
};
use crate::kernels::{self, TargetRow, plain};
use crate::processor::InstructionSet;

#[derive(Debug)]
pub(super) struct Gaussian;

impl Family for Gaussian {
    fn name(&self) -> &'static str {
        "squared-error"
    }

    fn unit(&self) -> &'static str {
        "squared units per example"
    }

    fn link(&self) -> Option<Activation> {
        None
    }

    fn targets(&self) -> Option<(&'static str, fn(f32) -> bool)> {
        None
    }

    fn mean(&self, set: InstructionSet, link: Activation, row: &mut [f32], bias: &[f32]) {
        kernels::activate_row(set, row, bias, link);
    }

    fn gradient(
        &self,
        set: InstructionSet,
        link: Activation,
        row: &mut [f32],
        bias: &[f32],
        target: TargetRow,
    ) -> f64 {
        match link {
            Activation::Sigmoid => squared(set, link, (row, bias), target, sigmoid, sigmoid_slope),
            Activation::Tanh => squared(set, link, (row, bias), target, tanh, tanh_slope),
            Activation::Relu => squared(set, link, (row, bias), target, relu, relu_slope),
            Activation::Softplus => {
                squared(set, link, (row, bias), target, softplus, softplus_slope)
            }
            Activation::Identity => squared(set, link, (row, bias), target, |a| a, |_| 1.0),
        }
    }

    fn losses(&self, link: Activation, a: &[f64], x: &[f32], out: &mut [f64]) {
        each_slot(a, x, out, |a, x| (x - link.of(a)).powi(2));
    }

    fn between(&self, x: &[f32], z: &[f32]) -> f64 {
        summed(x, z, |x, z| (x - z) * (x - z))
    }

    fn floor(&self, _x: &[f32]) -> f64 {
        0.0
    }

    fn sample(&self, means: &mut [f32], words: &[u32]) {
        let mut normals = vec![0.0; means.len()];
        kernels::normals(words, &mut normals);
        for (mean, normal) in means.iter_mut().zip(&normals) {
            *mean += std::f32::consts::FRAC_1_SQRT_2 * normal;
        }
    }
}

/// The loss and its gradient by the fast `activation` and its `slope`, a function of its output.
#[inline(always)]
fn squared(
    set: InstructionSet,
    link: Activation,
    (row, bias): (&mut [f32], &[f32]),
    target: TargetRow,
    activation: impl Fn(f32) -> f32,
    slope: impl Fn(f32) -> f32,
) -> f64 {
    kernels::loss_and_gradient(
        set,
        row,
        bias,
        target,
        |a, x| {
            let z = plain::activation(a, link);
            ((z - x) * (z - x), 2.0 * (z - x) * plain::slope(z, link))
        },
        #[inline(always)]
        |a, x| {
            let z = activation(a);
            let difference = z - x;
            (difference * difference, 2.0 * difference * slope(z))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_worked_by_hand() {
        // x = (1, 0.5), z = (0.5, 0.5).
        assert_eq!(Gaussian.between(&[1.0, 0.5], &[0.5, 0.5]), 0.25);
        let mut losses = [0.0; 2];
        Gaussian.losses(Activation::Relu, &[-3.0, 2.0], &[1.0, 0.5], &mut losses);
        assert_eq!(losses, [1.0, 2.25]);
    }
}
