//! Tests of all kernels together: every version agrees with the plain one, on each instruction set
//! that this processor has.

use super::*;
use crate::activation::Activation;
use crate::matrix::Matrix;
use crate::precision::Precision;
use crate::processor::{Context, InstructionSet, SOME_THREADS};
use crate::random::{Key, Purpose, unit};

const N: usize = 1003; // no multiple of any vector length

fn numbers(part: u8, low: f32, high: f32) -> Vec<f32> {
    let mut words = vec![0; N];
    Key { part, ..Key::new(1, Purpose::Weights) }.fill(&mut words);
    words.into_iter().map(|word| low + (high - low) * unit(word)).collect()
}

fn vector_sets() -> Vec<InstructionSet> {
    let sets = InstructionSet::ALL.into_iter().skip(1);
    let sets: Vec<_> = sets.filter(|set| set.is_available()).collect();
    println!("compared with plain: {sets:?}");
    sets
}

/// One thread and two; where there are no threads, one twice.
fn contexts() -> [Context; 2] {
    [1, SOME_THREADS.len().min(2)].map(|n| Context::new(Some(n)).unwrap())
}

fn assert_close(fast: &[f32], plain: &[f32], what: &str) {
    assert_within(2e-6, fast, plain, what);
}

fn assert_within(slack: f32, fast: &[f32], plain: &[f32], what: &str) {
    for (i, (f, p)) in fast.iter().zip(plain).enumerate() {
        assert!((f - p).abs() <= slack * (1.0 + p.abs()), "{what} at {i}: {f} against {p}");
    }
}

#[test]
fn activations_and_their_slopes_agree() {
    let bias = numbers(1, -1.0, 1.0);
    for set in vector_sets() {
        for by in Activation::ALL {
            let (mut fast, mut slow) = (numbers(2, -9.0, 9.0), numbers(2, -9.0, 9.0));
            set.run(|| elementwise::activate(&mut fast, &bias, by));
            plain::activate(&mut slow, &bias, by);
            assert_close(&fast, &slow, by.name());
            let (mut fast_d, mut slow_d) = (bias.clone(), bias.clone());
            set.run(|| elementwise::multiply_by_slope(&mut fast_d, &slow, by));
            plain::multiply_by_slope(&mut slow_d, &slow, by);
            assert_close(&fast_d, &slow_d, by.name());
            set.run(|| elementwise::add_squared_slopes(&mut fast_d, &slow, by));
            plain::add_squared_slopes(&mut slow_d, &slow, by);
            assert_close(&fast_d, &slow_d, by.name());
            set.run(|| elementwise::add_curvature(&mut fast_d, &slow, &bias, by));
            plain::add_curvature(&mut slow_d, &slow, &bias, by);
            assert_close(&fast_d, &slow_d, by.name());
        }
    }
}

#[test]
fn updates_agree() {
    let terms = Terms { rate: 0.1, scale: 0.7, l2: 0.01, l1: 0.02 };
    let moments = Moments {
        beta1: 0.9,
        beta2: 0.999,
        correction1: 2.0,
        correction2: 3.0,
        epsilon: 1e-8,
        decay: 0.1,
    };
    let gradient = numbers(5, -1.0, 1.0);
    let start = || (numbers(6, -1.0, 1.0), numbers(7, -1.0, 1.0), numbers(8, 0.0, 1.0));
    for set in vector_sets() {
        let (mut fast, _, _) = start();
        let (mut slow, _, _) = start();
        set.run(|| elementwise::sgd_step(&mut fast, &gradient, terms));
        plain::sgd_step(&mut slow, &gradient, terms);
        assert_close(&fast, &slow, "descend");
        for nesterov in [false, true] {
            let ((mut w, mut v, _), (mut pw, mut pv, _)) = (start(), start());
            set.run(|| {
                elementwise::momentum_step(&mut w, &gradient, &mut v, 0.9, nesterov, terms);
            });
            plain::momentum_step(&mut pw, &gradient, &mut pv, 0.9, nesterov, terms);
            assert_close(&w, &pw, "momentum");
            assert_close(&v, &pv, "velocity");
        }
        let ((mut w, mut m, mut v), (mut pw, mut pm, mut pv)) = (start(), start());
        let fast = [&mut m[..], &mut v[..]];
        set.run(|| elementwise::adam_step(&mut w, &gradient, fast, moments, terms));
        plain::adam_step(&mut pw, &gradient, [&mut pm, &mut pv], moments, terms);
        assert_close(&w, &pw, "moments");
        assert_close(&m, &pm, "first moment");
    }
}

