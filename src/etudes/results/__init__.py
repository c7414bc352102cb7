"""Results: what actions return, and how it shows itself."""

from etudes.results.result import Drawing, Result, Table

__all__ = ["Drawing", "Result", "Table"]
