//! Data sets in every kind of storage: split, arranged, and checked once.

use super::*;
use std::sync::Arc;

/// Columns with these names.
fn named(names: &[&str]) -> Schema {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    Schema::new(names.len()).with_names(names).unwrap()
}

fn table() -> Dataset {
    let cells = Storage::Floats(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let examples = Dataset::new(cells, 3, 2).unwrap().with_origin(Origin::new("t.csv"));
    let examples = examples.with_columns(vec!["a".into(), "b".into()]).unwrap();
    examples.with_classes(vec![0, 1, 2], None).unwrap()
}

#[test]
fn the_last_rows_are_split_off_with_their_labels() {
    let (first, last) = table().split_last(1).unwrap();
    assert_eq!((first.n_rows(), last.n_rows()), (2, 1));
    assert_eq!(last.floats(), Some(&[5.0, 6.0][..]));
    assert_eq!(last.classes(), Some(&[2][..]));
    assert_eq!((first.origin().row(0), last.origin().row(0)), (1, 3));
    assert!(table().split_last(3).is_err());
    assert!(table().split_last(0).is_err());
}

#[test]
fn parts_of_other_lengths_are_refused() {
    assert!(table().with_classes(vec![0, 1], None).is_err());
    assert!(table().with_columns(vec!["a".into()]).is_err());
    assert!(table().with_image(ImageShape { height: 2, width: 2 }).is_err());
    let values = || Matrix::zeros(3, 2);
    let named = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let numbers = |names: &[&str]| Targets::Numbers { values: values(), names: named(names) };
    assert!(table().with_targets(numbers(&["x", "y"])).is_ok());
    assert!(table().with_targets(numbers(&["x"])).is_err());
}

#[test]
fn columns_are_matched_by_name_or_refused() {
    let arranged = table().arranged(&named(&["b", "a"])).unwrap();
    assert_eq!(arranged.floats(), Some(&[2.0, 1.0, 4.0, 3.0, 6.0, 5.0][..]));
    let missing = table().arranged(&named(&["a", "c"])).unwrap_err();
    assert_eq!(missing.to_string(), "t.csv: expected a column \"c\", found none");
    assert!(table().arranged(&named(&["a"])).is_err());
}

#[test]
fn borrowed_cells_are_used_in_place() {
    let array = Arc::new(vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let place = array.as_ptr();
    let examples = Dataset::new(Storage::Borrowed(array.clone()), 3, 2).unwrap();
    let (first, last) = examples.split_last(1).unwrap();
    let cells = first.floats().unwrap();
    assert_eq!((cells.as_ptr(), cells.len()), (place, 4));
    let mut row = [0.0; 2];
    last.copy_rows(0, &mut row).unwrap();
    assert_eq!(row, [5.0, 6.0]);
    drop((first, last));
    assert_eq!(Arc::strong_count(&array), 1);
}

/// 1 0 2 / 0 0 0 / 0 7 0, columns in any order, one of the zeros given, the 7 in two parts.
fn rows() -> SparseRows {
    let (columns, values) = (vec![2, 1, 0, 1, 1], vec![2.0, 0.0, 1.0, 3.0, 4.0]);
    SparseRows::new(3, vec![0, 3, 3, 5], columns, values).unwrap()
}

fn dense(examples: &Dataset) -> Vec<f32> {
    let mut cells = vec![0.0; examples.n_rows() * examples.n_columns()];
    examples.copy_rows(0, &mut cells).unwrap();
    cells
}

#[test]
fn rows_are_filled_with_zeros_and_split() {
    let examples = Dataset::new(Storage::Sparse(rows()), 3, 3).unwrap();
    assert_eq!(dense(&examples), [1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 7.0, 0.0]);
    let (first, last) = examples.split_last(2).unwrap();
    assert_eq!(dense(&first), [1.0, 0.0, 2.0]);
    assert_eq!(dense(&last), [0.0, 0.0, 0.0, 0.0, 7.0, 0.0]);
}

#[test]
fn cells_of_sparse_rows_are_in_order_and_not_zero() {
    let rows = rows();
    assert_eq!(rows.row(0), (&[0, 2][..], &[1.0, 2.0][..]));
    assert_eq!(rows.row(1), (&[][..], &[][..]));
    assert_eq!(rows.row(2), (&[1][..], &[7.0][..]));
}

#[test]
fn columns_are_put_in_order_by_name() {
    let examples = Dataset::new(Storage::Sparse(rows()), 3, 3).unwrap();
    let examples = examples.with_columns(vec!["a".into(), "b".into(), "c".into()]).unwrap();
    let (_, last) = examples.split_last(1).unwrap();
    assert_eq!(dense(&last.arranged(&named(&["b", "c", "a"])).unwrap()), [7.0, 0.0, 0.0]);
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let new = SparseRows::new;
    assert!(new(3, vec![], vec![], vec![]).is_err());
    assert!(new(3, vec![0, 2, 1, 3], vec![0, 1, 2], vec![1.0; 3]).is_err());
    assert!(new(3, vec![0, 1], vec![0, 1], vec![1.0]).is_err());
    assert!(new(3, vec![0, 2], vec![0, 1], vec![1.0]).is_err());
    assert!(new(3, vec![0, 1], vec![3], vec![1.0]).is_err());
}
