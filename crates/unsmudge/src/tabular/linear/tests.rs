//! Conditional means against what regression gives.

use super::*;
use crate::random::{Key, Purpose};

/// Rows of three slots, of which the third is the sum of the others with noise.
fn rows(n: usize, hide: bool) -> Rows {
    let mut values = Vec::new();
    let mut missing = Vec::new();
    for i in 0..n {
        let mut stream = Key::new(5, Purpose::Sample).at_row(i as u64).stream();
        let (a, b) = (stream.normal(), 0.5 * stream.normal());
        let row = [a, b + 3.0, a + b + 0.1 * stream.normal()];
        values.extend(row.map(|value| value as f32));
        let hidden = if hide && i % 3 == 0 { vec![(i / 3 % 3) as u32] } else { Vec::new() };
        missing.push(hidden);
    }
    Rows { values, missing }
}

#[test]
fn hidden_slots_are_predicted_from_the_others_as_regression_does() {
    for hide in [false, true] {
        let context = Context::new(Some(1)).unwrap();
        let linear = Linear::fit(&rows(3000, hide), 3, 1.0, &context).unwrap();
        let mut row = [1.5, 3.5, 99.0];
        let mut deviations = [9.0; 3];
        linear.condition(&mut row, &[2], &mut deviations, &mut Scratch::default());
        assert!((row[2] - 2.0).abs() < 0.03, "{row:?}");
        assert_eq!(deviations[..2], [0.0, 0.0]);
        assert!((deviations[2] - 0.1).abs() < 0.02, "{deviations:?}");
        // Both of the first two, given their sum: by their variances, 4 to 1.
        let mut row = [99.0, 99.0, 1.0];
        linear.condition(&mut row, &[0, 1], &mut deviations, &mut Scratch::default());
        assert!((row[0] - 0.8).abs() < 0.05 && (row[1] - 3.2).abs() < 0.05, "{row:?}");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let rows = rows(2000, true);
    let fit = |n| Linear::fit(&rows, 3, 1.0, &Context::new(Some(n)).unwrap()).unwrap();
    assert_eq!(fit(1), fit(3));
}

#[test]
fn equal_slots_and_rows_without_a_visible_cell_leave_finite_numbers() {
    let values: Vec<f32> = (0..20).flat_map(|i| [i as f32, i as f32, 1.0]).collect();
    let mut missing = vec![Vec::new(); 20];
    missing[3] = vec![0, 1, 2];
    let context = Context::new(Some(1)).unwrap();
    let linear = Linear::fit(&Rows { values, missing }, 3, 1e-9, &context).unwrap();
    let (mut row, mut deviations) = ([0.0, 4.0, 1.0], [0.0; 3]);
    linear.condition(&mut row, &[0], &mut deviations, &mut Scratch::default());
    assert!((row[0] - 4.0).abs() < 0.1 && deviations[0].is_finite(), "{row:?}");
}
