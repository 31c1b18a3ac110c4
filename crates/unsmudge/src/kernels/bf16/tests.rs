//! Products of bf16 by packed tiles against the plain loops over rounded factors: everything that
//! drives AMX is tested with emulated tiles where the processor has none.

use super::amx::Amx;
use super::emulated::{Emulated, values};
use super::packing::{Side, Source};
use super::pairs::Pairs;
use super::rounding::{Converted, Plain, Rounding};
use super::tiles::{Factors, MOST_COLUMNS, Multiplier, PLACES, SIDE, Sums};
use super::{Inner, blocks, rounded};
use crate::kernels::operand::{Operand, Sizes};
use crate::kernels::plain;
use crate::matrix::{Aligned, Matrix, View};
use crate::processor::{Context, InstructionSet};
use crate::random::{Key, Purpose, unit};

fn numbers(len: usize, part: u8) -> Vec<f32> {
    let mut words = vec![0; len];
    Key { part, ..Key::new(7, Purpose::Weights) }.fill(&mut words);
    words.into_iter().map(|word| unit(word) - 0.5).collect()
}

fn matrix(n_rows: usize, n_columns: usize, part: u8) -> Matrix {
    Matrix::from_values(n_rows, n_columns, numbers(n_rows * n_columns, part)).unwrap()
}

fn nearest(matrix: &Matrix) -> Matrix {
    let values = matrix.values().iter().map(|v| f32::from_bits(rounded(*v))).collect();
    Matrix::from_values(matrix.n_rows(), matrix.n_columns(), values).unwrap()
}

