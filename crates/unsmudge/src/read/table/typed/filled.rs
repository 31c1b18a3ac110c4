//! Columns of types with some cells filled: all other cells, and the type, stay as they are.

use super::content::{texts, ticks};
use arrow_array::builder::{BooleanBuilder, LargeStringBuilder, StringBuilder, StringViewBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, DictionaryArray, PrimitiveArray};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use std::sync::Arc;

/// What some cells of a column are filled with, by row; `None`: the cell stays.
pub enum Fillings {
    /// Numbers, days or seconds since 1970.
    Values(Vec<Option<f64>>),
    /// Texts, and all that the column may have.
    Texts(Vec<Option<String>>, Vec<String>),
}

/// The column with these cells.
///
/// # Errors
/// [`ArrowError`] for cells that the type cannot hold: more levels than a dictionary has keys, or a
/// text among numbers.
pub fn filled(column: &ArrayRef, with: &Fillings) -> Result<ArrayRef, ArrowError> {
    let of = column.data_type();
    match with {
        Fillings::Values(values) => numbers(column, values).ok_or_else(|| cannot(of, "numbers")),
        Fillings::Texts(cells, levels) => match of {
            DataType::Dictionary(key, _) => dictionary(column, key, cells, levels),
            DataType::Boolean => {
                let mut builder = BooleanBuilder::new();
                for (old, new) in column.as_boolean().iter().zip(cells) {
                    builder.append_option(new.as_ref().map_or(old, |text| Some(text == "true")));
                }
                Ok(Arc::new(builder.finish()))
            }
            _ => {
                let old = texts(column).ok_or_else(|| cannot(of, "texts"))?;
                let new = old.into_iter().zip(cells);
                of_texts(of, new.map(|(old, new)| new.as_deref().or(old)))
            }
        },
    }
}

fn cannot(of: &DataType, what: &str) -> ArrowError {
    ArrowError::InvalidArgumentError(format!("a column of the type {of} for {what}"))
}

/// Texts as a column of a type.
fn of_texts<'t>(
    of: &DataType,
    cells: impl Iterator<Item = Option<&'t str>>,
) -> Result<ArrayRef, ArrowError> {
    macro_rules! built {
        ($builder:ident) => {{
            let mut builder = $builder::new();
            cells.for_each(|cell| builder.append_option(cell));
            Ok(Arc::new(builder.finish()))
        }};
    }
    match of {
        DataType::Utf8 => built!(StringBuilder),
        DataType::LargeUtf8 => built!(LargeStringBuilder),
        DataType::Utf8View => built!(StringViewBuilder),
        _ => Err(cannot(of, "texts")),
    }
}

/// A dictionary whose levels are those that it has and those that it may have: the same in every
/// batch of a file, as Arrow's files ask for.
fn dictionary(
    column: &ArrayRef,
    key: &DataType,
    cells: &[Option<String>],
    may_have: &[String],
) -> Result<ArrayRef, ArrowError> {
    let column = column.as_any_dictionary();
    let values = column.values();
    let had = texts(values).ok_or_else(|| cannot(values.data_type(), "texts"))?;
    let more = may_have.iter().map(String::as_str).filter(|level| !had.contains(&Some(*level)));
    let levels: Vec<Option<&str>> = had.iter().copied().chain(more.map(Some)).collect();
    let old = if had.is_empty() { vec![0; cells.len()] } else { column.normalized_keys() };
    let place = |(row, new): (usize, &Option<String>)| match new {
        Some(text) => levels.iter().position(|level| *level == Some(text)),
        None => column.is_valid(row).then(|| old[row]),
    };
    let keys: Vec<Option<usize>> = cells.iter().enumerate().map(place).collect();
    let values = of_texts(values.data_type(), levels.iter().copied())?;
    match key {
        DataType::Int8 => keyed::<Int8Type>(&keys, values),
        DataType::Int16 => keyed::<Int16Type>(&keys, values),
        DataType::Int32 => keyed::<Int32Type>(&keys, values),
        DataType::Int64 => keyed::<Int64Type>(&keys, values),
        DataType::UInt8 => keyed::<UInt8Type>(&keys, values),
        DataType::UInt16 => keyed::<UInt16Type>(&keys, values),
        DataType::UInt32 => keyed::<UInt32Type>(&keys, values),
        _ => keyed::<UInt64Type>(&keys, values),
    }
}

fn keyed<K: ArrowDictionaryKeyType>(
    keys: &[Option<usize>],
    values: ArrayRef,
) -> Result<ArrayRef, ArrowError>
where
    K::Native: TryFrom<usize>,
{
    let key = |place: &Option<usize>| match place.map(K::Native::try_from) {
        None => Ok(None),
        Some(Ok(key)) => Ok(Some(key)),
        Some(Err(_)) => Err(ArrowError::DictionaryKeyOverflowError),
    };
    let keys = keys.iter().map(key).collect::<Result<PrimitiveArray<K>, ArrowError>>()?;
    Ok(Arc::new(DictionaryArray::try_new(keys, values)?))
}

/// `None` for a type that is no number, date or time.
fn numbers(column: &ArrayRef, values: &[Option<f64>]) -> Option<ArrayRef> {
    // `as` takes what is beyond a type's range to its end.
    macro_rules! whole {
        ($type:ty, $native:ty) => {
            with::<$type>(column, values, |value| value.round() as $native)
        };
    }
    Some(match column.data_type() {
        DataType::Int8 => whole!(Int8Type, i8),
        DataType::Int16 => whole!(Int16Type, i16),
        DataType::Int32 => whole!(Int32Type, i32),
        DataType::Int64 => whole!(Int64Type, i64),
        DataType::UInt8 => whole!(UInt8Type, u8),
        DataType::UInt16 => whole!(UInt16Type, u16),
        DataType::UInt32 => whole!(UInt32Type, u32),
        DataType::UInt64 => whole!(UInt64Type, u64),
        DataType::Float16 => with::<Float16Type>(
            column,
            values,
            <Float16Type as ArrowPrimitiveType>::Native::from_f64,
        ),
        DataType::Float32 => with::<Float32Type>(column, values, |value| value as f32),
        DataType::Float64 => with::<Float64Type>(column, values, |value| value),
        DataType::Decimal128(_, scale) => {
            let factor = 10f64.powi(i32::from(*scale));
            with::<Decimal128Type>(column, values, |value| (value * factor).round() as i128)
        }
        DataType::Date32 => whole!(Date32Type, i32),
        DataType::Date64 => {
            with::<Date64Type>(column, values, |days| (days.round() * 86_400_000.0) as i64)
        }
        DataType::Timestamp(unit, _) => {
            let (unit, ticks) = (*unit, ticks(*unit));
            let time = |seconds: f64| (seconds * ticks).round() as i64;
            match unit {
                TimeUnit::Second => with::<TimestampSecondType>(column, values, time),
                TimeUnit::Millisecond => with::<TimestampMillisecondType>(column, values, time),
                TimeUnit::Microsecond => with::<TimestampMicrosecondType>(column, values, time),
                TimeUnit::Nanosecond => with::<TimestampNanosecondType>(column, values, time),
            }
        }
        _ => return None,
    })
}

fn with<T: ArrowPrimitiveType>(
    column: &ArrayRef,
    values: &[Option<f64>],
    convert: impl Fn(f64) -> T::Native,
) -> ArrayRef {
    let cells = column.as_primitive::<T>().iter().zip(values);
    let cells: PrimitiveArray<T> =
        cells.map(|(old, new)| new.map_or(old, |value| Some(convert(value)))).collect();
    Arc::new(cells.with_data_type(column.data_type().clone()))
}
