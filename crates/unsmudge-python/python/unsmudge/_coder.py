"""Base classes of the estimators whose output is a code."""

import numbers

import numpy as np

from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from . import _columns, _rows, _settings
from ._base import Learner
from ._output import in_container


class Coder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Learner):
    """Base class of the estimators whose output is a code."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _layer(self):
        """The layer whose codes are the output, from 1."""
        return len(self._model.sizes)

    @property
    def _n_features_out(self):
        return self._model.sizes[self._layer - 1]

    def transform(self, X):
        """Encode X by equation (1) of docs/equations.md, without corruption.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows like those of ``fit``.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_hidden)
            float64 for float64, else float32. The codes of a row do not depend on other rows.
        """
        check_is_fitted(self)
        codes = self._use(X, "encode", self._layer)
        # What scikit-learn makes of an array has no names of observations.
        return in_container(self, codes, X, self.get_feature_names_out())

    def inverse_transform(self, X):
        """Decode codes by equation (1) of docs/equations.md.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_hidden)
            Codes, as returned by ``transform``.

        Returns
        -------
        reconstructions : ndarray or DataFrame of shape (n_samples, n_features)
            In the units of the data; objects where those of ``fit`` had words or dates; a DataFrame
            where ``set_output`` says so.
        """
        check_is_fitted(self)
        codes, dtype = _rows.codes(X, self, self._n_features_out)
        n_threads = _settings.n_threads(self.n_jobs)
        decoded = self._model.decode(codes, self._layer, n_threads=n_threads)
        if not hasattr(self, "_known"):
            return in_container(self, decoded.astype(dtype, copy=False), X)
        used = [known for known in self._known if known.kind != "ignored"]
        cells = zip(used, decoded.T.astype(float), strict=True)
        columns = [_columns.objects_of(known, None, of) for known, of in cells]
        return in_container(self, np.column_stack(columns), X, [known.name for known in used])

    def score_samples(self, X):
        """Minus what the reconstruction of each row loses beyond the least possible.

        The loss is equation (2) or (3) of docs/equations.md, the least that of a perfect
        reconstruction: 0 for squared error, the entropy of grey values for cross-entropy.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows like those of ``fit``.

        Returns
        -------
        scores : ndarray of shape (n_samples,), float64
            Higher is more normal. In scaled units, summed over columns.
        """
        return -self._use(X, "excess_losses")

    def score(self, X, y=None):
        """The mean of ``score_samples``.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows like those of ``fit``.

        y : Ignored
            Not used, present for API consistency.

        Returns
        -------
        score : float
            Higher is better.
        """
        return float(self.score_samples(X).mean())


def per_layer(name, value, n_layers):
    """One value of a parameter for each layer, from one for all or a sequence."""
    is_one = isinstance(value, (str, numbers.Number))
    values = [value] * n_layers if is_one else list(value)
    if len(values) != n_layers:
        raise ValueError(f"{name} has {len(values)} parts for {n_layers} layers")
    return values


class StackCoder(Coder):
    """A coder with several layers, whose parameter ``layer`` chooses the codes."""

    @property
    def _layer(self):
        n_layers = len(self._model.sizes)
        layer = n_layers if self.layer == -1 else self.layer
        if not isinstance(layer, numbers.Integral) or not 1 <= layer <= n_layers:
            raise ValueError(f"layer is 1 to {n_layers}, or -1 for the topmost; got {layer!r}")
        return int(layer)


class SingleLayer(Coder):
    """A coder with a single layer."""

    @property
    def components_(self):
        """W: a row is a filter. ndarray of shape (n_hidden, n_features)."""
        self._check_attribute("components_")
        return self._model.weights(1)[0]

    @property
    def intercept_hidden_(self):
        """b, the hidden biases: ndarray of shape (n_hidden,)."""
        self._check_attribute("intercept_hidden_")
        return self._model.weights(1)[1]

    @property
    def intercept_visible_(self):
        """b', the visible biases: ndarray of shape (n_features,)."""
        self._check_attribute("intercept_visible_")
        return self._model.weights(1)[2]