fn matrix(n_rows: usize, n_columns: usize, part: u8) -> Matrix {
    let mut words = vec![0; n_rows * n_columns];
    Key { part, ..Key::new(2, Purpose::Weights) }.fill(&mut words);
    let values = words.into_iter().map(|word| unit(word) - 0.5).collect();
    Matrix::from_values(n_rows, n_columns, values).unwrap()
}

#[test]
fn products_agree_for_every_transposition_precision_and_number_of_threads() {
    let threads = contexts();
    let shapes =
        [(20, 100, 78), (1, 10, 784), (100, 1, 3), (64, 129, 300), (7, 5, 4100), (3, 2, 0)];
    for set in vector_sets() {
        for precision in [Precision::F32, Precision::Bf16] {
            let [alone, two] = threads
                .each_ref()
                .map(|context| context.with_instruction_set(set).with_precision(precision));
            let plainly = alone.with_instruction_set(InstructionSet::Plain);
            for (m, n, k) in shapes {
                // A sum's rounding grows with its length.
                let slack = 2e-6 * (k as f32 / 100.0).max(1.0);
                // The product by the set, by the set on two threads, and by the plain loops.
                let check = |what: &str, product: &dyn Fn(&Context, &mut Matrix)| {
                    let start = matrix(m, n, 3);
                    let (mut fast, mut shared, mut slow) =
                        (start.clone(), start.clone(), start.clone());
                    product(&alone, &mut fast);
                    product(&two, &mut shared);
                    product(&plainly, &mut slow);
                    assert_within(slack, fast.values(), slow.values(), what);
                    assert_eq!(fast, shared, "two threads gave other bits");
                };
                let (a, b) = (matrix(m, k, 0), matrix(n, k, 2));
                check("inner products", &|context, out| {
                    matmul_nt(context, out, a.view(), b.view());
                });
                let b = matrix(k, n, 2);
                check("combinations", &|context, out| matmul(context, out, a.view(), b.view()));
                let a = matrix(k, m, 1);
                for [alpha, beta] in [[1.0, 0.0], [1.0, 1.0], [-0.1, 0.75]] {
                    check("steps", &|context, out| {
                        matmul_tn(context, out.values_mut(), a.view(), b.view(), alpha, beta);
                    });
                }
            }
        }
    }
}

#[test]
fn products_of_bf16_are_those_of_rounded_factors() {
    // 1 + 2^-8 is between two bf16 and is rounded to 1; 1 + 2^-7 is a bf16.
    let (between, above) = (1.0 + 1.0 / 256.0, 1.0 + 1.0 / 128.0);
    let a = Matrix::from_values(1, 3, vec![between, above, 3.0]).unwrap();
    let context = Context::new(Some(1)).unwrap().with_precision(Precision::Bf16);
    for set in InstructionSet::ALL.into_iter().filter(|set| set.is_available()) {
        let mut out = Matrix::zeros(1, 1);
        matmul_nt(&context.with_instruction_set(set), &mut out, a.view(), a.view());
        assert_eq!(out.values(), [1.0 + above * above + 9.0], "{set:?}");
    }
}

