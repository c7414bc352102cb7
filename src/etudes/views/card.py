"""`card.md`: a run on one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etudes.contract import Result, Table


def markdown_table(table: Table) -> str:
    """A table in Markdown, with its title above it."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [table.columns, *table.rows]]
    lines.insert(1, "|" + " --- |" * len(table.columns))
    return f"**{table.title}**\n\n" + "\n".join(lines)


def show(value: Any) -> str:
    """A figure or a setting as a person reads it: floats with five significant digits, of a list its items."""
    if isinstance(value, list | tuple):
        return ", ".join(map(show, value))
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def run_card(
    title: str,
    header: dict[str, Any],
    environment: dict[str, Any],
    finished: dict[str, Any],
    result: Result,
    pictures: Sequence[str],
) -> str:
    """The text of `card.md`: what was trained, how, on what, with which result and pictures.

    Args:
        title: the heading.
        header: the content of the run's `settings.toml`.
        environment: the content of `environment.json`.
        finished: figures, training seconds and SHA-256 of the weights.
        result: what `evaluate` gave; its tables are shown.
        pictures: names of files in the run's `pictures/`.
    """
    settings = [(name, show(value)) for name, value in header["settings"].items()]
    figures = [(name.replace("_", " "), show(value)) for name, value in finished["figures"].items()]
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items())
    parts = [
        f"# {title}",
        markdown_table(Table("Results on the test split", ("figure", "value"), figures)),
        markdown_table(Table("Settings", ("setting", "value"), settings)),
        "Split: " + ", ".join(f"{name} {count}" for name, count in header["split"].items()) + ".",
        f"Trained in {finished['training_seconds']} s on {environment['processor']}, {environment['cores']} cores, "
        f"{environment['backend']}, {environment['precision']}. Python {environment['python']}, {versions}.",
        f"Command: `{environment['command']}`. SHA-256 of the weights: `{finished['weights_sha256']}`.",
        *(markdown_table(table) for table in result.tables),
        *(f"![{name}](pictures/{name})" for name in pictures),
    ]
    return "\n\n".join(parts) + "\n"
