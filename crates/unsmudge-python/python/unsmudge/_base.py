"""Base class of all estimators: training, use of the model, files and pickles."""

import json
import os
import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning, InconsistentVersionWarning
from sklearn.utils.validation import check_is_fitted

from . import _columns, _native, _parameters, _schema, _settings
from ._columns import Known
from ._output import in_container
from ._plot import Plots
from ._rows import checked, native, out_dtype
from ._tables import Table
from ._version import __version__
from ._warn import warn
from ._watch import Watch
from .errors import DataWarning, DivergedError


class OtherVersionWarning(InconsistentVersionWarning):
    """A pickle was written by another version of the package."""

    def __str__(self):
        return (
            f"this {self.estimator_name} was pickled by unsmudge {self.original_sklearn_version} "
            f"and is used by {self.current_sklearn_version}: it may not work as it did. "
            "Files written by save() can be read by every later version."
        )


class Saved(BaseEstimator):
    """Base class of all estimators: what holds a model, in files and pickles."""

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_model")

    def _check_attribute(self, name):
        if not hasattr(self, "_model"):
            raise AttributeError(f"{type(self).__name__} has {name} once it is fitted")

    def save(self, path):
        """Write a model file, the same as that of the command, which reads it as well.

        Parameters
        ----------
        path : str or os.PathLike
            The file, which is written completely and durably, or not at all.
        """
        check_is_fitted(self)
        self._model.save(path)

    def _write_onnx(self, path):
        check_is_fitted(self)
        if not os.fspath(path).endswith(".onnx"):
            raise ValueError(f"path: expected a name that ends in .onnx, got {os.fspath(path)!r}")
        self._model.to_onnx(path)

    @classmethod
    def load(cls, path):
        """Read a model file written by Python or by the command line.

        Parameters
        ----------
        path : str or os.PathLike
            Model file of an estimator of this class; :func:`unsmudge.load` reads all classes.

        Returns
        -------
        estimator : object
            The fitted estimator, with the parameters of its training.
        """
        from ._files import load

        estimator = load(path)
        if not isinstance(estimator, cls):
            found = type(estimator).__name__
            raise ValueError(f"{path} holds a {found}, not a {cls.__name__}")
        return estimator

    def __getstate__(self):
        return {**super().__getstate__(), "_unsmudge_version": __version__}

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop("_unsmudge_version", "of unknown version")
        if version != __version__:
            warnings.warn(
                OtherVersionWarning(
                    estimator_name=type(self).__name__,
                    current_sklearn_version=__version__,
                    original_sklearn_version=version,
                ),
                stacklevel=2,
            )
        super().__setstate__(state)


class Learner(Plots, Saved):
    """Base class of the estimators whose layers are trained on rows of numbers."""

    def _data(self):
        return {"valid": self.valid, "scaling": self.scaling}

    def _training(self, **more):
        training = {name: getattr(self, name) for name in _parameters.TRAINING if hasattr(self, name)}
        return {**training, **more}

    def _learn(self, settings, X, **targets):
        """Trains a model with `settings` on checked rows and keeps it. `targets` are what is to be
        predicted of them, and their weights."""
        watch = Watch(self.verbose, self.callback)
        try:
            fitted = _native.fit(
                _settings.to_json(settings),
                native(X),
                schema=self._schema(),
                image=self.image_shape,
                n_threads=_settings.n_threads(self.n_jobs),
                watch=watch,
                **targets,
            )
        finally:
            watch.close()
        above = [name for name in ("joint", "network") if settings.get(name) is not None]
        self._end(fitted, len(settings["layer"]) + len(above))
        return self

    def _end(self, fitted, n_stages=1):
        """Keeps the model, then raises or warns if training ended early."""
        if fitted.outcome == "diverged":
            # The best weights are used; without them, or with a stage missing, there is no model.
            stages = list(stages_of(json.loads(fitted.model.record())))
            if len(fitted.stages) < n_stages or stages[-1][1]["best_epoch"] == 0:
                raise DivergedError(f"{fitted.problem}; try a tenth of the rate, or clip=1")
        self._keep(fitted.model)
        if fitted.raised is not None:
            raise fitted.raised
        if fitted.outcome == "diverged":
            text = f"{fitted.problem}: the best weights so far are kept; try a lower rate, or clip"
            in_search = "fits diverged: their best weights so far are kept; try lower rates, or clip"
            warn(text, ConvergenceWarning, in_search)

    def _keep(self, model):
        self._model = model
        self.n_iter_ = len(list(stages_of(self._record))[-1][1]["history"])

    @property
    def _record(self):
        return json.loads(self._model.record())

    def _schema(self):
        """The columns of X in JSON, if there is anything to say of them."""
        known = getattr(self, "_known", None)
        if known is None:
            names = getattr(self, "feature_names_in_", None)
            known = names if names is None else [Known(str(name), "number") for name in names]
        return None if known is None else _schema.to_json(known)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        return tags

    @property
    def history_(self):
        """One dict per epoch: stage, epoch, rate, train_loss, valid_loss, and for a classifier
        valid_error."""
        self._check_attribute("history_")
        stages = stages_of(self._record)
        return [{"stage": name, **epoch} for name, of in stages for epoch in of["history"]]

    def _use(self, X, method, *arguments, **more):
        """The result of a method of the model for X, with the dtype of X."""
        check_is_fitted(self)
        X = checked(self, X, reset=False)
        rows = native(X)
        warning = self._model.range_warning(rows)
        if warning is not None:
            in_search = "X has values far outside the range of training rows"
            warn(f"X: {warning}", DataWarning, in_search)
        n_threads = _settings.n_threads(self.n_jobs)
        result = getattr(self._model, method)(rows, *arguments, n_threads=n_threads, **more)
        return result if result.dtype == np.float64 else result.astype(out_dtype(X), copy=False)

    def reconstruct(self, X, corruption=None):
        """Encode and decode X through all layers, to remove noise or fill in destroyed cells.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows like those of ``fit``.

        corruption : str, default=None
            Corruption applied to a copy of X first, in the form of the parameter ``corruption``.

        Returns
        -------
        reconstructions : ndarray or DataFrame of shape (n_samples, n_features)
            In the units of the data; where X has words or dates, a table as X, else as
            ``set_output`` says.
        """
        cells = self._use(X, "reconstruct", corruption)
        if not hasattr(self, "_known"):
            return in_container(self, cells, X)
        table = Table(self, X, reset=False)
        columns = table.columns(None)
        everywhere = np.ones(len(cells), dtype=bool)
        used = [j for j, known in enumerate(self._known) if known.kind != "ignored"]
        filled = {
            j: (columns[j], everywhere, _columns.values_of(self._known[j], columns[j], of))
            for j, of in zip(used, cells.T.astype(float), strict=True)
        }
        return table.filled(filled, {})

    def to_onnx(self, path):
        """Write the model as one ONNX file, for other programs.

        Its input is rows in the units of the data, ``float32``. Its outputs are ``code``,
        ``reconstruction`` and, for a classifier, ``probabilities`` and ``class``, for a regressor
        ``prediction``.

        Parameters
        ----------
        path : str or os.PathLike
            The file, which is written completely and durably, or not at all. The name must end in
            ``.onnx``.
        """
        self._write_onnx(path)


def stages_of(record):
    """Name and record of each training stage of a model."""
    for k, layer in enumerate(record["layers"], 1):
        yield f"layer {k}", layer
    for name in ("joint", "network"):
        if record.get(name) is not None:
            yield name, record[name]
