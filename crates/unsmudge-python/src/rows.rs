//! Converts arrays to examples. Arrays of f32 in C order are borrowed; f64, which has numbers that
//! f32 would round to each other, and bytes are copied; the parts of a sparse matrix are copied. Python converts all other types before.

use crate::errors::to_python;
use numpy::{PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::sync::Arc;
use unsmudge::dataset::{Dataset, Origin, SparseRows, Storage};

/// The name of an array in error messages.
pub const ROWS: &str = "X";

/// The parts of a CSR matrix: n_columns, indptr, indices, data.
type Csr<'py> =
    (usize, PyReadonlyArray1<'py, u64>, PyReadonlyArray1<'py, u32>, PyReadonlyArray1<'py, f32>);

/// An array that is kept alive while its cells are in use.
struct Lender {
    _array: Py<PyArray2<f32>>,
    start: *const f32,
    n_cells: usize,
}

// SAFETY: the array is held, so that its memory stays; nothing here writes to it. Whoever writes to
// an array while it is learned from makes the numbers that are learned undefined, as with all of
// numpy's own work without the GIL.
unsafe impl Send for Lender {}
// SAFETY: as above.
unsafe impl Sync for Lender {}

impl AsRef<[f32]> for Lender {
    fn as_ref(&self) -> &[f32] {
        // SAFETY: `start` and `n_cells` are those of an array in C order that is held.
        unsafe { std::slice::from_raw_parts(self.start, self.n_cells) }
    }
}

/// Examples from an array of f32, f64 or bytes in C order, or from the parts of a CSR matrix.
pub fn examples(x: &Bound<'_, PyAny>) -> PyResult<Dataset> {
    let (cells, shape) = if let Ok(array) = x.cast::<PyArray2<f32>>() {
        (lent(array)?, array.dims())
    } else if let Ok(array) = x.extract::<PyReadonlyArray2<f64>>() {
        let shape = array.dims();
        let rows = Dataset::from_f64(array.as_slice()?, shape[0], shape[1]);
        let rows = rows.map_err(|error| to_python(x.py(), error))?;
        return Ok(rows.with_origin(Origin::new(ROWS)));
    } else if let Ok(array) = x.extract::<PyReadonlyArray2<u8>>() {
        (Storage::Bytes(array.as_slice()?.to_vec()), array.dims())
    } else if let Ok((n_columns, starts, columns, values)) = x.extract::<Csr>() {
        let starts = starts.as_slice()?.iter().map(|start| *start as usize).collect();
        let (columns, values) = (columns.as_slice()?.to_vec(), values.as_slice()?.to_vec());
        let rows = SparseRows::new(n_columns, starts, columns, values);
        let rows = rows.map_err(|error| to_python(x.py(), error))?;
        let n_rows = rows.n_rows();
        (Storage::Sparse(rows), numpy::Ix2(n_rows, n_columns))
    } else {
        let found = x.get_type().name()?;
        let expected = "rows are an array of float32 or uint8, or the parts of a CSR matrix";
        return Err(PyTypeError::new_err(format!("{expected}; got {found}")));
    };
    let rows = Dataset::new(cells, shape[0], shape[1]);
    let rows = rows.map_err(|error| to_python(x.py(), error))?;
    Ok(rows.with_origin(Origin::new(ROWS)))
}

fn lent(array: &Bound<'_, PyArray2<f32>>) -> PyResult<Storage> {
    if !array.is_c_contiguous() {
        return Err(PyTypeError::new_err("rows of float32 must be in C order"));
    }
    let lender =
        Lender { _array: array.clone().unbind(), start: array.data(), n_cells: array.len() };
    Ok(Storage::Borrowed(Arc::new(lender)))
}