fn operand(matrix: View<'_>, is_transposed: bool) -> Operand<'_> {
    if is_transposed { Operand::transposed(matrix) } else { Operand::of(matrix) }
}

/// All shapes, transpositions, scales and numbers of threads by one implementation.
fn check<M: Multiplier>(what: &str) {
    let contexts = [1, 2, 3, 7].map(|n| Context::new(Some(n)).unwrap());
    let shapes = [
        (1, 1, 1),
        (17, 33, 31),
        (33, 17, 65),
        (3, 2, 0),
        (0, 5, 4),
        (5, 0, 4),
        (16, 48, 32),
        (100, 130, 100),
        (130, 49, 40),
        (17, 33, 1500),
    ];
    use Inner::{Across, Along};
    for (m, n, k) in shapes {
        for (of_a, of_b) in [(Along, Along), (Along, Across), (Across, Across)] {
            let of = |rows, inner, part| match inner {
                Along => matrix(rows, k, part),
                Across => matrix(k, rows, part),
            };
            let (a, b) = (of(m, of_a, 1), of(n, of_b, 2));
            let sources = [(&a, of_a, Side::Left), (&b, of_b, Side::Right)]
                .map(|(matrix, inner, side)| Source { matrix: matrix.view(), inner, side });
            for [alpha, beta] in [[1.0, 0.0], [1.0, 1.0], [-0.1, 0.75]] {
                let sizes = Sizes { m, n, k, alpha, beta };
                // What `out` holds is not read where beta is 0.
                let start = if beta == 0.0 { vec![f32::NAN; m * n] } else { numbers(m * n, 3) };
                let mut slow = start.clone();
                let (rounded_a, rounded_b) = (nearest(&a), nearest(&b));
                let a = operand(rounded_a.view(), of_a == Across);
                let b = operand(rounded_b.view(), of_b == Along);
                plain::product(&mut slow, sizes, a, b);
                let by = contexts.each_ref().map(|context| {
                    let mut out = start.clone();
                    // SAFETY: sources and `out` have these sizes; callers check the set.
                    unsafe { blocks::product::<M>(context, &mut out, sizes, sources) };
                    out
                });
                let slack = 2e-6 * (k as f32 / 100.0).max(1.0);
                for (i, (fast, slow)) in by[0].iter().zip(&slow).enumerate() {
                    let near = (fast - slow).abs() <= slack * (1.0 + slow.abs());
                    assert!(near, "{what}, {m} x {n} x {k}, at {i}: {fast} against {slow}");
                }
                for (out, n_threads) in by.iter().zip([1, 2, 3, 7]) {
                    let same = out.iter().zip(&by[0]).all(|(x, y)| x.to_bits() == y.to_bits());
                    assert!(same, "{what}, {m} x {n} x {k}: other bits by {n_threads} threads");
                }
            }
        }
    }
}

/// Whether this processor has a set; said aloud where it has not.
fn has(set: InstructionSet, what: &str) -> bool {
    let is_there = set.is_available();
    if !is_there {
        eprintln!("NOT TESTED HERE: {what}, which this processor does not have");
    }
    is_there
}

#[test]
fn products_by_emulated_tiles_are_those_of_rounded_factors_for_every_number_of_threads() {
    if has(InstructionSet::Avx2, "emulated tiles, written by vectors of AVX2") {
        check::<Emulated>("emulated tiles");
    }
}

#[test]
fn products_by_pairs_are_those_of_rounded_factors_for_every_number_of_threads() {
    if has(InstructionSet::Avx512Bf16, "products of pairs by AVX-512 BF16") {
        check::<Pairs>("pairs");
    }
}

#[test]
fn products_by_amx_are_those_of_rounded_factors_for_every_number_of_threads() {
    if has(InstructionSet::Amx, "products of bf16 by AMX") {
        check::<Amx>("AMX");
    }
}

/// Two rows and two columns of three tiles, of which the last has a few pairs only.
fn tiles() -> [Aligned; 2] {
    [1, 2].map(|part| {
        let mut packed = Aligned::zeros(2 * 3 * PLACES);
        for (place, value) in packed.iter_mut().zip(numbers(4 * 3 * PLACES, part).chunks(2)) {
            let [first, second] = [rounded(value[0]), rounded(value[1])];
            *place = f32::from_bits(first >> 16 | second);
        }
        packed
    })
}

#[test]
fn amx_and_its_emulation_give_the_same_sums() {
    if !has(InstructionSet::Amx, "sums of tiles by AMX beside emulated ones") {
        return;
    }
    let [a, b] = tiles();
    let factors = Factors { a: a.as_ptr(), b: b.as_ptr(), n_tiles: 3, n_pairs: 48 };
    for shape in [(32, 32), (16, 32), (32, 16), (3, 5)] {
        let (mut by_amx, mut emulated) = (Sums::ZERO, Sums::ZERO);
        // SAFETY: this processor has AMX; there are two rows and columns of tiles.
        unsafe {
            Amx::begin();
            Amx::sums(factors, shape, &mut by_amx);
            Amx::end();
            Emulated::sums(factors, shape, &mut emulated);
        }
        for (r, c) in (0..shape.0).flat_map(|r| (0..shape.1).map(move |c| (r, c))) {
            let [x, y] = [&by_amx, &emulated].map(|sums| sums.0[r * MOST_COLUMNS + c]);
            assert!((x - y).abs() <= 1e-6 * (1.0 + y.abs()), "{shape:?} at {r}, {c}: {x} {y}");
        }
    }
}

#[test]
fn emulated_sums_are_those_of_products_of_pairs() {
    if !has(InstructionSet::Avx2, "emulated sums, by vectors of AVX2") {
        return;
    }
    let [a, b] = tiles();
    let factors = Factors { a: a.as_ptr(), b: b.as_ptr(), n_tiles: 3, n_pairs: 48 };
    let mut sums = Sums::ZERO;
    // SAFETY: this processor has AVX2; there are two rows and columns of tiles.
    unsafe { Emulated::sums(factors, (32, 32), &mut sums) };
    for (i, j) in [(0, 0), (5, 17), (31, 31), (16, 3)] {
        let mut sum = 0.0;
        for tile in 0..3 {
            for p in 0..SIDE {
                let x = values(a[(i / SIDE * 3 + tile) * PLACES + i % SIDE * SIDE + p]);
                let y = values(b[(j / SIDE * 3 + tile) * PLACES + p * SIDE + j % SIDE]);
                sum += f64::from(x[0]) * f64::from(y[0]) + f64::from(x[1]) * f64::from(y[1]);
            }
        }
        assert!((f64::from(sums.0[i * MOST_COLUMNS + j]) - sum).abs() < 1e-5, "{i}, {j}");
    }
}

#[test]
fn the_instruction_rounds_as_the_arithmetic_does_but_for_denormal_numbers() {
    if !has(InstructionSet::Avx512Bf16, "rounding by AVX-512 BF16") {
        return;
    }
    let mut odd = [1.0 + 1.0 / 256.0, 1.0 + 3.0 / 256.0, f32::MAX, -f32::MAX, 0.0, -0.0].to_vec();
    odd.extend([f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN, f32::MIN_POSITIVE]);
    odd.extend([0x7f80_0001, 0xffbf_ffff, 0x3f80_8000, 0x3f81_8000].map(f32::from_bits));
    // Every exponent but those of denormal numbers, with random digits.
    let words = numbers(1 << 16, 4).into_iter().map(|v| v.to_bits() << 7);
    odd.extend(words.enumerate().map(|(i, w)| {
        f32::from_bits((i as u32 % 254 + 1) << 23 | w & 0x7f_ffff | (i as u32 & 1) << 31)
    }));
    for values in odd.chunks_exact(32) {
        let mut found = [[0.0f32; 16]; 4];
        let [a, b, c, d] = &mut found;
        Pairs::run(
            #[inline(always)]
            // SAFETY: 32 values, sixteen pairs, and this processor has the instruction.
            || unsafe {
                Converted::along(values.as_ptr(), a.as_mut_ptr());
                Plain::along(values.as_ptr(), b.as_mut_ptr());
                Converted::across(values.as_ptr(), values[16..].as_ptr(), c.as_mut_ptr());
                Plain::across(values.as_ptr(), values[16..].as_ptr(), d.as_mut_ptr());
            },
        );
        let [a, b, c, d] = found.map(|pairs| pairs.map(f32::to_bits));
        assert_eq!((a, c), (b, d), "{values:?}");
    }
    let (denormal, mut pairs) = ([f32::from_bits(0x007f_0000); 32], [1.0f32; 16]);
    Pairs::run(
        #[inline(always)]
        // SAFETY: as above.
        || unsafe { Converted::along(denormal.as_ptr(), pairs.as_mut_ptr()) },
    );
    assert_eq!(pairs.map(f32::to_bits), [0; 16]);
}

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
}
