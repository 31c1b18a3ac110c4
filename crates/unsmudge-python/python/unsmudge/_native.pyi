"""
What the estimators are made of. Use those: this module may change at any time.
"""

from _typeshed import Incomplete, SupportsGetItem
from os import PathLike
from typing import Any, Final, SupportsIndex, final

__all__ = ["__version__", "Fitted", "Model", "Online", "fit", "read_arrow"]

__version__: Final[str]
"""
The version of the library.
"""

@final
class Fitted:
    """
    How learning ended, and with what.
    """
    @property
    def model(self, /) -> Model:
        """
        The model with the best weights.
        """
    @property
    def outcome(self, /) -> str:
        """
        `finished`, `stopped early`, `interrupted` or `diverged`.
        """
    @property
    def problem(self, /) -> str | None:
        """
        What is said of a divergence.
        """
    @property
    def raised(self, /) -> Any | None:
        """
        What interrupted it, to be raised once the model is kept.
        """
    @property
    def stages(self, /) -> list[str]:
        """
        The stages that were begun.
        """

@final
class Model:
    """
    A learned model: the layers that reconstruct, and a network where it predicts.
    """
    def __reduce__(self, /) -> tuple: ...
    def decode(self, /, codes: Incomplete, layer: SupportsIndex, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        What codes of a layer, from 1, decode to.
        """
    def encode(self, /, x: Any, layer: SupportsIndex, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Codes of a layer, from 1: of the fine-tuned layers where there are any.
        """
    def free_energies(self, /, x: Any, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        The free energy of each row of a Boltzmann machine: equation (11).
        """
    @staticmethod
    def from_bytes(bytes: bytes) -> Model:
        """
        A model from all bytes of its file.
        """
    @staticmethod
    def load(path: str | PathLike[str]) -> Model:
        """
        Reads a model file.
        """
    def losses(self, /, x: Any, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        The loss of each row, nothing corrupted: equation (2) or (3).
        """
    @property
    def n_inputs(self, /) -> int:
        """
        Number of components of an example.
        """
    def predict(self, /, x: Any, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Probabilities of the classes, or numbers.
        """
    def range_warning(self, /, x: Any) -> str | None:
        """
        A sentence when rows are on quite another scale than those of training.
        """
    def reconstruct(self, /, x: Any, corruption: str | None = None, seed: SupportsIndex = 0, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Up through all layers and back down, corrupted first where that is asked for.
        """
    def record(self, /) -> str:
        """
        All that the file records beside the numbers, as JSON.
        """
    def save(self, /, path: str | PathLike[str]) -> None:
        """
        Writes the model file durably.
        """
    @property
    def sizes(self, /) -> list[int]:
        """
        Units of each layer, lowest first.
        """
    def to_bytes(self, /) -> bytes:
        """
        All bytes of the model file.
        """
    def to_onnx(self, /, path: str | PathLike[str]) -> None:
        """
        Writes the model as one ONNX file.
        """
    def weights(self, /, layer: SupportsIndex) -> tuple[Incomplete, Incomplete, Incomplete]:
        """
        W, b and b' of a layer, from 1.
        """

@final
class Online:
    """
    An autoencoder that learns from rows as they come.
    """
    def __reduce__(self, /) -> tuple: ...
    @staticmethod
    def begin(settings: dict, x: Any, *, columns: SupportsGetItem[int, str] | None = None, image: tuple[SupportsIndex, SupportsIndex] | None = None) -> Online:
        """
        Ready to learn `x`, whose scaling is that of all rows that follow.
        """
    @staticmethod
    def from_bytes(model: Model, state: bytes) -> Online:
        """
        Goes on where a pickle was made.
        """
    @staticmethod
    def from_model(settings: dict, model: Model) -> Online:
        """
        Learns on from a model of one layer.
        """
    def learn(self, /, x: Any, *, n_threads: SupportsIndex | None = None, watch: Any | None = None) -> Fitted:
        """
        One pass over `x`.
        """
    def model(self, /) -> Model:
        """
        What is learned so far.
        """

def fit(settings: dict, x: Any, *, labels: tuple[Incomplete, SupportsGetItem[int, str]] | None = None, values: tuple[Incomplete, SupportsGetItem[int, str]] | None = None, columns: SupportsGetItem[int, str] | None = None, image: tuple[SupportsIndex, SupportsIndex] | None = None, n_threads: SupportsIndex | None = None, watch: Any | None = None) -> Fitted:
    """
    Learns what `settings` (the tables of a settings file) say from `x` and, where it predicts, `labels` or `values` with
    their names. `watch(event, facts)` is told how it goes, and stops it by answering True.
    """

def read_arrow(x: Any) -> tuple[Incomplete, list[str]]:
    """
    Rows of f32 and the names of the columns. What is missing is NaN.
    """
