"""Tables with words, dates and missing cells: what they are read as, and what is given back."""

import datetime
import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import unsmudge

SETTINGS = {"steps": 60, "n_members": 1, "random_state": 0, "n_jobs": 1}


def imputer(**more):
    return unsmudge.DenoisingImputer(**{**SETTINGS, **more})


def people(n=90):
    """A number, a word by its sign, a whole number, and a flag; none missing."""
    x = np.random.default_rng(0).normal(size=n)
    columns = {"x": x, "color": np.where(x > 0, "red", "blue").tolist(), "k": np.rint(3 * x) + 50}
    return columns | {"flag": (x > 0).tolist()}


def with_holes(columns):
    """Pandas' table of the columns, each with a tenth of its cells missing."""
    frame = pd.DataFrame(columns).astype(object)
    is_missing = np.random.default_rng(1).random(frame.shape) < 0.1
    return frame.mask(is_missing, None), is_missing


DTYPES = {
    "numpy": {"x": "float64", "color": object, "k": "float32", "flag": object},
    "nullable": {"x": "Float64", "color": "string", "k": "Int64", "flag": "boolean"},
    "arrow": {
        "x": "double[pyarrow]", "color": "string[pyarrow]", "k": "int8[pyarrow]",
        "flag": "bool[pyarrow]",
    },
    "categories": {"x": "float32", "color": "category", "k": "Int16", "flag": "category"},
}  # fmt: skip



def test_intervals_and_draws_are_tables_like_those_that_are_filled():
    frame, is_missing = with_holes(people())
    model = imputer().fit(frame)
    filled = model.transform(frame)
    low, high = model.predict_interval(frame, coverage=0.8)
    numbers = ["x", "k"]
    assert (low[numbers] <= filled[numbers]).all(axis=None)
    assert (filled[numbers] <= high[numbers]).all(axis=None)
    missing = pd.DataFrame(is_missing, columns=frame.columns)
    assert (low["x"] < high["x"])[missing["x"]].all()
    assert (low["x"] == high["x"])[~missing["x"]].all()
    wide = model.predict_interval(frame, coverage=0.95)[1]
    assert (wide["x"] >= high["x"]).all() and (wide["x"] > high["x"]).any()
    with pytest.raises(ValueError, match="share.*1.5.*0.99"):
        model.predict_interval(frame, coverage=1.5)

    draws = model.sample(frame, n_draws=3, random_state=1)
    again = model.set_params(n_jobs=2).sample(frame, n_draws=3, random_state=1)
    for draw, same in zip(draws, again, strict=True):
        pd.testing.assert_frame_equal(draw, same)
        pd.testing.assert_frame_equal(draw.mask(is_missing), frame.mask(is_missing), check_dtype=False)
        assert draw.isna().sum().sum() == 0
        assert set(draw["color"]) == {"red", "blue"}
    assert not draws[0].equals(draws[1])


