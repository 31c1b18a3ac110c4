"""Parameters that do not exist: the error names the one that is meant."""

import difflib
import functools
import inspect


def suggesting(init):
    """An ``__init__`` whose ``TypeError`` for an unknown parameter suggests a known one."""
    names = list(inspect.signature(init).parameters)[1:]

    @functools.wraps(init)
    def checked(self, *args, **kwargs):
        for name in kwargs:
            if name not in names:
                raise TypeError(unknown(type(self).__name__, name, names))
        init(self, *args, **kwargs)

    return checked


def unknown(estimator, name, names):
    """What is said of the parameter ``name``, which is not among ``names``."""
    from ._parameters import ALIASES

    nearest = [ALIASES.get(name.lower()), *difflib.get_close_matches(name, names, n=1)]
    meant = next((other for other in nearest if other in names), None)
    text = f"{estimator} has no parameter {name!r}"
    return text if meant is None else f"{text}; did you mean {meant!r}?"
