"""A result in the terminal: sentences, answers, figures and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from etudes.contract import Result, Table
from etudes.views.card import show
from etudes.views.curves import sparkline


def drawn_table(table: Table) -> RichTable:
    """A table as rich draws it; columns of numbers are aligned to the right."""
    drawn = RichTable(title=table.title, title_justify="left", header_style="bold", title_style="bold")
    for place, name in enumerate(table.columns):
        numeric = all(isinstance(row[place], int | float) for row in table.rows)
        drawn.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else show(cell)) for cell in row))
    return drawn


def print_table(console: Console, table: Table) -> None:
    """Print a table."""
    console.print(drawn_table(table))


def print_result(console: Console, result: Result) -> None:
    """Print all parts of a result that it has."""
    for line in result.lines:
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    for answer in result.answers if not result.lines else []:
        console.print("  ".join(f"{key} {_cell(value)}" for key, value in answer.items()), soft_wrap=True)
    for table in result.tables:
        print_table(console, table)
    if result.figures:
        width = max(map(len, result.figures))
        for name, value in result.figures.items():
            console.print(f"{name.replace('_', ' '):<{width}}  {show(value)}", soft_wrap=True)
    for name, path in result.files.items():
        console.print(f"{name}: {path}", soft_wrap=True, highlight=False)


def _cell(value: Any) -> str:
    return ", ".join(map(show, value)) if isinstance(value, list | tuple) else show(value)


def print_history(console: Console, history: Sequence[Mapping[str, Any]]) -> None:
    """A sparkline for each figure of a training, with its first and last value."""
    for phase in dict.fromkeys(record["phase"] for record in history):
        lines = [record for record in history if record["phase"] == phase]
        names = [n for n, v in lines[-1].items() if isinstance(v, float) and n not in ("seconds", "samples_per_second")]
        for name in names:
            values = [record[name] for record in lines if name in record]
            text = f"{phase} {name.replace('_', ' ')}"
            console.print(f"{text:<34} {sparkline(values)}  {show(values[0])} → {show(values[-1])}", highlight=False)
