"""One denoising autoencoder."""

from collections.abc import Sequence

from . import _native, _parameters, _rows, _settings
from ._coder import SingleLayer
from ._documentation import documented
from ._parameters import AutoencoderParameters
from ._watch import Watch


@documented
class DenoisingAutoencoder(AutoencoderParameters, SingleLayer):
    """Denoising autoencoder (Vincent, Larochelle, Bengio, Manzagol 2008).

    The model corrupts a row and learns to reconstruct the clean one, so that its codes represent
    the structure of the data. Equations (1) to (8) of docs/equations.md.

    {parameters}

    Attributes
    ----------
    components_ : ndarray of shape (n_hidden, n_features)
        W: a row is a filter.

    intercept_hidden_ : ndarray of shape (n_hidden,)
        b, the hidden biases.

    intercept_visible_ : ndarray of shape (n_features,)
        b', the visible biases.

    history_ : list of dict
        One dict per epoch: stage, epoch, rate, train_loss, valid_loss.

    n_iter_ : int
        Number of epochs.

    n_features_in_ : int
        Number of columns seen in ``fit``.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    StackedDenoisingAutoencoder : Several layers, each trained on the codes of the one below.

    Notes
    -----
    If training diverges, the best weights so far are kept with a ``ConvergenceWarning``; if there
    are none, ``DivergedError`` is raised. After Ctrl-C the estimator keeps its current weights, and
    ``KeyboardInterrupt`` is raised again.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from unsmudge import DenoisingAutoencoder
    >>> X, _ = load_digits(return_X_y=True)
    >>> model = DenoisingAutoencoder(n_hidden=32, epochs=3, image_shape=(8, 8), random_state=0)
    >>> model.fit_transform(X).shape
    (1797, 32)
    >>> model.history_[-1]["valid_loss"] < model.history_[0]["valid_loss"]
    True
    """

    def _recipe(self):
        if isinstance(self.n_hidden, Sequence) and not isinstance(self.n_hidden, str):
            raise ValueError(
                f"n_hidden={self.n_hidden!r}: allowed is a whole number from 1; several layers are "
                "a StackedDenoisingAutoencoder"
            )
        training = self._training(seed=_settings.seed_of(self.random_state))
        layer = {name: getattr(self, name) for name in _parameters.AUTOENCODER}
        return {"data": self._data(), "layer": [{**layer, "training": training}]}

    def fit(self, X, y=None, sample_weight=None):
        """Train on X.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Training rows. float32 arrays in C order are not copied; CSR matrices are made dense a
            batch at a time.

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
        self._online = None
        return self._learn(self._recipe(), X, weights=_rows.weights(sample_weight, X))

    def partial_fit(self, X, y=None):
        """Train for one epoch on X, continuing from the current weights.

        The first call determines the scaling. No rows are held out. The state of the optimizer is
        kept with the estimator and in its pickles.

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
        X = _rows.checked(self, X, reset=not hasattr(self, "_model"))
        rows = _rows.native(X)
        if getattr(self, "_online", None) is None:
            recipe = _settings.to_json(self._recipe())
            if hasattr(self, "_model"):
                self._online = _native.Online.from_model(recipe, self._model)
            else:
                kind = {"schema": self._schema(), "image": self.image_shape}
                self._online = _native.Online.begin(recipe, rows, **kind)
        watch = Watch(self.verbose, self.callback)
        watch.stage, watch.epochs = "layer 1", getattr(self, "n_iter_", 0) + 1
        n_threads = _settings.n_threads(self.n_jobs)
        self._end(self._online.learn(rows, n_threads=n_threads, watch=watch))
        return self
