"""Other processes, however they are started, learn the same."""

import multiprocessing

import joblib
import numpy as np
import pytest

import unsmudge


def learned(seed):
    X = np.random.default_rng(0).random((60, 5), dtype=np.float32)
    model = unsmudge.DenoisingAutoencoder(4, epochs=2, random_state=seed).fit(X)
    model.transform(X)
    return model._model.to_bytes()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_every_kind(method):
    if method not in multiprocessing.get_all_start_methods():
        method = "spawn"
    expected = [learned(seed) for seed in (0, 1)]
    # A process that is not forked imports everything anew, which takes seconds.
    n_processes = 2 if method == "fork" else 1
    with multiprocessing.get_context(method).Pool(n_processes) as pool:
        assert pool.map(learned, [0, 1]) == expected


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_joblib(backend):
    expected = [learned(seed) for seed in (0, 1)]
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert joblib.Parallel()(joblib.delayed(learned)(seed) for seed in (0, 1)) == expected
