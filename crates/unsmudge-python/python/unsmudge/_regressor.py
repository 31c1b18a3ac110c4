"""A regressor: a stack with a head for numbers."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array

from . import _rows
from ._documentation import documented
from ._network import Network
from ._parameters import RegressorParameters


@documented
class StackedDenoisingRegressor(RegressorMixin, RegressorParameters, Network):
    """Network for numbers, pretrained as a stack of denoising autoencoders and fine-tuned.

    Equations (1) to (8) of docs/equations.md for the layers, (3) and (15) for the network.

    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    StackedDenoisingClassifier : The same for classes.

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

    def fit(self, X, y, sample_weight=None):
        """Pretrain layer by layer, then fine-tune with a head for the numbers.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Training rows.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, in any unit.

        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts in the losses of all layers and of the network, relative to the others. None:
            all count the same.

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
        weights = _rows.weights(sample_weight, X)
        recipe = self._network_recipe("targets")
        return self._learn(recipe, X, values=(values, names), weights=weights)

    def predict(self, X):
        """Predict the targets of each row.

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
