"""`card.md`: a run on one page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from etudes.contract import Result, Table
from etudes.views.plotting import one_line

LOOKS = "| command | picture | what it shows |"
"""The first line of the tables of a study's card that name the pictures that each command makes."""

MAX_ROWS = 100
"""Rows of a table on a run's card."""

MAX_TEXT = 2000
"""Characters of a text from a person on it."""


@dataclass(frozen=True)
class Look:
    """A row of such a table."""

    command: str
    """Such as "etudes inspect cifar10_cnn --rates"."""
    names: tuple[str, ...]
    """The pictures: names, patterns of names such as "confusion/*", or files."""
    shows: str
    """In Markdown."""


def looks_of(card: str) -> list[Look]:
    """The pictures that each command makes, from a study's card; a row without a command has that of the one above."""
    found: list[Look] = []
    for table in card.split(f"{LOOKS}\n")[1:]:
        for row in table.split("\n\n")[0].splitlines()[1:]:
            command, pictures, shows = (cell.strip() for cell in row.strip("|").split("|"))
            names = tuple(re.findall(r"`([^`]+)`", pictures))
            found.append(Look(command.strip("`") or found[-1].command, names, shows))
    return found


def literal(text: Any) -> str:
    """Text from a person in Markdown, so that nothing of it is taken for markup, nor "$" for mathematics."""
    return re.sub(r"[\\`*{}\[\]<>|$~#&]|(?<!\w)_|_(?!\w)", r"\\\g<0>", one_line(str(text), MAX_TEXT))


def code(text: str) -> str:
    """Text as code in Markdown, whatever it holds."""
    text = one_line(text, MAX_TEXT)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"


def literal_table(table: Table) -> str:
    """A table in Markdown whose text is literal, at most `MAX_ROWS` rows of it."""
    rows = [[literal(show(cell)) for cell in row] for row in table.rows[:MAX_ROWS]]
    if len(table.rows) > MAX_ROWS:
        rows.append([f"… and {len(table.rows) - MAX_ROWS:,} more", *[""] * (len(table.columns) - 1)])
    return markdown_table(Table(literal(table.title), [literal(name) for name in table.columns], rows))


def markdown_table(table: Table) -> str:
    """A table in Markdown, with its title above it; its cells are Markdown."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [table.columns, *table.rows]]
    lines.insert(1, "|" + " --- |" * len(table.columns))
    return f"**{table.title}**\n\n" + "\n".join(lines)


def show(value: Any) -> str:
    """A metric or a setting as text: floats with five significant digits, lists as their items."""
    if isinstance(value, list | tuple):
        return ", ".join(map(show, value))
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def answer_line(answer: Mapping[str, Any]) -> str:
    """An answer of `use` in one line, such as "class 7  count 16"."""
    return "  ".join(f"{key} {show(value)}" for key, value in answer.items())


def run_card(
    title: str,
    header: dict[str, Any],
    environment: dict[str, Any],
    finished: dict[str, Any],
    result: Result,
    pictures: Sequence[str],
) -> str:
    """The text of `card.md`: settings, data, environment, results and pictures of a run.

    Args:
        title: the heading.
        header: the content of the run's `settings.toml`.
        environment: the content of `environment.json`.
        finished: metrics, training seconds and SHA-256 of the weights.
        result: what `evaluate` returned; its tables are shown.
        pictures: names of files in the run's `pictures/`.
    """
    metrics = [(name.replace("_", " "), value) for name, value in finished["metrics"].items()]
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items())
    where = " on the test split" if header["split"].get("test", 1) else ""  # a dream has no test split
    parts = [
        f"# {literal(title)}",
        *([f"The training {finished['finished_early']}."] if "finished_early" in finished else []),
        literal_table(Table(f"Results{where}", ("metric", "value"), metrics)),
        literal_table(Table("Settings", ("setting", "value"), list(header["settings"].items()))),
        "Split: " + ", ".join(f"{name} {count}" for name, count in header["split"].items()) + ".",
        f"Trained in {finished['training_seconds']} s on {environment['processor']}, {environment['cores']} cores, "
        f"{environment['backend']}, {environment['precision']}. Python {environment['python']}, {versions}.",
        f"Command: {code(environment['command'])}. SHA-256 of the weights: `{finished['weights_sha256']}`.",
        *map(literal_table, result.tables),
        *(f"![{literal(name)}](pictures/{quote(name)})" for name in pictures),
    ]
    return "\n\n".join(parts) + "\n"
