"""Estimators among scikit-learn's own: pipelines, searches, pickles, names, online learning."""

import copy
import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

import unsmudge

SETTINGS = {"epochs": 2, "random_state": 0, "image_shape": (8, 8)}
ALL = [
    unsmudge.DenoisingAutoencoder(8, **SETTINGS),
    unsmudge.RestrictedBoltzmannMachine(8, **SETTINGS),
    unsmudge.MarginalizedDenoisingAutoencoder(2, image_shape=(8, 8)),
    unsmudge.StackedDenoisingAutoencoder((8, 6), **SETTINGS),
    unsmudge.StackedDenoisingClassifier((8,), tune_epochs=2, **SETTINGS),
    unsmudge.StackedDenoisingRegressor((8,), tune_epochs=2, **SETTINGS),
]


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


def test_codes_under_a_support_vector_machine(digits):
    X, y = digits
    stack = unsmudge.StackedDenoisingAutoencoder((64, 32), rate=0.01, **SETTINGS)
    scores = cross_val_score(make_pipeline(stack, SVC()), X, y, cv=3)
    assert scores.min() > 0.8


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_search_in_a_pipeline(digits, n_jobs):
    X, y = digits[0][:300], digits[1][:300]
    pipeline = make_pipeline(unsmudge.DenoisingAutoencoder(8, **SETTINGS), SVC())
    grid = {"denoisingautoencoder__n_hidden": [4, 16], "svc__C": [1, 10]}
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=n_jobs, error_score="raise").fit(X, y)
    assert search.best_params_["denoisingautoencoder__n_hidden"] == 16


def test_a_search_by_the_reconstruction_itself(digits):
    model = unsmudge.DenoisingAutoencoder(8, **SETTINGS)
    search = GridSearchCV(model, {"epochs": [1, 20]}, cv=2).fit(digits[0][:300])
    assert search.best_params_ == {"epochs": 20}


@pytest.mark.parametrize("model", ALL, ids=lambda model: type(model).__name__)
def test_pickles_hold_the_model_file_and_no_code(digits, tmp_path, model):
    X, y = digits[0][:200], digits[1][:200]
    model = clone(model).fit(X, y)
    use = model.predict if hasattr(model, "predict") else model.transform
    text = pickle.dumps(model)
    assert model._model.to_bytes() in text
    joblib.dump(model, tmp_path / "model.joblib")
    for again in (pickle.loads(text), joblib.load(tmp_path / "model.joblib"), copy.deepcopy(model)):
        used = again.predict if hasattr(again, "predict") else again.transform
        assert (used(X) == use(X)).all()
        assert again.history_ == model.history_
    assert "_model" not in vars(clone(model))
    assert "sk-estimator" in model._repr_html_() or "sk-container" in model._repr_html_()


def test_files_are_read_by_their_own_class(units, tmp_path):
    path = tmp_path / "model.safetensors"
    model = unsmudge.DenoisingAutoencoder(4, epochs=1, random_state=0).fit(units)
    model.save(path)
    again = unsmudge.DenoisingAutoencoder.load(path)
    assert (again.transform(units) == model.transform(units)).all()
    with pytest.raises(ValueError, match="holds a DenoisingAutoencoder, not a RestrictedBoltz"):
        unsmudge.RestrictedBoltzmannMachine.load(path)


def test_names_of_codes(units):
    table = pd.DataFrame(units, columns=list("abcde"))
    model = unsmudge.StackedDenoisingAutoencoder((4, 3), epochs=1, random_state=0)
    codes = model.set_output(transform="pandas").fit_transform(table)
    names = [f"stackeddenoisingautoencoder{k}" for k in range(3)]
    assert list(codes.columns) == names == list(model.get_feature_names_out())
    assert list(model.set_params(layer=1).transform(table).columns) == [*names, f"{names[0][:-1]}3"]
    codes = model.set_output(transform="polars").transform(table)
    assert codes.shape == (60, 4)


