"""What estimators are given, as the native side wants it: without a copy where that is possible."""

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_array, validate_data

# Bytes stay bytes; whatever is not listed becomes float32.
DTYPES = [np.float32, np.float64, np.uint8]


def checked(estimator, X, *, reset, **more):
    """X as scikit-learn's checks give it: an array or a CSR matrix."""
    return validate_data(
        estimator, X, reset=reset, dtype=DTYPES, accept_sparse="csr", **more
    )


def native(X):
    """Checked rows for the native side. An array of float32 in C order is used where it lies."""
    # What float32 cannot hold becomes infinite, which the library refuses with its place.
    with np.errstate(over="ignore"):
        if sparse.issparse(X):
            values = X.data.astype(np.float32, copy=False)
            starts, columns = X.indptr.astype(np.uint64), X.indices.astype(np.uint32)
            return X.shape[1], starts, columns, values
        dtype = np.uint8 if X.dtype == np.uint8 else np.float32
        return np.require(X, dtype, ["C", "A"])


def out_dtype(X):
    """float64 is given back as it came; everything else is float32, in which all is computed."""
    return np.float64 if X.dtype == np.float64 else np.float32


def codes(X, estimator, n_columns):
    """Codes to be decoded, and the type of what they decode to."""
    X = check_array(X, dtype=[np.float32, np.float64], estimator=estimator, input_name="X")
    if X.shape[1] != n_columns:
        name = type(estimator).__name__
        raise ValueError(f"X has {X.shape[1]} columns, but codes of this {name} have {n_columns}")
    return np.require(X, np.float32, ["C", "A"]), X.dtype
