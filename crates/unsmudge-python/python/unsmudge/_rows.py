"""Conversion of input rows for the extension module, without a copy where possible."""

from itertools import zip_longest

import numpy as np
from scipy import sparse
from sklearn.utils import get_tags
from sklearn.utils.validation import (
    _check_n_features,
    _check_sample_weight,
    check_array,
    check_X_y,
    validate_data,
)

from . import _anndata, _native
from ._tables import Table, holds_words, matrix

# Bytes stay bytes; other dtypes become float32.
DTYPES = [np.float32, np.float64, np.uint8]

# From here on float32 has no room for every whole number.
LARGE = 2**24


def checked(estimator, X, *, reset, **more):
    """X validated by scikit-learn: an array or a CSR matrix. Missing cells are NaN, words places
    among the levels of their columns."""
    if hasattr(estimator, "_known") if not reset else holds_words(X):
        return of_table(estimator, X, reset=reset, **more)
    if hasattr(estimator, "_known"):
        del estimator._known
    names = None
    if _anndata.is_anndata(X):
        X, names = _anndata.matrix(X)
    allows_missing = get_tags(estimator).input_tags.allow_nan
    kinds = {
        "dtype": [np.float64] if holds_large(X) else DTYPES,
        "accept_sparse": "csr",
        "ensure_all_finite": "allow-nan" if allows_missing else True,
    }
    # Tables that convert to arrays are handled by scikit-learn, including their names.
    if hasattr(X, "__arrow_c_stream__") and not hasattr(X, "__array__"):
        X, names = _native.read_arrow(X)
        if not has_large(X):
            with np.errstate(over="ignore"):
                X = X.astype(np.float32)
    if names is None:
        return validate_data(estimator, X, reset=reset, **kinds, **more)
    if not reset:
        check_names(estimator, names)
        X = check_array(X, estimator=estimator, input_name="X", **kinds)
        _check_n_features(estimator, X, reset=False)
        return X
    checked = validate_data(estimator, X, reset=True, **kinds, **more)
    estimator.feature_names_in_ = np.array(names, dtype=object)
    return checked


def of_table(estimator, X, *, reset, **more):
    """The same of a table with words or dates, whose columns the estimator keeps."""
    table = Table(estimator, X, reset=reset)
    if reset:
        estimator._known, columns = table.learned(None, "")
    else:
        columns = table.columns(None)
    cells = matrix(estimator._known, columns)
    return check_X_y(cells, ensure_all_finite=False, estimator=estimator, **more) if more else cells


def weights(sample_weight, X):
    """Validated weights of the rows of X for the extension module; None where there are none."""
    if sample_weight is None:
        return None
    return _check_sample_weight(sample_weight, X, dtype=np.float32, ensure_non_negative=True)


def check_names(estimator, names):
    """Checks that a table has the columns of ``fit``, in the same order."""
    known = getattr(estimator, "feature_names_in_", names)
    for j, (expected, found) in enumerate(zip_longest(known, names), 1):
        if expected != found:
            text = "The feature names should match those that were passed during fit"
            raise ValueError(f"{text}: column {j} is {found}, expected {expected}")


def native(X):
    """Validated rows for the extension module. float32 arrays in C order are not copied."""
    # Values beyond float32 become infinite, and the library reports their position.
    with np.errstate(over="ignore"):
        if sparse.issparse(X):
            values = X.data.astype(np.float32, copy=False)
            starts, columns = X.indptr.astype(np.uint64), X.indices.astype(np.uint32)
            return X.shape[1], starts, columns, values
        is_kept = X.dtype == np.uint8 or (X.dtype == np.float64 and has_large(X))
        return np.require(X, X.dtype if is_kept else np.float32, ["C", "A"])


def has_large(X):
    """Whether float32 would round whole numbers of X, which the library then subtracts from."""
    return np.fmax.reduce(np.abs(X), axis=None, initial=0) >= LARGE


def holds_large(X):
    """Whether X is an array or a table of numbers, some of them large."""
    if not hasattr(X, "__array__"):
        return False
    X = np.asarray(X)
    is_wide = X.dtype.kind in "iuf" and X.dtype.itemsize > (4 if X.dtype.kind == "f" else 2)
    return is_wide and has_large(X)


def out_dtype(X):
    """The dtype of results: float64 for float64, else float32."""
    return np.float64 if X.dtype == np.float64 else np.float32


def codes(X, estimator, n_columns):
    """Codes to decode, and the dtype of the result."""
    X = check_array(X, dtype=[np.float32, np.float64], estimator=estimator, input_name="X")
    if X.shape[1] != n_columns:
        name = type(estimator).__name__
        raise ValueError(f"X has {X.shape[1]} columns, but codes of this {name} have {n_columns}")
    return np.require(X, np.float32, ["C", "A"]), X.dtype