@pytest.mark.parametrize("dtypes", DTYPES.values(), ids=DTYPES.keys())
def test_pandas_keeps_its_types_and_all_known_cells(dtypes):
    frame, is_missing = with_holes(people())
    frame = frame.astype(dtypes).set_axis([f"row {i}" for i in range(90)])
    before = frame.copy()
    filled = imputer().fit_transform(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert filled.isna().sum().sum() == 0
    assert (filled.dtypes == frame.dtypes).all()
    pd.testing.assert_frame_equal(filled.mask(is_missing), frame.mask(is_missing))
    assert (filled["k"] == filled["k"].astype(float).round()).all()
    both = is_missing[:, 1] & ~is_missing[:, 0] & ~is_missing[:, 3]
    expected = np.where(frame["x"][both].astype(float) > 0, "red", "blue")
    assert (filled["color"][both].astype(str) == expected).mean() > 0.8


POLARS = {
    "plain": [pl.Float64, pl.String, pl.Int64, pl.Boolean],
    "small": [pl.Float32, pl.Categorical(), pl.UInt8, pl.Boolean],
    "declared": [pl.Decimal(10, 5), pl.Enum(["blue", "green", "red"]), pl.Float64, pl.Boolean],
}


@pytest.mark.parametrize("dtypes", POLARS.values(), ids=POLARS.keys())
def test_polars_keeps_its_types_and_all_known_cells(dtypes):
    frame, is_missing = with_holes(people())
    columns = {
        name: pl.Series(name, frame[name].tolist(), strict=False).cast(dtype)
        for name, dtype in zip(frame, dtypes, strict=True)
    }
    frame = pl.DataFrame(columns)
    filled = imputer().fit_transform(frame)
    assert filled.null_count().sum_horizontal().item() == 0
    assert filled.schema == frame.schema
    for j, name in enumerate(frame.columns):
        known = pl.Series(~is_missing[:, j])
        assert filled[name].filter(known).equals(frame[name].filter(known))


def test_the_same_table_is_the_same_model_whatever_it_comes_as():
    frame, _ = with_holes(people())
    frame = frame.astype(DTYPES["nullable"])
    pandas = imputer().fit(frame)
    polars = imputer().fit(pl.from_pandas(frame))
    assert polars._model.to_bytes() == pandas._model.to_bytes()
    for dtypes in (DTYPES["arrow"], {**DTYPES["numpy"], "k": float}):
        assert imputer().fit(frame.astype(dtypes))._model.to_bytes() == pandas._model.to_bytes()
    more = imputer(n_jobs=3).fit(frame)
    assert more._model.to_bytes() == pandas._model.to_bytes()
    rows = frame.astype(object).where(frame.notna(), None)
    of_array, of_list = imputer().fit(rows.to_numpy()), imputer().fit(rows.to_numpy().tolist())
    assert of_array._model.to_bytes() == of_list._model.to_bytes()
    assert of_array.transform(rows.to_numpy()).tolist() == pandas.transform(frame).values.tolist()


def test_arrays_of_numbers_are_arrays_of_their_type(units):
    units = units.copy()
    units[::7, 2] = np.nan
    for dtype in (np.float32, np.float64):
        X = units.astype(dtype)
        filled = imputer().fit_transform(X)
        assert filled.dtype == dtype and not np.isnan(filled).any()
        assert (filled == X)[~np.isnan(X)].all()
    whole = np.where(np.isnan(units), -1, np.rint(units * 9)).astype(int)
    filled = imputer(missing_values=-1).fit_transform(whole)
    assert filled.dtype == np.float64 and (filled == np.rint(filled)).all() and filled.min() >= 0


def test_rows_of_words_and_numbers():
    rows = [["a", 1.0], ["b", 5.0], ["a", None], [None, 5.0]] * 10
    filled = imputer(steps=300).fit_transform(rows)
    assert filled.dtype == object and filled.shape == (40, 2)
    assert filled[3].tolist() == ["b", 5.0] and filled[0].tolist() == ["a", 1.0]
    assert filled[2, 1] < 3


def days(n=60):
    start = datetime.datetime(2024, 1, 1)
    return [start + datetime.timedelta(days=i) for i in range(n)]


def test_dates_are_days_or_seconds_and_stay_dates():
    frame = pd.DataFrame({"n": np.arange(60.0), "day": days()})
    frame["at"] = frame["day"] + pd.to_timedelta(frame["n"], unit="h")
    frame["there"] = frame["at"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    frame["date"] = frame["day"].dt.date
    frame["lasted"] = pd.to_timedelta(frame["n"], unit="m")
    frame.loc[10, ["day", "at"]] = pd.NaT
    frame.loc[20, ["there", "date", "lasted"]] = None
    fitted = imputer(steps=200).fit(frame)
    kinds = [known.kind for known in fitted._known]
    assert kinds == ["number", "date", "time", "time", "date", "number"]
    filled = fitted.transform(frame)
    assert (filled.dtypes == frame.dtypes).all() and not filled.isna().any(axis=None)
    assert filled["day"][10] == filled["day"][10].normalize()
    near = datetime.timedelta(days=4)
    assert abs(filled["day"][10] - days()[10]) < near
    assert abs(filled["at"][10] - days()[10] - datetime.timedelta(hours=10)) < near
    assert type(filled["date"][20]) is datetime.date
    assert abs(filled["date"][20] - days()[20].date()) < near
    assert abs(filled["there"][20].tz_convert(None) - days()[20]) < near
    same = pl.from_pandas(frame[["n", "day", "at"]])
    same = same.with_columns(pl.col("day").cast(pl.Date), pl.col("at").cast(pl.Datetime("ms")))
    assert same["day"].null_count() == 1
    again = imputer(steps=200).fit_transform(same)
    assert again.schema == same.schema and again["at"].null_count() == 0
    assert abs(again["day"][10] - days()[10].date()) < near


def test_levels_are_sorted_but_for_declared_ones():
    words = ["b", "a", "c"] * 10
    frame = pd.DataFrame({
        "word": words,
        "category": pd.Categorical(words, categories=["c", "unused", "b", "a"]),
        "x": np.arange(30.0),
    })  # fmt: skip
    words, category, _ = [known.words for known in imputer().fit(frame)._known]
    assert words == ["a", "b", "c"] and category == ["c", "unused", "b", "a"]


def test_categories_of_numbers_are_categories():
    numbers = pd.Categorical([30, 10, None] * 10, categories=[30, 20, 10])
    frame = pd.DataFrame({"grade": numbers, "x": np.arange(30.0) % 3})
    fitted = imputer(steps=200).fit(frame)
    assert fitted._known[0].words == [30, 20, 10]
    filled = fitted.transform(frame)
    assert filled["grade"].dtype == frame["grade"].dtype and filled["grade"].notna().all()
    # The same levels as plain numbers, and numbers where there were categories.
    plain = frame.astype({"grade": "Int64"})
    assert fitted.transform(plain)["grade"].tolist() == filled["grade"].tolist()
    again = imputer(steps=200).fit(plain).transform(frame)
    assert (again["grade"][frame["grade"].notna()] == frame["grade"].dropna()).all()
    mixed = frame.assign(x=[1.0, "?", 3.0] * 10)
    assert imputer(missing_values="?").fit(mixed)._known[1].kind == "number"


def test_columns_are_found_by_name():
    frame, _ = with_holes(people())
    fitted = imputer().fit(frame)
    filled = fitted.transform(frame[["k", "flag", "x", "color"]])
    pd.testing.assert_frame_equal(filled, fitted.transform(frame))
    said = 'X has no column "color", which it had in fit; is it "colour" now?'
    with pytest.raises(ValueError, match=re.escape(said)):
        fitted.transform(frame.rename(columns={"color": "colour"}))
    with pytest.raises(ValueError, match='X has a column "more", which it did not have in fit'):
        fitted.transform(frame.assign(more=1))
    with pytest.raises(ValueError, match='X has two columns "x"'):
        imputer().fit(pd.concat([frame, frame[["x"]]], axis=1))
    with (
        pytest.warns(UserWarning, match="X does not have valid feature names"),
        pytest.raises(ValueError, match="X has 3 features, but DenoisingImputer is expecting 4"),
    ):
        fitted.transform(frame.to_numpy()[:, :3])


def test_levels_that_were_never_seen_are_told_once_and_stay():
    frame, _ = with_holes(people())
    fitted = imputer().fit(frame)
    frame.loc[[4, 7], "color"] = "violet"
    said = 'column "color" has 2 cells with levels that training did not have, the first in row 5'
    with pytest.warns(unsmudge.DataWarning, match=said) as told:
        filled = fitted.transform(frame)
    assert len(told) == 1 and told[0].filename == __file__
    assert filled["color"][4] == "violet" and not filled.isna().any(axis=None)


def test_categories_get_the_level_that_fills_them():
    fitted = imputer().fit(with_holes(people())[0])
    new = pd.DataFrame({"x": [-2.0, 2.0], "color": pd.Categorical([None, "red"]), "k": [44.0, 56.0]})
    new["flag"] = [False, True]
    filled = fitted.transform(new)
    assert filled["color"].tolist() == ["blue", "red"]
    assert filled["color"].dtype == pd.CategoricalDtype(["red", "blue"])
    same = pl.DataFrame({"x": [-2.0, 2.0], "k": [44.0, 56.0], "flag": [False, True]})
    same = same.with_columns(pl.Series("color", [None, "red"], dtype=pl.Enum(["red"])))
    assert fitted.transform(same)["color"].to_list() == ["blue", "red"]


def test_rows_of_missing_cells_alone_are_filled():
    fitted = imputer().fit(with_holes(people())[0])
    nothing = {name: [None, None] for name in people()}
    for of in (pd.DataFrame, pl.DataFrame):
        filled = fitted.transform(of(nothing))
        assert filled["color"][0] in ("red", "blue") and filled["x"][1] == filled["x"][0]


@pytest.mark.parametrize(("n_words", "times"), [(101, 4), (1_001, 5)])
def test_words_that_are_many_and_rare_are_no_category(n_words, times):
    words = [f"word {i}" for i in range(n_words)] * times
    frame = pd.DataFrame({"x": np.arange(len(words)) % 7, "word": words})
    with pytest.warns(unsmudge.DataWarning, match="too many different texts"):
        fitted = imputer().fit(frame)
    assert fitted._known[1].kind == "ignored"


def test_columns_that_tell_nothing_are_left_out():
    frame, _ = with_holes(people())
    names = [f"name {i}" for i in range(90)]
    frame = frame.assign(empty=None, name=[None, *names[1:]])
    with pytest.warns(unsmudge.DataWarning) as told:
        fitted = imputer().fit(frame)
    said = [str(warning.message) for warning in told]
    assert said == [
        'X: left out: column "empty", which has no values: its missing cells stay missing',
        'X: left out: column "name", which has a different text in every row: its missing cells '
        "stay missing",
    ]
    filled = fitted.transform(frame)
    assert filled["empty"].isna().all() and filled["name"].isna().sum() == 1
    assert fitted.errors_["column"][-2:] == ["empty", "name"]
    assert fitted.errors_["n_cells"][-2:] == [0, 0]
    with (
        pytest.warns(unsmudge.DataWarning),
        pytest.raises(ValueError, match="X has no column that something can be learned from"),
    ):
        imputer().fit(frame[["empty"]])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([*range(89), "heavy"], 'X: row 90, column "x": expected a number, found \'heavy\''),
        ([1.0, np.inf, 2.0] * 30, 'row 2, column "x": expected finite numbers'),
        ([[1]] * 90, "argument must be a string or a real number, not 'list'"),
        (pd.period_range("2024-01", periods=90, freq="M"), "has the type period"),
        ([1j] * 90, "has the type complex128: expected numbers, words"),
        (["1.5", "2", "3"] * 30, 'column "x" has numbers as text'),
    ],
)
def test_columns_that_cannot_be_read(column, said):
    with pytest.raises((ValueError, TypeError, UserWarning), match=re.escape(said)):
        imputer().fit(pd.DataFrame(people()).assign(x=column))


