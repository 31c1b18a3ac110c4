"""The version, which is the library's."""

from ._native import __version__

__all__ = ["__version__"]
