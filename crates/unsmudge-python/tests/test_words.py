"""Autoencoders, stacks and networks of tables with words, dates and missing cells."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import cross_val_score

import unsmudge

SETTINGS = {"epochs": 30, "random_state": 0, "n_jobs": 1}


@pytest.fixture
def people():
    generator = np.random.default_rng(0)
    age = generator.integers(5, 60, 200)
    return pd.DataFrame({
        "age": age,
        "is": np.where(age < 18, "child", "adult"),
        "size": pd.Categorical(generator.choice(["L", "S"], 200), categories=["S", "M", "L"]),
        "since": pd.Timestamp("2024-01-01") + pd.to_timedelta(age, "D"),
        "half": (age / 2).astype(np.float32),
    })  # fmt: skip


def test_a_table_is_coded_and_comes_back_as_one(people):
    people.loc[5, ["is", "half"]] = None
    model = unsmudge.DenoisingAutoencoder(16, **SETTINGS).fit(people)
    assert model.transform(people).shape == (200, 16)
    again = model.reconstruct(people)
    assert (again.dtypes == people.dtypes).all() and again.notna().all(axis=None)
    assert (again["is"] == people["is"]).mean() > 0.95
    assert (again["since"].dt.normalize() == again["since"]).all()
    dates = people.assign(since=people["since"].dt.date)
    assert type(model.reconstruct(dates)["since"][0]) is type(dates["since"][0])
    polars = model.reconstruct(pl.from_pandas(people))
    assert polars["is"].to_list() == again["is"].tolist()
    decoded = model.inverse_transform(model.transform(people))
    assert decoded.dtype == object and decoded[:, 1].tolist() == again["is"].tolist()
    assert model.score_samples(people).argmin() != model.score_samples(people).argmax()


def test_columns_are_found_by_name_and_levels_by_their_words(people):
    model = unsmudge.DenoisingAutoencoder(8, **SETTINGS).fit(people)
    codes = model.transform(people)
    assert (model.transform(people[people.columns[::-1]]) == codes).all()
    plain = people.astype({"size": str})
    assert (model.transform(plain) == codes).all()
    with pytest.raises(ValueError, match='no column "half", which it had in fit; is it "halves" now?'):
        model.transform(people.rename(columns={"half": "halves"}))
    with pytest.warns(unsmudge.DataWarning, match='column "is" has 200 cells with levels'):
        model.transform(people.assign(**{"is": "martian"}))


def test_files_pickles_and_parts(people, tmp_path):
    model = unsmudge.DenoisingAutoencoder(8, **SETTINGS).partial_fit(people).partial_fit(people)
    model.save(tmp_path / "model.safetensors")
    for again in (unsmudge.load(tmp_path / "model.safetensors"), pickle.loads(pickle.dumps(model))):
        assert (again.transform(people) == model.transform(people)).all()
        assert again.n_features_in_ == 5
        assert list(again.feature_names_in_) == list(people)


@pytest.mark.parametrize("of", [pd.DataFrame, pl.from_pandas], ids=["pandas", "polars"])
def test_networks(people, of):
    X, y = of(people.drop(columns=["is", "half"])), people["is"].to_numpy()
    network = unsmudge.StackedDenoisingClassifier((8,), tune_epochs=40, **SETTINGS)
    assert network.fit(X, y).score(X, y) > 0.9
    network = unsmudge.StackedDenoisingRegressor((8,), tune_epochs=40, **SETTINGS)
    assert network.fit(X, people["age"]).score(X, people["age"]) > 0.7
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        network.fit(X, people["age"][:-1])


def test_scikit_learn_splits_tables(people):
    network = unsmudge.StackedDenoisingClassifier((8,), tune_epochs=20, **SETTINGS)
    scores = cross_val_score(network, people.drop(columns="is"), people["is"], cv=3)
    assert scores.min() > 0.8


def test_rows_of_words_and_numbers():
    rows = [["a", 1.0], ["b", 2.0], ["a", 3.0]] * 10
    for X in (rows, np.array(rows, dtype=object)):
        model = unsmudge.DenoisingAutoencoder(4, **{**SETTINGS, "rate": 0.05}).fit(X)
        assert model.reconstruct(X)[:3, 0].tolist() == ["a", "b", "a"]
    numbers = np.random.default_rng(0).random((20, 3))
    assert model.fit(numbers).reconstruct(numbers).dtype == np.float64


def test_numbers_as_text_stay_numbers(units):
    model = unsmudge.DenoisingAutoencoder(4, epochs=2, random_state=0)
    numbers = model.fit(units)._model.to_bytes()
    assert model.fit(units.astype(str).astype(object))._model.to_bytes() == numbers
