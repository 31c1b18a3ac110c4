"""Samples, reconstructions and score fields of diffusion models."""

import pickle

import numpy as np
import pytest

from unsmudge import DenoisingDiffusion, FormatError, load

SMALL = {"n_hidden": 32, "n_layers": 2, "steps": 600, "batch": 64, "random_state": 0}


@pytest.fixture(scope="module")
def groups():
    rng = np.random.default_rng(0)
    y = np.array(["near", "far"])[np.arange(400) % 2]
    centres = np.where(y == "far", 6.0, 0.0)
    return rng.normal(size=(400, 3)) * 0.5 + centres[:, None], y


@pytest.fixture(scope="module")
def model(groups):
    X, y = groups
    return DenoisingDiffusion(**SMALL).fit(X, y)


def test_samples_of_a_class_are_like_its_rows(groups, model):
    X, y = groups
    assert list(model.classes_) == ["far", "near"]
    for label in model.classes_:
        drawn = model.sample(200, random_state=1, label=label)
        assert drawn.dtype == np.float32 and drawn.shape == (200, 3)
        np.testing.assert_allclose(drawn.mean(axis=0), X[y == label].mean(axis=0), atol=0.3)
        assert np.all((drawn >= X.min(axis=0) - 1e-3) & (drawn <= X.max(axis=0) + 1e-3))
    both = model.sample(10, random_state=1)
    assert (both[:5].mean() > 3) and (both[5:].mean() < 3)


def test_threads_files_and_pickles_change_no_bit(model, tmp_path):
    drawn = model.sample(7, random_state=3)
    again = DenoisingDiffusion(**model.get_params()).set_params(n_jobs=2)
    assert np.array_equal(model.set_params(n_jobs=1).sample(7, random_state=3), drawn)
    path = tmp_path / "model"
    model.save(path)
    read = load(path)
    assert isinstance(read, DenoisingDiffusion) and read.n_hidden == 32 and read.n_features_in_ == 3
    assert np.array_equal(read.sample(7, random_state=3), drawn)
    assert list(read.classes_) == ["far", "near"]
    far = model.sample(4, random_state=3, label="far")
    assert np.array_equal(read.sample(4, random_state=3, label="far"), far)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).sample(7, random_state=3), drawn)
    assert not np.array_equal(model.sample(7, random_state=4), drawn)
    assert again.n_jobs == 2


def test_noise_is_removed_and_scores_point_to_the_data(groups, model):
    X, _ = groups
    rng = np.random.default_rng(1)
    level = 0.5
    noisy = X + level * X.std(axis=0) * rng.normal(size=X.shape)
    clean = model.denoise(noisy, level)
    assert ((clean - X) ** 2).mean() < 0.5 * ((noisy - X) ** 2).mean()
    scores = model.score_field(noisy, level)
    expected = (clean - noisy) / (level * X.std(axis=0)) ** 2
    np.testing.assert_allclose(scores, expected, rtol=1e-2, atol=1e-2)


def test_classes_of_numbers_and_columns_of_large_ones_come_back(tmp_path):
    rng = np.random.default_rng(2)
    start = 1_700_000_000_000.0
    X = np.column_stack([start + np.arange(200) * 7.0, rng.normal(size=200)])
    model = DenoisingDiffusion(**SMALL).fit(X, np.arange(200) % 3 + 4)
    path = tmp_path / "model"
    model.save(path)
    for of in (model, load(path)):
        assert list(of.classes_) == [4, 5, 6]
        drawn = of.sample(30, random_state=0, label=5)
        assert drawn.dtype == np.float64
        assert np.all((drawn[:, 0] >= start) & (drawn[:, 0] <= start + 199 * 7.0))
        assert len(np.unique(drawn[:, 0])) > 20


def test_what_cannot_be_drawn_is_refused_by_name(groups, model, tmp_path):
    X, y = groups
    with pytest.raises(ValueError, match="label='middle'.*far, near"):
        model.sample(3, label="middle")
    with pytest.raises(ValueError, match="samples"):
        model.sample(0)
    with pytest.raises(ValueError, match="steps"):
        model.sample(3, noise_levels=1)
    with pytest.raises(ValueError, match="level"):
        model.denoise(X, 0.0)
    with pytest.raises(ValueError, match="400 rows, y has 3"):
        DenoisingDiffusion(**SMALL).fit(X, y[:3])
    with pytest.raises(ValueError, match="hidden"):
        DenoisingDiffusion(**{**SMALL, "n_hidden": 0}).fit(X)
    path = tmp_path / "model"
    model.save(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FormatError):
        load(path)
