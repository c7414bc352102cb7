"""The metrics of a run over its epochs as columns, and how a console, a notebook and a plot show them."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from etudes.errors import UserError
from etudes.results.html import as_html, table_html
from etudes.runs.metrics import columns_of

if TYPE_CHECKING:
    import pandas as pd


class History(dict[str, list[Any]]):
    """Column → a value for each epoch of each phase, None where a phase has no such metric.

    It is a dict of lists as in `History.history` of Keras, so `pandas.DataFrame(history)` and plots take it as it is,
    and its type does not depend on what is installed; `frame` is for those who have pandas.
    """

    @classmethod
    def of(cls, records: Sequence[Mapping[str, Any]]) -> History:
        """The lines of `metrics.jsonl` as columns."""
        return cls({name: [record.get(name) for record in records] for name in columns_of(records)})

    @property
    def epochs(self) -> int:
        """Number of lines."""
        return len(self.get("epoch", []))

    def frame(self) -> pd.DataFrame:
        """A pandas DataFrame, a row for each epoch of each phase.

        Raises:
            UserError: pandas is not installed.
        """
        if not importlib.util.find_spec("pandas"):
            raise UserError("pandas is not installed: pip install pandas; the history is a dict of lists without it")
        import pandas as pd

        return pd.DataFrame(self)

    def __repr__(self) -> str:
        """The columns and the number of epochs; `dict(history)` shows the values."""
        return f"<History of {self.epochs} epochs: {', '.join(self)}>"

    def _repr_html_(self) -> str:
        """For a notebook: the last epochs, a row each."""
        rows = list(zip(*self.values(), strict=True))
        title = f"the last {MAX_SHOWN} of {len(rows)} epochs" if len(rows) > MAX_SHOWN else ""
        return as_html(table_html(title, [name.replace("_", " ") for name in self], rows[-MAX_SHOWN:]))


MAX_SHOWN = 10
"""Epochs that a notebook shows."""
