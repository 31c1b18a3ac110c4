//! Cells become slots and come back; what cannot be encoded is refused.

use super::*;
use crate::dataset::Storage;
use crate::schema::Column;

fn table(values: Vec<f32>) -> Dataset {
    let n_rows = values.len() / 2;
    Dataset::new(Storage::Floats(values), n_rows, 2).unwrap()
}

#[test]
fn the_kind_follows_all_rows() {
    let bytes = Dataset::new(Storage::Bytes(vec![0, 255]), 1, 2).unwrap();
    let of =
        |train: &Dataset, valid: Option<&Dataset>| Encoding::of(None, train, valid).unwrap().kind();
    assert_eq!(of(&bytes, None), ScalingKind::Bytes);
    let unit = table(vec![0.0, 1.0, 1.0, 0.0]);
    assert_eq!(of(&unit, None), ScalingKind::AsIs);
    assert_eq!(of(&table(vec![0.0, 1.1]), None), ScalingKind::Standardise);
    let beyond = table(vec![0.0, 2.0]);
    assert_eq!(of(&unit, Some(&beyond)), ScalingKind::Standardise);
    let small = table(vec![0.0, 1e-6, 1e-6, 0.0]);
    assert_eq!(of(&small, None), ScalingKind::Standardise);
}

#[test]
fn standardised_columns_have_mean_0_and_deviation_1_and_come_back() {
    let examples = table(vec![1.0, 7.0, 3.0, 7.0]);
    let encoding = Encoding::fit(ScalingKind::Standardise, &examples).unwrap();
    assert_eq!(encoding.scaling().constant_columns(), [1]);
    let mut row = [0.0; 2];
    encoding.encode_rows(&examples, 1, &mut row).unwrap();
    assert_eq!(row, [1.0, 0.0]);
    let mut cells = [0.0; 2];
    encoding.decode_row(&row, &mut cells);
    assert_eq!(cells, [3.0, 7.0]);
}

#[test]
fn missing_cells_are_left_out_of_the_statistics() {
    let examples = table(vec![1.0, f32::NAN, 3.0, 5.0, f32::NAN, 7.0]);
    let encoding = Encoding::fit(ScalingKind::Standardise, &examples).unwrap();
    assert_eq!((encoding.n_columns(), encoding.n_slots()), (2, 4));
    let mut slots = [0.0; 4];
    encoding.encode_rows(&examples, 0, &mut slots).unwrap();
    assert_eq!(slots, [-1.0, 0.0, 0.0, 1.0]);
    encoding.encode_rows(&examples, 2, &mut slots).unwrap();
    assert_eq!(slots, [0.0, 1.0, 1.0, 0.0]);
    // A column without a cell is constant.
    let examples = table(vec![1.0, f32::NAN, 3.0, f32::NAN]);
    let encoding = Encoding::fit(ScalingKind::Standardise, &examples).unwrap();
    assert_eq!(encoding.scaling().constant_columns(), [1]);
}

#[test]
fn missing_cells_of_other_columns_are_refused() {
    let encoding = Encoding::fit(ScalingKind::AsIs, &table(vec![0.5, f32::NAN, 0.0, 1.0])).unwrap();
    assert!(encoding.check_cells(&table(vec![0.5, f32::NAN])).is_ok());
    let error = encoding.check_cells(&table(vec![f32::NAN, 1.0])).unwrap_err();
    assert!(error.to_string().contains("row 1, column 1"), "{error}");
    assert!(encoding.check_cells(&table(vec![0.5, f32::INFINITY])).is_err());
}

#[test]
fn cells_that_are_not_of_their_kind_are_refused() {
    let with = |kind: ColumnKind, cells: Vec<f32>| {
        let column = Column { kind, ..Column::default() };
        let schema = Schema::new(2).with_column(1, column).unwrap();
        Encoding::fit(ScalingKind::AsIs, &table(cells).with_schema(schema).unwrap())
    };
    let category = || ColumnKind::Category { levels: vec!["x".into(), "y".into()] };
    assert!(with(category(), vec![0.0, 0.0, 0.0, 1.0]).is_ok());
    let error = with(category(), vec![0.0, 0.0, 0.0, 2.0]).unwrap_err().to_string();
    assert!(error.contains("places of 2 levels, from 0 to 1"), "{error}");
    assert!(with(ColumnKind::Binary, vec![0.0, 0.5, 0.0, 1.0]).is_err());
    assert!(with(ColumnKind::Count, vec![0.0, -1.0, 0.0, 3.0]).is_err());
    assert!(with(ColumnKind::Count, vec![0.0, f32::NAN, 0.0, 3.0]).is_ok());
}

#[test]
fn data_on_another_scale_is_noticed() {
    let encoding = Encoding::fit(ScalingKind::AsIs, &table(vec![0.0, 1.0, 0.5, 0.25])).unwrap();
    let warning = |encoding: &Encoding, of| encoding.range_warning(&table(of)).unwrap();
    assert!(warning(&encoding, vec![0.0, 255.0, 3.0, 9.0]).is_some());
    assert!(warning(&encoding, vec![0.1, 0.9, 0.5, 0.5]).is_none());
    let bytes = Dataset::new(Storage::Bytes(vec![0, 255, 9, 9]), 2, 2).unwrap();
    let encoding = Encoding::fit(ScalingKind::Bytes, &bytes).unwrap();
    assert!(warning(&encoding, vec![0.0, 1.0, 0.5, 0.25]).is_some());
}
