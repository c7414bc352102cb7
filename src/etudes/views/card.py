"""`card.md`: a run on one page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etudes.contract import Result, Table

LOOKS = "| command | picture | what it shows |"
"""The first line of the tables of a study's card that name the pictures that each command makes."""


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


def markdown_table(table: Table) -> str:
    """A table in Markdown, with its title above it."""
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
    settings = [(name, show(value)) for name, value in header["settings"].items()]
    metrics = [(name.replace("_", " "), show(value)) for name, value in finished["metrics"].items()]
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items())
    where = " on the test split" if header["split"].get("test", 1) else ""  # a dream has no test split
    parts = [
        f"# {title}",
        *([f"The training {finished['finished_early']}."] if "finished_early" in finished else []),
        markdown_table(Table(f"Results{where}", ("metric", "value"), metrics)),
        markdown_table(Table("Settings", ("setting", "value"), settings)),
        "Split: " + ", ".join(f"{name} {count}" for name, count in header["split"].items()) + ".",
        f"Trained in {finished['training_seconds']} s on {environment['processor']}, {environment['cores']} cores, "
        f"{environment['backend']}, {environment['precision']}. Python {environment['python']}, {versions}.",
        f"Command: `{environment['command']}`. SHA-256 of the weights: `{finished['weights_sha256']}`.",
        *(markdown_table(table) for table in result.tables),
        *(f"![{name}](pictures/{name})" for name in pictures),
    ]
    return "\n\n".join(parts) + "\n"
