"""A result in the terminal: sentences, answers, metrics and tables, however narrow it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from etudes.contract import Result, Table
from etudes.views.card import answer_line, show
from etudes.views.curves import sparkline
from etudes.views.plotting import harmless


class FittingTable:
    """A table of rich or, where a word would not fit its column, a paragraph for each row.

    So names, commands and paths stay whole, and can be copied.
    """

    def __init__(self, drawn: RichTable, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.drawn, self.columns, self.rows = drawn, columns, rows

    def fits(self, console: Console, options: ConsoleOptions) -> bool:
        """Whether every word fits."""
        needed = self.drawn.__rich_measure__(console, options.update_width(10_000)).minimum
        return needed <= options.max_width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The interface of rich for what it prints."""
        if self.fits(console, options):
            self._keep_words_whole(console, options)
            yield self.drawn
        else:
            yield from self.paragraphs()

    def _keep_words_whole(self, console: Console, options: ConsoleOptions) -> None:
        """Narrow no column below its longest word; rich alone narrows the widest columns most."""
        columns = list(zip(self.columns, *self.rows, strict=True))
        natural = [max(cell_len(line) for cell in cells for line in cell.split("\n")) for cells in columns]
        minimal = [max(cell_len(word) for cell in cells for word in cell.split() or [""]) for cells in columns]
        drawn = self.drawn.__rich_measure__(console, options.update_width(10_000)).maximum
        missing = drawn - options.max_width
        if missing <= 0:
            return
        room = sum(natural) - sum(minimal)
        taken = [-(-missing * (wide - narrow) // room) for wide, narrow in zip(natural, minimal, strict=True)]
        for column, wide, narrow, less in zip(self.drawn.columns, natural, minimal, taken, strict=True):
            column.width = max(wide - less, narrow)

    def paragraphs(self) -> Iterator[RenderableType]:
        """The title, then for each row its first cell and below it the others, each with its column's name."""
        if self.drawn.title:
            yield Text(str(self.drawn.title), style="bold")
        for first, *rest in self.rows:
            yield Text(first, style="bold", overflow="fold")
            for name, cell in zip(self.columns[1:], rest, strict=True):
                if cell:
                    yield Padding(Text(f"{name}: {cell}", overflow="fold"), (0, 0, 0, 2))


LITERAL: dict[str, Any] = {"markup": False, "emoji": False}
"""For text from people: rich would take "[red]" for a colour and ":cat:" for an animal."""

MAX_ROWS = 400
"""Rows of a table that are printed: a data set may have a thousand classes, and Inception has 311 layers."""


def drawn_table(table: Table) -> FittingTable:
    """A table to print, at most `MAX_ROWS` rows of it; columns of numbers are aligned to the right."""
    drawn = RichTable(title=Text(table.title), title_justify="left", header_style="bold", title_style="bold")
    for index, name in enumerate(table.columns):
        numeric = all(isinstance(row[index], int | float) for row in table.rows)
        drawn.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    shown = table.rows[:MAX_ROWS]
    rows = [[harmless(f"{cell:,}" if isinstance(cell, int) else show(cell)) for cell in row] for row in shown]
    if len(table.rows) > MAX_ROWS:
        rows.append([f"… and {len(table.rows) - MAX_ROWS:,} more", *[""] * (len(table.columns) - 1)])
    for row in rows:
        drawn.add_row(*map(Text, row))
    return FittingTable(drawn, table.columns, rows)


def print_table(console: Console, table: Table) -> None:
    """Print a table."""
    console.print(drawn_table(table))


def print_result(console: Console, result: Result) -> None:
    """Print all parts of a result."""
    for line in result.lines:
        console.print(harmless(line), soft_wrap=True, highlight=False, **LITERAL)
    for line, _ in result.stream:
        console.file.write(f"{harmless(line)}\n")  # a million of them: rich would take minutes
    for answer in result.answers if not result.lines else []:
        console.print(harmless(answer_line(answer)), soft_wrap=True, **LITERAL)
    for table in result.tables:
        print_table(console, table)
    if result.metrics:
        width = max(map(len, result.metrics))
        for name, value in result.metrics.items():
            console.print(f"{name.replace('_', ' '):<{width}}  {show(value)}", soft_wrap=True, **LITERAL)
    sets: dict[str, list[str]] = {}
    for name, path in result.files.items():
        if "/" in name:
            sets.setdefault(name.split("/")[0], []).append(path)
        else:
            console.print(f"{name}: {path}", soft_wrap=True, highlight=False, **LITERAL)
    for name, paths in sets.items():
        line = f"{name}: {len(paths)} pictures in {Path(paths[0]).parent}"
        console.print(line, soft_wrap=True, highlight=False, **LITERAL)


def print_history(console: Console, history: Sequence[Mapping[str, Any]]) -> None:
    """Print a sparkline for each metric of a run, with its first and last value."""
    for phase in dict.fromkeys(record["phase"] for record in history):
        lines = [record for record in history if record["phase"] == phase]
        names = [n for n, v in lines[-1].items() if isinstance(v, float) and n not in ("seconds", "samples_per_second")]
        for name in names:
            values = [record[name] for record in lines if name in record]
            text = f"{phase} {name.replace('_', ' ')}"
            line = f"{text:<34} {sparkline(values)}  {show(values[0])} → {show(values[-1])}"
            console.print(line, highlight=False, **LITERAL)
