"""`metrics.jsonl`: one JSON object a line, one line per epoch of each phase."""

import json
from pathlib import Path
from typing import Any

NAME = "metrics.jsonl"


def append_metrics(folder: Path, record: dict[str, Any]) -> None:
    """Add one line. The numbers are plain Python floats and ints."""
    with (folder / NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, allow_nan=True) + "\n")


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """Every line of the run's metrics, oldest first; empty if nothing was written yet.

    A last line that was cut off by a crash is left out.
    """
    path = folder / NAME
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1] if line]


def size_of_metrics(folder: Path) -> int:
    """Bytes written so far; a checkpoint remembers it."""
    path = folder / NAME
    return path.stat().st_size if path.exists() else 0


def truncate_metrics(folder: Path, size: int) -> None:
    """Drop what was written after a checkpoint, so that no line is there twice once training goes on."""
    path = folder / NAME
    if path.exists():
        with path.open("r+b") as file:
            file.truncate(size)
