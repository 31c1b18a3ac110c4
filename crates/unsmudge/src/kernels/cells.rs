//! From the cells of a source to inputs and back. Every value by itself, every operation rounded,
//! so the same bits on every instruction set: the best one is used, without a context.

use crate::processor::InstructionSet;

/// Bytes as numbers, 0 to 255.
pub(crate) fn from_bytes(out: &mut [f32], bytes: &[u8]) {
    InstructionSet::in_use().run(
        #[inline(always)]
        || out.iter_mut().zip(bytes).for_each(|(to, from)| *to = f32::from(*from)),
    );
}

/// x / by.
pub(crate) fn divide(values: &mut [f32], by: f32) {
    InstructionSet::in_use().run(
        #[inline(always)]
        || values.iter_mut().for_each(|value| *value /= by),
    );
}

/// (x - offset) / span, each column with its own.
pub(crate) fn standardise(values: &mut [f32], offset: &[f32], span: &[f32]) {
    InstructionSet::in_use().run(
        #[inline(always)]
        || {
            for ((value, offset), span) in values.iter_mut().zip(offset).zip(span) {
                *value = (*value - offset) / span;
            }
        },
    );
}

/// x * span + offset, rounded once: the way back from [`standardise`].
pub(crate) fn unstandardise(values: &mut [f32], offset: &[f32], span: &[f32]) {
    InstructionSet::in_use().run(
        #[inline(always)]
        || {
            for ((value, offset), span) in values.iter_mut().zip(offset).zip(span) {
                *value = value.mul_add(*span, *offset);
            }
        },
    );
}

/// Values below 0 become 0, those above 1 become 1.
pub(crate) fn clamp_to_unit(values: &mut [f32]) {
    InstructionSet::in_use().run(
        #[inline(always)]
        || values.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0)),
    );
}

/// Numbers below the smallest normal f32 become 0: they slow a processor down a hundredfold.
pub(crate) fn flush_denormals(values: &mut [f32]) {
    InstructionSet::in_use().run(
        #[inline(always)]
        || {
            for value in values {
                *value = if value.abs() < f32::MIN_POSITIVE { 0.0 } else { *value };
            }
        },
    );
}
