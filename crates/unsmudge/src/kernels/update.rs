//! Steps of the optimizers along a gradient.

use super::partition::piece;
use super::terms::{Moments, Terms};
use super::{elementwise, plain};
use crate::processor::{Context, InstructionSet};

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
