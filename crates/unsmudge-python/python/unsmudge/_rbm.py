"""A restricted Boltzmann machine."""

from . import _rows, _settings
from ._coder import SingleLayer


class RestrictedBoltzmannMachine(SingleLayer):
    """Restricted Boltzmann machine with binary units, trained by contrastive divergence.

    Equations (10) to (13) of docs/equations.md. A trained machine is used as an autoencoder with
    tied weights.

    Parameters
    ----------
    n_hidden : int, default=500
        Hidden units: components of a code.

    steps : int, default=1
        How many times both sides are sampled in turn, 1 to 128. Sensible: 1, or up to 10.

    persistent : bool, default=False
        Whether chains go on where the step before left them.

    n_chains : int, default=None
        Number of chains that persist; None is 100.

    scaling : {"as-is", "bytes", "standardise", "unit"}, default="unit"
        How columns become probabilities in [0, 1]: by their least and greatest value. Data that is
        in [0, 1] as a whole may better be left ``"as-is"``.

    epochs : int, default=None
        Sights of all rows. None is 15, or as many as 10,000 steps take, at most 1,000.

    batch : int, default=20
        Rows in a batch. Sensible: 20 to 100.

    optimizer : str, default=None
        As of :class:`DenoisingAutoencoder`; None is sgd.

    rate : float, default=None
        Learning rate; None is 0.1. Sensible: 0.01 to 0.1.

    schedule : str, default="constant"
        As of :class:`DenoisingAutoencoder`.

    l2, l1 : float, default=0.0
        Penalties on weights.

    clip : float, default=None
        Greatest norm of a gradient.

    precision : {"f32", "bf16"}, default="f32"
        What products in training multiply in.

    valid : int, default=None
        How many of the last rows are held out, for ``history_``. None is a tenth, at most 10,000.

    image_shape : tuple of two int, default=None
        Height and width, where a row is a picture.

    random_state : int, RandomState instance or None, default=None
        Governs initial weights, the order of rows and all samples.

    n_jobs : int, default=None
        Threads. None and -1 are all cores.

    verbose : int, default=0
        Whether progress is shown.

    callback : callable, default=None
        ``callback(epoch, history)`` after each epoch; training stops when it returns True.

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

    def __init__(
        self,
        n_hidden=500,
        *,
        steps=1,
        persistent=False,
        n_chains=None,
        scaling="unit",
        epochs=None,
        batch=20,
        optimizer=None,
        rate=None,
        schedule="constant",
        l2=0.0,
        l1=0.0,
        clip=None,
        precision="f32",
        valid=None,
        image_shape=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.n_hidden = n_hidden
        self.steps = steps
        self.persistent = persistent
        self.n_chains = n_chains
        self.scaling = scaling
        self.epochs = epochs
        self.batch = batch
        self.optimizer = optimizer
        self.rate = rate
        self.schedule = schedule
        self.l2 = l2
        self.l1 = l1
        self.clip = clip
        self.precision = precision
        self.valid = valid
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

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
        machine = {name: getattr(self, name) for name in _settings.MACHINE}
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
