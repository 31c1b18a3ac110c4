"""Stacks with a head: fine-tuned networks that classify or predict numbers."""

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d

from . import _rows, _settings
from ._base import Learner
from ._network_doc import documented
from ._stack import Layers

# Of the network's training; the rest of it keeps its usual values.
TUNING = {
    "tune_epochs": "epochs",
    "tune_rate": "rate",
    "tune_batch": "batch",
    "tune_optimizer": "optimizer",
    "tune_l2": "l2",
    "tune_patience": "patience",
}


class Network(Layers, Learner):
    """What classifier and regressor share: pretraining, then fine-tuning with a head."""

    def __init__(
        self,
        n_hidden=(500, 500, 500),
        *,
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
        dropout=0.0,
        tune_epochs=None,
        tune_rate=None,
        tune_batch=20,
        tune_optimizer=None,
        tune_l2=0.0,
        tune_patience=None,
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
        self.dropout = dropout
        self.tune_epochs = tune_epochs
        self.tune_rate = tune_rate
        self.tune_batch = tune_batch
        self.tune_optimizer = tune_optimizer
        self.tune_l2 = tune_l2
        self.tune_patience = tune_patience
        self.valid = valid
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

    def _network_recipe(self, predicts):
        seed = _settings.seed_of(self.random_state)
        layers = self._layers(seed)
        tuning = {name: getattr(self, own) for own, name in TUNING.items()}
        training = {**tuning, "precision": self.precision, "seed": seed}
        return {
            "data": {**self._data(), predicts: True},
            "layer": layers,
            "joint": self._joint(layers, seed),
            "network": {"dropout": self.dropout, "training": training},
        }

    def _outputs(self, X):
        check_is_fitted(self)
        if self._record.get("network") is None:
            text = f"this {type(self).__name__} was interrupted before its network was learned"
            raise NotFittedError(text)
        return self._use(X, "predict")

    def encode(self, X, layer=-1):
        """The codes of a hidden layer, fine-tuned: equation (1) of docs/equations.md.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows like those of ``fit``.

        layer : int, default=-1
            1 is the lowest, -1 the topmost.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_hidden of that layer)
            float64 for float64, else float32.
        """
        check_is_fitted(self)
        return self._use(X, "encode", len(self._model.sizes) if layer == -1 else layer)


@documented
class StackedDenoisingClassifier(ClassifierMixin, Network):
    """Network for classes, pretrained as a stack of denoising autoencoders and fine-tuned.

    Equations (1) to (8) of docs/equations.md for the layers, (14) and (15) for the network.

    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, in order.

    {attributes}

    See Also
    --------
    StackedDenoisingAutoencoder : The layers alone.

    {notes}

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from unsmudge import StackedDenoisingClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> settings = {"epochs": 5, "tune_epochs": 30, "image_shape": (8, 8), "random_state": 0}
    >>> model = StackedDenoisingClassifier((64, 32), **settings)
    >>> model.fit(X[:1500], y[:1500]).score(X[1500:], y[1500:]) > 0.85
    True
    """

    def fit(self, X, y):
        """Learn layer after layer, then fine-tune with a head for the classes.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows.

        y : array-like of shape (n_samples,)
            Classes: numbers or text. The rows that are held out must show no class that the others
            do not.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        X, y = _rows.checked(self, X, reset=True, y=y, multi_output=False)
        check_classification_targets(y)
        self.classes_, codes = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"a classifier needs two classes or more; y has 1 class: {y[0]!r}")
        labels = (codes.astype(np.uint32), [name_of(of) for of in self.classes_])
        return self._learn(self._network_recipe("labels"), X, labels=labels)

    def predict_proba(self, X):
        """Probabilities of the classes: equation (14) of docs/equations.md.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows like those of ``fit``.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        outputs = self._outputs(X)
        # The model has its classes in order of number or text, numpy in that of their type.
        names = self._record["network"]["predicted"]["classes"]
        places = [names.index(name_of(of)) for of in self.classes_]
        return outputs if places == sorted(places) else outputs[:, places]

    def predict(self, X):
        """The most probable class of each row.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows like those of ``fit``.

        Returns
        -------
        classes : ndarray of shape (n_samples,)
            As they stand in ``classes_``.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]


@documented
class StackedDenoisingRegressor(RegressorMixin, Network):
    """Network for numbers, pretrained as a stack of denoising autoencoders and fine-tuned.

    Equations (1) to (8) of docs/equations.md for the layers, (3) and (15) for the network.

    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    StackedDenoisingClassifier : For classes.

    {notes}

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from unsmudge import StackedDenoisingRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = StackedDenoisingRegressor(32, epochs=20, tune_epochs=50, random_state=0)
    >>> model.fit(X[:350], y[:350]).score(X[350:], y[350:]) > 0.3
    True
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.single_output = True
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X, y):
        """Learn layer after layer, then fine-tune with a head for the numbers.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers of any unit.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        X, y = _rows.checked(self, X, reset=True, y=y, multi_output=True, y_numeric=True)
        self._is_flat = y.ndim == 1
        y = y.reshape(len(y), -1)
        with np.errstate(over="ignore"):
            values = np.require(y, np.float32, ["C", "A"])
        check_array(values, input_name="y", estimator=self)
        names = [str(k + 1) for k in range(y.shape[1])]
        return self._learn(self._network_recipe("targets"), X, values=(values, names))

    def predict(self, X):
        """The numbers of each row.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows like those of ``fit``.

        Returns
        -------
        values : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In the units of y.
        """
        values = self._outputs(X)
        return values.ravel() if self._is_flat else values


def name_of(label):
    """What the model calls a class: whole numbers without a point, as tables have them."""
    if isinstance(label, (float, np.floating)) and float(label).is_integer():
        return str(int(label))
    return str(label)