def test_reconstructions_come_in_the_container_that_is_asked_for(units):
    table = pd.DataFrame(units, columns=list("abcde"), index=range(100, 160))
    model = unsmudge.DenoisingAutoencoder(4, epochs=1, random_state=0).fit(table)
    arrays = model.reconstruct(table), model.inverse_transform(model.transform(table))
    assert all(type(cells) is np.ndarray for cells in arrays)
    model.set_output(transform="pandas")
    codes = model.transform(table)
    for cells, expected in zip((model.reconstruct(table), model.inverse_transform(codes)), arrays):
        assert list(cells.columns) == list("abcde") and list(cells.index) == list(table.index)
        np.testing.assert_array_equal(cells.to_numpy(), expected)
    model.set_output(transform="polars")
    assert model.reconstruct(table).columns == list("abcde")
    unnamed = unsmudge.DenoisingAutoencoder(4, epochs=1).set_output(transform="pandas").fit(units)
    assert list(unnamed.reconstruct(units).columns) == [f"x{j}" for j in range(5)]
    people = pd.DataFrame({"size": ["L", "S"] * 30, "height": np.linspace(150, 190, 60)})
    mixed = unsmudge.DenoisingAutoencoder(4, epochs=1).set_output(transform="pandas").fit(people)
    assert list(mixed.inverse_transform(mixed.transform(people)).columns) == ["size", "height"]


def test_a_search_warns_once_and_a_fit_at_its_line(units):
    grid = {"rate": [0.9, 0.8], "batch": [30, 48], "random_state": [0, 1]}
    model = unsmudge.DenoisingAutoencoder(
        4, loss="squared-error", optimizer="sgd", activation="identity", epochs=200, valid=0
    )
    search = GridSearchCV(model, grid, cv=3, refit=False)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        search.fit(units)
    diverged = [one for one in told if issubclass(one.category, ConvergenceWarning)]
    assert len(diverged) == 1 and diverged[0].filename == __file__
    assert "fits diverged" in str(diverged[0].message)
    with pytest.warns(ConvergenceWarning, match="diverged in epoch") as told:
        model.set_params(rate=0.9, batch=48, random_state=0).fit(units)
    assert [one.filename for one in told] == [__file__]


def test_random_state(units):
    def learned(random_state):
        model = unsmudge.DenoisingAutoencoder(4, epochs=1, random_state=random_state)
        return model.fit(units)._model.to_bytes()

    assert learned(3) == learned(np.int64(3)) != learned(4)
    assert learned(np.random.RandomState(3)) == learned(np.random.RandomState(3))
    assert learned(None) != learned(None)


def test_what_is_learned_can_be_looked_at(units):
    model = unsmudge.DenoisingAutoencoder(4, epochs=3, random_state=0).fit(units)
    assert model.components_.shape == (4, 5)
    assert model.intercept_hidden_.shape == (4,)
    assert model.intercept_visible_.shape == (5,)
    codes = 1 / (1 + np.exp(-(units @ model.components_.T + model.intercept_hidden_)))
    assert np.allclose(codes, model.transform(units), atol=1e-6)
    back = 1 / (1 + np.exp(-(codes @ model.components_ + model.intercept_visible_)))
    assert np.allclose(back, model.inverse_transform(codes), atol=1e-6)
    assert np.allclose(back, model.reconstruct(units), atol=1e-6)
    back = back.astype(float)
    def losses(z):
        return -(units * np.log(z) + (1 - units) * np.log(1 - z)).sum(axis=1)

    excess = losses(back) - losses(units.clip(1e-12, 1 - 1e-12))
    assert np.allclose(model.score_samples(units), -excess, rtol=1e-4, atol=1e-5)
    assert model.score(units) == model.score_samples(units).mean()
    assert [record["epoch"] for record in model.history_] == [1, 2, 3] == [1, 2, model.n_iter_]
    noisy = model.reconstruct(units, corruption="masking:0.5")
    assert not np.allclose(noisy, back, atol=1e-3)


