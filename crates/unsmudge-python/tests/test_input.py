"""What can be learned from, and that it is the same whatever it comes as."""

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

import unsmudge
from unsmudge import _native, _rows

SETTINGS = {"n_hidden": 4, "epochs": 2, "random_state": 0}


def model_bytes(X):
    return unsmudge.DenoisingAutoencoder(**SETTINGS).fit(X)._model.to_bytes()


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


@pytest.mark.parametrize(
    "of",
    [
        lambda X: X.astype(np.float64),
        lambda X: X.astype(np.float64, order="F"),
        np.asfortranarray,
        read_only,
        lambda X: X[::-1].copy()[::-1],
        lambda X: np.repeat(X, 2, axis=0)[::2],
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: X.astype(">f4"),
        lambda X: X.tolist(),
        sparse.csr_matrix,
        sparse.csc_array,
        sparse.coo_array,
    ],
    ids=[
        "float64", "float64 in Fortran order", "Fortran order", "read-only", "reversed",
        "strided rows", "strided columns", "big-endian", "lists", "csr", "csc", "coo",
    ],
)  # fmt: skip
def test_the_same_numbers_are_the_same_model(units, of):
    assert model_bytes(of(units)) == model_bytes(units)


def test_memory_mapped_rows(tmp_path, units):
    np.save(tmp_path / "x.npy", units)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert model_bytes(mapped) == model_bytes(units)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint16, np.float16, bool])
def test_other_numbers_are_those_of_float32(dtype):
    X = np.random.default_rng(0).integers(0, 2, (40, 5)).astype(dtype)
    assert model_bytes(X) == model_bytes(X.astype(np.float32))


def test_a_row_twice_in_one_place_of_a_sparse_matrix_is_added_up(units):
    X = np.where(units < 0.7, 0, units)
    thin = sparse.csr_array(X)
    halves = sparse.csr_array(
        (np.repeat(thin.data / 2, 2), np.repeat(thin.indices, 2), thin.indptr * 2), X.shape
    )
    assert model_bytes(halves) == model_bytes(X)


@pytest.mark.parametrize(
    "of", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"]
)
def test_tables_have_names(units, of):
    columns = {name: units[:, k] for k, name in enumerate("abcde")}
    model = unsmudge.DenoisingAutoencoder(**SETTINGS).fit(of(columns))
    assert list(model.feature_names_in_) == list("abcde")
    assert model._record["schema"]["names"] == list("abcde")
    assert (model.transform(of(columns)) == model.transform(pd.DataFrame(columns))).all()


