//! The passes over values, written so that each instruction set vectorises them: fused
//! multiply-adds, no branches, sums in fixed lanes. A value's bits do not depend on its lane.
//! Each is one row's or one block's part of the function of the same name in
//! `kernels`, and is to be inlined into `InstructionSet::run`.

use super::functions::{
    Fused, relu, relu_slope, sigmoid, sigmoid_curvature, sigmoid_slope, softplus,
    softplus_curvature, softplus_slope, tanh, tanh_curvature, tanh_slope,
};
use super::terms::{Moments, Terms};
use crate::activation::Activation;

#[inline(always)]
pub fn activate(row: &mut [f32], bias: &[f32], by: Activation) {
    match by {
        Activation::Sigmoid => each(
            row,
            bias,
            #[inline(always)]
            |a, b| sigmoid(a + b),
        ),
        Activation::Tanh => each(
            row,
            bias,
            #[inline(always)]
            |a, b| tanh(a + b),
        ),
        Activation::Relu => each(
            row,
            bias,
            #[inline(always)]
            |a, b| relu(a + b),
        ),
        Activation::Softplus => each(
            row,
            bias,
            #[inline(always)]
            |a, b| softplus(a + b),
        ),
        Activation::Identity => each(
            row,
            bias,
            #[inline(always)]
            |a, b| a + b,
        ),
    }
}

#[inline(always)]
pub fn multiply_by_slope(gradient: &mut [f32], output: &[f32], by: Activation) {
    match by {
        Activation::Sigmoid => each(
            gradient,
            output,
            #[inline(always)]
            |d, y| d * sigmoid_slope(y),
        ),
        Activation::Tanh => each(
            gradient,
            output,
            #[inline(always)]
            |d, y| d * tanh_slope(y),
        ),
        Activation::Relu => each(
            gradient,
            output,
            #[inline(always)]
            |d, y| d * relu_slope(y),
        ),
        Activation::Softplus => each(
            gradient,
            output,
            #[inline(always)]
            |d, y| d * softplus_slope(y),
        ),
        Activation::Identity => {}
    }
}

/// sums = sums + s'(.)^2, from the activation's output.
#[inline(always)]
pub fn add_squared_slopes(sums: &mut [f32], output: &[f32], by: Activation) {
    match by {
        Activation::Sigmoid => add_squares(sums, output, sigmoid_slope),
        Activation::Tanh => add_squares(sums, output, tanh_slope),
        Activation::Relu => add_squares(sums, output, relu_slope),
        Activation::Softplus => add_squares(sums, output, softplus_slope),
        Activation::Identity => sums.iter_mut().for_each(|sum| *sum += 1.0),
    }
}

#[inline(always)]
fn add_squares(sums: &mut [f32], output: &[f32], slope: impl Fn(f32) -> f32) {
    for (sum, y) in sums.iter_mut().zip(output) {
        let slope = slope(*y);
        *sum += slope * slope;
    }
}

/// gradient = gradient + factors * (s'(.)^2)', from the activation's output.
#[inline(always)]
pub fn add_curvature(gradient: &mut [f32], output: &[f32], factors: &[f32], by: Activation) {
    match by {
        Activation::Sigmoid => add_products(gradient, output, factors, sigmoid_curvature),
        Activation::Tanh => add_products(gradient, output, factors, tanh_curvature),
        Activation::Softplus => add_products(gradient, output, factors, softplus_curvature),
        Activation::Relu | Activation::Identity => {} // straight
    }
}

#[inline(always)]
fn add_products(values: &mut [f32], others: &[f32], factors: &[f32], change: impl Fn(f32) -> f32) {
    for ((value, other), factor) in values.iter_mut().zip(others).zip(factors) {
        *value += factor * change(*other);
    }
}

#[inline(always)]
fn each(values: &mut [f32], others: &[f32], change: impl Fn(f32, f32) -> f32) {
    for (value, other) in values.iter_mut().zip(others) {
        *value = change(*value, *other);
    }
}

/// The scaled gradient plus the gradient of the penalties.
#[inline(always)]
fn pull(gradient: f32, weight: f32, terms: Terms) -> f32 {
    let sign = if weight > 0.0 {
        1.0
    } else if weight < 0.0 {
        -1.0
    } else {
        0.0
    };
    gradient.fused(terms.scale, terms.l2.fused(weight, terms.l1 * sign))
}

#[inline(always)]
pub fn sgd_step(weights: &mut [f32], gradient: &[f32], terms: Terms) {
    each(
        weights,
        gradient,
        #[inline(always)]
        |w, g| (-terms.rate).fused(pull(g, w, terms), w),
    );
}

#[inline(always)]
pub fn momentum_step(
    weights: &mut [f32],
    gradient: &[f32],
    velocity: &mut [f32],
    momentum: f32,
    nesterov: bool,
    terms: Terms,
) {
    // v <- m v + g; w <- w - rate v, or with Nesterov's look ahead w - rate (g + m v).
    let (from_gradient, from_velocity) = if nesterov { (1.0, momentum) } else { (0.0, 1.0) };
    for ((w, g), v) in weights.iter_mut().zip(gradient).zip(velocity) {
        let g = pull(*g, *w, terms);
        *v = momentum.fused(*v, g);
        *w = (-terms.rate).fused(from_velocity.fused(*v, from_gradient * g), *w);
    }
}

#[inline(always)]
pub fn adam_step(
    weights: &mut [f32],
    gradient: &[f32],
    [first, second]: [&mut [f32]; 2],
    moments: Moments,
    terms: Terms,
) {
    for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
        let g = pull(*g, *w, terms);
        *m = moments.beta1.fused(*m, (1.0 - moments.beta1) * g);
        *v = moments.beta2.fused(*v, (1.0 - moments.beta2) * g * g);
        let root = (*v * moments.correction2).sqrt() + moments.epsilon;
        let step = moments.decay.fused(*w, *m * moments.correction1 / root);
        *w = (-terms.rate).fused(step, *w);
    }
}
