"""AnnData objects: annotated matrices of observations and variables, as in single-cell analysis."""

import sys


def is_anndata(X):
    module = sys.modules.get("anndata")
    return module is not None and isinstance(X, module.AnnData)


def matrix(adata):
    """The rows of an AnnData, dense or sparse, and the names of its variables."""
    if adata.X is None:
        raise ValueError("X: this AnnData has no matrix: expected one in adata.X, such as a layer")
    return adata.X, [str(name) for name in adata.var_names]


def frame(adata):
    """The same as a DataFrame, whose index is the names of the observations."""
    matrix(adata)
    return adata.to_df()
