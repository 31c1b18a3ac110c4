"""Errors and warnings that are neither of Python's own nor of scikit-learn's.

What a caller can correct is a ``ValueError``, what the system refuses an ``OSError`` of the
matching kind.
"""


class UnsmudgeError(Exception):
    """Anything else that can go wrong."""


class FormatError(UnsmudgeError, ValueError):
    """A file, or a pickle's bytes, that is damaged or no model."""


class DivergedError(UnsmudgeError, ArithmeticError):
    """Training left the numbers that can be computed with before anything was learned."""


class MemoryLimitError(UnsmudgeError, MemoryError):
    """A request that would need more memory than there is."""


class DataWarning(UserWarning):
    """Data that can be learned from, or used, but look wrong."""
