"""Denoising autoencoders as scikit-learn estimators; training runs in Rust."""

from ._autoencoder import DenoisingAutoencoder
from ._classifier import StackedDenoisingClassifier
from ._diffusion import DenoisingDiffusion
from ._files import load
from ._imputer import DenoisingImputer
from ._marginalized import MarginalizedDenoisingAutoencoder
from ._outliers import DenoisingOutlierDetector
from ._rbm import RestrictedBoltzmannMachine
from ._regressor import StackedDenoisingRegressor
from ._stack import StackedDenoisingAutoencoder
from ._version import __version__
from .errors import DataWarning, DivergedError, FormatError, MemoryLimitError, UnsmudgeError

__all__ = [
    "DataWarning",
    "DenoisingAutoencoder",
    "DenoisingDiffusion",
    "DenoisingImputer",
    "DenoisingOutlierDetector",
    "DivergedError",
    "FormatError",
    "MarginalizedDenoisingAutoencoder",
    "MemoryLimitError",
    "RestrictedBoltzmannMachine",
    "StackedDenoisingAutoencoder",
    "StackedDenoisingClassifier",
    "StackedDenoisingRegressor",
    "UnsmudgeError",
    "__version__",
    "load",
]
