"""A classifier: a stack with a head for classes."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from . import _rows
from ._documentation import documented
from ._network import Network
from ._parameters import ClassifierParameters


@documented
class StackedDenoisingClassifier(ClassifierMixin, ClassifierParameters, Network):
    """Network for classes, pretrained as a stack of denoising autoencoders and fine-tuned.

    Equations (1) to (8) of docs/equations.md for the layers, (14) and (15) for the network.

    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.

    {attributes}

    See Also
    --------
    StackedDenoisingAutoencoder : The layers without a head.

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

    def fit(self, X, y, sample_weight=None):
        """Pretrain layer by layer, then fine-tune with a head for the classes.

        Parameters
        ----------
        X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
            Training rows.

        y : array-like of shape (n_samples,)
            Classes, as numbers or strings. Every class of the held-out rows must occur in the
            training rows.

        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts in the losses of all layers and of the network, relative to the others. None:
            all count the same.

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
        weights = _rows.weights(sample_weight, X)
        if self.class_weight is not None:
            of_class = compute_sample_weight(self.class_weight, y).astype(np.float32)
            weights = of_class if weights is None else weights * of_class
        return self._learn(self._network_recipe("labels"), X, labels=labels, weights=weights)

    def predict_proba(self, X):
        """Class probabilities, equation (14) of docs/equations.md.

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
        # The model orders classes by number or text, numpy by their dtype.
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
            Elements of ``classes_``.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]


def name_of(label):
    """The name of a class in the model: whole numbers without a decimal point, as in tables."""
    if isinstance(label, (float, np.floating)) and float(label).is_integer():
        return str(int(label))
    return str(label)
