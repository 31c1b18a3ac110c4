//! Sums of gradients, and steps of the optimizers along one.

use super::partition::piece;
use super::terms::{Moments, Terms};
use super::{elementwise, plain};
use crate::processor::{Context, InstructionSet};

/// values = values + others.
pub(crate) fn add(context: &Context, values: &mut [f32], others: &[f32]) {
    pair_up(context, values, others, |value, other| *value += other);
}

/// out = by * values.
pub(crate) fn copy_scaled(context: &Context, out: &mut [f32], values: &[f32], by: f32) {
    pair_up(context, out, values, |out, value| *out = by * value);
}

/// Changes each value by the other one at its place.
fn pair_up(
    context: &Context,
    values: &mut [f32],
    others: &[f32],
    change: impl Fn(&mut f32, f32) + Sync,
) {
    assert_eq!(values.len(), others.len());
    let (piece, set) = (piece(context, values.len()), context.instruction_set());
    context.share(values.chunks_mut(piece).zip(others.chunks(piece)), |(values, others)| {
        set.run(
            #[inline(always)]
            || values.iter_mut().zip(others).for_each(|(value, other)| change(value, *other)),
        );
    });
}

/// w = w - rate (g + penalties).
pub(crate) fn sgd_step(context: &Context, weights: &mut [f32], gradient: &[f32], terms: Terms) {
    let (piece, set) = (piece(context, weights.len()), context.instruction_set());
    let parts = weights.chunks_mut(piece).zip(gradient.chunks(piece));
    context.share(parts, |(w, g)| match set {
        InstructionSet::Plain => plain::sgd_step(w, g, terms),
        _ => set.run(
            #[inline(always)]
            || elementwise::sgd_step(w, g, terms),
        ),
    });
}

/// v = m v + g; w = w - rate v, or w - rate (g + m v) for Nesterov's.
pub(crate) fn momentum_step(
    context: &Context,
    weights: &mut [f32],
    gradient: &[f32],
    velocity: &mut [f32],
    (momentum, nesterov): (f32, bool),
    terms: Terms,
) {
    let (piece, set) = (piece(context, weights.len()), context.instruction_set());
    let parts = weights.chunks_mut(piece).zip(gradient.chunks(piece));
    context.share(parts.zip(velocity.chunks_mut(piece)), |((w, g), v)| match set {
        InstructionSet::Plain => plain::momentum_step(w, g, v, momentum, nesterov, terms),
        _ => set.run(
            #[inline(always)]
            || elementwise::momentum_step(w, g, v, momentum, nesterov, terms),
        ),
    });
}

/// Adam and AdamW: see [`Moments`].
pub(crate) fn adam_step(
    context: &Context,
    weights: &mut [f32],
    gradient: &[f32],
    [first, second]: [&mut [f32]; 2],
    moments: Moments,
    terms: Terms,
) {
    let (piece, set) = (piece(context, weights.len()), context.instruction_set());
    let parts = weights.chunks_mut(piece).zip(gradient.chunks(piece));
    let parts = parts.zip(first.chunks_mut(piece).zip(second.chunks_mut(piece)));
    context.share(parts, |((w, g), (m, v))| match set {
        InstructionSet::Plain => plain::adam_step(w, g, [m, v], moments, terms),
        _ => set.run(
            #[inline(always)]
            || elementwise::adam_step(w, g, [m, v], moments, terms),
        ),
    });
}
