"""The same seed and settings give the same bytes from Python and from the command line."""

import numpy as np
import pandas as pd
import pytest
from command import run
from scipy import sparse

import unsmudge

COMMON = {"epochs": 2, "random_state": 7}


def trained(folder, source, *arguments):
    """The bytes of the model that the command learns."""
    out = folder / "run"
    run("train", source, "--out", out, "--epochs", 2, "--seed", 7, "--quiet", *arguments)
    return (out / "model.safetensors").read_bytes()


def saved(folder, estimator):
    path = folder / "python.safetensors"
    estimator.save(path)
    return path.read_bytes()


def test_an_autoencoder(tmp_path, units):
    np.save(tmp_path / "x.npy", units)
    theirs = trained(tmp_path, tmp_path / "x.npy", "--hidden", 4)
    assert saved(tmp_path, unsmudge.DenoisingAutoencoder(4, **COMMON).fit(units)) == theirs


@pytest.mark.parametrize("n_jobs", [1, 2, 3, -1])
def test_any_number_of_threads(tmp_path, units, n_jobs):
    one = unsmudge.DenoisingAutoencoder(4, **COMMON, n_jobs=1).fit(units)
    more = unsmudge.DenoisingAutoencoder(4, **COMMON, n_jobs=n_jobs).fit(units)
    assert saved(tmp_path, one) == saved(tmp_path, more)


def test_every_setting_of_an_autoencoder(tmp_path, units):
    np.save(tmp_path / "x.npy", units.astype(np.float64) * 9)
    arguments = ["--hidden", 4, "--untied", "--activation", "tanh", "--corruption"]
    arguments += ["masking:0.1..0.3", "--emphasis", "double", "--optimizer"]
    arguments += ["nesterov:0.8", "--rate", 0.01, "--schedule", "cosine", "--l2", 0.001]
    arguments += ["--l1", 0.0001, "--clip", 2.0, "--patience", 3, "--batch", 7, "--valid", 9]
    arguments += ["--initial-bias", -0.5, "--scaling", "unit", "--loss", "squared-error"]
    theirs = trained(tmp_path, tmp_path / "x.npy", *arguments, "--decoder", "sigmoid")
    model = unsmudge.DenoisingAutoencoder(
        4, tied=False, activation="tanh", corruption="masking:0.1..0.3",
        emphasis="double", optimizer="nesterov:0.8", rate=np.float32(0.01), schedule="cosine",
        l2=np.float64(0.001), l1=0.0001, clip=2, patience=np.int64(3), batch=7, valid=9,
        initial_bias=-0.5, scaling="unit", loss="squared-error", decoder="sigmoid", **COMMON,
    )  # fmt: skip
    assert saved(tmp_path, model.fit(units.astype(np.float64) * 9)) == theirs


