"""What `unsmudge export` writes is ONNX to ONNX's own checker, and onnxruntime gives the numbers
that the command gives.

Differences are counted in the units that a model learns in (a column's span, 255 for bytes; of
predicted numbers their range), and relative to the values where those are larger than 1: see
`largest_difference`.
"""

import numpy as np
import onnx
import pytest
from onnx_cases import (
    Exported,
    largest_difference,
    measurements,
    pictures,
    predicted,
    unsmudge,
    write_table,
)

NEAR = 1e-5

BRIEF = ["--epochs", 2]
TUNED = ["--tune-epochs", 4]
OF_PICTURES = {
    "tied": ["--hidden", 16, *BRIEF],
    "untied": ["--hidden", 16, "--untied", "--loss", "squared-error", *BRIEF],
    "stack": ["--hidden", "16,9,4", "--corruption", "gaussian:0.2", *BRIEF],
    "joint stage": ["--hidden", "16,9", "--joint-epochs", 2, *BRIEF],
    "Boltzmann machines": ["--rbm", "--hidden", "16,9", *BRIEF],
    "classes": ["--hidden", "16,9", "--labels", *BRIEF, *TUNED],
    "classes above machines": ["--rbm", "--hidden", 16, "--labels", *BRIEF, *TUNED],
    "classes from a random start": ["--hidden", "16,9", "--epochs", 0, "--labels", *TUNED],
}
OF_TABLES = {
    "standardised": [],
    "unit": ["--scaling", "unit", "--loss", "cross-entropy"],
    "tanh units": ["--activation", "tanh"],
    "relu units": ["--activation", "relu"],
    "softplus units": ["--activation", "softplus"],
    "identity units": ["--activation", "identity", "--untied"],
    "softplus decoder": ["--scaling", "unit", "--loss", "squared-error", "--decoder", "softplus"],
}


def agrees(model, expected, rows):
    """The file is right to the checker, and its numbers are the command's."""
    onnx.checker.check_model(model.path, full_check=True)
    found, units = model.run(rows), model.units()
    if "prediction" in expected:
        units["prediction"] = np.ptp(expected["prediction"], axis=0)
    assert set(found) == set(expected)
    for name in expected:
        if name == "class":
            np.testing.assert_array_equal(found[name], expected[name])
            assert found[name].dtype == np.int64
            continue
        assert found[name].dtype == np.float32
        difference = largest_difference(found[name], expected[name], units.get(name, 1.0))
        assert difference <= NEAR, f"{name}: {difference}"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    return folder, pictures(folder)


@pytest.fixture
def table(tmp_path):
    inputs = measurements()
    write_table(tmp_path / "table.csv", inputs)
    return tmp_path / "table.csv", np.column_stack(list(inputs.values()))


@pytest.mark.parametrize("kind", OF_PICTURES)
def test_models_of_pictures_give_the_same_numbers(kind, digits, tmp_path):
    model = Exported(tmp_path, *digits, *OF_PICTURES[kind])
    agrees(model, model.ours(), model.rows)


@pytest.mark.parametrize("kind", OF_TABLES)
def test_models_of_tables_give_the_same_numbers_in_raw_units(kind, table, tmp_path):
    model = Exported(tmp_path, *table, "--hidden", 4, "--epochs", 20, *OF_TABLES[kind])
    expected = model.ours()
    agrees(model, expected, model.rows)
    # A code that is always the same would prove little.
    assert np.ptp(expected["code"], axis=0).max() > 0.1


def test_examples_in_0_to_1_are_taken_as_they_are(tmp_path):
    rows = np.random.default_rng(1).random((60, 7), dtype=np.float32)
    np.save(tmp_path / "rows.npy", rows)
    model = Exported(tmp_path, tmp_path / "rows.npy", rows, "--hidden", 5, "--epochs", 5)
    assert model.metadata["scaling"] == "as-is"
    agrees(model, model.ours(), rows)


