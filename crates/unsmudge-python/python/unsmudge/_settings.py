"""Converts parameters to the library's settings, which have the same names, as TOML."""

import json
import numbers
import os

import joblib
from sklearn.utils import check_random_state

LAYER = (
    "n_hidden", "tied", "activation", "initial_bias", "loss", "decoder", "corruption", "emphasis",
)  # fmt: skip
MACHINE = ("n_hidden", "steps", "persistent", "n_chains")
TRAINING = (
    "epochs", "batch", "optimizer", "rate", "schedule", "l2", "l1", "clip", "patience", "precision",
)  # fmt: skip


def toml(value):
    """The value as TOML. The library checks whether it is allowed."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        return repr(float(value))
    if isinstance(value, dict):
        items = (f"{key} = {toml(of)}" for key, of in value.items() if of is not None)
        return "{" + ", ".join(items) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml(of) for of in value) + "]"
    raise ValueError(f"a setting is a word, a number or True or False; got {value!r}")


def text(settings):
    """The text of a settings file, one table or list of tables per line."""
    lines = (f"{key} = {toml(value)}" for key, value in settings.items() if value is not None)
    return "\n".join(lines)


def seed_of(random_state):
    """The seed: an int itself, otherwise one drawn from ``random_state``."""
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def n_threads(n_jobs):
    """The number of threads; None for one per core.

    ``n_jobs=None`` is all cores, or ``OMP_NUM_THREADS`` if it is set: joblib uses it to tell its
    workers their number of cores.
    """
    if n_jobs is None:
        told = os.environ.get("OMP_NUM_THREADS", "")
        return int(told) if told.isdecimal() and int(told) > 0 else None
    if not isinstance(n_jobs, numbers.Integral) or n_jobs == 0:
        raise ValueError(f"n_jobs is None, -1 or a whole number other than 0; got {n_jobs!r}")
    return int(n_jobs) if n_jobs > 0 else max(1, joblib.cpu_count() + 1 + int(n_jobs))
