"""Base class of classifier and regressor: a stack with a head."""

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from . import _settings
from ._base import Learner
from ._stack import Layers

# Parameters of fine-tuning; the other settings of this stage have their defaults.
TUNING = {
    "tune_epochs": "epochs",
    "tune_rate": "rate",
    "tune_batch": "batch",
    "tune_optimizer": "optimizer",
    "tune_l2": "l2",
    "tune_patience": "patience",
}


class Network(Layers, Learner):
    """Base class of classifier and regressor: pretraining, then fine-tuning with a head."""

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
        """Codes of a fine-tuned hidden layer, equation (1) of docs/equations.md.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Rows like those of ``fit``.

        layer : int, default=-1
            Number of the layer: 1 is the lowest, -1 the topmost.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_hidden of that layer)
            float64 for float64, else float32.
        """
        check_is_fitted(self)
        return self._use(X, "encode", len(self._model.sizes) if layer == -1 else layer)