class Capsule:
    """A table that speaks Arrow and nothing else."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def test_anybody_who_speaks_arrow(units):
    X = (units * 100).astype(np.int8)
    types = [pa.int8(), pa.float64(), pa.uint32(), pa.float16(), pa.int64()]
    columns = [
        pa.array(X[:, k].astype(np.float16) if k == 3 else X[:, k], type=of)
        for k, of in enumerate(types)
    ]
    table = pa.table(dict(zip("abcde", columns, strict=True)))
    chunks = pa.concat_tables([table[:7], table[7:]])
    model = unsmudge.DenoisingAutoencoder(**SETTINGS).fit(Capsule(chunks))
    assert list(model.feature_names_in_) == list("abcde")
    assert model._model.to_bytes() == model_bytes(table)
    assert (model.transform(Capsule(table)) == model.transform(table)).all()
    with pytest.raises(ValueError, match="column 1 is e, expected a"):
        model.transform(Capsule(table.select(list("edcba"))))
    y = np.arange(60) % 2
    network = unsmudge.StackedDenoisingClassifier((4,), epochs=1, tune_epochs=1)
    assert network.fit(Capsule(table), y).predict(Capsule(table)).shape == (60,)


def test_what_is_no_number_in_an_arrow_table(units):
    model = unsmudge.DenoisingAutoencoder(**SETTINGS)
    with pytest.raises(ValueError, match='column "b" has the type Utf8: expected numbers'):
        model.fit(Capsule(pa.table({"a": [1.0, 2.0], "b": ["x", "y"]})))
    model.fit(Capsule(pa.table({"a": [1.0, None, 2.0], "b": [True, False, True]})))
    assert model._record["schema"]["columns"]["0"]["missing"]


def test_float32_in_c_order_is_not_copied(units, monkeypatch):
    seen = []
    fit = _native.fit
    monkeypatch.setattr(_native, "fit", lambda s, x, **m: (seen.append(x), fit(s, x, **m))[1])
    unsmudge.DenoisingAutoencoder(**SETTINGS).fit(units)
    assert seen[0].ctypes.data == units.ctypes.data
    assert _rows.native(units) is units


GROWTH = """
import resource, sys
import numpy as np
import unsmudge
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
model = unsmudge.DenoisingAutoencoder(2, epochs=1, batch=5000, valid=100, random_state=0, n_jobs=1)
small = np.random.default_rng(0).random((500, 500), dtype=np.float32)
model.fit(small).transform(small)
X = np.random.default_rng(0).random((40000, 500), dtype=np.float32)
before = peak()
model.fit(X)
codes = model.transform(X)
print((peak() - before) / X.nbytes)
"""


def test_learning_takes_no_memory_for_a_second_copy():
    done = subprocess.run([sys.executable, "-c", GROWTH], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # Scratch of a batch is an eighth of the rows; a copy would be all of them.
    assert float(done.stdout) < 0.6, done.stdout


@pytest.mark.filterwarnings("ignore::unsmudge.DataWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int32])
def test_float64_is_given_back_as_it_came_and_all_else_as_float32(units, dtype):
    model = unsmudge.DenoisingAutoencoder(**SETTINGS).fit(units)
    X = units.astype(dtype)
    expected = np.float64 if dtype is np.float64 else np.float32
    assert model.transform(X).dtype == expected
    assert model.reconstruct(X).dtype == expected
    assert model.inverse_transform(np.ones((2, 4), dtype=dtype)).shape == (2, 5)
    assert model.score_samples(units).dtype == np.float64


def test_a_row_alone_has_the_bits_it_has_among_others(units):
    model = unsmudge.StackedDenoisingAutoencoder((4, 3), epochs=2, random_state=0).fit(units)
    for method in ("transform", "reconstruct", "score_samples"):
        together = getattr(model, method)(units)
        alone = [getattr(model, method)(units[i : i + 1]) for i in range(60)]
        assert (np.concatenate(alone) == together).all()


def test_large_numbers_are_told_apart():
    """Milliseconds since 1970, of which float32 keeps every 131,072nd."""
    start = 1707954127790
    steps = np.arange(60) * 1000
    other = np.random.default_rng(0).random(60)
    X = np.column_stack([start + steps, other])
    assert X.dtype == np.float64
    settings = {**SETTINGS, "epochs": 50, "optimizer": "adam", "rate": 0.01}
    fitted = unsmudge.DenoisingAutoencoder(**settings).fit(X)
    codes = fitted.transform(X)
    assert len(np.unique(codes, axis=0)) == 60
    # Later rows, whose first number is another, mean what they meant.
    np.testing.assert_allclose(fitted.transform(X[30:]), codes[30:], rtol=1e-4, atol=1e-5)
    frame = pd.DataFrame({"time": start + steps, "other": other})
    for same in (frame, pl.from_pandas(frame), pa.table({"time": start + steps, "other": other})):
        again = unsmudge.DenoisingAutoencoder(**settings).fit(same)
        np.testing.assert_array_equal(again.transform(same), codes)
    whole = (start + steps).reshape(-1, 1)
    assert len(np.unique(unsmudge.DenoisingAutoencoder(**settings).fit_transform(whole))) > 50


def test_missing_cells_are_learned_around_and_filled():
    generator = np.random.default_rng(0)
    size = generator.random((400, 1), dtype=np.float32)
    X = np.hstack([size, 1 - size, generator.random((400, 1), dtype=np.float32)])
    holes = X.copy()
    holes[::5, 1] = np.nan
    settings = {"n_hidden": 8, "epochs": 100, "corruption": "masking:0.3", "random_state": 0}
    fitted = unsmudge.DenoisingAutoencoder(**settings).fit(holes)
    assert np.isfinite(fitted.transform(holes)).all()
    filled = fitted.inverse_transform(fitted.transform(holes))
    assert filled.shape == X.shape
    error = np.square(filled[::5, 1] - X[::5, 1]).mean()
    assert error < 0.2 * X[::5, 1].var()
    # The same whatever it comes as.
    frame = pd.DataFrame(holes, columns=["a", "b", "c"])
    for same in (holes.astype(np.float64), frame.to_numpy(), sparse.csr_matrix(holes)):
        assert model_bytes(same) == model_bytes(holes)
