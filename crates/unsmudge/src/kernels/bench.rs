//! `make bench-kernels`: the throughput of products, as a share of the peak of one core, and the
//! time of passes for each value. One table for each instruction set of this processor, for one
//! thread. Shares are of the peak of f32 for bf16 too. It checks nothing and runs only on request.

use super::vectors::{Lanes, Vector, Work};
use super::{
    Csr, Moments, Terms, activate, adam_step, csr_matmul, csr_matmul_tn, matmul, matmul_nt,
    matmul_tn, momentum_step, multiply_by_slope, sgd_step, sum_rows,
};
use crate::activation::Activation;
use crate::matrix::{Aligned, Matrix};
use crate::precision::Precision;
use crate::processor::{Context, InstructionSet};
use std::hint::black_box;
use std::time::Instant;

/// A layer of digits: a batch of 100 rows, 784 inputs, 512 hidden units.
const M: usize = 100;
const N: usize = 784;
const K: usize = 512;

/// Repeats of each measurement, of which the best counts: other work only takes away.
const REPEATS: usize = 15;

/// Least seconds of one repeat.
const SECONDS: f64 = 0.01;

/// Seconds of one call: the best mean of a repeat.
fn seconds(mut work: impl FnMut()) -> f64 {
    work();
    let mut best = f64::INFINITY;
    for _ in 0..REPEATS {
        let (start, mut n_calls) = (Instant::now(), 0.0);
        while start.elapsed().as_secs_f64() < SECONDS {
            work();
            n_calls += 1.0;
        }
        best = best.min(start.elapsed().as_secs_f64() / n_calls);
    }
    best
}

/// Multiply-adds on registers alone: twelve sums, more than latency times units. Returns the number
/// of operations.
struct Peak;

impl Work for Peak {
    type Output = usize;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> usize {
        const CHAINS: usize = 12;
        const ROUNDS: usize = 100_000;
        // SAFETY: `Work::run`'s contract.
        unsafe {
            let (a, b) = (V::splat(black_box(0.999)), V::splat(black_box(1e-3)));
            let mut sums = [b; CHAINS];
            for _ in 0..ROUNDS {
                for sum in &mut sums {
                    *sum = sum.mul_add(a, b);
                }
            }
            black_box(sums);
        }
        2 * V::LANES * CHAINS * ROUNDS
    }
}

/// GFLOP/s of them.
fn peak(lanes: Lanes) -> f64 {
    let mut n_operations = 0;
    // SAFETY: it has no operands; the caller names vectors that are available.
    let seconds = seconds(|| n_operations = unsafe { lanes.run(Peak) });
    n_operations as f64 / seconds / 1e9
}

/// Numbers between -1 and 1, of which every `nth` is not 0.
fn matrix(n_rows: usize, n_columns: usize, nth: usize) -> Matrix {
    let value = |i: usize| if i.is_multiple_of(nth) { (i % 31) as f32 / 16.0 - 0.97 } else { 0.0 };
    let values = (0..n_rows * n_columns).map(value).collect();
    Matrix::from_values(n_rows, n_columns, values).unwrap()
}

