"""Weights of rows and of classes."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

import unsmudge

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(400, 4)).astype(np.float32)
# One row in ten is of the class that a shifted first column tells, with much overlap.
Y = (np.arange(400) % 10 == 0).astype(int)
X[Y == 1, 0] += 1.5

SETTINGS = {
    "epochs": 2,
    "batch": 20,
    "tune_epochs": 15,
    "tune_rate": 0.1,
    "random_state": 0,
    "n_jobs": 1,
}


def classifier(**more):
    return unsmudge.StackedDenoisingClassifier((8,), **SETTINGS, **more)


def test_balanced_classes_find_more_of_the_rare_one():
    plain = classifier().fit(X, Y).predict(X)
    balanced = classifier(class_weight="balanced").fit(X, Y).predict(X)
    assert balanced_accuracy_score(Y, plain) < 0.65 < balanced_accuracy_score(Y, balanced)


def test_a_weight_of_a_class_is_the_weight_of_its_rows():
    of_class = classifier(class_weight={0: 1, 1: 3}).fit(X, Y)
    of_rows = classifier().fit(X, Y, sample_weight=np.where(Y == 1, 3, 1))
    assert (of_class.predict_proba(X) == of_rows.predict_proba(X)).all()
    both = classifier(class_weight={0: 1, 1: 3}).fit(X, Y, np.where(Y == 1, 2, 1))
    six = classifier().fit(X, Y, np.where(Y == 1, 6, 1))
    assert (both.predict_proba(X) == six.predict_proba(X)).all()


def test_rows_of_weight_0_do_not_train():
    weights = (np.arange(400) % 3 > 0).astype(float)
    noise = np.where(weights > 0, X[:, 1], 1e3 * X[:, 2])
    settings = {"valid": 0, **SETTINGS}
    model = unsmudge.StackedDenoisingRegressor((8,), scaling="standardise", **settings)
    error = np.abs(model.fit(X, noise, weights).predict(X) - X[:, 1])
    assert np.median(error[weights > 0]) < 2


@pytest.mark.parametrize(
    "estimator", [unsmudge.DenoisingAutoencoder(8), unsmudge.StackedDenoisingAutoencoder((8,))]
)
def test_codes_are_learned_from_rows_that_count(estimator):
    estimator.set_params(epochs=3, random_state=0, n_jobs=1)
    weights = np.where(Y == 1, 1.0, 0.0)
    of_all, of_rare = [estimator.fit(X, sample_weight=w).score(X[Y == 1]) for w in (None, weights)]
    assert of_rare != of_all


@pytest.mark.parametrize(
    ("estimator", "arguments", "text"),
    [
        (classifier(), {"sample_weight": np.ones(399)}, "sample_weight"),
        (classifier(), {"sample_weight": np.full(400, -1.0)}, "[Nn]egative"),
        (classifier(), {"sample_weight": np.full(400, np.nan)}, "NaN"),
        (classifier(), {"sample_weight": np.zeros(400)}, "weight above 0|non-zero"),
        (classifier(class_weight="heavy"), {}, "balanced"),
        (classifier(contraction=0.1), {"sample_weight": np.ones(400)}, "penalty on codes"),
    ],
)
def test_weights_that_are_none_are_refused(estimator, arguments, text):
    with pytest.raises(ValueError, match=text):
        estimator.fit(X, Y, **arguments)
