"""Rows in the container that ``set_output`` asks for."""

from sklearn.utils._set_output import ADAPTERS_MANAGER, _get_output_config

from . import _anndata


def in_container(estimator, rows, X, names=None):
    """Rows with the columns of ``fit``, or these, in the container of ``set_output(transform=...)``.

    ``X`` is what they were made from, whose index a DataFrame takes over, or whose names of
    observations. An array stays one without ``set_output``.
    """
    container = _get_output_config("transform", estimator)["dense"]
    if container == "default":
        return rows
    if names is None:
        generic = [f"x{j}" for j in range(rows.shape[1])]
        names = getattr(estimator, "feature_names_in_", generic)
    adapter = ADAPTERS_MANAGER.adapters[container]
    X = X.obs if _anndata.is_anndata(X) else X
    index = X if adapter.is_supported_container(X) else rows
    return adapter.create_container(rows, index, columns=names)