def test_an_autoencoder_with_penalties(tmp_path, units):
    np.save(tmp_path / "x.npy", units)
    arguments = ["--hidden", 4, "--contraction", 0.05]
    arguments += ["--sparsity", 0.5, "--sparsity-target", 0.1]
    theirs = trained(tmp_path, tmp_path / "x.npy", *arguments)
    model = unsmudge.DenoisingAutoencoder(
        4, contraction=0.05, sparsity=0.5, sparsity_target=0.1, **COMMON
    )
    assert saved(tmp_path, model.fit(units)) == theirs
    for wrong in ({"sparsity_target": 0.0}, {"sparsity": -1.0}, {"contraction": np.nan}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            model.set_params(**wrong).fit(units)
        model.set_params(sparsity_target=0.1, sparsity=0.5)
    with pytest.raises(ValueError, match="activation"):
        unsmudge.DenoisingAutoencoder(4, sparsity=0.5, activation="relu").fit(units)


def test_walkback(tmp_path, units):
    np.save(tmp_path / "x.npy", units)
    arguments = ["--walkback", 3, "--corruption", "masking:0.4", "--hidden"]
    theirs = trained(tmp_path, tmp_path / "x.npy", *arguments, 4)
    walks = {"walkback": 3, "corruption": "masking:0.4"}
    model = unsmudge.DenoisingAutoencoder(4, **walks, **COMMON)
    assert saved(tmp_path, model.fit(units)) == theirs
    for wrong in ({"walkback": 101}, {"loss": "squared-error"}, {"corruption": "none"}):
        with pytest.raises(ValueError, match="walkback"):
            unsmudge.DenoisingAutoencoder(4, **{**walks, **wrong}, **COMMON).fit(units)


def test_walkback_of_a_joint_stage(tmp_path, units):
    np.save(tmp_path / "x.npy", units)
    arguments = ["--walkback", 2, "--hidden", "6,4", "--joint-epochs", 3]
    theirs = trained(tmp_path, tmp_path / "x.npy", *arguments)
    model = unsmudge.StackedDenoisingAutoencoder((6, 4), walkback=2, joint_epochs=3, **COMMON)
    assert saved(tmp_path, model.fit(units)) == theirs


def test_bytes_and_pictures(tmp_path):
    pictures = np.random.default_rng(1).integers(0, 256, (50, 3, 4), dtype=np.uint8)
    np.save(tmp_path / "x.npy", pictures)
    theirs = trained(tmp_path, tmp_path / "x.npy", "--hidden", 6)
    model = unsmudge.DenoisingAutoencoder(6, image_shape=(3, 4), **COMMON)
    assert saved(tmp_path, model.fit(pictures.reshape(50, 12))) == theirs


def test_a_table_with_names(tmp_path, units):
    table = pd.DataFrame(units * 100, columns=["a", "b", "c", "d", "e"])
    table.to_csv(tmp_path / "x.csv", index=False)
    theirs = trained(tmp_path, tmp_path / "x.csv", "--hidden", 4)
    assert saved(tmp_path, unsmudge.DenoisingAutoencoder(4, **COMMON).fit(table)) == theirs


def test_a_stack_with_a_joint_stage(tmp_path, units):
    np.save(tmp_path / "x.npy", units)
    noise = ["masking:0.25", "gaussian:0.1"]
    arguments = ["--hidden", "6,4", "--corruption", ",".join(noise)]
    theirs = trained(tmp_path, tmp_path / "x.npy", *arguments, "--joint-epochs", 3)
    model = unsmudge.StackedDenoisingAutoencoder(
        (6, 4), corruption=noise, joint_epochs=3, **COMMON
    )
    assert saved(tmp_path, model.fit(units)) == theirs


def test_a_boltzmann_machine(tmp_path, units):
    np.save(tmp_path / "x.npy", units)
    theirs = trained(tmp_path, tmp_path / "x.npy", "--hidden", 4, "--rbm", "--scaling", "unit")
    model = unsmudge.RestrictedBoltzmannMachine(4, **COMMON)
    assert saved(tmp_path, model.fit(units)) == theirs


def test_marginalized_layers(tmp_path, units):
    np.save(tmp_path / "x.npy", units)
    noise = ["bernoulli:0.5", "bernoulli:0.25"]
    arguments = ["--marginalized", "--corruption", ",".join(noise), "--quiet"]
    run("train", tmp_path / "x.npy", "--out", tmp_path / "run", *arguments)
    theirs = (tmp_path / "run" / "model.safetensors").read_bytes()
    model = unsmudge.MarginalizedDenoisingAutoencoder(2, corruption=noise)
    assert saved(tmp_path, model.fit(units)) == theirs


@pytest.mark.parametrize("classes", [[3, 5, 10], ["b", "a", "c"], [1.0, 2.0, -3.0]])
def test_a_classifier(tmp_path, units, classes):
    y = np.array(classes)[np.arange(60) % 3]
    np.save(tmp_path / "x.npy", units)
    pd.DataFrame({"class": y}).to_csv(tmp_path / "y.csv", index=False)
    arguments = ["--hidden", "6,4", "--labels", "--beside", tmp_path / "y.csv", "--tune-epochs", 3]
    theirs = trained(tmp_path, tmp_path / "x.npy", *arguments, "--tune-rate", 0.2)
    model = unsmudge.StackedDenoisingClassifier((6, 4), tune_epochs=3, tune_rate=0.2, **COMMON)
    assert saved(tmp_path, model.fit(units, y)) == theirs
    again = unsmudge.load(tmp_path / "python.safetensors")
    assert (again.predict(units).astype(y.dtype) == model.predict(units)).all()


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_a_regressor(tmp_path, units, n_outputs):
    y = units[:, :n_outputs] * 1000
    np.save(tmp_path / "x.npy", units)
    np.save(tmp_path / "y.npy", y)
    arguments = ["--hidden", 4, "--targets", "--beside", tmp_path / "y.npy", "--tune-epochs", 3]
    theirs = trained(tmp_path, tmp_path / "x.npy", *arguments, "--dropout", 0.1)
    model = unsmudge.StackedDenoisingRegressor(4, tune_epochs=3, dropout=0.1, **COMMON)
    assert saved(tmp_path, model.fit(units, y)) == theirs


def test_sparse_rows_are_learned_as_dense_ones(tmp_path, units):
    rows = np.where(units < 0.7, 0, units)
    dense = unsmudge.DenoisingAutoencoder(4, **COMMON).fit(rows)
    thin = unsmudge.DenoisingAutoencoder(4, **COMMON).fit(sparse.csr_array(rows))
    assert saved(tmp_path, dense) == saved(tmp_path, thin)
    codes = thin.transform(sparse.csr_matrix(rows.astype(np.float64)))
    assert codes.dtype == np.float64
    assert (codes == dense.transform(rows)).all()


def test_the_command_opens_what_python_saves_and_the_reverse(tmp_path, units):
    model = unsmudge.DenoisingAutoencoder(4, **COMMON).fit(units)
    saved(tmp_path, model)
    np.save(tmp_path / "x.npy", units)
    assert "5 -> 4 sigmoid" in run("inspect", tmp_path / "python.safetensors")
    codes = tmp_path / "codes.npy"
    run("encode", tmp_path / "python.safetensors", tmp_path / "x.npy", "-o", codes, "--quiet")
    assert (np.load(codes) == model.transform(units)).all()
    theirs = trained(tmp_path, tmp_path / "x.npy", "--hidden", "6,4", "--rbm", "--scaling", "unit")
    (tmp_path / "theirs.safetensors").write_bytes(theirs)
    stack = unsmudge.load(tmp_path / "theirs.safetensors")
    assert stack.transform(units).shape == (60, 4)


def test_a_loaded_estimator_learns_the_same_again(tmp_path, units):
    y = np.arange(60) % 2
    for model in (
        unsmudge.DenoisingAutoencoder(4, **COMMON),
        unsmudge.RestrictedBoltzmannMachine(4, **COMMON),
        unsmudge.MarginalizedDenoisingAutoencoder(2),
        unsmudge.StackedDenoisingAutoencoder((4, 3), joint_epochs=2, **COMMON),
        unsmudge.StackedDenoisingClassifier((4,), tune_epochs=2, **COMMON),
        unsmudge.StackedDenoisingRegressor((4,), tune_epochs=2, **COMMON),
    ):
        first = saved(tmp_path, model.fit(units, y))
        again = unsmudge.load(tmp_path / "python.safetensors")
        assert type(again) is type(model)
        assert saved(tmp_path, again.fit(units, y)) == first


def test_a_table_with_missing_cells(tmp_path):
    generator = np.random.default_rng(0)
    x = generator.normal(size=40).round(3)
    frame = pd.DataFrame({"x": x, "color": np.where(x > 0, "red", "blue"), "name": range(40)})
    frame["name"] = "name " + frame["name"].astype(str)
    frame["ms"] = 1707954127790 + 1000 * generator.integers(0, 100, 40)
    frame["at"] = pd.date_range("2024-01-01 10:00", periods=40, freq="h")
    frame = frame.mask(generator.random(frame.shape) < 0.1).astype({"ms": "Int64"})
    frame.to_csv(tmp_path / "x.csv", index=False)
    arguments = ["-o", tmp_path / "y.csv", "--model", tmp_path / "model", "--seed", 7]
    run("impute", tmp_path / "x.csv", *arguments)
    with pytest.warns(unsmudge.DataWarning, match='left out: column "name"'):
        imputer = unsmudge.DenoisingImputer(random_state=7).fit(frame)
    assert saved(tmp_path, imputer) == (tmp_path / "model").read_bytes()
    filled = pd.read_csv(tmp_path / "y.csv", parse_dates=["at"])
    again = unsmudge.load(tmp_path / "model").transform(frame)
    np.testing.assert_allclose(again["x"], filled["x"], atol=6e-4)
    for name in ("color", "ms", "at"):
        assert again[name].tolist() == filled[name].tolist()
    run("impute", tmp_path / "python.safetensors", tmp_path / "x.csv", "-o", tmp_path / "z.csv")
    assert (tmp_path / "z.csv").read_bytes() == (tmp_path / "y.csv").read_bytes()


def test_a_table_of_words(tmp_path):
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"x": generator.random(60).astype(np.float32), "name": range(60)})
    frame["name"] = "name " + frame["name"].astype(str)
    frame["color"] = np.where(frame["x"] > 0.5, "red", "blue")
    frame["day"] = pd.date_range("2024-01-01", periods=60)
    frame.loc[3, ["x", "color"]] = None
    frame.to_csv(tmp_path / "x.csv", index=False)
    theirs = trained(tmp_path, tmp_path / "x.csv", "--hidden", 4)
    with pytest.warns(unsmudge.DataWarning, match='left out: column "name"'):
        ours = unsmudge.DenoisingAutoencoder(4, **COMMON).fit(frame)
    assert saved(tmp_path, ours) == theirs
    again = unsmudge.load(tmp_path / "run" / "model.safetensors")
    assert (again.transform(frame) == ours.transform(frame)).all()


