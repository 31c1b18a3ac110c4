"""Base class of the estimators of tables."""

import json

import numpy as np
from sklearn.utils.validation import check_is_fitted

from . import _schema, _settings
from ._base import Saved
from ._tables import Table, matrix
from ._watch import Watch


class TableEstimator(Saved):
    """Base class of the estimators of tables with words, dates and missing cells."""

    # The settings of a model by the names of the parameters.
    _settings_of = {}
    # Rows that fit needs at least, and what is said of columns that are left out.
    _least_rows = 1
    _left_out = ""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _train(self, native, settings, X):
        """Keeps a model of the class ``native``; returns the cells, and what else came of it."""
        table = Table(self, X, reset=True, least_rows=self._least_rows)
        known, columns = table.learned(self.missing_values, self._left_out)
        cells = matrix(known, columns)
        n_threads = _settings.n_threads(self.n_jobs)
        watch = Watch(self.verbose, self.callback, may_stop=False)
        try:
            schema = _schema.to_json(known)
            given = _settings.to_json(settings)
            model, more = native.fit(given, cells, schema, n_threads=n_threads, watch=watch)
        finally:
            watch.close()
        self._model, self._known = model, known
        return cells, more

    def _prepared(self, X):
        """A table like that of fit, its columns, and the cells that are inputs."""
        check_is_fitted(self)
        table = Table(self, X, reset=False)
        columns = table.columns(self.missing_values)
        return table, columns, matrix(self._known, columns)

    @classmethod
    def _of(cls, model):
        """An estimator with a model from a file."""
        settings = json.loads(model.settings())
        estimator = cls(**{name: settings.get(of) for name, of in cls._settings_of.items()})
        estimator._model = model
        estimator._known = _schema.of_json(model.schema())
        estimator.n_features_in_ = len(estimator._known)
        names = [known.name for known in estimator._known]
        if all(isinstance(name, str) for name in names):
            estimator.feature_names_in_ = np.array(names, dtype=object)
        return estimator
