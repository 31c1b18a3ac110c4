"""Tables of words, numbers and dates with missing cells, of pandas, polars and numpy."""

import sys

import numpy as np
from sklearn.utils.validation import _check_feature_names, _check_n_features, check_array

from . import _anndata, _columns
from ._columns import Column, of_objects
from ._warn import warn
from .errors import DataWarning


class Table:
    """A table as it came, and its columns."""

    def __init__(self, estimator, X, *, reset, least_rows=1):
        self.X = X = _anndata.frame(X) if _anndata.is_anndata(X) else X
        self.adapter = adapter_of(X)
        if self.adapter is None:
            self.X = X = checked_array(estimator, X, least_rows)
        else:
            check_shape(estimator, X.shape, least_rows)
        self.names = names_of(X, self.adapter)
        if self.names is not None:
            _columns.check_different(self.names)
        if reset:
            _check_feature_names(estimator, X, reset=True)
            _check_n_features(estimator, X, reset=True)
        elif self.names is None or not hasattr(estimator, "feature_names_in_"):
            _check_feature_names(estimator, X, reset=False)
            _check_n_features(estimator, X, reset=False)
        else:
            self.arrange(list(estimator.feature_names_in_))

    def arrange(self, known):
        """Puts the columns into the order of the known names."""
        order = _columns.matched(known, self.names)
        if order != list(range(len(order))):
            self.X = self.X[known]
            self.names = known

    def columns(self, missing):
        """The columns; cells that equal ``missing`` are missing too."""
        names = self.names or range(1, self.X.shape[1] + 1)
        if self.adapter is not None:
            columns = self.adapter.read(self.X, names)
        else:
            columns = [of_array(name, self.X[:, j]) for j, name in enumerate(names)]
        return [_columns.without(column, missing) for column in columns]

    def learned(self, missing, left_out):
        """What is learned of the columns, and the columns; ``left_out`` is said of those that tell
        nothing."""
        columns = self.columns(missing)
        learned = [_columns.learned(column, left_out) for column in columns]
        tell([text for _, text in learned])
        known = [of for of, _ in learned]
        if all(of.kind == "ignored" for of in known):
            raise ValueError("X has no column that something can be learned from")
        return known, columns

    def filled(self, filled, indicators):
        """A copy with cells filled: where, and with what, by place of the column."""
        if self.adapter is not None:
            return self.adapter.write(self.X, filled, indicators)
        out = self.X.copy()
        for j, (_, holes, values) in filled.items():
            out[holes, j] = values
        return np.column_stack([out, *indicators.values()]).astype(out.dtype) if indicators else out

    def objects(self, j):
        """The cells of a column as objects."""
        if self.adapter is not None:
            return self.adapter.objects(self.X, j)
        return self.X[:, j].astype(object)

    def of_cells(self, rows, columns):
        """A DataFrame of cells, which are of these rows."""
        if self.adapter is not None:
            return self.adapter.of_cells(self.X, rows, columns)
        from . import _pandas

        return _pandas.of_cells(None, rows, columns)


def holds_words(X):
    """Whether X has columns of words that are no numbers, of categories or of dates."""
    adapter = adapter_of(X)
    if adapter is not None:
        return adapter.holds_words(X)
    X = rows_of(X)
    if getattr(X, "dtype", None) != object or X.ndim != 2:
        return False
    words = {cell for cell in X.flat if isinstance(cell, str)}
    return not _columns.are_numbers(words)


def adapter_of(X):
    """What reads and writes such a DataFrame; None for all else."""
    for library in ("pandas", "polars"):
        module = sys.modules.get(library)
        if module is not None and isinstance(X, module.DataFrame):
            if library == "pandas":
                from . import _pandas as adapter
            else:
                from . import _polars as adapter
            return adapter
    return None


def names_of(X, adapter):
    """The names of the columns, if all are strings."""
    names = None if adapter is None else list(X.columns)
    return names if names and all(isinstance(name, str) for name in names) else None


def rows_of(X):
    """Lists of rows with words as an array of objects: as text, numbers beside words would be words."""
    if not isinstance(X, (list, tuple)) or not any(
        isinstance(cell, str) for row in X if isinstance(row, (list, tuple)) for cell in row
    ):
        return X
    rows = np.array(X, dtype=object)
    return rows if rows.ndim == 2 else X


def check_shape(estimator, shape, least_rows):
    """Refuses a table of too few rows or columns, in scikit-learn's words."""
    for what, n, least in zip(("sample", "feature"), shape, (least_rows, 1), strict=True):
        if n < least:
            raise ValueError(
                f"Found array with {n} {what}(s) (shape={shape}) while a minimum of {least} is "
                f"required by {type(estimator).__name__}."
            )


def checked_array(estimator, X, least_rows):
    """An array of float32, float64 or objects."""
    X = rows_of(X)
    kinds = {"estimator": estimator, "input_name": "X", "dtype": None}
    X = check_array(X, ensure_all_finite=False, ensure_min_samples=least_rows, **kinds)
    if X.dtype.kind in "USO":
        return objects(X)
    if X.dtype.kind in "mM":
        raise ValueError(f"X has the type {X.dtype}: expected numbers or words; dates go in a DataFrame")
    return X if X.dtype == np.float32 else X.astype(np.float64)


def objects(X):
    """An array of objects, or of float64 if they are all numbers."""
    X = X.astype(object)
    has_words = any(isinstance(cell, (str, bool, np.bool_)) for cell in X.flat)
    if has_words:
        return X
    is_missing = missing_objects(X)
    values = np.full(X.shape, np.nan)
    values[~is_missing] = [float(cell) for cell in X[~is_missing]]
    return values


def missing_objects(cells):
    """Which objects are None, NaN, NA or NaT: those that do not equal themselves."""
    is_missing = np.zeros(cells.shape, dtype=bool)
    places = is_missing.reshape(-1)
    for k, cell in enumerate(cells.flat):
        if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
            places[k] = True
        elif isinstance(cell, (float, np.floating)):
            places[k] = cell != cell
    return is_missing


def of_array(name, cells):
    if cells.dtype != object:
        return Column(name, cells.astype(np.float64))
    return of_objects(name, cells, missing_objects(cells))


def matrix(known, columns):
    """Cells of the columns that are inputs, as the model knows them."""
    inputs = [
        _columns.cells_of(of, column)
        for of, column in zip(known, columns, strict=True)
        if of.kind != "ignored"
    ]
    tell([text for _, text in inputs])
    cells = np.empty((len(columns[0].cells), len(inputs)))
    for j, (values, _) in enumerate(inputs):
        cells[:, j] = values
    return cells


def tell(texts):
    """Warns of what is odd about columns."""
    for text in texts:
        if text is not None:
            warn(text, DataWarning, "columns of X have cells that are not as in the others, or in fit")
