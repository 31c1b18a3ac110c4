"""Reads a model file into an estimator."""

import json

import numpy as np

from . import _native, _schema
from ._autoencoder import DenoisingAutoencoder
from ._classifier import StackedDenoisingClassifier
from ._diffusion import DenoisingDiffusion
from ._imputer import DenoisingImputer
from ._marginalized import MarginalizedDenoisingAutoencoder
from ._outliers import DenoisingOutlierDetector
from ._parameters import AUTOENCODER, MACHINE, MARGINALIZED, TRAINING, TUNING
from ._rbm import RestrictedBoltzmannMachine
from ._regressor import StackedDenoisingRegressor
from ._stack import StackedDenoisingAutoencoder


def load(path):
    """Read a model file written by Python or by the command line.

    Parameters
    ----------
    path : str or os.PathLike
        A file written by ``save`` or by the command.

    Returns
    -------
    estimator : object
        A fitted estimator of the class of the model, with the parameters of its training.

    Raises
    ------
    FormatError
        If the file is damaged or not a model. Nothing in a file is ever executed.

    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import numpy as np, tempfile, os
    >>> from unsmudge import DenoisingAutoencoder, load
    >>> X = np.random.default_rng(0).random((20, 5))
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> DenoisingAutoencoder(n_hidden=4, epochs=2, random_state=0).fit(X).save(path)
    >>> load(path).transform(X).shape
    (20, 4)
    """
    kind = _native.format_of(path)
    if kind == "unsmudge table model":
        return DenoisingImputer._of(_native.TableModel.load(path))
    if kind == "unsmudge diffusion model":
        estimator = DenoisingDiffusion._of(_native.DiffusionModel.load(path))
        if names := estimator._model.classes():
            estimator.classes_ = classes(names)
        return estimator
    if kind == "unsmudge anomaly detector":
        return DenoisingOutlierDetector._of(_native.TableDetector.load(path))
    model = _native.Model.load(path)
    estimator = of_record(model)
    estimator.n_features_in_ = model.n_inputs
    estimator._keep(model)
    schema = estimator._record["schema"]
    columns = schema.get("names")
    if columns is not None:
        estimator.feature_names_in_ = np.array(columns, dtype=object)
    known = _schema.of_json(json.dumps(schema))
    if any(column.kind not in ("number", "ignored") for column in known):
        estimator._known = known
        estimator.n_features_in_ = len(known)
        if columns is not None:
            names = [column.name for column in known]
            estimator.feature_names_in_ = np.array(names, dtype=object)
    return estimator


def of_record(model):
    """An estimator with the parameters of the model's training."""
    record = json.loads(model.record())
    layers = [layer["settings"] for layer in record["layers"]]
    kinds = {layer.get("kind", "autoencoder") for layer in layers}
    network = record.get("network")
    shared = {
        "scaling": record["scaling"],
        "valid": record["data"]["n_valid"],
        "image_shape": shape(record["image"]),
    }
    joint = record.get("joint")
    if kinds == {"marginalized"} and network is None and joint is None:
        closed = {name: layers[0][name] for name in MARGINALIZED}
        closed["corruption"] = [layer["corruption"] for layer in layers]
        return MarginalizedDenoisingAutoencoder(len(layers), **closed, **shared)
    shared["random_state"] = layers[0]["training"]["seed"]
    shared.update(of_training(layers[0]["training"]))
    if network is None and len(layers) == 1:
        if kinds == {"rbm"}:
            machine = {name: layers[0].get(name) for name in MACHINE}
            shared.pop("patience")
            return RestrictedBoltzmannMachine(**machine, **shared)
        layer = {name: layers[0].get(name) for name in AUTOENCODER}
        return DenoisingAutoencoder(**layer, **shared)
    # A stack of other layers is used as a stack; its parameters are those of its codes.
    known = {name: of for name, of in layers[0].items() if name in AUTOENCODER}
    known["n_hidden"] = tuple(model.sizes)
    known["corruption"] = [layer.get("corruption", "none") for layer in layers]
    known["joint_epochs"] = joint and joint["settings"]["training"]["epochs"]
    if network is None:
        return StackedDenoisingAutoencoder(**known, **shared)
    settings = network["settings"]
    tuning = {own: settings["training"].get(name) for own, name in TUNING.items()}
    kind, names = next(iter(network["predicted"].items()))
    if kind == "classes":
        estimator = StackedDenoisingClassifier(
            dropout=settings["dropout"], **tuning, **known, **shared
        )
        estimator.classes_ = classes(names)
    elif kind == "numbers":
        estimator = StackedDenoisingRegressor(
            dropout=settings["dropout"], **tuning, **known, **shared
        )
        estimator._is_flat = len(names) == 1
    else:
        raise ValueError("the model predicts several labels, for which there is no estimator")
    return estimator


def of_training(training):
    return {name: training.get(name) for name in TRAINING}


def shape(image):
    return image and (image["height"], image["width"])


def classes(names):
    """Classes from their names, sorted: integers if all names are whole numbers."""
    try:
        return np.sort(np.array([int(name) for name in names]))
    except ValueError:
        return np.sort(np.array(names))
