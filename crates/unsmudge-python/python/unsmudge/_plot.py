"""Plots of an estimator; they need matplotlib."""

import numpy as np
from sklearn.utils.validation import check_is_fitted


def pyplot():
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        text = "plots need matplotlib: pip install matplotlib"
        raise ImportError(text) from error
    return plt


class Plots:
    """Plots of filters, history and reconstructions."""

    def _image_shape(self, n_features):
        side = round(n_features**0.5)
        shape = self.image_shape or ((side, side) if side * side == n_features else None)
        if shape is None or shape[0] * shape[1] != n_features:
            raise ValueError(
                f"image_shape={self.image_shape} is not the shape of {n_features} columns: give "
                "height and width"
            )
        return shape

    def plot_filters(self, n_filters=96, *, ax=None):
        """Plot filters of the lowest layer, equation (9) of docs/equations.md.

        Parameters
        ----------
        n_filters : int, default=96
            Number of filters, from the first.

        ax : matplotlib axes, default=None
            Axes to draw on; None creates a figure.

        Returns
        -------
        ax : matplotlib axes
            The axes with the filters.
        """
        check_is_fitted(self)
        weights = self._model.weights(1)[0][:n_filters]
        norms = np.linalg.norm(weights, axis=1, keepdims=True)
        filters = weights / np.where(norms > 0, norms, 1)
        shape = self._image_shape(weights.shape[1])
        ax = pyplot().subplots()[1] if ax is None else ax
        ax.imshow(sheet(filters, shape, min(12, len(filters))), cmap="gray")
        ax.set_axis_off()
        return ax

    def plot_history(self, *, ax=None):
        """Plot the losses over the epochs of all stages.

        Parameters
        ----------
        ax : matplotlib axes, default=None
            Axes to draw on; None creates a figure.

        Returns
        -------
        ax : matplotlib axes
            The axes with the curves.
        """
        check_is_fitted(self)
        ax = pyplot().subplots()[1] if ax is None else ax
        history = self.history_
        for stage in dict.fromkeys(record["stage"] for record in history):
            records = [record for record in history if record["stage"] == stage]
            epochs = [record["epoch"] for record in records]
            for key, style in (("train_loss", "-"), ("valid_loss", "--")):
                losses = [record[key] for record in records]
                if None not in losses:
                    ax.plot(epochs, losses, style, label=f"{stage}, {key.replace('_', ' ')}")
        ax.set_xlabel("epoch")
        ax.set_ylabel("loss")
        ax.legend()
        return ax

    def plot_reconstructions(self, X, n_rows=10, *, corruption=None, ax=None):
        """Plot rows above their reconstructions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows like those of ``fit``; each is a picture.

        n_rows : int, default=10
            Number of rows, from the first.

        corruption : str, default=None
            Corruption applied to the rows first.

        ax : matplotlib axes, default=None
            Axes to draw on; None creates a figure.

        Returns
        -------
        ax : matplotlib axes
            The axes with the pictures.
        """
        rows = X.head(n_rows) if hasattr(X, "head") else X[:n_rows]
        again = self.reconstruct(rows, corruption)
        rows = np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, dtype=float)
        shape = self._image_shape(rows.shape[1])
        ax = pyplot().subplots()[1] if ax is None else ax
        ax.imshow(sheet(np.concatenate([rows, again]), shape, len(rows)), cmap="gray")
        ax.set_axis_off()
        return ax


def sheet(pictures, shape, n_across):
    """Arranges pictures on one sheet, separated by lines of the minimum value."""
    height, width = shape
    n_down = -(-len(pictures) // n_across)
    out = np.full((n_down * (height + 1) - 1, n_across * (width + 1) - 1), pictures.min())
    for k, picture in enumerate(pictures):
        top, left = k // n_across * (height + 1), k % n_across * (width + 1)
        out[top : top + height, left : left + width] = picture.reshape(shape)
    return out
