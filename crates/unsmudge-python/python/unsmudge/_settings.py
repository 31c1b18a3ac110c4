"""Seeds and threads as the library has them."""

import numbers

import joblib
from sklearn.utils import check_random_state


def seed_of(random_state):
    """The seed: an int itself, otherwise one drawn from ``random_state``."""
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def n_threads(n_jobs):
    """The number of threads; None for one per core.

    With ``n_jobs=None`` the library asks ``OMP_NUM_THREADS`` too: joblib uses it to tell its workers
    their number of cores.
    """
    if n_jobs is None:
        return None
    if not isinstance(n_jobs, numbers.Integral) or n_jobs == 0:
        raise ValueError(f"n_jobs is None, -1 or a whole number other than 0; got {n_jobs!r}")
    return int(n_jobs) if n_jobs > 0 else max(1, joblib.cpu_count() + 1 + int(n_jobs))
