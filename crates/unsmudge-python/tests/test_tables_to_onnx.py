"""A model of a table as an ONNX file fills cells as the imputer and the command do."""

import datetime
import json

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from command import run as unsmudge

from unsmudge import DenoisingImputer
from unsmudge.errors import DataWarning

SETTINGS = {"steps": 150, "n_members": 2, "random_state": 0, "n_jobs": 1}
EPOCH = datetime.date(1970, 1, 1)


def imputer(**more):
    return DenoisingImputer(**{**SETTINGS, **more})


class Exported:
    """An ONNX file, with what it says of its columns."""

    def __init__(self, path):
        onnx.checker.check_model(path, full_check=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(path, options, providers=providers)
        metadata = self.session.get_modelmeta().custom_metadata_map
        self.columns = json.loads(metadata["table"])
        self.levels = json.loads(metadata["probabilities"])
        self.numbers = json.loads(metadata["deviations"])
        assert json.loads(metadata["columns"]) == [column["name"] for column in self.columns]

    def cells(self, frame):
        """A table as the graph takes it."""
        return np.column_stack([self.column(frame, column) for column in self.columns])

    def column(self, frame, column):
        values = frame[column["name"]]
        if column["kind"] == "category":
            places = {level: place for place, level in enumerate(column["levels"])}
            unknown = len(places)
            cells = [np.nan if pd.isna(v) else places.get(str(v), unknown) for v in values]
        elif column["kind"] == "date":
            cells = [np.nan if pd.isna(v) else (v - EPOCH).days for v in values]
        else:
            cells = values.astype(float)
        return (np.array(cells, np.float64) - column["offset"]).astype(np.float32)

    def run(self, cells):
        names = [output.name for output in self.session.get_outputs()]
        found = dict(zip(names, self.session.run(None, {"input": cells}), strict=True))
        assert all(np.isfinite(values).all() for values in found.values())
        return found

    def agrees(self, frame, filled):
        """Cells of `frame` are filled as they are in `filled`; returns all outputs."""
        cells, expected = self.cells(frame), self.cells(filled)
        found = self.run(cells)
        is_missing = np.isnan(cells)
        np.testing.assert_array_equal(found["filled"][~is_missing], cells[~is_missing])
        for j, column in enumerate(self.columns):
            if column["kind"] == "category" or column["is_whole"]:
                np.testing.assert_array_equal(found["filled"][:, j], expected[:, j])
            else:
                unit = np.nanstd(cells[:, j])
                difference = np.abs(found["filled"][:, j] - expected[:, j]).max()
                assert difference <= 1e-4 * unit, f"{column['name']}: {difference / unit}"
        return found


def people(n_rows=150):
    """Numbers, whole ones, counts, ones beyond float32, dates and words, a sixth of them missing."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, n_rows))
    columns = {
        "x": x,
        "color": np.where(x > 0.4, "red", np.where(y > 0, "blue", "ç")),
        "twice": 200 * x + 3 * rng.normal(size=n_rows) + 1000,
        "size": np.abs(x) + 0.05 * rng.normal(size=n_rows),
        "age": np.rint(40 + 12 * y),
        "born": [EPOCH + datetime.timedelta(days=int(9000 + 3000 * v)) for v in y],
        "time": np.rint(1.7e12 + 5e4 * x + 1e3 * y),
        "form": np.where(y + x > 0, "round", "square"),
        "visits": rng.poisson(np.exp(x)),
    }
    frame = pd.DataFrame(columns).astype(object)
    return frame.mask(rng.random(frame.shape) < 1 / 6, None)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    frame = people()
    model = imputer().fit(frame)
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    model.to_onnx(path)
    return frame, model, Exported(path)


def test_cells_are_filled_as_the_imputer_fills_them(fitted):
    frame, model, exported = fitted
    shares = [column["network_share"] for column in exported.columns]
    assert shares == pytest.approx(list(model.errors_["network_share"]), rel=1e-6)
    assert any(0 < share < 1 for share in shares)
    kinds = {column["name"]: column["kind"] for column in exported.columns}
    assert (kinds["born"], kinds["color"], kinds["time"]) == ("date", "category", "number")
    exported.agrees(frame, model.transform(frame))


def test_rows_without_any_cell_and_with_levels_that_are_new(fitted):
    frame, model, exported = fitted
    rows = frame.iloc[:6].copy()
    rows.iloc[0] = None
    rows.loc[rows.index[1], ["color", "form"]] = ["green", None]
    rows.loc[rows.index[2], ["color", "x"]] = ["black", None]
    rows.loc[rows.index[3], ["x", "size"]] = [400.0, None]
    with pytest.warns(DataWarning, match="green"):
        filled = model.transform(rows)
    exported.agrees(rows, filled)


def test_probabilities_and_deviations_are_those_of_what_is_filled(fitted):
    frame, model, exported = fitted
    found = exported.agrees(frame, model.transform(frame))
    cells = exported.cells(frame)
    names = [column["name"] for column in exported.columns]
    for column in exported.columns:
        j = names.index(column["name"])
        is_missing = np.isnan(cells[:, j])
        if column["kind"] == "category":
            places = [k for k, (name, _) in enumerate(exported.levels) if name == column["name"]]
            assert [exported.levels[k][1] for k in places] == column["levels"]
            of = found["probabilities"][:, places]
            np.testing.assert_allclose(of.sum(axis=1), 1.0, atol=1e-5)
            np.testing.assert_array_equal(of.argmax(axis=1), found["filled"][:, j])
            assert set(of[~is_missing].ravel()) == {0.0, 1.0}
        else:
            of = found["deviations"][:, exported.numbers.index(column["name"])]
            assert (of[~is_missing] == 0).all() and (of[is_missing] > 0).all()
            assert of.max() < 3 * np.nanstd(cells[:, j])
    # Within what the imputer gives as bounds of some share of the cells.
    low, high = (model.predict_interval(frame, coverage=0.5)[k]["x"].astype(float) for k in (0, 1))
    x = names.index("x")
    inside = np.isnan(cells[:, x]) & ((high - low) > 0).to_numpy()
    ratio = (high - low).to_numpy()[inside] / found["deviations"][inside, 0]
    assert np.median(np.abs(ratio / np.median(ratio) - 1)) < 0.02


def test_the_command_exports_its_models_to_the_same_bytes(fitted, tmp_path):
    frame, model, exported = fitted
    model.save(tmp_path / "model.unsmudge")
    model.to_onnx(tmp_path / "python.onnx")
    told = unsmudge("export", tmp_path / "model.unsmudge", "--onnx", tmp_path / "m.onnx", "--json")
    assert (tmp_path / "m.onnx").read_bytes() == (tmp_path / "python.onnx").read_bytes()
    seen = [[output.name, output.shape] for output in exported.session.get_outputs()]
    assert [[of["name"], of["shape"]] for of in json.loads(told)["outputs"]] == seen
    assert [name for name, _ in seen] == ["filled", "probabilities", "deviations"]


def test_a_batch_may_have_any_size_and_a_row_gives_the_same_in_each(fitted):
    frame, _, exported = fitted
    cells = exported.cells(frame)
    whole = exported.run(cells)
    for n_rows in [0, 1, 7]:
        for name, values in exported.run(cells[:n_rows]).items():
            np.testing.assert_allclose(values, whole[name][:n_rows], rtol=1e-4, atol=1e-4)


def test_tables_of_numbers_or_of_categories_only(tmp_path):
    frame = people()
    for names in [["x", "twice", "size"], ["twice"], ["color", "form"]]:
        model = imputer(steps=40).fit(frame[names])
        model.to_onnx(tmp_path / "model.onnx")
        exported = Exported(tmp_path / "model.onnx")
        found = exported.agrees(frame[names], model.transform(frame[names]))
        more = "deviations" if "twice" in names else "probabilities"
        assert list(found) == ["filled", more]


def test_a_table_too_wide_for_a_gaussian(tmp_path):
    rng = np.random.default_rng(1)
    place, other = (rng.permutation(np.arange(1200) % 205) for _ in range(2))
    words = {"word": [f"w{k}" for k in place], "other": [f"o{k}" for k in other]}
    frame = pd.DataFrame({**words, "x": place + rng.normal(size=1200)})
    frame = frame.astype(object).mask(rng.random(frame.shape) < 0.1, None)
    model = imputer(steps=15, n_members=1).fit(frame)
    model.to_onnx(tmp_path / "model.onnx")
    file = onnx.load(tmp_path / "model.onnx")
    assert not any("gaussian" in node.name for node in file.graph.node)
    Exported(tmp_path / "model.onnx").agrees(frame, model.transform(frame))


def test_a_name_that_is_no_onnx_file_is_refused(fitted, tmp_path):
    _, model, _ = fitted
    with pytest.raises(ValueError, match="onnx"):
        model.to_onnx(tmp_path / "model.unsmudge")
