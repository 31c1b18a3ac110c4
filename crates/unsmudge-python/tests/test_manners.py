"""Progress, callbacks, warnings, pictures."""

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import unsmudge
from unsmudge import _settings


def estimator(**settings):
    return unsmudge.DenoisingAutoencoder(**{"n_hidden": 4, "epochs": 3, "random_state": 0, **settings})


def test_progress_is_a_bar_of_tqdm(units, capsys):
    estimator(verbose=1).fit(units)
    error = capsys.readouterr().err
    assert "layer 1 (5-4): 100%" in error and "3/3" in error and "held out" in error


def test_progress_is_lines_without_tqdm(units, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    y = np.arange(60) % 2
    model = unsmudge.StackedDenoisingClassifier((4,), epochs=2, tune_epochs=2, verbose=True)
    model.fit(units, y)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "layer 1 (5-4): up to 2 epochs, stage 1 of 2"
    assert lines[1].startswith("layer 1: epoch 1/2: loss ") and "held out" in lines[1]
    assert lines[3] == "network (5-4-2): up to 2 epochs, stage 2 of 2"
    assert "error" in lines[5] and len(lines) == 6


def test_nothing_is_said_unasked(units, capsys):
    estimator().fit(units)
    assert capsys.readouterr() == ("", "")


def test_a_callback_sees_every_epoch_and_may_stop(units):
    seen = []

    def callback(epoch, history):
        seen.append((epoch, len(history), history[-1]["valid_loss"]))
        return epoch == 2

    model = estimator(callback=callback, epochs=9).fit(units)
    assert [(epoch, n) for epoch, n, _ in seen] == [(1, 1), (2, 2)]
    assert seen[1][2] == model.history_[1]["valid_loss"]
    assert model.n_iter_ == 2


def test_what_a_callback_raises_is_raised_once_the_model_is_kept(units):
    def callback(epoch, history):
        raise RuntimeError("enough")

    model = estimator(callback=callback)
    with pytest.raises(RuntimeError, match="enough"):
        model.fit(units)
    assert model.n_iter_ == 1


def test_divergence_keeps_the_best_weights_or_is_an_error(units):
    with pytest.raises(unsmudge.DivergedError, match="diverged in epoch 1.*try a tenth of the rate"):
        estimator(rate=1e20, loss="squared-error", optimizer="sgd").fit(units)
    settings = {"loss": "squared-error", "optimizer": "sgd", "activation": "identity"}
    model = estimator(**settings, rate=0.9, batch=60, epochs=200, valid=0)
    with pytest.warns(ConvergenceWarning, match="the best weights so far are kept"):
        model.fit(units)
    assert np.isfinite(model.transform(units)).all()


@pytest.mark.parametrize(
    ("n_jobs", "told", "expected"),
    [(None, None, None), (None, "3", None), (2, "3", 2), (-1, "3", "all"), (-1000, None, 1)],
)
def test_threads(monkeypatch, n_jobs, told, expected):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if told is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", told)
    if expected == "all":
        expected = _settings.joblib.cpu_count()
    assert _settings.n_threads(n_jobs) == expected


def test_pictures(units):
    X = np.repeat(units, 2, axis=1)[:, :9]
    y = np.arange(60) % 2
    models = [
        unsmudge.DenoisingAutoencoder(14, epochs=2),
        unsmudge.StackedDenoisingClassifier((14, 3), epochs=2, tune_epochs=2),
    ]
    for model in models:
        model.fit(X, y)
        assert model.plot_filters().images[0].get_array().shape == (7, 47)
        assert model.plot_history(ax=plt.figure().gca()).get_xlabel() == "epoch"
        assert model.plot_reconstructions(X, 3).images[0].get_array().shape == (7, 11)
    plt.close("all")


def test_pictures_need_a_shape_and_matplotlib(units, monkeypatch):
    model = estimator().fit(units)
    with pytest.raises(ValueError, match="image_shape=None is not the shape of 5 columns"):
        model.plot_filters()
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        model.plot_history()