fn print_products(context: &Context, peak: f64) {
    let (inputs, weights, codes) = (matrix(M, N, 1), matrix(K, N, 1), matrix(M, K, 1));
    let (mut hidden, mut outputs) = (Matrix::zeros(M, K), Matrix::zeros(M, N));
    let mut gradient = Matrix::zeros(K, N);
    let (mut sparse, mut columns) = (Csr::default(), Csr::default());
    // Every tenth cell: columns have cells as well as rows.
    assert!(sparse.compress(context, matrix(M, N, 10).view()), "dense");
    columns.transpose(context, &sparse);
    let across = weights.transposed();
    let mut step = Matrix::zeros(N, K);
    let row = |name: &str, share: f64, seconds: f64| {
        let rate = share * (2 * M * N * K) as f64 / seconds / 1e9;
        println!("  {name:<34} {rate:7.1} GFLOP/s  {:3.0} % of the peak", 100.0 * rate / peak);
    };
    let (x, w, h) = (inputs.view(), weights.view(), codes.view());
    row("forward, a bT", 1.0, seconds(|| matmul_nt(context, &mut hidden, x, w)));
    row("backward, a b", 1.0, seconds(|| matmul(context, &mut outputs, h, w)));
    let step_of = |out: &mut Matrix| matmul_tn(context, out.values_mut(), h, x, 1e-9, 1.0);
    row("step of weights, aT b", 1.0, seconds(|| step_of(&mut gradient)));
    let bf16 = &context.with_precision(Precision::Bf16);
    row("forward, bf16", 1.0, seconds(|| matmul_nt(bf16, &mut hidden, x, w)));
    row("backward, bf16", 1.0, seconds(|| matmul(bf16, &mut outputs, h, w)));
    let step_of = |out: &mut Matrix| matmul_tn(bf16, out.values_mut(), h, x, 1e-9, 1.0);
    row("step of weights, bf16", 1.0, seconds(|| step_of(&mut gradient)));
    let forward = || csr_matmul(context, &mut hidden, &sparse, across.view());
    row("forward, a tenth of inputs not 0", 0.1, seconds(forward));
    let out = step.values_mut();
    let backward = || csr_matmul_tn(context, out, &columns, h, [1e-9, 1.0]);
    row("step, a tenth of inputs not 0", 0.1, seconds(backward));
}

fn print_passes(context: &Context) {
    let row = |name: &str, n_values: usize, seconds: f64| {
        println!("  {name:<34} {:7.3} ns for each value", seconds * 1e9 / n_values as f64);
    };
    let bias = vec![0.0; K]; // in place again and again, values stay small
    let mut values = matrix(M, K, 1);
    for by in Activation::ALL {
        values = matrix(M, K, 1);
        let name = format!("activate, {}", by.name());
        row(&name, M * K, seconds(|| activate(context, &mut values, &bias, by)));
    }
    let output = matrix(M, K, 1);
    // From outputs of 0 its slope is 1: repeated in place, values do not become denormal.
    let zeros = Matrix::zeros(M, K);
    let slope = || multiply_by_slope(context, &mut values, &zeros, Activation::Tanh);
    row("slope, tanh", M * K, seconds(slope));
    let mut sums = vec![0.0; K];
    row("sum of rows", M * K, seconds(|| sum_rows(context, &output, &mut sums)));
    let terms = Terms { rate: 1e-6, scale: 1.0, l2: 1e-4, l1: 0.0 };
    let (mut w, gradient) = (matrix(K, N, 1), matrix(K, N, 1));
    let (w, g) = (w.values_mut(), gradient.values());
    row("step of SGD", K * N, seconds(|| sgd_step(context, w, g, terms)));
    let mut state = [Aligned::zeros(K * N), Aligned::zeros(K * N)];
    let velocity = &mut state[0];
    let momentum = || momentum_step(context, w, g, velocity, (0.9, false), terms);
    row("step with momentum", K * N, seconds(momentum));
    let moments = Moments {
        beta1: 0.9,
        beta2: 0.999,
        correction1: 1.0,
        correction2: 1.0,
        epsilon: 1e-8,
        decay: 0.0,
    };
    let adam = || {
        let [first, second] = &mut state;
        adam_step(context, w, g, [first, second], moments, terms);
    };
    row("step of Adam", K * N, seconds(adam));
}

#[test]
#[ignore = "a benchmark: make bench-kernels"]
fn print_throughput_of_products_and_passes() {
    let context = Context::new(Some(1)).unwrap();
    for set in InstructionSet::ALL.into_iter().filter(|set| set.is_available()) {
        let Some(lanes) = Lanes::of(set) else { continue };
        let peak = peak(lanes);
        println!("\n{}, one thread: peak {peak:.1} GFLOP/s", set.name());
        let context = context.with_instruction_set(set);
        print_products(&context, peak);
        print_passes(&context);
    }
}
