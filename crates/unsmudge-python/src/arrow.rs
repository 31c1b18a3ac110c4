//! Reads tables through Arrow's C stream interface as rows of f64, from any library that offers it,
//! without depending on one.

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// Rows of f64 and the names of the columns. Missing values are NaN.
#[pyfunction]
pub fn read_arrow<'py>(
    x: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyArray2<f64>>, Vec<String>)> {
    let capsule = x.call_method0("__arrow_c_stream__")?.cast_into::<PyCapsule>()?;
    let stream = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: a capsule of this name holds a stream, which the interface lets its consumer move
    // out; what is left in the capsule is marked as released.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.as_ptr().cast()) };
    let wrong = |error: ArrowError| PyValueError::new_err(format!("Arrow table: {error}"));
    let batches = RecordBatchStreamReader::try_new(stream).map_err(wrong)?;
    let schema = arrow_array::RecordBatchReader::schema(&batches);
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mut rows = Vec::new();
    for batch in batches {
        append(&batch.map_err(wrong)?, &mut rows)?;
    }
    let n_rows = rows.len().checked_div(names.len()).unwrap_or(0);
    Ok((PyArray1::from_vec(x.py(), rows).reshape([n_rows, names.len()])?, names))
}

/// Transposes columns to rows.
fn append(batch: &RecordBatch, rows: &mut Vec<f64>) -> PyResult<()> {
    let (n, start) = (batch.num_columns(), rows.len());
    rows.resize(start + batch.num_rows() * n, f64::NAN);
    for (j, column) in batch.columns().iter().enumerate() {
        let out = rows[start..].iter_mut().skip(j).step_by(n);
        match column.data_type() {
            DataType::Int8 => fill::<Int8Type>(column, out, f64::from),
            DataType::Int16 => fill::<Int16Type>(column, out, f64::from),
            DataType::Int32 => fill::<Int32Type>(column, out, f64::from),
            DataType::Int64 => fill::<Int64Type>(column, out, |value| value as f64),
            DataType::UInt8 => fill::<UInt8Type>(column, out, f64::from),
            DataType::UInt16 => fill::<UInt16Type>(column, out, f64::from),
            DataType::UInt32 => fill::<UInt32Type>(column, out, f64::from),
            DataType::UInt64 => fill::<UInt64Type>(column, out, |value| value as f64),
            DataType::Float16 => fill::<Float16Type>(column, out, |value| value.to_f64()),
            DataType::Float32 => fill::<Float32Type>(column, out, f64::from),
            DataType::Float64 => fill::<Float64Type>(column, out, |value| value),
            DataType::Boolean => {
                for (to, value) in out.zip(column.as_boolean()) {
                    *to = value.map_or(f64::NAN, |value| f64::from(u8::from(value)));
                }
            }
            other => {
                let name = batch.schema_ref().field(j).name().clone();
                let text = format!("column \"{name}\" has the type {other}: expected numbers");
                return Err(PyValueError::new_err(text));
            }
        }
    }
    Ok(())
}

fn fill<'a, T: ArrowPrimitiveType>(
    column: &ArrayRef,
    out: impl Iterator<Item = &'a mut f64>,
    convert: impl Fn(T::Native) -> f64,
) {
    let column = column.as_primitive::<T>();
    for (i, (to, value)) in out.zip(column.values()).enumerate() {
        if column.is_valid(i) {
            *to = convert(*value);
        }
    }
}
