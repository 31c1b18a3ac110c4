"""Missing cells of tables, filled."""

import json

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from . import _columns, _native, _settings
from ._suggestion import suggesting
from ._table_estimator import TableEstimator

# What errors_ has of each column.
MEASURED = ("is_category", "n_cells", "mean", "neighbours", "linear", "networks", "network_share")


class DenoisingImputer(TransformerMixin, TableEstimator):
    """Fills missing cells of tables with words, numbers and dates.

    Networks learn the distribution of every cell from the others of its row, from rows in which
    more cells are hidden, and start from the conditional means of a Gaussian; equations (22) and
    (23) of docs/equations.md. Some known cells are hidden from them first to measure how well they
    are filled, also by simpler methods (``errors_``); columns in which the networks are not
    better are filled by the Gaussian.

    Tables are DataFrames of pandas or polars, arrays, or lists of rows. Words, categories and
    booleans are categories; dates are days, or seconds if any has a time of day. Cells that are
    None, NaN, NA or NaT are missing. Columns without values, and columns of words that differ in
    every row, are left out with a warning: their missing cells stay missing.

    Parameters
    ----------
    missing_values : int, float or str, default=None
        Cells that equal it are missing too, such as -999 or "?"; None for no others.

    add_indicator : bool, default=False
        Whether columns that say which cells were missing are added, one for each column with
        missing cells in ``fit``.

    steps : int, default=None
        Number of training steps; None for 1200, or 1600 from 2000 rows on.

    n_members : int, default=None
        Number of networks whose answers are averaged; None for 3.

    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, hidden cells and order of rows. An int is the seed that the command
        calls ``--seed``, and gives the same bits for any number of threads.

    n_jobs : int, default=None
        Number of threads. None and -1: one for each core (None: as many as ``OMP_NUM_THREADS``
        says).

    verbose : int, default=0
        Whether progress is shown: by tqdm where it is installed, else in lines.

    callback : callable, default=None
        ``callback(epoch, history)`` after each epoch. It cannot stop training, whose steps
        are ``steps``; small tables are trained on twice, as ``history`` says.

    Attributes
    ----------
    errors_ : dict of lists
        How well hidden cells of each ``column`` are filled, as ``pandas.DataFrame(errors_)`` takes
        it: with the ``mean`` or the most frequent category, by ten nearest ``neighbours``,
        ``linear`` by the Gaussian, and by the ``networks``. For numbers, the root of the mean
        squared error in standard deviations; for categories (``is_category``), the share of wrong
        ones. ``n_cells`` were hidden. Cells are filled with a mean of the Gaussian's answer and the
        networks', which have the share ``network_share``.

    n_features_in_ : int
        Number of columns seen in ``fit``.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    DenoisingAutoencoder : Codes of rows, and reconstructions.

    Examples
    --------
    >>> import pandas as pd
    >>> from unsmudge import DenoisingImputer
    >>> people = pd.DataFrame({
    ...     "height": [182.0, 165.0, None, 158.0, 190.0, 171.0] * 5,
    ...     "size": ["L", "S", "L", "S", "L", None] * 5,
    ... })
    >>> imputer = DenoisingImputer(steps=200, random_state=0)
    >>> filled = imputer.fit_transform(people)
    >>> int(filled.isna().sum().sum())
    0
    >>> bool(filled["height"][2] > 175)
    True
    """

    _settings_of = {"random_state": "seed", "steps": "steps", "n_members": "n_members"}
    _left_out = ": its missing cells stay missing"

    @suggesting
    def __init__(
        self,
        *,
        missing_values=None,
        add_indicator=False,
        steps=None,
        n_members=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.missing_values = missing_values
        self.add_indicator = add_indicator
        self.steps = steps
        self.n_members = n_members
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

    @classmethod
    def _of(cls, model):
        imputer = super()._of(model)
        errors = json.loads(model.column_errors())
        if errors:
            imputer.errors_ = table_of(imputer._known, errors)
        return imputer

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def fit(self, X, y=None):
        """Train on a table.

        Parameters
        ----------
        X : DataFrame of pandas or polars, or array-like of shape (n_samples, n_features)
            Training rows.

        y : Ignored
            Not used, present for API consistency.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        settings = {
            "seed": _settings.seed_of(self.random_state),
            "steps": self.steps,
            "n_members": self.n_members,
        }
        _, errors = self._train(_native.TableModel, settings, X)
        self.errors_ = table_of(self._known, json.loads(errors))
        return self

    def transform(self, X):
        """Fill the missing cells of a table.

        Parameters
        ----------
        X : DataFrame of pandas or polars, or array-like of shape (n_samples, n_features)
            Rows like those of ``fit``. Columns are found by name where both have names.

        Returns
        -------
        filled : DataFrame or ndarray of shape (n_samples, n_features_out)
            A DataFrame as X was, with its dtypes and the columns in the order of ``fit``; for other
            tables an array of float32 or float64, or of objects where there are words. Other cells
            are as they were. A cell does not depend on other rows.
        """
        table, columns, cells = self._prepared(X)
        cells = self._model.impute(cells, n_threads=_settings.n_threads(self.n_jobs))
        return self._filled(table, columns, cells)

    def predict_interval(self, X, coverage=0.9):
        """Bounds of the missing numbers of a table.

        As wide as errors on hidden cells were: equation (28) of docs/equations.md.

        Parameters
        ----------
        X : DataFrame of pandas or polars, or array-like of shape (n_samples, n_features)
            Rows like those of ``fit``.

        coverage : float, default=0.9
            Share of missing numbers that are within the bounds; above 0, at most 0.99.

        Returns
        -------
        low, high : DataFrames or ndarrays of shape (n_samples, n_features_out)
            As ``transform`` gives them, with the bounds in place of missing numbers. Dates have
            bounds too; missing categories are filled in both.
        """
        table, columns, cells = self._prepared(X)
        n_threads = _settings.n_threads(self.n_jobs)
        low, high = self._model.intervals(cells, coverage, n_threads=n_threads)
        return self._filled(table, columns, low), self._filled(table, columns, high)

    def sample(self, X, n_draws=1, random_state=None):
        """Tables whose missing cells are drawn from what they may be.

        What is computed from each of them spreads as the missing cells leave it open: pool the
        results by Rubin's rules.

        Parameters
        ----------
        X : DataFrame of pandas or polars, or array-like of shape (n_samples, n_features)
            Rows like those of ``fit``.

        n_draws : int, default=1
            Number of tables.

        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        tables : list of DataFrames or ndarrays of shape (n_samples, n_features_out)
            As ``transform`` gives them. The cells of a row are drawn one given the other.
        """
        seed = _settings.seed_of(random_state)
        n_threads = _settings.n_threads(self.n_jobs)
        tables = []
        for number in range(n_draws):
            table, columns, cells = self._prepared(X)
            drawn = self._model.draw(cells, seed, number, n_threads=n_threads)
            tables.append(self._filled(table, columns, drawn))
        return tables

    def _filled(self, table, columns, cells):
        """The table with missing cells from filled ones, and the indicators if asked for."""
        used = [j for j, known in enumerate(self._known) if known.kind != "ignored"]
        filled = {}
        for place, j in enumerate(used):
            holes = np.isnan(columns[j].cells)
            if holes.any():
                values = _columns.values_of(self._known[j], columns[j], cells[holes, place])
                filled[j] = columns[j], holes, values
        indicators = {}
        if self.add_indicator:
            names = self.get_feature_names_out()[len(columns) :]
            with_missing = [j for j, known in enumerate(self._known) if known.has_missing]
            indicators = {
                name: np.isnan(columns[j].cells)
                for name, j in zip(names, with_missing, strict=True)
            }
        return table.filled(filled, indicators)

    def to_onnx(self, path):
        """Write the model as one ONNX file, for other programs.

        Its input is ``float32`` rows of the columns that are used: categories as places of their
        levels, dates as days or seconds since 1970, NaN where a cell is missing. Its outputs are
        ``filled``, the same with missing cells filled; ``probabilities`` of levels, where there
        are categories; and ``deviations``, the standard deviations of numbers that were filled.
        What the file says of its columns is described in docs/onnx.md.

        Parameters
        ----------
        path : str or os.PathLike
            The file, which is written completely and durably, or not at all. The name must end in
            ``.onnx``.
        """
        self._write_onnx(path)

    def get_feature_names_out(self, input_features=None):
        """Names of the columns of the output.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of the input; those of ``fit`` by default.

        Returns
        -------
        names : ndarray of str
            The same, and ``missingindicator_`` before the names of columns with missing cells if
            ``add_indicator``.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        if not self.add_indicator:
            return names
        with_missing = [j for j, known in enumerate(self._known) if known.has_missing]
        more = [f"missingindicator_{names[j]}" for j in with_missing]
        return np.array([*names, *more], dtype=object)


def table_of(known, errors):
    """Errors of the columns that are inputs, as lists of all columns."""
    nothing = {name: np.nan for name in MEASURED}
    nothing.update(is_category=False, n_cells=0)
    errors = iter(errors)
    rows = [next(errors) if of.kind != "ignored" else None for of in known]
    rows = [
        nothing | {"is_category": of.kind == "category"} if row is None else row
        for of, row in zip(known, rows, strict=True)
    ]
    table = {"column": [of.name for of in known]}
    return table | {name: [row[name] for row in rows] for name in MEASURED}
