"""Warnings at the line that called the package, and once for a whole search."""

import sys
import warnings

PASSED = ("unsmudge", "sklearn", "joblib")
SEARCHES = ("sklearn.model_selection",)

_told = set()  # text, file and line of what was told in searches


def warn(text, category, in_search):
    """Warns where the package, or scikit-learn, was called.

    Below scikit-learn's model selection the text is ``in_search``, which has no numbers of a single
    fit, and is told once for each calling line. Python's own record of what was shown does not do:
    it is emptied whenever warnings are filtered somewhere, as scikit-learn does in each fit.
    """
    depth, frame, is_search = 1, sys._getframe(), False
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in PASSED:
        is_search |= frame.f_globals["__name__"].startswith(SEARCHES)
        depth, frame = depth + 1, frame.f_back
    if is_search:
        text = in_search
        told = (text, frame.f_code.co_filename, frame.f_lineno)
        if told in _told:
            return
        _told.add(told)
    warnings.warn(text, category, stacklevel=depth)
