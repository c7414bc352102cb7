"""What an action returns: numbers, tables, pictures, lines and answers. Consoles and notebooks show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from etudes.results.html import as_html, lines_html, metrics_html, pictures_html, shown, table_html

if TYPE_CHECKING:
    from PIL.Image import Image

Drawing = Callable[[], "Image | list[Image]"]
"""A function that draws a picture or a film."""

_MAX_CELL = 60
"""Characters of a table's cell in a console."""

_MAX_REPR = 160
"""Characters of a result in a console."""


@dataclass(frozen=True)
class Table:
    """A small table for terminal, page and JSON; a cell is a string or a number."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def __str__(self) -> str:
        """The title, and the columns below each other."""
        cells = [tuple(map(_short, row)) for row in (self.columns, *self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
        return "\n".join([self.title, *lines])

    def _repr_html_(self) -> str:
        """For a notebook."""
        return as_html(table_html(self.title, self.columns, self.rows))


def _short(cell: Any) -> str:
    text = " ".join(shown(cell).split())
    return text if len(text) <= _MAX_CELL else text[: _MAX_CELL - 1] + "…"


@dataclass(repr=False)
class Result:
    """What evaluate, use, inspect and compare return, for the terminal, the page, JSON and the studio alike.

    In a notebook it shows itself, pictures and all; `print` writes its lines and metrics.
    """

    metrics: dict[str, Any] = field(default_factory=dict)
    """Single numbers or words by name, the most important first."""
    tables: list[Table] = field(default_factory=list)
    pictures: dict[str, Image | list[Image]] = field(default_factory=dict)
    """Pictures by name (words joined by "-"); a list of pictures is a film, saved as GIF.

    "SET/NAME" belongs to a set of pictures, such as those behind the cells of a confusion matrix, in a folder of it.
    """
    drawings: dict[str, Drawing] = field(default_factory=dict)
    """Pictures that are not drawn yet, by name: `draw` does that, when what was measured is safe."""
    lines: list[str] = field(default_factory=list)
    """Plain sentences to show first."""
    answers: list[dict[str, Any]] = field(default_factory=list)
    """One record for each input of `use`, JSON-ready."""
    stream: Iterable[tuple[str, dict[str, Any]]] = ()
    """Answers too many to hold: a line and a record for each, made while it is read; `metrics` is whole after it."""
    records: dict[str, Any] = field(default_factory=dict)
    """What a page needs in order to show pictures of a run, JSON-ready; saved beside them as `pictures/NAME.json`."""
    files: dict[str, str] = field(default_factory=dict)
    """Where each picture was saved: name → path. Filled in by the action, not by the study."""
    captions: dict[str, str] = field(default_factory=dict)
    """A sentence below a picture in the report, by its name; without one, the name stands there."""
    noted: int = 0
    """How many of the lines, at their beginning, are notes on how the input was read; no part of the JSON."""
    run: str = ""
    """The run that answered, where only a study's name was given. Filled in by the action; no part of the JSON."""
    unsaved: str = ""
    """Why nothing of it could be saved beside its run. Filled in by the action; no part of the JSON."""

    def add_notes(self, notes: Sequence[str]) -> None:
        """Put notes on how the input was read before the lines."""
        self.lines[:0] = notes
        self.noted += len(notes)

    def draw(self) -> list[str]:
        """Draw what is not drawn yet; returns a line for each picture that cannot be drawn."""
        failed = []
        for name, drawing in self.drawings.items():
            try:
                self.pictures[name] = drawing()
            except Exception as error:
                failed.append(f"{name} could not be drawn: {type(error).__name__}: {str(error)[:100]}")
        self.drawings = {}
        return failed

    def extend(self, other: Result) -> Result:
        """Add what another result holds, but for its files; returns this one."""
        self.metrics |= other.metrics
        self.tables += other.tables
        self.pictures |= other.pictures
        self.drawings |= other.drawings
        self.lines += other.lines
        self.records |= other.records
        self.captions |= other.captions
        return self

    def as_json(self) -> dict[str, Any]:
        """The result without its pictures, which are named by `files`."""
        tables = [
            {"title": t.title, "columns": list(t.columns), "rows": [list(r) for r in t.rows]} for t in self.tables
        ]
        parts = {"metrics": self.metrics, "tables": tables, "lines": self.lines, "answers": self.answers}
        parts |= {"files": self.files, "captions": self.captions}
        return {key: value for key, value in parts.items() if value}

    def __str__(self) -> str:
        """Lines and metrics, as a terminal shows them."""
        return "\n".join([*self.lines, *(f"{name.replace('_', ' ')}: {shown(v)}" for name, v in self.metrics.items())])

    def __repr__(self) -> str:
        """On one line: the first metrics, how much there is, and the first of its lines that is no note."""
        parts = [f"{name} {shown(value)}" for name, value in [*self.metrics.items()][:3]]
        counted: dict[str, Sized] = {"answer": self.answers, "table": self.tables, "picture": self.pictures}
        parts += [f"{len(kept)} {name}{'s' * (len(kept) > 1)}" for name, kept in counted.items() if kept]
        parts += self.lines[self.noted : self.noted + 1] or self.lines[:1]
        text = "; ".join(" ".join(part.split()) for part in parts) or "empty"
        return f"<Result: {text if len(text) <= _MAX_REPR else text[: _MAX_REPR - 1] + '…'}>"

    def _repr_html_(self) -> str:
        """For a notebook: lines, metrics, tables and pictures, of each as much as a page can show."""
        tables = [table_html(table.title, table.columns, table.rows) for table in self.tables]
        notes = [self.unsaved] if self.unsaved else []
        return as_html(
            lines_html([*self.lines, *notes]),
            metrics_html(self.metrics),
            pictures_html(self.pictures, self.captions),
            *tables,
        )
