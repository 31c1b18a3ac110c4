"""Errors and warnings beyond those of Python and scikit-learn.

Invalid arguments are a ``ValueError``; failures of the system are the matching ``OSError``.
"""


class UnsmudgeError(Exception):
    """Base class of the errors of this package."""


class FormatError(UnsmudgeError, ValueError):
    """A file, or the content of a pickle, is damaged or not a model."""


class DivergedError(UnsmudgeError, ArithmeticError):
    """Training diverged before there were any trained weights."""


class MemoryLimitError(UnsmudgeError, MemoryError):
    """A request needs more memory than is available."""


class DataWarning(UserWarning):
    """The data can be used but look wrong."""
