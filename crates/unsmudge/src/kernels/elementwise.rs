//! The passes over values, written so that each instruction set vectorises them: fused
//! multiply-adds, no branches, sums in fixed lanes. A value's bits do not depend on where in the
//! vector it stands. Each is one row's or one block's part of the function of the same name in
//! `kernels`, and is to be inlined into `InstructionSet::run`.

use crate::activation::Activation;
use crate::kernels::functions::{exp_of_negative, ln_of_one_plus, sigmoid, softplus, tanh};
use crate::kernels::{Moments, TargetRow, Terms};

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
pub fn slope_times(gradient: &mut [f32], output: &[f32], by: Activation) {
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

#[inline(always)]
fn each(values: &mut [f32], others: &[f32], change: impl Fn(f32, f32) -> f32) {
    for (value, other) in values.iter_mut().zip(others) {
        *value = change(*value, *other);
    }
}

#[inline(always)]
fn relu(a: f32) -> f32 {
    if a < 0.0 { 0.0 } else { a }
}

#[inline(always)]
fn sigmoid_slope(y: f32) -> f32 {
    y * (1.0 - y)
}

#[inline(always)]
fn tanh_slope(y: f32) -> f32 {
    (-y).mul_add(y, 1.0)
}

#[inline(always)]
fn relu_slope(y: f32) -> f32 {
    if y > 0.0 { 1.0 } else { 0.0 }
}

#[inline(always)]
fn softplus_slope(y: f32) -> f32 {
    1.0 - exp_of_negative(-y)
}

#[inline(always)]
pub fn cross_entropy(row: &mut [f32], bias: &[f32], target: TargetRow) -> f64 {
    // exp(-|a|) serves both the loss and its gradient.
    loss_and_gradient(
        row,
        bias,
        target,
        #[inline(always)]
        |value, b, x| {
            let a = value + b;
            let e = exp_of_negative(-a.abs());
            let z = (if a < 0.0 { e } else { 1.0 }) / (1.0 + e);
            let positive = if a < 0.0 { 0.0 } else { a };
            ((-x).mul_add(a, positive) + ln_of_one_plus(e), z - x)
        },
    )
}

#[inline(always)]
pub fn squared_error(row: &mut [f32], bias: &[f32], by: Activation, target: TargetRow) -> f64 {
    match by {
        Activation::Sigmoid => squared(row, bias, target, sigmoid, sigmoid_slope),
        Activation::Tanh => squared(row, bias, target, tanh, tanh_slope),
        Activation::Relu => squared(row, bias, target, relu, relu_slope),
        Activation::Softplus => squared(row, bias, target, softplus, softplus_slope),
        Activation::Identity => squared(row, bias, target, |a| a, |_| 1.0),
    }
}

#[inline(always)]
fn squared(
    row: &mut [f32],
    bias: &[f32],
    target: TargetRow,
    activation: impl Fn(f32) -> f32,
    slope: impl Fn(f32) -> f32,
) -> f64 {
    loss_and_gradient(
        row,
        bias,
        target,
        #[inline(always)]
        |value, b, x| {
            let z = activation(value + b);
            let difference = z - x;
            (difference * difference, 2.0 * difference * slope(z))
        },
    )
}

/// Lanes of a sum: a multiple of every vector length.
const LANES: usize = 64;

/// Replaces each value by the weighted, scaled gradient and sums the weighted losses. `part` gives
/// (loss, gradient) of one component from its pre-activation without bias, bias and clean value.
#[inline(always)]
fn loss_and_gradient(
    row: &mut [f32],
    bias: &[f32],
    target: TargetRow,
    part: impl Fn(f32, f32, f32) -> (f32, f32),
) -> f64 {
    let mut sums = [0.0f32; LANES];
    let n = row.len();
    let (bias, clean) = (&bias[..n], &target.clean[..n]);
    for start in (0..n).step_by(LANES) {
        let end = (start + LANES).min(n);
        let (row, bias, clean) = (&mut row[start..end], &bias[start..end], &clean[start..end]);
        let places = row.iter_mut().zip(bias).zip(clean).zip(&mut sums);
        match target.marks.get(start..end) {
            None => {
                for (((value, b), x), sum) in places {
                    let (loss, gradient) = part(*value, *b, *x);
                    *sum += loss;
                    *value = target.scale * gradient;
                }
            }
            Some(marks) => {
                for ((((value, b), x), sum), mark) in places.zip(marks) {
                    let weight = target.weights[usize::from(*mark != 0)];
                    let (loss, gradient) = part(*value, *b, *x);
                    *sum = weight.mul_add(loss, *sum);
                    *value = weight * target.scale * gradient;
                }
            }
        }
    }
    sums[..n.min(LANES)].iter().map(|sum| f64::from(*sum)).sum()
}

/// The scaled gradient and the penalties' pull.
#[inline(always)]
fn pull(gradient: f32, weight: f32, terms: Terms) -> f32 {
    let sign = if weight > 0.0 {
        1.0
    } else if weight < 0.0 {
        -1.0
    } else {
        0.0
    };
    gradient.mul_add(terms.scale, terms.l2.mul_add(weight, terms.l1 * sign))
}

#[inline(always)]
pub fn descend(weights: &mut [f32], gradient: &[f32], terms: Terms) {
    each(
        weights,
        gradient,
        #[inline(always)]
        |w, g| (-terms.rate).mul_add(pull(g, w, terms), w),
    );
}

#[inline(always)]
pub fn descend_with_momentum(
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
        *v = momentum.mul_add(*v, g);
        *w = (-terms.rate).mul_add(from_velocity.mul_add(*v, from_gradient * g), *w);
    }
}

#[inline(always)]
pub fn descend_with_moments(
    weights: &mut [f32],
    gradient: &[f32],
    [first, second]: [&mut [f32]; 2],
    moments: Moments,
    terms: Terms,
) {
    for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
        let g = pull(*g, *w, terms);
        *m = moments.beta1.mul_add(*m, (1.0 - moments.beta1) * g);
        *v = moments.beta2.mul_add(*v, (1.0 - moments.beta2) * g * g);
        let root = (*v * moments.correction2).sqrt() + moments.epsilon;
        let step = moments.decay.mul_add(*w, *m * moments.correction1 / root);
        *w = (-terms.rate).mul_add(step, *w);
    }
}