@pytest.mark.parametrize(
    ("what", "argument"), [("classes", "labels"), ("labels", "labels"), ("numbers", "targets")]
)
def test_what_a_network_predicts_is_the_same(what, argument, tmp_path):
    inputs = measurements()
    columns = predicted(inputs)[what]
    write_table(tmp_path / "table.csv", inputs | columns)
    rows = np.column_stack(list(inputs.values()))
    train = ["--hidden", "6,4", "--epochs", 10, "--tune-epochs", 30, "--tune-optimizer", "adam"]
    train.append(f"--{argument}=" + ",".join(columns))
    model = Exported(tmp_path, tmp_path / "table.csv", rows, *train)
    expected = model.ours()
    agrees(model, expected, rows)
    # The order of names is that of outputs, and the names of inputs that of columns.
    assert model.names("columns") == list(inputs)
    names = ["a", "b, wild", "ç"] if what == "classes" else list(columns)
    assert model.names(what) == names
    # A network that always says the same would prove little.
    [outputs] = [expected[name] for name in expected.keys() & {"probabilities", "prediction"}]
    assert np.ptp(outputs, axis=0).min() > 1e-4


def test_values_far_beyond_those_of_training_give_finite_and_equal_numbers(tmp_path):
    inputs = measurements()
    classes = predicted(inputs)["classes"]
    write_table(tmp_path / "table.csv", inputs | classes)
    rows = np.column_stack(list(inputs.values()))
    for activation in ["sigmoid", "softplus"]:
        folder = tmp_path / activation
        folder.mkdir()
        train = ["--labels=species", "--hidden", 6, "--epochs", 10, "--activation", activation]
        model = Exported(folder, tmp_path / "table.csv", rows, *train, *TUNED)
        for factor in [-1e4, 1e4]:
            far = {name: values * np.float32(factor) for name, values in inputs.items()}
            write_table(folder / "far.csv", far)
            rows_far = np.column_stack(list(far.values()))
            assert all(np.isfinite(values).all() for values in model.run(rows_far).values())
            agrees(model, model.ours(folder / "far.csv"), rows_far)


def test_a_batch_may_have_any_size_and_a_row_gives_the_same_in_each(table, tmp_path):
    model = Exported(tmp_path, *table, "--hidden", 4, "--epochs", 5)
    whole = model.run(model.rows)
    for n_rows in [0, 1, 17]:
        part = model.run(model.rows[:n_rows])
        for name, values in part.items():
            assert values.shape == (n_rows, whole[name].shape[1])
            unit = model.units().get(name, 1.0)
            assert largest_difference(values, whole[name][:n_rows], unit) <= NEAR


def test_what_the_command_tells_of_the_file_is_what_onnxruntime_sees(digits, tmp_path):
    model = Exported(tmp_path, *digits, *OF_PICTURES["classes"])
    kinds = {"float32": "tensor(float)", "int64": "tensor(int64)"}
    for told, seen in [
        (model.summary["inputs"], model.session.get_inputs()),
        (model.summary["outputs"], model.session.get_outputs()),
    ]:
        told = [(port["name"], kinds[port["type"]], port["shape"]) for port in told]
        assert told == [(port.name, port.type, port.shape) for port in seen]
    assert model.summary["bytes"] == model.path.stat().st_size
    file = onnx.load(model.path)
    assert (file.ir_version, file.opset_import[0].version) == (8, 13)
    assert (file.producer_name, file.producer_version) == ("unsmudge", model.metadata["unsmudge"])
    assert model.names("image") == [28, 28]
    # One file: no weights beside it, and tied ones only once.
    assert not any(tensor.external_data for tensor in file.graph.initializer)
    assert not any("decoder.weights" in tensor.name for tensor in file.graph.initializer)
    again = tmp_path / "again.onnx"
    unsmudge("export", tmp_path / "run" / "model.safetensors", "--onnx", again)
    assert again.read_bytes() == model.path.read_bytes()
