"""AnnData objects are taken as tables, by a class of their form: anndata 0.12 needs pandas below 3."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import runnable
from scipy import sparse

from unsmudge import DenoisingAutoencoder, DenoisingImputer, DenoisingOutlierDetector

PAGE = Path(__file__).resolve().parents[3] / "docs" / "tutorials" / "python.md"


class AnnData:
    def __init__(self, X=None, obs=None, var=None):
        self.X, self.obs, self.var = X, obs, var
        self.obsm, self.layers = {}, {}

    obs_names = property(lambda self: self.obs.index)
    var_names = property(lambda self: self.var.index)

    def to_df(self):
        cells = self.X.toarray() if sparse.issparse(self.X) else self.X
        return pd.DataFrame(cells, index=self.obs_names, columns=self.var_names)


@pytest.fixture(autouse=True)
def anndata(monkeypatch):
    module = ModuleType("anndata")
    module.AnnData = AnnData
    monkeypatch.setitem(sys.modules, "anndata", module)


def of(rows):
    obs = pd.DataFrame(index=[f"cell {k}" for k in range(len(rows))])
    return AnnData(rows, obs, pd.DataFrame(index=[f"gene {k}" for k in range(rows.shape[1])]))


def test_the_lines_of_the_page_run():
    (found,) = [block for block in runnable.blocks(PAGE.read_text()) if "anndata" in block[1]]
    line, _, code = found
    runnable.run_python(code, {}, PAGE, line)


def test_the_matrix_is_the_rows_and_variables_are_checked_by_name(units):
    model = DenoisingAutoencoder(4, epochs=2, random_state=0)
    codes = model.fit_transform(of(units))
    assert np.array_equal(codes, model.fit(units).transform(units))
    model.fit(AnnData(sparse.csc_matrix(units), of(units).obs, of(units).var))
    assert list(model.feature_names_in_) == [f"gene {j}" for j in range(5)]
    other = of(units)
    other.var = other.var[::-1]
    with pytest.raises(ValueError, match="column 1 is gene 4, expected gene 0"):
        model.transform(other)
    with pytest.raises(ValueError, match="no matrix: expected one in adata.X"):
        model.transform(AnnData())


def test_rows_of_set_output_have_the_names_of_observations(units):
    model = DenoisingAutoencoder(4, epochs=2, random_state=0).set_output(transform="pandas")
    codes = model.fit_transform(of(units))
    names = list(of(units).obs_names)
    assert list(codes.index) == names and list(codes) == list(model.get_feature_names_out())
    again = model.reconstruct(of(units))
    assert list(again.index) == names and list(again) == list(of(units).var_names)
    holes = units.copy()
    holes[3, 1] = np.nan
    imputer = DenoisingImputer(steps=20, n_members=1, random_state=0).set_output(transform="pandas")
    assert list(imputer.fit_transform(of(holes)).index) == names


def test_cells_of_a_detector_have_the_names_of_observations(units):
    detector = DenoisingOutlierDetector(steps=20, random_state=0).fit(of(units))
    cells = detector.cell_scores(of(units), training=True)
    assert cells.row[0] == "cell 0" and set(cells.column) == set(of(units).var_names)
