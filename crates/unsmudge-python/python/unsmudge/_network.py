"""Base class of classifier and regressor: a stack with a head."""

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from . import _settings
from ._base import Learner
from ._parameters import TUNING
from ._stack import Layers


class Network(Layers, Learner):
    """Base class of classifier and regressor: pretraining, then fine-tuning with a head."""

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
