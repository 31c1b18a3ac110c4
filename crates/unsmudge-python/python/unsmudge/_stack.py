"""Stacks of layers, each trained on the codes of the one below."""

import numbers

from . import _rows, _settings
from ._coder import Coder

# Settings of the first layer only; those of higher layers follow from the layer below.
FIRST_ONLY = ("loss", "decoder")


class Layers:
    """Settings of the layers of a stack."""

    def _layers(self, seed):
        sizes = (self.n_hidden,) if isinstance(self.n_hidden, numbers.Integral) else self.n_hidden
        sizes = list(sizes)
        noises = self.corruption
        noises = [noises] * len(sizes) if isinstance(noises, str) else list(noises)
        if len(noises) != len(sizes):
            raise ValueError(f"corruption has {len(noises)} parts for {len(sizes)} layers")
        shared = {name: getattr(self, name) for name in _settings.LAYER}
        training = self._training(seed=seed)
        layers = []
        for k, (n_hidden, corruption) in enumerate(zip(sizes, noises, strict=True)):
            own = {"n_hidden": n_hidden, "corruption": corruption, "training": training}
            own.update(dict.fromkeys(FIRST_ONLY) if k > 0 else {})
            layers.append({**shared, **own})
        return layers

    def _joint(self, layers, seed):
        """Settings of the joint stage, if any; it has the corruption of the first layer."""
        if self.joint_epochs is None:
            return None
        training = self._training(seed=seed, epochs=self.joint_epochs)
        noise = {name: layers[0][name] for name in ("corruption", "emphasis")}
        return {**noise, "training": training}


class StackedDenoisingAutoencoder(Layers, Coder):
    """Stack of denoising autoencoders (Vincent et al. 2010), trained layer by layer.

    Equations (1) to (8) of docs/equations.md. Each layer is trained on the codes of the one below,
    computed without corruption.

    Parameters
    ----------
    n_hidden : int or sequence of int, default=(500, 500, 500)
        Units of each layer, lowest first.

    layer : int, default=-1
        The layer whose codes ``transform`` gives: 1 is the lowest, -1 the topmost. It may be changed
        without fitting again.

    corruption : str or sequence of str, default="masking:0.25"
        Noise in training, one for all layers or one for each; see :class:`DenoisingAutoencoder`.

    tied : bool, default=True
        Whether decoders are encoders transposed.

    activation : {"sigmoid", "tanh", "relu", "softplus", "identity"}, default="sigmoid"
        Of the hidden units.

    initial_bias : float, default=0.0
        Where hidden biases begin; -2 is often better below a classifier.

    loss : {"cross-entropy", "squared-error"}, default=None
        Of the lowest layer; None follows the data. The layers above follow the codes.

    decoder : str, default=None
        Activation of the lowest layer's decoder.

    emphasis : str, default="none"
        As of :class:`DenoisingAutoencoder`.

    joint_epochs : int, default=None
        Epochs in which all layers learn on together, after each learned alone; None is no such
        stage.

    scaling : {"as-is", "bytes", "standardise", "unit"}, default=None
        How columns become inputs; None follows the data.

    epochs : int, default=None
        Sights of all rows, for each layer.

    batch : int, default=20
        Rows in a batch.

    optimizer : str, default=None
        As of :class:`DenoisingAutoencoder`.

    rate : float, default=None
        Learning rate.

    schedule : str, default="constant"
        The rate over the epochs.

    l2, l1 : float, default=0.0
        Penalties on weights.

    clip : float, default=None
        Greatest norm of a gradient.

    patience : int, default=None
        Epochs without a lower held-out loss before a layer is done.

    precision : {"f32", "bf16"}, default="f32"
        What products in training multiply in.

    valid : int, default=None
        How many of the last rows are held out. None is a tenth, at most 10,000.

    image_shape : tuple of two int, default=None
        Height and width, where a row is a picture.

    random_state : int, RandomState instance or None, default=None
        Governs initial weights, the order of rows and the noise of all layers.

    n_jobs : int, default=None
        Threads. None and -1 are all cores.

    verbose : int, default=0
        Whether progress is shown.

    callback : callable, default=None
        ``callback(epoch, history)`` after each epoch; training stops when it returns True.

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

    def __init__(
        self,
        n_hidden=(500, 500, 500),
        *,
        layer=-1,
        corruption="masking:0.25",
        tied=True,
        activation="sigmoid",
        initial_bias=0.0,
        loss=None,
        decoder=None,
        emphasis="none",
        joint_epochs=None,
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
        self.layer = layer
        self.corruption = corruption
        self.tied = tied
        self.activation = activation
        self.initial_bias = initial_bias
        self.loss = loss
        self.decoder = decoder
        self.emphasis = emphasis
        self.joint_epochs = joint_epochs
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

    @property
    def _layer(self):
        n_layers = len(self._model.sizes)
        layer = n_layers if self.layer == -1 else self.layer
        if not isinstance(layer, numbers.Integral) or not 1 <= layer <= n_layers:
            raise ValueError(f"layer is 1 to {n_layers}, or -1 for the topmost; got {layer!r}")
        return int(layer)

    def fit(self, X, y=None):
        """Train layer by layer.

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
        seed = _settings.seed_of(self.random_state)
        layers = self._layers(seed)
        recipe = {"data": self._data(), "layer": layers, "joint": self._joint(layers, seed)}
        return self._learn(recipe, X)