@pytest.mark.parametrize(
    ("name", "column", "said"),
    [
        ("x", "abc", "row 1, column \"x\": expected a number, found 'abc'"),
        ("x", pd.Timestamp(0), 'column "x": expected numbers, as in fit, found dates'),
        ("color", 1.5, "\"color\": expected a category of 'blue', 'red', as in fit, found numbers"),
        ("color", pd.Timestamp(0), "found dates"),
    ],
)
def test_columns_of_another_kind_than_in_fit(name, column, said):
    fitted = imputer().fit(pd.DataFrame(people()))
    with pytest.raises(ValueError, match=re.escape(said)):
        fitted.transform(pd.DataFrame(people()).assign(**{name: column}))


def test_missing_values_are_declared():
    frame = pd.DataFrame(people()).astype({"k": int})
    frame.loc[5, "color"], frame.loc[6, "k"] = "?", -999
    words = imputer(missing_values="?").fit_transform(frame)
    assert words["color"][5] in ("red", "blue") and words["k"][6] == -999
    numbers = imputer(missing_values=-999).fit_transform(frame)
    assert 0 < numbers["k"][6] < 100 and numbers["k"].dtype == int and numbers["color"][5] == "?"
    mixed = frame.assign(x=[*frame["x"][:-1], "?"])
    filled = imputer(missing_values="?").fit(mixed)
    assert [known.kind for known in filled._known] == ["number", "category", "number", "category"]
    assert isinstance(filled.transform(mixed)["x"][89], float)


