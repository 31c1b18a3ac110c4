//! Every version of every pass agrees with the plain one, on each instruction set there is.

use super::product::{Operand, Sizes, gemm_product};
use super::*;
use crate::processor::Threads;
use crate::random::{Purpose, unit};

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

fn assert_close(fast: &[f32], plain: &[f32], what: &str) {
    for (i, (f, p)) in fast.iter().zip(plain).enumerate() {
        assert!((f - p).abs() <= 2e-6 * (1.0 + p.abs()), "{what} at {i}: {f} against {p}");
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
            set.run(|| elementwise::slope_times(&mut fast_d, &slow, by));
            plain::slope_times(&mut slow_d, &slow, by);
            assert_close(&fast_d, &slow_d, by.name());
        }
    }
}

#[test]
fn losses_and_their_gradients_agree() {
    let (bias, clean) = (numbers(1, -1.0, 1.0), numbers(3, 0.0, 1.0));
    let marks: Vec<u8> = (0..N).map(|j| u8::from(j % 3 == 0)).collect();
    for set in vector_sets() {
        for marks in [&marks[..], &[]] {
            let target = TargetRow { clean: &clean, marks, weights: [0.5, 1.0], scale: 0.1 };
            let (mut fast, mut slow) = (numbers(4, -20.0, 20.0), numbers(4, -20.0, 20.0));
            let fast_loss = set.run(|| elementwise::cross_entropy(&mut fast, &bias, target));
            let loss = plain::cross_entropy(&mut slow, &bias, target);
            assert!((fast_loss - loss).abs() < 1e-6 * loss, "{fast_loss} against {loss}");
            assert_close(&fast, &slow, "cross-entropy");
            for by in Activation::ALL {
                let (mut fast, mut slow) = (numbers(4, -3.0, 3.0), numbers(4, -3.0, 3.0));
                let fast_loss =
                    set.run(|| elementwise::squared_error(&mut fast, &bias, by, target));
                let loss = plain::squared_error(&mut slow, &bias, by, target);
                assert!((fast_loss - loss).abs() < 1e-6 * loss, "{by}: {fast_loss} against {loss}");
                assert_close(&fast, &slow, by.name());
            }
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
        set.run(|| elementwise::descend(&mut fast, &gradient, terms));
        plain::descend(&mut slow, &gradient, terms);
        assert_close(&fast, &slow, "descend");
        for nesterov in [false, true] {
            let ((mut w, mut v, _), (mut pw, mut pv, _)) = (start(), start());
            set.run(|| {
                elementwise::descend_with_momentum(&mut w, &gradient, &mut v, 0.9, nesterov, terms);
            });
            plain::descend_with_momentum(&mut pw, &gradient, &mut pv, 0.9, nesterov, terms);
            assert_close(&w, &pw, "momentum");
            assert_close(&v, &pv, "velocity");
        }
        let ((mut w, mut m, mut v), (mut pw, mut pm, mut pv)) = (start(), start());
        let fast = [&mut m[..], &mut v[..]];
        set.run(|| elementwise::descend_with_moments(&mut w, &gradient, fast, moments, terms));
        plain::descend_with_moments(&mut pw, &gradient, [&mut pm, &mut pv], moments, terms);
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
fn products_agree_for_every_transposition_and_number_of_threads() {
    for (m, n, k) in [(20, 100, 78), (1, 10, 784), (100, 1, 3), (64, 129, 300)] {
        let factors = [
            (matrix(m, k, 0).into_values(), m, k, false),
            (matrix(k, m, 1).into_values(), k, m, true),
        ];
        for (a, rows, columns, transposed) in factors {
            let a = View::new(rows, columns, &a).unwrap();
            let a = if transposed { Operand::transposed(a) } else { Operand::of(a) };
            let b = matrix(n, k, 2);
            let b = Operand::transposed(b.view());
            for (keep, times) in [(0.0, 1.0), (1.0, 1.0), (0.75, -0.1)] {
                let sizes = Sizes { m, n, k, keep, times };
                let start = matrix(m, n, 3);
                let (mut fast, mut slow) = (start.clone(), start.clone());
                gemm_product(fast.values_mut(), sizes, a, b);
                plain::product(slow.values_mut(), sizes, a, b);
                assert_close(fast.values(), slow.values(), "product");
                let mut shared = start.clone();
                let threads = Threads::new(Some(2)).unwrap();
                threads.run(|| gemm_product(shared.values_mut(), sizes, a, b));
                assert_eq!(fast, shared, "two threads gave other bits");
            }
        }
    }
}

#[test]
fn normal_numbers_have_the_moments_of_the_normal_distribution() {
    let n = 1 << 20;
    let (mut words, mut values) = (vec![0; n], vec![0.0; n]);
    normals(Key::new(3, Purpose::Noise), &mut words, &mut values);
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
