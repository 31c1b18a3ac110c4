"""Bad input gets the error that scikit-learn's users expect, with both numbers."""

import errno
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError

import unsmudge
from unsmudge import _base


def estimator(**settings):
    return unsmudge.DenoisingAutoencoder(**{"n_hidden": 4, "epochs": 2, **settings})


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_what_is_not_finite(units, value):
    units[3, 2] = value
    for X in (units, units.astype(np.float64)):
        with pytest.raises(ValueError, match="infinity"):
            estimator().fit(X)


def test_missing_cells_where_training_had_none(units):
    fitted = estimator(random_state=0).fit(units)
    units[3, 2] = np.nan
    with pytest.raises(ValueError, match="row 4, column 3: .*1 missing"):
        fitted.transform(units)
    machine = unsmudge.RestrictedBoltzmannMachine(n_hidden=4, epochs=2)
    with pytest.raises(ValueError, match="NaN"):
        machine.fit(units)


def test_what_float32_cannot_hold(units):
    X = units.astype(np.float64)
    X[6, 2] = 1e300
    with pytest.raises(ValueError, match="row 7, column 3: expected finite numbers.*1 infinite"):
        estimator().fit(X)


@pytest.mark.parametrize("shape", [(60,), (10, 6, 5), ()])
def test_wrong_shapes(shape):
    with pytest.raises(ValueError, match="2D array|dim 3|scalar"):
        estimator().fit(np.ones(shape, dtype=np.float32))


def test_objects(units):
    X = units.astype(object)
    assert estimator(random_state=0).fit(X).n_features_in_ == 5
    X[0, 0] = {}
    with pytest.raises(TypeError, match="float"):
        estimator().fit(X)


def test_strings_among_numbers(units):
    fitted = estimator().fit(units)
    with pytest.raises(ValueError, match="could not convert string to float"):
        fitted.transform([["a", 1, 2, 3, 4]])


def test_complex_numbers(units):
    with pytest.raises(ValueError, match="Complex data not supported"):
        estimator().fit(units + 1j)


def test_no_rows_and_no_columns(units):
    with pytest.raises(ValueError, match="0 sample"):
        estimator().fit(units[:0])
    with pytest.raises(ValueError, match="0 feature"):
        estimator().fit(units[:, :0])


def test_one_row(units):
    model = estimator(random_state=0, image_shape=(1, 5)).fit(units[:1])
    assert model.transform(units[:1]).shape == (1, 4)
    with pytest.raises(ValueError, match="1 class"):
        unsmudge.StackedDenoisingClassifier((4,), epochs=1).fit(units[:1], [0])


def test_more_columns_than_at_fit(units):
    model = estimator().fit(units)
    with pytest.raises(ValueError, match="X has 6 features.*expecting 5"):
        model.transform(np.ones((2, 6), dtype=np.float32))
    with pytest.raises(ValueError, match="X has 3 columns.*have 4"):
        model.inverse_transform(np.ones((2, 3)))


def test_renamed_and_reordered_columns(units):
    table = pd.DataFrame(units, columns=list("abcde"))
    model = estimator().fit(table)
    with pytest.raises(ValueError, match="unseen at fit time:\n- z"):
        model.transform(table.rename(columns={"a": "z"}))
    with pytest.raises(ValueError, match="must be in the same order"):
        model.transform(table[list("edcba")])


def test_a_wide_range_after_a_narrow_one(units):
    model = estimator().fit(units)
    with pytest.warns(unsmudge.DataWarning, match="from 0 to 255.*same scale"):
        model.transform(np.array([[0, 255, 3, 9, 17]], dtype=np.uint8))


def test_columns_of_one_value(units):
    units[:, 1] = 0.5
    with pytest.warns(unsmudge.DataWarning, match="1 of 5 columns have one value only.*: 2"):
        estimator().fit(units)


def test_classes_that_only_held_out_rows_have(units):
    y = np.repeat([0, 1], [58, 2])
    settings = {"epochs": 1, "tune_epochs": 1}
    with pytest.raises(ValueError, match="shuffle"):
        unsmudge.StackedDenoisingClassifier((4,), valid="last:6", **settings).fit(units, y)
    # Drawn rows leave a row of each class to learn from.
    unsmudge.StackedDenoisingClassifier((4,), **settings).fit(units, y)


def test_numbers_to_predict_that_float32_cannot_hold(units):
    with pytest.raises(ValueError, match="y contains infinity"):
        unsmudge.StackedDenoisingRegressor((4,)).fit(units, np.full(60, 1e300))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_hidden": 0}, "n_hidden=0: allowed is a whole number from 1"),
        ({"n_hidden": 2.5}, "n_hidden=2.5: allowed is a whole number from 1"),
        ({"n_hidden": (64, 32)}, "several layers are a StackedDenoisingAutoencoder"),
        ({"n_hidden": "many"}, "n_hidden='many'"),
        ({"corruption": "maskin:0.2"}, "did you mean masking"),
        ({"corruption": "masking:1.5"}, "masking"),
        ({"rate": float("nan")}, "rate=nan"),
        ({"rate": 10**30}, "rate=1"),
        ({"n_hidden": 10**30}, "n_hidden=10{30}: allowed is a whole number from 1"),
        ({"rate": -1}, "^rate=-1: allowed is a number above 0$"),
        ({"corruption": 0.3}, 'corruption=0.3.*did you mean corruption="masking:0.3"'),
        ({"epochs": 0}, "epochs"),
        ({"batch": 0}, "batch"),
        ({"valid": 60}, "valid"),
        ({"valid": 0.1}, "valid=0.1: allowed is a whole number from 0, or last:N"),
        ({"scaling": "log"}, "as-is, bytes, standardise, unit"),
        ({"loss": object()}, "loss=<object.*allowed is text, a number"),
        ({"random_state": -1}, "random_state=-1: allowed is a whole number from 0"),
        ({"n_jobs": 0}, "n_jobs"),
        ({"n_jobs": 5000}, "n_jobs=5000: allowed is a whole number from 1 to 1024"),
        ({"image_shape": (2, 3)}, "whose product is 5"),
    ],
)
def test_settings_out_of_range(units, settings, words):
    with pytest.raises(ValueError, match=words):
        estimator(**settings).fit(units)