#[test]
fn sparse_products_agree_with_dense_ones_for_every_number_of_threads() {
    let threads = contexts();
    let plainly = threads[0].with_instruction_set(InstructionSet::Plain);
    for set in vector_sets() {
        for (m, n, k) in [(20, 300, 77), (1, 10, 784), (100, 139, 5), (6, 9, 11)] {
            let mut batch = matrix(m, k, 0);
            for (i, value) in batch.values_mut().iter_mut().enumerate() {
                // A column and a row of zeros, and most of the others.
                if i % 7 != 0 || i % k == 0 || i / k == 1 {
                    *value = 0.0;
                }
            }
            let (mut sparse, mut across) = (Csr::default(), Csr::default());
            let [alone, two] = threads.each_ref().map(|context| context.with_instruction_set(set));
            assert!(!sparse.compress(&alone, matrix(m, k, 0).view()), "all cells are there");
            assert!(sparse.compress(&alone, batch.view()));
            across.transpose(&two, &sparse);
            let mut written = matrix(3, 3, 1);
            sparse.write_dense(&two, &mut written);
            assert_eq!(written, batch);
            let (weights, d_outputs) = (matrix(k, n, 1), matrix(m, n, 2));
            let (mut slow, mut fast) = (matrix(m, n, 3), matrix(m, n, 4));
            matmul(&plainly, &mut slow, batch.view(), weights.view());
            for set in [set, InstructionSet::Plain] {
                let [alone, two] = [&alone, &two].map(|context| context.with_instruction_set(set));
                csr_matmul(&alone, &mut fast, &sparse, weights.view());
                assert_close(fast.values(), slow.values(), "sparse");
                let mut shared = matrix(m, n, 5);
                csr_matmul(&two, &mut shared, &sparse, weights.view());
                assert_eq!(fast, shared, "two threads gave other bits");
            }
            for [alpha, beta] in [[1.0, 0.0], [-0.1, 1.0], [2.0, 0.5]] {
                let mut slow = weights.clone();
                let (a, b) = (batch.view(), d_outputs.view());
                matmul_tn(&plainly, slow.values_mut(), a, b, alpha, beta);
                for set in [set, InstructionSet::Plain] {
                    let step = |context: &Context, out: &mut Matrix| {
                        let context = context.with_instruction_set(set);
                        csr_matmul_tn(&context, out.values_mut(), &across, b, [alpha, beta]);
                    };
                    let (mut fast, mut shared) = (weights.clone(), weights.clone());
                    step(&alone, &mut fast);
                    assert_close(fast.values(), slow.values(), "sparse step");
                    step(&two, &mut shared);
                    assert_eq!(fast, shared, "two threads gave other bits");
                }
            }
        }
    }
}

#[test]
fn sums_of_rows_are_those_of_one_row_after_the_other_for_every_number_of_threads() {
    let n_rows = 19; // more values than a pass of one thread has
    let values: Vec<f32> = (0..n_rows).flat_map(|row| numbers(row, -1.0, 1.0)).collect();
    let gradient = Matrix::from_values(usize::from(n_rows), N, values).unwrap();
    let column = |j: usize| (0..usize::from(n_rows)).map(move |i| (i, j));
    let sum = |j| column(j).fold(0.0, |sum, (i, j)| sum + gradient.row(i)[j]);
    let one_by_one: Vec<f32> = (0..N).map(sum).collect();
    for &n_threads in SOME_THREADS {
        let mut sums = vec![f32::NAN; N];
        sum_rows(&Context::new(Some(n_threads)).unwrap(), &gradient, &mut sums);
        assert_eq!(sums, one_by_one, "{n_threads} threads");
    }
}

#[test]
fn normal_numbers_have_the_moments_of_the_normal_distribution() {
    let n = 1 << 20;
    let (mut words, mut values) = (vec![0; n], vec![0.0; n]);
    Key::new(3, Purpose::Noise).fill(&mut words);
    normals(&words, &mut values);
    let moment = |power| values.iter().map(|v| f64::from(*v).powi(power)).sum::<f64>() / n as f64;
    // Five standard errors of each moment over n independent numbers.
    let slack = |variance: f64| 5.0 * (variance / n as f64).sqrt();
    assert!(moment(1).abs() < slack(1.0));
    assert!((moment(2) - 1.0).abs() < slack(2.0));
    assert!(moment(3).abs() < slack(15.0));
    assert!((moment(4) - 3.0).abs() < slack(96.0));
    let beyond = values.iter().filter(|v| v.abs() > 3.0).count() as f64 / n as f64;
    assert!((beyond - 0.002_699_8).abs() < slack(0.0027));
}
