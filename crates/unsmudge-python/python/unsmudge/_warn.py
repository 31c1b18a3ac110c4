"""Warnings at the line that called the package, and once for a whole search."""

import sys
import warnings

PASSED = ("unsmudge", "sklearn", "joblib")
SEARCHES = ("sklearn.model_selection",)


def warn(text, category, in_search):
    """Warns where the package, or scikit-learn, was called.

    Python shows a warning once for each line and text. The fits of a search differ in their numbers,
    so that each would be shown: below scikit-learn's model selection the text is ``in_search``,
    which has none.
    """
    depth, frame, is_search = 1, sys._getframe(), False
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in PASSED:
        is_search |= frame.f_globals["__name__"].startswith(SEARCHES)
        depth, frame = depth + 1, frame.f_back
    warnings.warn(in_search if is_search else text, category, stacklevel=depth)
