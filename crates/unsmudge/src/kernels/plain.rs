//! The operations of training as plain loops: the oracle for every faster version, and the fallback
//! on processors without one. Never optimised. Each is one row's or one block's part
//! of the function of the same name in `kernels`.
#![allow(clippy::disallowed_methods)] // the obvious loops

use super::operand::{Operand, Sizes};
use super::terms::{Moments, Terms};
use crate::activation::Activation;

pub fn product(out: &mut [f32], sizes: Sizes, a: Operand, b: Operand) {
    for i in 0..sizes.m {
        for j in 0..sizes.n {
            let mut sum = 0.0;
            for k in 0..sizes.k {
                sum += a.at(i, k) * b.at(k, j);
            }
            let value = &mut out[i * sizes.n + j];
            let kept = if sizes.beta != 0.0 { sizes.beta * *value } else { 0.0 };
            *value = kept + sizes.alpha * sum;
        }
    }
}

/// ln(1 + exp(a)) without overflow.
pub fn softplus(a: f32) -> f32 {
    if a.is_nan() { a } else { a.max(0.0) + (-a.abs()).exp().ln_1p() }
}

/// 1 / (1 + exp(-a)).
pub fn sigmoid(a: f32) -> f32 {
    1.0 / (1.0 + (-a).exp())
}

/// s(a).
pub fn activation(a: f32, by: Activation) -> f32 {
    match by {
        Activation::Sigmoid => sigmoid(a),
        Activation::Tanh => a.tanh(),
        Activation::Relu => {
            if a < 0.0 {
                0.0
            } else {
                a
            }
        }
        Activation::Softplus => softplus(a),
        Activation::Identity => a,
    }
}

/// The derivative of s, from its output y.
pub fn slope(y: f32, by: Activation) -> f32 {
    match by {
        Activation::Sigmoid => y * (1.0 - y),
        Activation::Tanh => 1.0 - y * y,
        Activation::Relu => {
            if y > 0.0 {
                1.0
            } else {
                0.0
            }
        }
        Activation::Softplus => 1.0 - (-y).exp(),
        Activation::Identity => 1.0,
    }
}

pub fn activate(row: &mut [f32], bias: &[f32], by: Activation) {
    for (value, b) in row.iter_mut().zip(bias) {
        *value = activation(*value + b, by);
    }
}

pub fn multiply_by_slope(gradient: &mut [f32], output: &[f32], by: Activation) {
    for (d, y) in gradient.iter_mut().zip(output) {
        *d *= slope(*y, by);
    }
}

/// The derivative of s'^2 with respect to the pre-activation, 2 s' s'', from the output y.
pub fn curvature(y: f32, by: Activation) -> f32 {
    let slope = slope(y, by);
    let of_slope = match by {
        Activation::Sigmoid => slope * (1.0 - 2.0 * y),
        Activation::Tanh => slope * -2.0 * y,
        Activation::Softplus => slope * (1.0 - slope),
        Activation::Relu | Activation::Identity => 0.0,
    };
    2.0 * slope * of_slope
}

pub fn add_squared_slopes(sums: &mut [f32], output: &[f32], by: Activation) {
    for (sum, y) in sums.iter_mut().zip(output) {
        *sum += slope(*y, by) * slope(*y, by);
    }
}

pub fn add_curvature(gradient: &mut [f32], output: &[f32], factors: &[f32], by: Activation) {
    for ((d, y), factor) in gradient.iter_mut().zip(output).zip(factors) {
        *d += factor * curvature(*y, by);
    }
}

/// The scaled gradient plus the gradient of the penalties.
fn pull(gradient: f32, weight: f32, terms: Terms) -> f32 {
    let sign = if weight == 0.0 { 0.0 } else { weight.signum() };
    gradient * terms.scale + terms.l2 * weight + terms.l1 * sign
}

pub fn sgd_step(weights: &mut [f32], gradient: &[f32], terms: Terms) {
    for (w, g) in weights.iter_mut().zip(gradient) {
        *w -= terms.rate * pull(*g, *w, terms);
    }
}

pub fn momentum_step(
    weights: &mut [f32],
    gradient: &[f32],
    velocity: &mut [f32],
    momentum: f32,
    nesterov: bool,
    terms: Terms,
) {
    for ((w, g), v) in weights.iter_mut().zip(gradient).zip(velocity) {
        let g = pull(*g, *w, terms);
        *v = momentum * *v + g;
        *w -= terms.rate * if nesterov { g + momentum * *v } else { *v };
    }
}

pub fn adam_step(
    weights: &mut [f32],
    gradient: &[f32],
    [first, second]: [&mut [f32]; 2],
    moments: Moments,
    terms: Terms,
) {
    for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
        let g = pull(*g, *w, terms);
        *m = moments.beta1 * *m + (1.0 - moments.beta1) * g;
        *v = moments.beta2 * *v + (1.0 - moments.beta2) * g * g;
        let root = (*v * moments.correction2).sqrt() + moments.epsilon;
        *w -= terms.rate * (*m * moments.correction1 / root + moments.decay * *w);
    }
}
