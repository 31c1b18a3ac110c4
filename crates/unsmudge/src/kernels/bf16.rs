//! Products of bf16 with sums in f32. Both factors are rounded as they are packed, two neighbours
//! of the inner dimension in the place of one f32, and use the code of the f32 products: a value of
//! a tile is then a pair, and one instruction multiplies and adds both. Where the processor lacks
//! that instruction, the rounded values are multiplied as f32.

use super::partition::over_rows;
use super::vectors::Lanes;
use crate::matrix::{Matrix, View};
use crate::processor::Context;
use std::cell::RefCell;

/// The nearest bf16, ties to even, in the upper half; a NaN stays one.
#[inline(always)]
fn rounded(value: f32) -> u32 {
    let bits = value.to_bits();
    let nearest = bits.wrapping_add(0x7fff + (bits >> 16 & 1));
    (if value.is_nan() { bits | 0x0040_0000 } else { nearest }) & 0xffff_0000
}

/// Two of them in the place of one f32.
#[inline(always)]
fn pair(first: f32, second: f32) -> f32 {
    f32::from_bits(rounded(first) >> 16 | rounded(second))
}

/// How a factor is packed: the inner dimension is along its rows, or across them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Inner {
    Along,
    Across,
}

/// Packs `from` into `packed`: n_rows x ceil(n_columns / 2) pairs along rows, or ceil(n_rows / 2) x
/// n_columns across them. An incomplete last pair is filled with 0.
fn pack(context: &Context, packed: &mut Matrix, from: View, inner: Inner) {
    let (n_rows, n_columns) = (from.n_rows(), from.n_columns());
    match inner {
        Inner::Along => packed.reshape(n_rows, n_columns.div_ceil(2)),
        Inner::Across => packed.reshape(n_rows.div_ceil(2), n_columns),
    }
    over_rows(context, packed, |first, rows, set| {
        for (i, out) in (first..).zip(rows) {
            set.run(
                #[inline(always)]
                || match inner {
                    Inner::Along => {
                        let pairs = from.row(i).chunks_exact(2);
                        if let ([last], Some(out)) = (pairs.remainder(), out.last_mut()) {
                            *out = pair(*last, 0.0);
                        }
                        for (out, values) in out.iter_mut().zip(pairs) {
                            *out = pair(values[0], values[1]);
                        }
                    }
                    Inner::Across if 2 * i + 1 < n_rows => {
                        let values = from.row(2 * i).iter().zip(from.row(2 * i + 1));
                        for (out, (first, second)) in out.iter_mut().zip(values) {
                            *out = pair(*first, *second);
                        }
                    }
                    Inner::Across => {
                        for (out, value) in out.iter_mut().zip(from.row(2 * i)) {
                            *out = pair(*value, 0.0);
                        }
                    }
                },
            );
        }
    });
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

thread_local! {
    /// Both packed factors: reused, because new pages have to be zeroed at every step.
    static PACKED: RefCell<[Matrix; 2]> = RefCell::default();
}

/// Packs both factors for this processor and calls `product` with them and the kind of their
/// values.
pub(super) fn packed(
    context: &Context,
    [a, b]: [(View, Inner); 2],
    product: impl FnOnce(Option<Lanes>, View, View),
) {
    let set = context.instruction_set();
    let pairs = Lanes::of_pairs(set);
    // Taken out while they are used, so that nothing is borrowed twice.
    let [mut first, mut second] = PACKED.take();
    for (packed, (from, inner)) in [(&mut first, a), (&mut second, b)] {
        match pairs {
            Some(_) => pack(context, packed, from, inner),
            None => round(context, packed, from),
        }
    }
    product(pairs.or(Lanes::of(set)), first.view(), second.view());
    PACKED.set([first, second]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_the_nearest_with_ties_to_even() {
        let to = |value: f32| f32::from_bits(rounded(value));
        // Eight bits: above 1 the steps are 1/128.
        assert_eq!(to(1.0 + 1.0 / 256.0), 1.0);
        assert_eq!(to(1.0 + 3.0 / 256.0), 1.0 + 2.0 / 128.0);
        assert_eq!(to(1.0 + 1.01 / 256.0), 1.0 + 1.0 / 128.0);
        assert_eq!(to(-3.0), -3.0);
        assert_eq!(to(f32::MAX), f32::INFINITY);
        assert!(to(f32::from_bits(0x7f80_0001)).is_nan() && to(f32::NAN).is_nan());
        assert_eq!(pair(1.0, -2.0).to_bits(), 0xc000_3f80);
    }

    #[test]
    fn an_incomplete_last_pair_is_filled_with_zero() {
        let from = Matrix::from_values(3, 3, (1..=9).map(|v| v as f32).collect()).unwrap();
        let context = Context::new(Some(1)).unwrap();
        let mut packed = Matrix::default();
        pack(&context, &mut packed, from.view(), Inner::Along);
        assert_eq!(packed.values()[..2], [pair(1.0, 2.0), pair(3.0, 0.0)]);
        assert_eq!((packed.n_rows(), packed.n_columns()), (3, 2));
        pack(&context, &mut packed, from.view(), Inner::Across);
        assert_eq!(packed.values()[..3], [pair(1.0, 4.0), pair(2.0, 5.0), pair(3.0, 6.0)]);
        assert_eq!(packed.values()[3..], [pair(7.0, 0.0), pair(8.0, 0.0), pair(9.0, 0.0)]);
    }
}
