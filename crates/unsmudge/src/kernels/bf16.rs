//! Products of bf16 with sums in f32. Both factors are rounded as they are packed into tiles of
//! pairs, which AMX or AVX-512 BF16 multiply. Where the processor has neither, or is not faster by
//! it, the rounded values are multiplied as f32.

#[cfg(all(target_arch = "x86_64", not(portable)))]
mod rounding; // sixteen pairs at a time
#[cfg(all(target_arch = "x86_64", not(portable)))]
mod tiles; // what multiplies packed factors
#[cfg(all(target_arch = "x86_64", not(portable)))]
mod packing; // factors in tiles
#[cfg(all(target_arch = "x86_64", not(portable)))]
mod pairs; // products by AVX-512 BF16
#[cfg(all(target_arch = "x86_64", not(portable)))]
mod amx; // by tiles of AMX
#[cfg(all(target_arch = "x86_64", not(portable)))]
mod blocks; // the whole product
#[cfg(test)]
#[cfg(all(target_arch = "x86_64", not(portable)))]
mod emulated; // AMX in plain loops
#[cfg(test)]
#[cfg(all(target_arch = "x86_64", not(portable)))]
mod tests; // all of them against the plain loops

use super::operand::Sizes;
use super::partition::over_rows;
use crate::matrix::{Matrix, View};
use crate::processor::Context;
use std::cell::RefCell;

/// Where the inner dimension of a factor is: along the rows of its matrix, or across them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inner {
    Along,
    Across,
}

/// The nearest bf16, ties to even, in the upper half; a NaN stays one.
#[inline(always)]
fn rounded(value: f32) -> u32 {
    let bits = value.to_bits();
    let nearest = bits.wrapping_add(0x7fff + (bits >> 16 & 1));
    (if value.is_nan() { bits | 0x0040_0000 } else { nearest }) & 0xffff_0000
}

/// out = alpha * a b + beta * out, of factors rounded to bf16. Where the processor has no products
/// of bf16, `in_f32` gets the rounded factors.
#[cfg_attr(any(portable, not(target_arch = "x86_64")), allow(unused_variables))]
pub(super) fn product(
    context: &Context,
    out: &mut [f32],
    sizes: Sizes,
    [a, b]: [(View, Inner); 2],
    in_f32: impl FnOnce(&mut [f32], View, View),
) {
    #[cfg(all(target_arch = "x86_64", not(portable)))]
    {
        use crate::processor::InstructionSet;
        use packing::{Side, Source};
        let source = |(matrix, inner), side| Source { matrix, inner, side };
        let sources = [source(a, Side::Left), source(b, Side::Right)];
        match context.instruction_set() {
            // SAFETY: the functions of `product` check the sizes; this processor has what its
            // context uses.
            InstructionSet::Amx => unsafe {
                return blocks::product::<amx::Amx>(context, out, sizes, sources);
            },
            // SAFETY: as above.
            InstructionSet::Avx512Bf16 => unsafe {
                return blocks::product::<pairs::Pairs>(context, out, sizes, sources);
            },
            _ => {}
        }
    }
    // Taken out while they are used, so that nothing is borrowed twice.
    let [mut first, mut second] = ROUNDED.take();
    round(context, &mut first, a.0);
    round(context, &mut second, b.0);
    in_f32(out, first.view(), second.view());
    ROUNDED.set([first, second]);
}

thread_local! {
    /// Both rounded factors: reused, because new pages have to be zeroed at every step.
    static ROUNDED: RefCell<[Matrix; 2]> = RefCell::default();
}

/// The same values rounded, each in a place of its own.
fn round(context: &Context, out: &mut Matrix, from: View) {
    out.reshape(from.n_rows(), from.n_columns());
    over_rows(context, out, |first, rows, set| {
        for (i, out) in (first..).zip(rows) {
            set.run(
                #[inline(always)]
                || {
                    let values = out.iter_mut().zip(from.row(i));
                    values.for_each(|(out, value)| *out = f32::from_bits(rounded(*value)));
                },
            );
        }
    });
}
