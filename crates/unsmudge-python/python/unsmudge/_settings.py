"""Settings, seeds and threads as the library has them."""

import json
import math
import numbers
import operator

import joblib
from sklearn.utils import check_random_state


def to_json(settings):
    """Settings for the extension module. What is None is left out; whether the others are allowed is
    the library's to say."""
    return json.dumps(plain("settings", settings), allow_nan=False)


def plain(name, value):
    """The value of the setting ``name`` as JSON has it. Numbers that it has not are text."""
    if isinstance(value, dict):
        return {key: plain(key, of) for key, of in value.items() if of is not None}
    if isinstance(value, (list, tuple)):
        return [plain(name, of) for of in value]
    if getattr(value, "ndim", None) == 0:
        value = value.item()  # numpy's numbers
    if isinstance(value, (bool, str)):
        return value
    if hasattr(value, "__index__") and not hasattr(value, "ndim"):
        number = operator.index(value)
        return number if -(2**63) <= number < 2**63 else str(number)
    if hasattr(value, "__float__") and not hasattr(value, "ndim"):
        number = float(value)
        return number if math.isfinite(number) else str(number)
    raise ValueError(f"{name}={value!r}: allowed is text, a number, True or False")


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
