"""Callbacks for experiment trackers, by modules with the signatures of the real ones."""

import pickle
import sys
from types import ModuleType, SimpleNamespace

import pytest
from sklearn.base import clone

from unsmudge import (
    DenoisingAutoencoder,
    DenoisingDiffusion,
    DenoisingImputer,
    DenoisingOutlierDetector,
    StackedDenoisingClassifier,
)
from unsmudge.callbacks import MLflow, TensorBoard, WandB

QUICK = {"epochs": 2, "random_state": 0}


@pytest.fixture
def logged(monkeypatch):
    """What the trackers were told: name or numbers, and step."""
    told = []

    class Writer:
        def __init__(self, output):
            told.append(output)

        def add_scalar(self, tag, data, step, *, wall_time=None, description=None):
            told.append((tag, data, step))

        def flush(self):
            pass

    def log_metrics(metrics, step=None, synchronous=None):
        told.append((metrics, step))

    run = SimpleNamespace(log=lambda data, step=None, commit=None: told.append((data, step)))
    modules = {
        "tensorboard": {},
        "tensorboard.summary": {"Writer": Writer},
        "mlflow": {"log_metrics": log_metrics},
        "wandb": {"run": None, "init": lambda: run},
    }
    for name, parts in modules.items():
        module = ModuleType(name)
        vars(module).update(parts)
        monkeypatch.setitem(sys.modules, name, module)
    return told


def test_tensorboard_gets_each_loss_by_stage_and_epoch(logged, units, tmp_path):
    model = DenoisingAutoencoder(4, callback=TensorBoard(tmp_path), **QUICK)
    model = clone(model).fit(units)
    first, last = model.history_
    assert logged[0] == str(tmp_path)
    assert ("layer 1/train_loss", first["train_loss"], 1) in logged
    assert ("layer 1/valid_loss", last["valid_loss"], 2) in logged
    assert logged.count(str(tmp_path)) == 1
    # Neither clones nor pickles take an open writer along.
    assert pickle.loads(pickle.dumps(model)).callback.folder == tmp_path


def test_mlflow_gets_the_losses_and_errors_of_a_network(logged, units):
    y = units[:, 0] > 0.5
    model = StackedDenoisingClassifier((4,), tune_epochs=1, callback=MLflow(), **QUICK)
    record = model.fit(units, y).history_[-1]
    assert logged[-1][1] == 1 and len(logged) == 3
    assert logged[-1][0]["network/valid_error"] == record["valid_error"]


def test_wandb_starts_a_run_where_there_is_none(logged, units):
    model = DenoisingAutoencoder(4, valid=0, callback=WandB(), **QUICK).fit(units)
    # Nothing is held out, so nothing is said of held-out rows.
    numbers, step = logged[-1]
    assert set(numbers) == {"layer 1/rate", "layer 1/train_loss", "epoch"} and step is None
    assert numbers["layer 1/train_loss"] == model.history_[-1]["train_loss"]
    assert len(logged) == numbers["epoch"] == 2


@pytest.mark.parametrize("estimator, n_trainings", [
    (DenoisingDiffusion(n_hidden=4, batch=20), 1),
    (DenoisingImputer(n_members=1), 2),
    (DenoisingOutlierDetector(), 5),
])  # fmt: skip
def test_estimators_without_layers_tell_each_epoch_too(logged, units, estimator, n_trainings):
    seen = []
    estimator.set_params(steps=6, random_state=0)
    estimator.set_params(callback=lambda epoch, history: seen.append((epoch, len(history))))
    estimator.fit(units)
    assert [n for _, n in seen] == list(range(1, len(seen) + 1))
    # Each training counts its epochs from 1, and is a stage of its own.
    assert [epoch for epoch, _ in seen].count(1) == n_trainings and seen[-1][0] > 1
    estimator.set_params(callback=MLflow()).fit(units)
    last = "training" if n_trainings == 1 else f"training {n_trainings}"
    assert set(logged[-1][0]) == {f"{last}/rate", f"{last}/train_loss"}
    with pytest.raises(ValueError, match="callback.* fewer of them by the parameter steps"):
        estimator.set_params(callback=lambda epoch, history: True).fit(units)


def test_a_tracker_that_is_not_installed_is_named_before_training(monkeypatch):
    for name in ("tensorboard.summary", "mlflow", "wandb"):
        monkeypatch.setitem(sys.modules, name, None)
    for callback, package in ((lambda: TensorBoard("logs"), "tensorboard"), (MLflow, "mlflow")):
        with pytest.raises(ImportError, match=f"pip install {package}"):
            callback()
    with pytest.raises(ImportError, match="WandB needs wandb"):
        WandB()
