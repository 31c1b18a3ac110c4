"""Stacks of layers, each trained on the codes of the one below."""

import numbers

from . import _parameters, _rows, _settings
from ._coder import StackCoder, per_layer
from ._documentation import documented
from ._parameters import StackParameters


class Layers:
    """Settings of the layers of a stack."""

    def _layers(self, seed):
        sizes = (self.n_hidden,) if isinstance(self.n_hidden, numbers.Integral) else self.n_hidden
        sizes = list(sizes)
        noises = per_layer("corruption", self.corruption, len(sizes))
        shared = {name: getattr(self, name) for name in _parameters.AUTOENCODER}
        training = self._training(seed=seed)
        layers = []
        for k, (n_hidden, corruption) in enumerate(zip(sizes, noises, strict=True)):
            own = {"n_hidden": n_hidden, "corruption": corruption, "training": training}
            own.update(dict.fromkeys(_parameters.FIRST_LAYER) if k > 0 else {})
            layers.append({**shared, **own})
        return layers

    def _joint(self, layers, seed):
        """Settings of the joint stage, if any; it has the corruption of the first layer."""
        if self.joint_epochs is None:
            return None
        training = self._training(seed=seed, epochs=self.joint_epochs)
        noise = {name: layers[0][name] for name in _parameters.JOINT}
        return {**noise, "training": training}


@documented
class StackedDenoisingAutoencoder(StackParameters, Layers, StackCoder):
    """Stack of denoising autoencoders (Vincent et al. 2010), trained layer by layer.

    Equations (1) to (8) of docs/equations.md. Each layer is trained on the codes of the one below,
    computed without corruption.

    {parameters}

    Attributes
    ----------
    history_ : list of dict
        One dict per epoch and layer: stage, epoch, rate, train_loss, valid_loss.

    n_iter_ : int
        Number of epochs of the last stage.

    n_features_in_ : int
        Number of columns seen in ``fit``.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    StackedDenoisingClassifier : A stack with a head for classes, fine-tuned.

    Notes
    -----
    After Ctrl-C the trained layers are kept; ``layer=-1`` is then the topmost of them.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVC
    >>> from unsmudge import StackedDenoisingAutoencoder
    >>> X, y = load_digits(return_X_y=True)
    >>> settings = {"epochs": 5, "rate": 0.5, "image_shape": (8, 8), "random_state": 0}
    >>> stack = StackedDenoisingAutoencoder((64, 32), **settings)
    >>> pipeline = make_pipeline(stack, SVC()).fit(X[:1000], y[:1000])
    >>> pipeline.score(X[1000:], y[1000:]) > 0.8
    True
    """

    def fit(self, X, y=None, sample_weight=None):
        """Train layer by layer.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Training rows.

        y : Ignored
            Not used, present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts in the loss, relative to the others. None: all count the same.
            Not with ``contraction`` or ``sparsity``.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        X = _rows.checked(self, X, reset=True)
        seed = _settings.seed_of(self.random_state)
        layers = self._layers(seed)
        recipe = {"data": self._data(), "layer": layers, "joint": self._joint(layers, seed)}
        return self._learn(recipe, X, weights=_rows.weights(sample_weight, X))