def test_settings_out_of_their_range_are_refused(units):
    for settings, said in [
        ({"steps": 0}, "steps=0: allowed is 1 to 4294967295"),
        ({"steps": "many"}, "steps='many': allowed is a whole number"),
        ({"n_members": 65}, "n_members=65: allowed is 1 to 64"),
        ({"random_state": -1}, "random_state=-1: allowed is a whole number"),
    ]:
        with pytest.raises(ValueError, match=said):
            imputer(**settings).fit(units)


def test_the_table_of_errors_is_honest():
    x = np.linspace(-1, 1, 600)
    frame = pd.DataFrame({"x": x, "size": np.abs(x), "sign": np.where(x > 0, "+", "-")})
    fitted = imputer(steps=600).fit(frame)
    errors = pd.DataFrame(fitted.errors_).set_index("column")
    assert errors["is_category"].tolist() == [False, False, True]
    assert errors.loc["size", "networks"] < 0.5 < 0.8 < errors.loc["size", "linear"]
    assert errors.loc["size", "network_share"] > 0.8 and (errors["n_cells"] > 30).all()


def test_files_and_pickles(tmp_path):
    frame, _ = with_holes(people())
    with pytest.warns(unsmudge.DataWarning, match='"empty"'):
        fitted = imputer().fit(frame.assign(empty=None)[["empty", *frame]])
    frame = frame.assign(empty=None)
    expected = fitted.transform(frame)
    path = tmp_path / "table.safetensors"
    fitted.save(path)
    for again in (
        unsmudge.load(path), unsmudge.DenoisingImputer.load(path), pickle.loads(pickle.dumps(fitted))
    ):  # fmt: skip
        pd.testing.assert_frame_equal(again.transform(frame), expected)
        assert list(again.feature_names_in_) == ["empty", *people()]
        assert again.get_params()["steps"] == 60 and again.get_params()["random_state"] == 0
        pd.testing.assert_frame_equal(pd.DataFrame(again.errors_), pd.DataFrame(fitted.errors_))
    with pytest.raises(ValueError, match="holds a DenoisingImputer, not a DenoisingAutoencoder"):
        unsmudge.DenoisingAutoencoder.load(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(unsmudge.FormatError, match="cut, changed or damaged"):
        unsmudge.load(path)
    imputer().fit(frame[["x"]].to_numpy()).save(path)
    assert unsmudge.load(path).n_features_in_ == 1


def test_indicators_and_the_output_that_is_asked_for():
    frame, is_missing = with_holes(people())
    frame["whole"] = 1.0
    names = [*frame, *[f"missingindicator_{name}" for name in people()]]
    added = imputer(add_indicator=True).fit(frame)
    assert list(added.get_feature_names_out()) == names
    filled = added.transform(frame)
    assert list(filled) == names and (filled.iloc[:, 5:].to_numpy() == is_missing).all()
    polars = added.set_output(transform="polars").transform(frame)
    assert isinstance(polars, pl.DataFrame) and polars["missingindicator_x"].dtype == pl.Boolean
    x = frame[["x", "k"]].to_numpy(dtype=float)
    pandas = imputer(add_indicator=True).set_output(transform="pandas").fit_transform(x)
    assert list(pandas) == ["x0", "x1", "missingindicator_x0", "missingindicator_x1"]
    assert (pandas["missingindicator_x1"] == is_missing[:, 2]).all()


def test_a_pipeline_from_words_to_numbers():
    frame, _ = with_holes(people())
    frame = frame.astype(DTYPES["nullable"])
    words = make_column_selector(dtype_include=["string", "boolean", object, "str"])
    coded = make_column_transformer((OneHotEncoder(), words), remainder=StandardScaler())
    codes = make_pipeline(imputer(), coded).fit_transform(frame)
    assert codes.shape == (90, 6) and np.isfinite(codes).all()


def test_progress_is_shown(capsys):
    frame, _ = with_holes(people())
    imputer(verbose=1).fit(frame)
    assert "training 1 (" in capsys.readouterr().err
