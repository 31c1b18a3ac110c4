"""A restricted Boltzmann machine."""

from . import _parameters, _rows, _settings
from ._coder import SingleLayer
from ._documentation import documented
from ._parameters import MachineParameters


@documented
class RestrictedBoltzmannMachine(MachineParameters, SingleLayer):
    """Restricted Boltzmann machine with binary units, trained by contrastive divergence.

    Equations (10) to (13) of docs/equations.md. A trained machine is used as an autoencoder with
    tied weights.

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
        One dict per epoch: stage, epoch, rate, train_loss, valid_loss. Losses are those of a
        reconstruction.

    n_iter_ : int
        Number of epochs.

    n_features_in_ : int
        Number of columns seen in ``fit``.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    DenoisingAutoencoder : Learns to reconstruct corrupted rows.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from unsmudge import RestrictedBoltzmannMachine
    >>> X, _ = load_digits(return_X_y=True)
    >>> machine = RestrictedBoltzmannMachine(n_hidden=16, epochs=2, image_shape=(8, 8), random_state=0).fit(X)
    >>> machine.score_samples(X[:3]).shape
    (3,)
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = False
        return tags

    def fit(self, X, y=None):
        """Train on X.

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
        training = self._training(seed=_settings.seed_of(self.random_state))
        machine = {name: getattr(self, name) for name in _parameters.MACHINE}
        layer = {"kind": "rbm", **machine, "training": training}
        return self._learn({"data": self._data(), "layer": [layer]}, X)

    def score_samples(self, X):
        """Minus the free energy of each row, equation (11) of docs/equations.md.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows like those of ``fit``.

        Returns
        -------
        scores : ndarray of shape (n_samples,), float64
            Log-probabilities up to a constant: higher is more normal.
        """
        return -self._use(X, "free_energies")