def test_scores_of_rows_and_cells(tmp_path):
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"x": generator.normal(size=30).round(3)})
    frame["color"] = np.where(frame["x"] > 0, "red", "blue")
    frame["day"] = pd.date_range("2024-01-01", periods=30)
    frame = frame.mask(generator.random(frame.shape) < 0.05)
    frame.to_csv(tmp_path / "x.csv", index=False)
    arguments = ["-o", tmp_path / "y.csv", "--cells", "--model", tmp_path / "model", "--seed", 7]
    run("score", tmp_path / "x.csv", *arguments)
    detector = unsmudge.DenoisingOutlierDetector(random_state=7).fit(frame)
    assert saved(tmp_path, detector) == (tmp_path / "model").read_bytes()
    rows = pd.read_csv(tmp_path / "y.csv")
    np.testing.assert_allclose(detector.decision_scores_, rows["score"], rtol=1e-4)
    np.testing.assert_allclose(detector.p_values_, rows["p"], rtol=1e-4)
    cells = detector.cell_scores(frame, training=True)
    theirs = pd.read_csv(tmp_path / "y.cells.csv")
    assert len(cells) == len(theirs)
    both = cells.assign(row=cells["row"] + 1).merge(theirs, on=["row", "column"])
    np.testing.assert_allclose(both["surprise_x"], both["surprise_y"], atol=1e-4)
    words = both["column"] == "color"
    assert both["expected_x"][words].tolist() == both["expected_y"][words].tolist()
