"""Unusual rows and cells of tables."""

import numbers

import numpy as np
from sklearn.base import OutlierMixin
from sklearn.utils.validation import check_is_fitted

from . import _columns, _native, _settings
from ._suggestion import suggesting
from ._table_estimator import TableEstimator

# The p-value of outliers unless their share is given.
LEVEL = 0.05


class DenoisingOutlierDetector(OutlierMixin, TableEstimator):
    """Finds unusual rows and cells of tables with words, numbers and dates.

    Networks learn the distribution of every cell from the others of its row; a row is as unusual as
    its cells are improbable. Each of several networks is trained on a part of the rows, so that
    every training row is scored by one that has not seen it, and p-values hold for rows to come:
    of rows like those of ``fit``, a share of at most p has a p-value of p or less. Equations (24) to
    (27) of docs/equations.md.

    Tables are DataFrames of pandas or polars, arrays, or lists of rows, as those of
    :class:`DenoisingImputer`; missing cells are not counted.

    Parameters
    ----------
    contamination : float or "auto", default="auto"
        Share of the training rows that ``predict`` calls outliers, above 0 and at most 0.5; "auto"
        for the rows, of any table, whose p-value is at most 0.05.

    clean : bool, default=False
        Whether all rows of ``fit`` are known to be good: rows are then scored by their distance to
        them as well.

    missing_values : int, float or str, default=None
        Cells that equal it are missing too, such as -999 or "?"; None for no others.

    steps : int, default=None
        Number of training steps of each network; None for as many as are usual.

    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, noise and parts of the table. An int is the seed that the command
        calls ``--seed``, and gives the same bits for any number of threads.

    n_jobs : int, default=None
        Number of threads. None and -1: one for each core (None: as many as ``OMP_NUM_THREADS``
        says).

    verbose : int, default=0
        Whether progress is shown: by tqdm where it is installed, else in lines.

    callback : callable, default=None
        ``callback(epoch, history)`` after each epoch. It cannot stop training, whose steps
        are ``steps``; ``history`` says which network an epoch is of.

    Attributes
    ----------
    decision_scores_ : ndarray of shape (n_samples,)
        Scores of the training rows, by networks that were not trained on them; higher is more
        unusual, as in PyOD. Model files do not hold it, nor the next two.

    p_values_ : ndarray of shape (n_samples,)
        P-values of the training rows: the share of rows that are as unusual.

    labels_ : ndarray of shape (n_samples,)
        1 for training rows whose ``decision_scores_`` are above ``threshold_``, 0 for others, as in
        PyOD.

    threshold_ : float
        The score of training rows that ``contamination`` stands for.

    offset_ : float
        ``decision_function`` is ``score_samples`` less it. Where ``contamination`` is a number, it
        is chosen so that ``predict`` calls this share of the rows of ``fit`` outliers.

    n_features_in_ : int
        Number of columns seen in ``fit``.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    DenoisingImputer : Missing cells of such tables, filled.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from unsmudge import DenoisingOutlierDetector
    >>> age = np.arange(200) % 50 + 10
    >>> people = pd.DataFrame({"age": age, "is": np.where(age < 18, "child", "adult")})
    >>> people.loc[25, "is"] = "child"  # of age 35
    >>> detector = DenoisingOutlierDetector(steps=100, random_state=0).fit(people)
    >>> int(detector.p_values_.argmin())
    25
    """

    _settings_of = {"random_state": "seed", "clean": "clean", "steps": "steps"}
    _least_rows = 10

    @suggesting
    def __init__(
        self,
        *,
        contamination="auto",
        clean=False,
        missing_values=None,
        steps=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.contamination = contamination
        self.clean = clean
        self.missing_values = missing_values
        self.steps = steps
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

    def fit(self, X, y=None):
        """Train on a table.

        Parameters
        ----------
        X : DataFrame of pandas or polars, or array-like of shape (n_samples, n_features)
            Training rows, at least 10.

        y : Ignored
            Not used, present for API consistency.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        share = self.contamination
        is_share = isinstance(share, numbers.Real)
        if not (0 < share <= 0.5 if is_share else share == "auto"):
            raise ValueError(
                f"contamination={share!r}: allowed is 'auto', or a share above 0 and at most 0.5"
            )
        settings = {
            "seed": _settings.seed_of(self.random_state),
            "clean": bool(self.clean),
            "steps": self.steps,
        }
        cells, of_rows = self._train(_native.TableDetector, settings, X)
        self.decision_scores_, self.p_values_ = of_rows
        if is_share:
            n_threads = _settings.n_threads(self.n_jobs)
            scores, _ = self._model.score(cells, n_threads=n_threads)
            self.offset_ = -float(np.quantile(scores, 1 - share))
            self.threshold_ = float(np.quantile(self.decision_scores_, 1 - share))
        else:
            self.threshold_ = self._model.threshold(LEVEL)
            self.offset_ = -self.threshold_
        self.labels_ = (self.decision_scores_ > self.threshold_).astype(int)
        return self

    def score_samples(self, X):
        """Minus the score of each row.

        Parameters
        ----------
        X : DataFrame of pandas or polars, or array-like of shape (n_samples, n_features)
            Rows like those of ``fit``. Columns are found by name where both have names.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Higher is more normal. The score of a row does not depend on other rows.
        """
        return -self._scored(X)[0]

    def decision_function(self, X):
        """``score_samples`` less ``offset_``.

        Parameters
        ----------
        X : DataFrame of pandas or polars, or array-like of shape (n_samples, n_features)
            Rows like those of ``fit``.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Below 0 for outliers.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """Outliers and other rows.

        Parameters
        ----------
        X : DataFrame of pandas or polars, or array-like of shape (n_samples, n_features)
            Rows like those of ``fit``.

        Returns
        -------
        is_inlier : ndarray of shape (n_samples,)
            -1 for outliers, 1 for others.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def p_values(self, X):
        """P-values of rows that are not those of ``fit``, whose p-values are ``p_values_``.

        Parameters
        ----------
        X : DataFrame of pandas or polars, or array-like of shape (n_samples, n_features)
            Rows like those of ``fit``.

        Returns
        -------
        p_values : ndarray of shape (n_samples,)
            The share of training rows that are as unusual. They suppose rows that do not depend on
            each other. ``scipy.stats.false_discovery_control`` makes false discovery rates of them.
        """
        return self._scored(X)[1]

    def cell_scores(self, X, *, training=False):
        """Scores of cells, each predicted from the others of its row.

        Parameters
        ----------
        X : DataFrame of pandas or polars, or array-like of shape (n_samples, n_features)
            Rows like those of ``fit``.

        training : bool, default=False
            Whether X is the table of ``fit``: cells are then scored by networks that were not
            trained on their rows.

        Returns
        -------
        cells : DataFrame
            One row for each cell that is not missing, the most surprising ones of a row first, with
            ``row`` (of the index of a pandas' X, else from 0), ``column``, ``value``, ``surprise``
            (comparable between columns), ``p``, ``expected``, and ``low`` and ``high``, a range that
            holds 90 % of such cells, for numbers and dates. Of polars where X is, with ``value``,
            ``expected``, ``low`` and ``high`` as text; else of pandas.
        """
        table, columns, cells = self._prepared(X)
        n_threads = _settings.n_threads(self.n_jobs)
        found = self._model.cells(cells, training, n_threads=n_threads)
        found = found.reshape(len(cells), cells.shape[1], 5)
        used = [j for j, known in enumerate(self._known) if known.kind != "ignored"]
        surprise = found[:, :, 0]
        rows, places = np.nonzero(~np.isnan(surprise))
        order = np.lexsort((-surprise[rows, places], rows))
        rows, places = rows[order], places[order]
        values = np.empty((4, len(rows)), dtype=object)
        for place, j in enumerate(used):
            of, known, column = places == place, self._known[j], columns[j]
            values[0, of] = table.objects(j)[rows[of]]
            for k, part in enumerate((2, 3, 4), 1):
                values[k, of] = _columns.objects_of(known, column, found[rows[of], place, part])
        names = np.array([self._known[j].name for j in used], dtype=object)
        return table.of_cells(rows, {
            "column": names[places],
            "value": values[0],
            "surprise": surprise[rows, places],
            "p": found[rows, places, 1],
            "expected": values[1],
            "low": values[2],
            "high": values[3],
        })  # fmt: skip

    @classmethod
    def _of(cls, model):
        estimator = super()._of(model)
        estimator.threshold_ = model.threshold(LEVEL)
        estimator.offset_ = -estimator.threshold_
        return estimator

    def _scored(self, X):
        check_is_fitted(self)
        _, _, cells = self._prepared(X)
        return self._model.score(cells, n_threads=_settings.n_threads(self.n_jobs))