def test_settings_of_models_without_layers(units):
    for model, words in [
        (unsmudge.DenoisingDiffusion(rate="fast"), "^rate='fast': allowed is a number above 0$"),
        (unsmudge.DenoisingDiffusion(n_hidden=2.5), "^n_hidden=2.5: allowed is a whole number"),
        (unsmudge.DenoisingImputer(steps=[5]), "^steps=.5.: allowed is a whole number from 0"),
        (unsmudge.DenoisingOutlierDetector(steps=-1), "^steps=-1: allowed is a whole number"),
    ]:
        with pytest.raises(ValueError, match=words):
            model.fit(units)


def test_numbers_of_numpy_are_settings(units):
    settings = {"n_hidden": np.int64(3), "rate": np.array(0.25), "tied": np.bool_(False)}
    assert estimator(**settings).fit(units).components_.shape == (3, 5)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("lr", "rate"), ("batch_size", "batch"), ("encoding_dim", "n_hidden"), ("epoch", "epochs")],
)
def test_unknown_parameters_get_the_one_that_is_meant(name, meant):
    with pytest.raises(TypeError, match=f"no parameter '{name}'; did you mean '{meant}'"):
        estimator(**{name: 1})


def test_parameters_of_later_stages_are_named(units):
    y = np.arange(60) % 2
    for settings, words in [
        ({"tune_rate": -1}, "^tune_rate=-1"),
        ({"dropout": 1}, "^dropout=1"),
        ({"joint_epochs": -1}, "^joint_epochs=-1"),
        ({"rate": 0}, "^rate=0"),
    ]:
        model = unsmudge.StackedDenoisingClassifier((4, 3), epochs=1, tune_epochs=1, **settings)
        with pytest.raises(ValueError, match=words):
            model.fit(units, y)


def test_hints_speak_of_parameters(units):
    with pytest.raises(ValueError, match=r"use scaling=\"unit\" to bring .* loss=\"squared-error\""):
        estimator(loss="cross-entropy").fit(units * 9)


def test_more_than_memory_holds(units):
    with pytest.raises(unsmudge.MemoryLimitError, match="needs about"):
        estimator(n_hidden=10**9).fit(units)
    assert issubclass(unsmudge.MemoryLimitError, MemoryError)


def test_a_layer_that_is_none(units):
    model = unsmudge.StackedDenoisingAutoencoder((4, 3), layer=3, epochs=1).fit(units)
    with pytest.raises(ValueError, match="layer is 1 to 2, or -1"):
        model.transform(units)
    assert model.set_params(layer=1).transform(units).shape == (60, 4)
    assert model.set_params(layer=2).transform(units).shape == (60, 3)


def test_files_that_cannot_be_read_or_written(tmp_path, units):
    with pytest.raises(FileNotFoundError) as missing:
        unsmudge.load(tmp_path / "none.safetensors")
    assert missing.value.errno == errno.ENOENT
    assert missing.value.filename == str(tmp_path / "none.safetensors")
    model = estimator().fit(units)
    with pytest.raises(OSError, match="none"):
        model.save(tmp_path / "none" / "model.safetensors")
    with pytest.raises(IsADirectoryError):
        unsmudge.load(tmp_path)


def test_files_that_are_no_models(tmp_path, units):
    path = tmp_path / "model.safetensors"
    estimator().fit(units).save(path)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(unsmudge.FormatError, match="checksum"):
        unsmudge.load(path)
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(unsmudge.FormatError, match="pickle"):
        unsmudge.load(path)


def test_a_pickle_of_another_version_warns(units, monkeypatch):
    model = estimator().fit(units)
    monkeypatch.setattr(_base, "__version__", "0.0.9")
    old = pickle.dumps(model)
    monkeypatch.undo()
    with pytest.warns(InconsistentVersionWarning, match="pickled by unsmudge 0.0.9"):
        again = pickle.loads(old)
    assert (again.transform(units) == model.transform(units)).all()


def test_a_damaged_pickle_is_refused(units):
    text = pickle.dumps(estimator().fit(units))
    with pytest.raises(unsmudge.FormatError, match="checksum"):
        pickle.loads(text.replace(b"best_epoch", b"best_epoxh"))


def test_what_is_not_fitted(units):
    for method in ("transform", "reconstruct", "score_samples", "inverse_transform"):
        with pytest.raises(NotFittedError):
            getattr(estimator(), method)(units)
    with pytest.raises(NotFittedError):
        estimator().save("nowhere")
    assert not hasattr(estimator(), "components_")
