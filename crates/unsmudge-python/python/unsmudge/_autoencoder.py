"""One denoising autoencoder."""

from . import _native, _rows, _settings
from ._coder import SingleLayer
from ._watch import Watch


class DenoisingAutoencoder(SingleLayer):
    """Denoising autoencoder (Vincent, Larochelle, Bengio, Manzagol 2008).

    The model corrupts a row and learns to reconstruct the clean one, so that its codes represent
    the structure of the data. Equations (1) to (8) of docs/equations.md.

    Parameters
    ----------
    n_hidden : int, default=500
        Hidden units: components of a code. Sensible: 16 to 64 for tables, 100 to 2000 for pictures.

    corruption : str, default="masking:0.25"
        Noise in training: ``"none"``, or ``masking``, ``bernoulli``, ``salt-and-pepper``, ``salt``,
        ``flip`` with a fraction (0.1 to 0.5 are usual), ``gaussian`` or ``speckle`` with a
        deviation (0.1 to 0.5), joined by ``+``. Amounts may be drawn (``"masking:0.1..0.5"``) or
        annealed (``"masking:0.5to0.1"``).

    tied : bool, default=True
        Whether the decoder is the encoder transposed.

    activation : {"sigmoid", "tanh", "relu", "softplus", "identity"}, default="sigmoid"
        Of the hidden units.

    initial_bias : float, default=0.0
        Where hidden biases begin. From -2 codes of sigmoids begin sparse.

    loss : {"cross-entropy", "squared-error"}, default=None
        None is cross-entropy for data that is scaled to [0, 1], else squared error.

    decoder : str, default=None
        Activation of the decoder; None is sigmoid for cross-entropy, else identity.

    emphasis : str, default="none"
        ``"double"``, ``"full"`` or ``"ALPHA,BETA"``: weights of corrupted and of untouched
        components in the loss.

    scaling : {"as-is", "bytes", "standardise", "unit"}, default=None
        How columns become inputs. None: uint8 is divided by 255, data in [0, 1] is left as it is,
        anything else is standardised.

    epochs : int, default=None
        Sights of all rows. None is 15, or as many as 10,000 steps take, at most 1,000.

    batch : int, default=20
        Rows in a batch. Sensible: 20 to 256.

    optimizer : str, default=None
        ``"sgd"``, ``"momentum:M"``, ``"nesterov:M"``, ``"adam"`` or ``"adamw:DECAY"``. None is
        sgd for cross-entropy, adam for squared error.

    rate : float, default=None
        Learning rate. None is 0.1 for sgd, 0.001 for adam.

    schedule : str, default="constant"
        ``"inverse:EPOCHS"``, ``"step:EPOCHS:FACTOR"``, ``"cosine"`` or ``"one-cycle"``.

    l2, l1 : float, default=0.0
        Penalties on weights. Sensible: 0 to 0.001.

    clip : float, default=None
        Greatest norm of a gradient.

    patience : int, default=None
        Epochs without a lower held-out loss before training stops.

    precision : {"f32", "bf16"}, default="f32"
        What products in training multiply in.

    valid : int, default=None
        How many of the last rows are held out, to choose the best epoch by. None is a tenth, at
        most 10,000. Shuffle rows that are sorted.

    image_shape : tuple of two int, default=None
        Height and width, where a row is a picture: for ``plot_filters``, and kept in the file.

    random_state : int, RandomState instance or None, default=None
        Governs initial weights, the order of rows and the noise. An int is the seed that the
        command line calls ``--seed``, and gives the same bits for any number of threads.

    n_jobs : int, default=None
        Threads. None and -1 are all cores (None: as many as ``OMP_NUM_THREADS`` says).

    verbose : int, default=0
        Whether progress is shown: by tqdm where that is installed, else in lines.

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

    def __init__(
        self,
        n_hidden=500,
        *,
        corruption="masking:0.25",
        tied=True,
        activation="sigmoid",
        initial_bias=0.0,
        loss=None,
        decoder=None,
        emphasis="none",
        scaling=None,
        epochs=None,
        batch=20,
        optimizer=None,
        rate=None,
        schedule="constant",
        l2=0.0,
        l1=0.0,
        clip=None,
        patience=None,
        precision="f32",
        valid=None,
        image_shape=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.n_hidden = n_hidden
        self.corruption = corruption
        self.tied = tied
        self.activation = activation
        self.initial_bias = initial_bias
        self.loss = loss
        self.decoder = decoder
        self.emphasis = emphasis
        self.scaling = scaling
        self.epochs = epochs
        self.batch = batch
        self.optimizer = optimizer
        self.rate = rate
        self.schedule = schedule
        self.l2 = l2
        self.l1 = l1
        self.clip = clip
        self.patience = patience
        self.precision = precision
        self.valid = valid
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

    def _recipe(self):
        training = self._training(seed=_settings.seed_of(self.random_state))
        layer = {name: getattr(self, name) for name in _settings.LAYER}
        return {"data": self._data(), "layer": [{**layer, "training": training}]}

    def fit(self, X, y=None):
        """Train on X.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Training rows. float32 arrays in C order are not copied; CSR matrices are made dense a
            batch at a time.

        y : Ignored
            Not used, present for API consistency.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        X = _rows.checked(self, X, reset=True)
        self._online = None
        return self._learn(self._recipe(), X)

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
            recipe = _settings.text(self._recipe())
            if hasattr(self, "_model"):
                self._online = _native.Online.from_model(recipe, self._model)
            else:
                kind = {"columns": self._columns(), "image": self.image_shape}
                self._online = _native.Online.begin(recipe, rows, **kind)
        watch = Watch(self.verbose, self.callback)
        watch.stage, watch.epochs = "layer 1", getattr(self, "n_iter_", 0) + 1
        n_threads = _settings.n_threads(self.n_jobs)
        self._end(self._online.learn(rows, n_threads=n_threads, watch=watch))
        return self
