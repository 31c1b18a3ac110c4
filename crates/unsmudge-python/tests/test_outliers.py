"""Unusual rows and cells: what is found, and that p-values mean what they say."""

import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

import unsmudge

SETTINGS = {"steps": 100, "random_state": 0, "n_jobs": 1}

COLUMNS = ["row", "column", "value", "surprise", "p", "expected", "low", "high"]


def people(n=200, seed=0):
    """Ages, what follows from them, and a date that nothing follows from; some cells missing."""
    generator = np.random.default_rng(seed)
    age = generator.integers(5, 60, n)
    frame = pd.DataFrame({"age": age, "is": np.where(age < 18, "child", "adult")})
    frame["half"] = age / 2 + generator.normal(scale=0.5, size=n)
    frame["since"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.integers(0, 99, n), "D")
    return frame.mask(generator.random(frame.shape) < 0.02)


@pytest.fixture(scope="module")
def fitted():
    frame = people()
    frame.loc[7] = [50, "child", 25.0, pd.Timestamp("2024-02-01")]
    return unsmudge.DenoisingOutlierDetector(**SETTINGS).fit(frame), frame


def test_the_planted_row_and_its_cell_are_found(fitted):
    detector, frame = fitted
    assert detector.decision_scores_.argmax() == detector.p_values_.argmin() == 7
    assert detector.labels_[7] == 1 and detector.labels_.sum() < 20
    assert (detector.labels_ == (detector.decision_scores_ > detector.threshold_)).all()
    assert detector.predict(frame)[7] == -1
    cells = detector.cell_scores(frame, training=True)
    assert list(cells) == COLUMNS and len(cells) == frame.notna().sum().sum()
    first = cells[cells["row"] == 7].iloc[0]
    assert (first["column"], first["value"], first["expected"]) == ("is", "child", "adult")
    assert first["low"] is None and first["p"] < 0.02
    half = cells[(cells["row"] == 9) & (cells["column"] == "half")].iloc[0]
    assert half["low"] < half["expected"] < half["high"]
    since = cells[(cells["row"] == 9) & (cells["column"] == "since")].iloc[0]
    assert pd.Timestamp("2024-01-01") <= pd.Timestamp(since["low"]) < pd.Timestamp(since["high"])
    within = cells.groupby("row", sort=False)["surprise"]
    assert within.apply(lambda surprise: (surprise.diff().dropna() <= 0).all()).all()


def test_p_values_of_new_rows_are_no_smaller_than_they_say(fitted):
    detector, _ = fitted
    p = detector.p_values(people(1000, seed=1))
    assert 0.005 < (p <= 0.05).mean() < 0.07 and 0.4 < p.mean() < 0.65
    assert ((detector.predict(people(1000, seed=1)) == -1) == (p <= 0.05)).all()
    assert detector.p_values(people(1).mask(people(1).notna()))[0] == 1


def test_contamination_is_the_share_that_is_called_outliers():
    frame = people()[["age", "half"]]
    detector = unsmudge.DenoisingOutlierDetector(contamination=0.1, **SETTINGS)
    assert (detector.fit_predict(frame) == -1).sum() == 20
    assert detector.labels_.sum() == 20
    decisions = detector.decision_function(frame)
    assert (decisions == detector.score_samples(frame) - detector.offset_).all()
    for share in (0, 0.6, "all", None):
        with pytest.raises(ValueError, match="contamination=.*: allowed is 'auto', or a share"):
            detector.set_params(contamination=share).fit(frame)


def test_the_same_scores_from_polars_and_in_polars_words(fitted):
    detector, frame = fitted
    rows = frame.head(20)
    cells = detector.cell_scores(pl.from_pandas(rows))
    expected = detector.cell_scores(rows)
    assert cells.columns == COLUMNS and cells["column"].to_list() == expected["column"].to_list()
    assert cells["surprise"].to_list() == expected["surprise"].tolist()
    assert cells["expected"].dtype == pl.String
    assert (detector.score_samples(pl.from_pandas(rows)) == detector.score_samples(rows)).all()


def test_cells_have_the_index_of_their_rows_and_arrays_their_numbers(fitted):
    detector, frame = fitted
    labelled = frame.head(3).set_axis(["a", "b", "c"])
    assert list(dict.fromkeys(detector.cell_scores(labelled)["row"])) == ["a", "b", "c"]
    X = people()[["age", "half"]].to_numpy()
    cells = unsmudge.DenoisingOutlierDetector(**SETTINGS).fit(X).cell_scores(X)
    assert set(cells["column"]) == {1, 2} and cells["low"].dtype == float


def test_files_and_pickles(tmp_path, fitted):
    detector, frame = fitted
    path = tmp_path / "detector.safetensors"
    detector.save(path)
    for again in (unsmudge.load(path), pickle.loads(pickle.dumps(detector))):
        assert isinstance(again, unsmudge.DenoisingOutlierDetector)
        assert (again.predict(frame) == detector.predict(frame)).all()
        assert again.get_params() == detector.get_params() | {"n_jobs": again.n_jobs}
    with pytest.raises(ValueError, match="holds a DenoisingOutlierDetector, not a DenoisingImputer"):
        unsmudge.DenoisingImputer.load(path)
    clean = unsmudge.DenoisingOutlierDetector(clean=True, **SETTINGS).fit(frame)
    clean.save(path)
    assert unsmudge.load(path).clean is True


def test_levels_never_seen_are_unusual_and_told(fitted):
    detector, frame = fitted
    strange = frame.iloc[[10, 10]].assign(**{"is": ["martian", frame["is"].iloc[10]]})
    with pytest.warns(unsmudge.DataWarning, match='column "is" has 1 cell with levels'):
        p = detector.p_values(strange)
    assert p[0] < 0.05 < p[1]
    with pytest.warns(unsmudge.DataWarning):
        assert detector.cell_scores(strange).iloc[0]["value"] == "martian"


def test_tables_that_do_not_fit(fitted):
    detector, frame = fitted
    with pytest.raises(ValueError, match=re.escape("9 sample(s) (shape=(9, 4)) while a minimum of 10")):
        unsmudge.DenoisingOutlierDetector(**SETTINGS).fit(frame.head(9))
    with pytest.raises(ValueError, match='X has no column "half", which it had in fit'):
        detector.predict(frame.drop(columns="half"))
    with pytest.raises(ValueError, match="rows of the training table: expected 200, found 3"):
        detector.cell_scores(frame.head(3), training=True)
    with pytest.warns(unsmudge.DataWarning, match='left out: column "none", which has no values$'):
        unsmudge.DenoisingOutlierDetector(**SETTINGS | {"steps": 2}).fit(frame.assign(none=None))


def test_the_number_of_threads_changes_no_bit(fitted):
    detector, frame = fitted
    more = unsmudge.DenoisingOutlierDetector(**SETTINGS | {"n_jobs": 3}).fit(frame)
    assert more._model.to_bytes() == detector._model.to_bytes()
