"""Ctrl-C stops learning and leaves what was learned; nobody waits for the GIL meanwhile."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import unsmudge
from unsmudge._watch import Watch

LONG = {"epochs": 100_000, "random_state": 0, "n_jobs": 1}
# With other stages, which may have 100,000 epochs together: as long, in smaller steps.
LONG_STAGE = {**LONG, "epochs": 30_000, "batch": 1}


def interrupted(estimator, X, y=None, after=0.3):
    timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(X, y)
    timer.join()
    return estimator


def test_a_partly_fitted_autoencoder_is_usable(units):
    model = interrupted(unsmudge.DenoisingAutoencoder(4, **LONG), units)
    assert model.transform(units).shape == (60, 4)
    assert model.n_iter_ == len(model.history_) < LONG["epochs"]


def test_in_the_midst_of_the_first_epoch_the_weights_it_has_are_kept(monkeypatch):
    def press(self, **facts):
        os.kill(os.getpid(), signal.SIGINT)

    X = np.random.default_rng(0).random((60_000, 100), dtype=np.float32)
    settings = {"batch": 1, "valid": 0, "image_shape": (10, 10), **LONG}
    model = unsmudge.DenoisingAutoencoder(200, **settings)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Watch, "on_batch", press)
        model.fit(X)
    assert model.n_iter_ == 0
    start = unsmudge.DenoisingAutoencoder(200, **{**settings, "epochs": 1}).fit(X[:1])
    assert model.score(X[:100]) > start.score(X[:100])


def test_a_partly_fitted_stack_has_the_layers_that_were_begun(units):
    model = unsmudge.StackedDenoisingAutoencoder((5, 4, 3), **LONG_STAGE)
    interrupted(model, units)
    assert model.transform(units).shape == (60, 5)


def test_a_partly_fitted_classifier(units):
    y = np.arange(60) % 2
    model = unsmudge.StackedDenoisingClassifier((4,), **{**LONG, "epochs": 2}, tune_epochs=90_000)
    model.set_params(tune_patience=100_000)
    interrupted(model, units, y)
    assert set(model.predict(units)) <= {0, 1}
    model = interrupted(unsmudge.StackedDenoisingClassifier((4,), **LONG_STAGE), units, y)
    assert model.encode(units).shape == (60, 4)
    with pytest.raises(NotFittedError, match="interrupted before its network"):
        model.predict(units)


def test_transforming_can_be_interrupted(units):
    model = unsmudge.DenoisingAutoencoder(2000, epochs=1, n_jobs=1, random_state=0).fit(units)
    X = np.zeros((2_000_000, 5), dtype=np.float32)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.warns(unsmudge.DataWarning), pytest.raises(KeyboardInterrupt):
        model.transform(X)
    timer.join()


@pytest.mark.parametrize("kind", [unsmudge.DenoisingImputer, unsmudge.DenoisingOutlierDetector])
def test_learning_a_table_can_be_interrupted(units, kind):
    model = interrupted(kind(steps=1_000_000, n_jobs=1), units)
    with pytest.raises(NotFittedError):
        getattr(model, "predict", getattr(model, "transform", None))(units)


def test_filling_a_table_can_be_interrupted(units):
    model = unsmudge.DenoisingImputer(steps=2, n_members=1, n_jobs=1, random_state=0).fit(units)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.transform(np.full((1_000_000, 5), np.nan))
    timer.join()


def test_other_threads_run_while_one_learns(units):
    turns = []

    def count():
        while len(turns) < 20:
            turns.append(time.monotonic())
            time.sleep(0.001)

    model = unsmudge.DenoisingAutoencoder(4, epochs=20_000, n_jobs=1, random_state=0)
    model.callback = lambda epoch, history: len(turns) >= 20
    thread = threading.Thread(target=count)
    thread.start()
    model.fit(units)
    thread.join()
    assert model.n_iter_ < 20_000


def test_two_threads_may_learn_at_once(units):
    def learn():
        models.append(unsmudge.DenoisingAutoencoder(4, epochs=5, random_state=0).fit(units))

    models = []
    threads = [threading.Thread(target=learn) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len({model._model.to_bytes() for model in models}) == 1
