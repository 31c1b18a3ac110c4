"""Parquet and Arrow files of pandas and Polars, read and written by the command."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from command import run


@pytest.fixture(scope="module")
def frame():
    """People: numbers, whole numbers, words, truth values, dates and times, with holes."""
    rng = np.random.default_rng(0)
    n = 90
    height = rng.normal(170, 9, n)
    frame = pd.DataFrame({
        "height": height,
        "weight": 0.9 * height - 85 + rng.normal(0, 4, n),
        "shoes": pd.array(np.round(height / 4.2).astype(int), dtype="Int64"),
        "size": pd.Categorical.from_codes((height > 170).astype(int), ["small", "tall"]),
        "city": rng.choice(["Bern", "Zürich"], n),
        "member": pd.array(rng.random(n) < 0.5, dtype="boolean"),
        "born": pd.Timestamp("1980-01-01") + pd.to_timedelta(rng.integers(0, 9000, n), "D"),
    })
    for column in ["weight", "shoes", "size", "city", "member", "born"]:
        frame.loc[rng.choice(n, 9, replace=False), column] = None
    return frame


@pytest.fixture(scope="module")
def given(frame, tmp_path_factory):
    """A folder with the people as `people.parquet`, and a model of them."""
    folder = tmp_path_factory.mktemp("typed")
    frame.to_parquet(folder / "people.parquet", compression="gzip")
    model = ["--model", folder / "people.model", "--intervals", "80"]
    run("impute", folder / "people.parquet", "-o", folder / "filled.parquet", *model, "--quiet")
    return folder


def test_what_pandas_writes_as_parquet_is_filled_and_keeps_its_types(frame, given):
    filled = pd.read_parquet(given / "filled.parquet")
    bounds = [filled.pop(name) for name in filled.columns if name.endswith((".low", ".high"))]
    assert list(filled.columns) == list(frame.columns) and len(bounds) == 6
    assert (filled.dtypes == frame.dtypes).all(), filled.dtypes
    assert not filled.isna().any(axis=None)
    for name in frame.columns:
        known = frame[name].notna()
        assert frame[name][known].equals(filled[name][known]), name
    holes = frame["weight"].isna()
    low, high = bounds[:2]
    assert (low.name, high.name) == ("weight.low", "weight.high")
    assert (low.notna() == holes).all()
    assert filled["weight"].between(low, high)[holes].all()


def test_what_polars_writes_is_filled_and_read_by_polars(frame, given, tmp_path):
    frame = pl.from_pandas(frame)
    for name, write, read in [
        ("people.parquet", frame.write_parquet, pl.read_parquet),
        ("people.arrow", frame.write_ipc, pl.read_ipc),
        ("people.stream", frame.write_ipc_stream, pl.read_ipc_stream),
    ]:
        out = tmp_path / f"filled-{name}"
        write(tmp_path / name)
        run("impute", given / "people.model", tmp_path / name, "-o", out, "--quiet")
        filled = read(out)
        assert filled.null_count().sum_horizontal().item() == 0, name
        for column in frame.columns:
            known = frame[column].is_not_null()
            before, after = (of[column].filter(known).cast(pl.String) for of in (frame, filled))
            assert before.equals(after), (name, column)


def test_a_parquet_file_gives_what_its_cells_as_csv_give(frame, tmp_path):
    text, typed = tmp_path / "people.csv", tmp_path / "people.parquet"
    frame = frame.assign(born=frame["born"].dt.date)  # whose times of day CSV would not have
    frame.to_csv(text, index=False)
    # pandas writes truth values with capitals.
    frame.assign(member=frame["member"].map({True: "True", False: "False"})).to_parquet(typed)
    codes = []
    for path in (text, typed):
        folder = tmp_path / path.suffix[1:]
        run("train", path, "--out", folder, "--epochs", "2", "--quiet")
        run("encode", folder, path, "-o", folder / "codes.npy", "--quiet")
        codes.append(np.load(folder / "codes.npy"))
    assert np.array_equal(*codes)
    # A model of one reads the other.
    run("encode", tmp_path / "csv", typed, "-o", tmp_path / "codes.parquet", "--quiet")
    written = pd.read_parquet(tmp_path / "codes.parquet")
    assert np.array_equal(written.to_numpy(), codes[0])
    assert list(written.columns[:2]) == ["code_1", "code_2"]


def test_samples_of_a_table_have_its_types(given, tmp_path):
    run("sample", given / "people.model", "-n", "30", "-o", tmp_path / "drawn.parquet", "--quiet")
    drawn = pq.read_table(tmp_path / "drawn.parquet")
    types = {field.name: str(field.type) for field in drawn.schema}
    assert types["city"] == "string" and types["born"].startswith("timestamp[us")
    assert drawn.num_rows == 30
    assert set(drawn["size"].to_pylist()) <= {"small", "tall"}


def test_a_copy_of_another_format_than_the_table_is_refused(frame, given, tmp_path):
    text = tmp_path / "people.csv"
    frame.to_csv(text, index=False)
    for path, out in [(text, "out.parquet"), (given / "people.parquet", "out.csv")]:
        with pytest.raises(AssertionError, match="a name such as FILE"):
            run("impute", given / "people.model", path, "-o", tmp_path / out, "--quiet")
        assert not (tmp_path / out).exists()
