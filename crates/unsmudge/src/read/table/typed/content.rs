//! The cells of a column of some type, as the cells of a table as text are read.

use crate::read::table::cell::{self, Cell};
use crate::table::{date_text, time_text};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use std::borrow::Cow;

/// The cells of a column in some rows.
pub enum Content<'a> {
    /// Numbers, NaN where they are missing. `are_f32`: their shortest text is that of an f32.
    Numbers { values: Vec<f64>, are_whole: bool, are_f32: bool },
    /// Days or seconds since 1970, NaN where they are missing.
    Dates { values: Vec<f64>, have_time: bool },
    /// Texts, which are read as in a table as text, and words for nothing.
    Texts { texts: Vec<Option<&'a str>>, missing: &'a [String] },
}

const MILLISECONDS_OF_DAY: f64 = 86_400_000.0;

/// Ticks of a second.
pub(super) fn ticks(unit: TimeUnit) -> f64 {
    match unit {
        TimeUnit::Second => 1.0,
        TimeUnit::Millisecond => 1e3,
        TimeUnit::Microsecond => 1e6,
        TimeUnit::Nanosecond => 1e9,
    }
}

impl<'a> Content<'a> {
    /// Whether the cells of columns of this type are read.
    pub fn reads(of: &DataType) -> bool {
        match of {
            DataType::Dictionary(_, values) => is_text(values),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => true,
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => true,
            DataType::Boolean | DataType::Null | DataType::Decimal128(..) => true,
            other => other.is_integer() || is_text(other),
        }
    }

    /// The cells of a column; `missing` are words for nothing. `None` for a type that is not read.
    pub fn of(column: &'a ArrayRef, missing: &'a [String]) -> Option<Self> {
        let whole = |values| Some(Self::numbers(values, missing, true, false));
        Some(match column.data_type() {
            DataType::Int8 => return whole(values::<Int8Type>(column, f64::from)),
            DataType::Int16 => return whole(values::<Int16Type>(column, f64::from)),
            DataType::Int32 => return whole(values::<Int32Type>(column, f64::from)),
            DataType::Int64 => return whole(values::<Int64Type>(column, |value| value as f64)),
            DataType::UInt8 => return whole(values::<UInt8Type>(column, f64::from)),
            DataType::UInt16 => return whole(values::<UInt16Type>(column, f64::from)),
            DataType::UInt32 => return whole(values::<UInt32Type>(column, f64::from)),
            DataType::UInt64 => return whole(values::<UInt64Type>(column, |value| value as f64)),
            DataType::Decimal128(_, scale) => {
                let factor = 10f64.powi(i32::from(*scale));
                let values = values::<Decimal128Type>(column, |value| value as f64 / factor);
                Self::numbers(values, missing, *scale == 0, false)
            }
            DataType::Float16 => {
                let values = values::<Float16Type>(column, |value| value.to_f64());
                Self::numbers(values, missing, false, true)
            }
            DataType::Float32 => {
                Self::numbers(values::<Float32Type>(column, f64::from), missing, false, true)
            }
            DataType::Float64 => {
                Self::numbers(values::<Float64Type>(column, |value| value), missing, false, false)
            }
            DataType::Date32 => {
                Self::Dates { values: values::<Date32Type>(column, f64::from), have_time: false }
            }
            DataType::Date64 => {
                let days = |value: i64| (value as f64 / MILLISECONDS_OF_DAY).floor();
                Self::Dates { values: values::<Date64Type>(column, days), have_time: false }
            }
            DataType::Timestamp(unit, _) => {
                let (unit, ticks) = (*unit, ticks(*unit));
                let seconds = |value: i64| value as f64 / ticks;
                let values = match unit {
                    TimeUnit::Second => values::<TimestampSecondType>(column, seconds),
                    TimeUnit::Millisecond => values::<TimestampMillisecondType>(column, seconds),
                    TimeUnit::Microsecond => values::<TimestampMicrosecondType>(column, seconds),
                    TimeUnit::Nanosecond => values::<TimestampNanosecondType>(column, seconds),
                };
                Self::Dates { values, have_time: true }
            }
            _ => Self::Texts { texts: texts(column)?, missing },
        })
    }

    fn numbers(mut values: Vec<f64>, missing: &[String], are_whole: bool, are_f32: bool) -> Self {
        for word in missing.iter().filter_map(|word| word.parse::<f64>().ok()) {
            values.iter_mut().filter(|value| **value == word).for_each(|value| *value = f64::NAN);
        }
        Self::Numbers { values, are_whole, are_f32 }
    }

    /// A cell.
    pub fn cell(&self, row: usize) -> Cell {
        match self {
            Self::Numbers { values, .. } | Self::Dates { values, .. } if values[row].is_nan() => {
                Cell::Missing
            }
            Self::Numbers { values, are_whole: true, .. } => Cell::Whole(values[row]),
            Self::Numbers { values, .. } => Cell::Point(values[row]),
            Self::Dates { values, have_time } => {
                Cell::Date { value: values[row], has_time: *have_time }
            }
            Self::Texts { texts, missing } => match texts[row] {
                None => Cell::Missing,
                Some(text) => cell::read(text.as_bytes(), missing),
            },
        }
    }

    /// A cell as the text that a table as text has for it; empty where it is missing.
    pub fn text(&self, row: usize) -> Cow<'a, str> {
        match self {
            Self::Texts { texts, .. } => Cow::Borrowed(texts[row].unwrap_or_default()),
            Self::Numbers { values, .. } | Self::Dates { values, .. } if values[row].is_nan() => {
                Cow::Borrowed("")
            }
            Self::Numbers { values, are_f32: true, .. } => {
                Cow::Owned((values[row] as f32).to_string())
            }
            Self::Numbers { values, .. } => Cow::Owned(values[row].to_string()),
            Self::Dates { values, have_time: false } => Cow::Owned(date_text(values[row] as i64)),
            Self::Dates { values, .. } => Cow::Owned(time_text(values[row])),
        }
    }
}

/// The numbers of a column, NaN where they are missing.
fn values<T: ArrowPrimitiveType>(
    column: &ArrayRef,
    convert: impl Fn(T::Native) -> f64,
) -> Vec<f64> {
    let column = column.as_primitive::<T>();
    let mut values: Vec<f64> = column.values().iter().map(|value| convert(*value)).collect();
    if let Some(nulls) = column.nulls() {
        values.iter_mut().zip(nulls).filter(|(_, is_valid)| !is_valid).for_each(|(value, _)| {
            *value = f64::NAN;
        });
    }
    values
}

/// Whether cells of this type are texts.
fn is_text(of: &DataType) -> bool {
    matches!(of, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The cells of a column as texts; `None` for a type that has none.
pub(super) fn texts(column: &ArrayRef) -> Option<Vec<Option<&str>>> {
    Some(match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().collect(),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().collect(),
        DataType::Utf8View => column.as_string_view().iter().collect(),
        DataType::Boolean => {
            let text = |value: bool| if value { "true" } else { "false" };
            column.as_boolean().iter().map(|value| value.map(text)).collect()
        }
        DataType::Null => vec![None; column.len()],
        DataType::Dictionary(..) => {
            let column = column.as_any_dictionary();
            let levels = texts(column.values())?;
            if levels.is_empty() {
                return Some(vec![None; column.len()]);
            }
            let keys = column.normalized_keys().into_iter().enumerate();
            keys.map(|(row, key)| levels[key].filter(|_| column.is_valid(row))).collect()
        }
        _ => return None,
    })
}