def test_a_marginalized_code_is_its_reconstruction(units):
    noise = ["bernoulli:0.5", "bernoulli:0.25"]
    model = unsmudge.MarginalizedDenoisingAutoencoder(2, corruption=noise, scaling="as-is")
    codes = model.fit(units).transform(units)
    assert codes.shape == units.shape == model.set_params(layer=1).transform(units).shape
    assert (model.reconstruct(units) == codes).all()
    assert (model.set_params(layer=-1).inverse_transform(codes) == codes).all()
    assert [record["stage"] for record in model.history_] == ["layer 1", "layer 2"]
    losses = ((units - codes) ** 2).sum(axis=1)
    assert np.allclose(model.score_samples(units), -losses, rtol=1e-4)
    with pytest.raises(ValueError, match="corruption has 2 parts for 3 layers"):
        model.set_params(n_layers=3).fit(units)
    with pytest.raises(ValueError, match="n_layers is a whole number from 1; got 0"):
        model.set_params(n_layers=0).fit(units)
    with pytest.raises(ValueError, match="corruption.*bernoulli:P"):
        model.set_params(n_layers=1, corruption="gaussian:0.1").fit(units)


def test_odd_rows_score_lower(digits):
    X = digits[0] / 16
    model = unsmudge.DenoisingAutoencoder(32, epochs=10, random_state=0, image_shape=(8, 8))
    model.fit(X)
    odd = np.random.default_rng(0).random((100, 64))
    assert np.quantile(model.score_samples(odd), 0.9) < np.quantile(model.score_samples(X), 0.1)
    # Beyond the range of cross-entropy a row is the odder the farther it is.
    beyond = np.stack([X[0] * factor for factor in (1, 2, 300)])
    with pytest.warns(UserWarning, match="the values run from"):
        scores = model.score_samples(beyond)
    assert scores[2] < scores[1] < scores[0] <= 0


def test_text_classes_that_are_numbers_keep_their_order(units):
    y = np.array(["10", "9", "8"])[np.arange(60) % 3]
    model = unsmudge.StackedDenoisingClassifier((4,), epochs=2, tune_epochs=300, tune_rate=0.5)
    model.set_params(random_state=0, tune_patience=300)
    model.fit(units[:, :1] * 0 + np.arange(60)[:, None] % 3 / 2, y)
    assert list(model.classes_) == ["10", "8", "9"]
    assert (model.predict([[0], [0.5], [1]]) == ["10", "9", "8"]).all()


def test_rows_that_come_in_parts(units):
    model = unsmudge.DenoisingAutoencoder(4, optimizer="adam", rate=0.01, random_state=0)
    first = model.partial_fit(units[:20]).score(units)
    for _ in range(50):
        model.partial_fit(units[:30]).partial_fit(units[30:])
    assert model.score(units) > first
    assert model.n_iter_ == 101 == len(model.history_)
    # What the optimizer remembers goes with the pickle.
    again = pickle.loads(pickle.dumps(model))
    model.partial_fit(units)
    again.partial_fit(units)
    assert again._model.to_bytes() == model._model.to_bytes()
    with pytest.raises(ValueError, match="X has 3 features"):
        model.partial_fit(units[:, :3])


def test_parts_go_on_from_what_was_fitted(units, tmp_path):
    model = unsmudge.DenoisingAutoencoder(4, epochs=300, random_state=0).fit(units)
    fitted = model.score(units)
    assert abs(model.partial_fit(units).score(units) - fitted) < 0.05
    model.save(tmp_path / "model.safetensors")
    loaded = unsmudge.load(tmp_path / "model.safetensors")
    assert loaded.partial_fit(units).n_iter_ >= 1
    assert model.fit(units).score(units) == fitted
