"""
Implementation of the estimators. Use those: this module may change at any time.
"""

from _typeshed import Incomplete, SupportsGetItem
from os import PathLike
from typing import Any, Final, SupportsFloat, SupportsIndex, final

__all__ = ["__version__", "DiffusionModel", "Fitted", "Model", "Online", "TableDetector", "TableModel", "fit", "format_of", "read_arrow"]

__version__: Final[str]
"""
The version of the library.
"""

@final
class DiffusionModel:
    """
    A trained diffusion model.
    """
    def __reduce__(self, /) -> tuple: ...
    def classes(self, /) -> list[str]:
        """
        Names of the classes.
        """
    def denoise(self, /, x: Any, level: SupportsFloat | SupportsIndex, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Expected clean rows, of rows with noise of this level.
        """
    @staticmethod
    def fit(settings: str, x: Any, labels: tuple[Incomplete, SupportsGetItem[int, str]] | None = None, *, n_threads: SupportsIndex | None = None, watch: Any | None = None) -> DiffusionModel:
        """
        Trains on rows, with `settings` in JSON: `n_hidden`, `n_layers`, `steps`, `batch`, `rate` and
        `seed`; `labels` are codes, one a row, and the names of the codes.
        """
    @staticmethod
    def from_bytes(bytes: bytes) -> DiffusionModel:
        """
        Reads a model from the bytes of its file.
        """
    @staticmethod
    def load(path: str | PathLike[str]) -> DiffusionModel:
        """
        Reads a model file.
        """
    def n_columns(self, /) -> int:
        """
        Number of columns.
        """
    def offsets(self, /) -> list[float]:
        """
        What is to be added to the samples of each column.
        """
    def sample(self, /, n_samples: SupportsIndex, class_code: SupportsIndex | None, sampling: tuple[SupportsIndex, SupportsFloat | SupportsIndex, SupportsIndex], n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Draws rows, of one class or of all in equal shares, by these numbers of noise levels,
        guidance and seed.
        """
    def save(self, /, path: str | PathLike[str]) -> None:
        """
        Writes the model file durably.
        """
    def score_field(self, /, x: Any, level: SupportsFloat | SupportsIndex, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Gradients of the log density of rows with noise of this level.
        """
    def settings(self, /) -> str:
        """
        How it was trained, as JSON.
        """
    def to_bytes(self, /) -> bytes:
        """
        The bytes of the model file.
        """

@final
class Fitted:
    """
    The result of training.
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
        The message of a divergence.
        """
    @property
    def raised(self, /) -> Any | None:
        """
        The exception that interrupted training, to be raised after the model is kept.
        """
    @property
    def stages(self, /) -> list[str]:
        """
        The stages that were started.
        """

@final
class Model:
    """
    A trained model: the layers that reconstruct, and the network of a model that predicts.
    """
    def __reduce__(self, /) -> tuple: ...
    def decode(self, /, codes: Incomplete, layer: SupportsIndex, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Decodes codes of a layer, from 1.
        """
    def encode(self, /, x: Any, layer: SupportsIndex, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Codes of a layer, from 1; of the fine-tuned layers where there are any.
        """
    def excess_losses(self, /, x: Any, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        What each row without corruption loses, equation (2) or (3), beyond the least possible.
        """
    def free_energies(self, /, x: Any, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        The free energy of each row of a Boltzmann machine: equation (11).
        """
    @staticmethod
    def from_bytes(bytes: bytes) -> Model:
        """
        Reads a model from the bytes of its file.
        """
    @staticmethod
    def load(path: str | PathLike[str]) -> Model:
        """
        Reads a model file.
        """
    @property
    def n_inputs(self, /) -> int:
        """
        Number of inputs.
        """
    def predict(self, /, x: Any, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Class probabilities, or predicted numbers.
        """
    def range_warning(self, /, x: Any) -> str | None:
        """
        A warning if rows are on another scale than those of training.
        """
    def reconstruct(self, /, x: Any, corruption: str | None = None, seed: SupportsIndex = 0, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Reconstructions through all layers, of corrupted rows if `corruption` is given.
        """
    def record(self, /) -> str:
        """
        The metadata of the model file, as JSON.
        """
    def save(self, /, path: str | PathLike[str]) -> None:
        """
        Writes the model file durably.
        """
    @property
    def sizes(self, /) -> list[int]:
        """
        Number of units of each layer, lowest first.
        """
    def to_bytes(self, /) -> bytes:
        """
        The bytes of the model file.
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
    An autoencoder that is trained on rows as they arrive.
    """
    def __reduce__(self, /) -> tuple: ...
    @staticmethod
    def begin(settings: str, x: Any, *, schema: str | None = None, image: tuple[SupportsIndex, SupportsIndex] | None = None) -> Online:
        """
        Starts with the scaling of `x`, which also applies to all further rows. Settings are JSON.
        """
    @staticmethod
    def from_bytes(model: Model, state: bytes) -> Online:
        """
        Restores the state of a pickle.
        """
    @staticmethod
    def from_model(settings: str, model: Model) -> Online:
        """
        Continues training a model of one layer.
        """
    def learn(self, /, x: Any, *, n_threads: SupportsIndex | None = None, watch: Any | None = None) -> Fitted:
        """
        One epoch over `x`.
        """
    def model(self, /) -> Model:
        """
        The current model.
        """

@final
class TableDetector:
    """
    A trained detector.
    """
    def __reduce__(self, /) -> tuple: ...
    def cells(self, /, x: Incomplete, of_training: bool, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Surprise, p-value, expected value, and least and greatest usual value of each cell, one after
        the other: n_rows x 5 n_columns. NaN where a cell is missing, or has no range.
        """
    @staticmethod
    def fit(settings: str, x: Incomplete, schema: str, *, n_threads: SupportsIndex | None = None, watch: Any | None = None) -> tuple[TableDetector, tuple[Incomplete, Incomplete]]:
        """
        Trains on rows, whose columns are those of `schema` in JSON, with `settings` in JSON: `seed`,
        `steps` and `clean`. Also returns scores and p-values of the rows by networks that were not
        trained on them.
        """
    @staticmethod
    def from_bytes(bytes: bytes) -> TableDetector:
        """
        Reads a model from the bytes of its file.
        """
    @staticmethod
    def load(path: str | PathLike[str]) -> TableDetector:
        """
        Reads a model file.
        """
    def save(self, /, path: str | PathLike[str]) -> None:
        """
        Writes the model file durably.
        """
    def schema(self, /) -> str:
        """
        The columns, as JSON.
        """
    def score(self, /, x: Incomplete, n_threads: SupportsIndex | None = None) -> tuple[Incomplete, Incomplete]:
        """
        Scores and p-values of rows that it was not trained on.
        """
    def settings(self, /) -> str:
        """
        How it was trained, as JSON.
        """
    def threshold(self, /, p: SupportsFloat | SupportsIndex) -> float:
        """
        The score that a share of at most `p` of rows exceed.
        """
    def to_bytes(self, /) -> bytes:
        """
        The bytes of the model file.
        """

@final
class TableModel:
    """
    A trained model of a table.
    """
    def __reduce__(self, /) -> tuple: ...
    def column_errors(self, /) -> str:
        """
        How well each column is filled, as JSON; of a model that was not measured an empty list.
        """
    def draw(self, /, x: Incomplete, seed: SupportsIndex, number: SupportsIndex, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        The same with missing cells drawn: draw `number` of `seed`.
        """
    @staticmethod
    def fit(settings: str, x: Incomplete, schema: str, *, n_threads: SupportsIndex | None = None, watch: Any | None = None) -> tuple[TableModel, str]:
        """
        Trains on rows, whose columns are those of `schema` in JSON, with `settings` in JSON: `seed`,
        `steps` and `n_members`. Also returns how well each column is filled, in JSON.
        """
    @staticmethod
    def from_bytes(bytes: bytes) -> TableModel:
        """
        Reads a model from the bytes of its file.
        """
    def impute(self, /, x: Incomplete, n_threads: SupportsIndex | None = None) -> Incomplete:
        """
        Rows, whose columns are those of the schema, with their missing cells filled.
        """
    def intervals(self, /, x: Incomplete, share: SupportsFloat | SupportsIndex, n_threads: SupportsIndex | None = None) -> tuple[Incomplete, Incomplete]:
        """
        The same with lower and with upper bounds that hold a `share` of missing numbers.
        """
    @staticmethod
    def load(path: str | PathLike[str]) -> TableModel:
        """
        Reads a model file.
        """
    def save(self, /, path: str | PathLike[str]) -> None:
        """
        Writes the model file durably.
        """
    def schema(self, /) -> str:
        """
        The columns, as JSON.
        """
    def settings(self, /) -> str:
        """
        How it was trained, as JSON.
        """
    def to_bytes(self, /) -> bytes:
        """
        The bytes of the model file.
        """
    def to_onnx(self, /, path: str | PathLike[str]) -> None:
        """
        Writes the model as one ONNX file.
        """

def fit(settings: str, x: Any, *, labels: tuple[Incomplete, SupportsGetItem[int, str]] | None = None, values: tuple[Incomplete, SupportsGetItem[int, str]] | None = None, weights: Incomplete | None = None, schema: str | None = None, image: tuple[SupportsIndex, SupportsIndex] | None = None, n_threads: SupportsIndex | None = None, watch: Any | None = None) -> Fitted:
    """
    Trains by `settings` (the tables of a settings file, as JSON) on `x` and, to predict, on `labels` or
    `values` with their names. Rows may have `weights` in the loss. The columns of `x` are those of
    `schema` in JSON. `watch(event, facts)` receives the events, and stops training by returning True.
    """

def format_of(path: str | PathLike[str]) -> str:
    """
    What a model file says that it is: `unsmudge model`, `unsmudge table model`, `unsmudge diffusion
    model` or `unsmudge anomaly detector`.
    """

def read_arrow(x: Any) -> tuple[Incomplete, list[str]]:
    """
    Rows of f64 and the names of the columns. Missing values are NaN.
    """
