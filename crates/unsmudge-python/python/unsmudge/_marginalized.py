"""Stacks of linear denoisers in closed form."""

import numbers

from . import _parameters, _rows
from ._coder import StackCoder, per_layer
from ._documentation import documented
from ._parameters import MarginalizedParameters


@documented
class MarginalizedDenoisingAutoencoder(MarginalizedParameters, StackCoder):
    """Stack of marginalized denoising autoencoders, mSDA (Chen et al. 2012).

    Equation (21) of docs/equations.md. Each layer is the linear map that undoes masking best, over
    all maskings at once, followed by tanh. It is computed in closed form, without epochs, and needs
    memory for a square matrix of the columns.

    {parameters}

    Attributes
    ----------
    history_ : list of dict
        One dict per layer: stage, epoch (1), rate (0), train_loss, valid_loss. Losses are mean
        squared errors over all maskings.

    n_iter_ : int
        1: a layer is solved for at once.

    n_features_in_ : int
        Number of columns seen in ``fit``.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    StackedDenoisingAutoencoder : Layers of chosen sizes, trained in epochs.

    Notes
    -----
    A layer has no decoder: its code is its reconstruction, squashed by tanh.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from unsmudge import MarginalizedDenoisingAutoencoder
    >>> X, _ = load_digits(return_X_y=True)
    >>> settings = {"corruption": "bernoulli:0.3", "image_shape": (8, 8)}
    >>> stack = MarginalizedDenoisingAutoencoder(2, **settings).fit(X)
    >>> stack.transform(X).shape
    (1797, 64)
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = False
        return tags

    def fit(self, X, y=None):
        """Solve for one layer after the other.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Training rows.

        y : Ignored
            Not used, present for API consistency.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        X = _rows.checked(self, X, reset=True)
        n_layers = self.n_layers
        if not isinstance(n_layers, numbers.Integral) or n_layers < 1:
            raise ValueError(f"n_layers is a whole number from 1; got {n_layers!r}")
        shared = {name: getattr(self, name) for name in _parameters.MARGINALIZED}
        noises = per_layer("corruption", self.corruption, n_layers)
        layers = [{"kind": "marginalized", **shared, "corruption": noise} for noise in noises]
        return self._learn({"data": self._data(), "layer": layers}, X)
