"""`metrics.jsonl`: one JSON object a line, one line per epoch of each phase; and the same as a table, `metrics.csv`."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from etudes.errors import UserError
from etudes.runs.files import write_atomically
from etudes.runs.reading import read_whole

NAME = "metrics.jsonl"
TABLE = "metrics.csv"

MAX_BYTES = 100_000_000
"""Bytes that the file may have."""


def append_metrics(folder: Path, record: dict[str, Any]) -> str:
    """Add one line and return it. The numbers are plain Python floats and ints.

    A crash may cut the line off; a checkpoint holds all lines, and `replace_metrics` restores the file from there.
    """
    line = json.dumps(record, allow_nan=True) + "\n"
    with (folder / NAME).open("a", encoding="utf-8") as file:
        file.write(line)
    return line


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """Every line of the run's metrics, oldest first; empty if nothing was written yet.

    A last line that was cut off by a crash is left out.

    Raises:
        UserError: the file cannot be read, or a line is not one that `append_metrics` writes.
    """
    path = folder / NAME
    try:
        lines = read_whole(path, MAX_BYTES).decode("utf-8").split("\n")
        records = [json.loads(line) for line in lines[:-1] if line]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is damaged: copy it again or train again") from error
    if not all(_is_record(record) for record in records):
        raise UserError(f"{path} is damaged: a line has no epoch or no numbers; copy it again or train again")
    return records


def _is_record(record: Any) -> bool:
    """Whether it has a phase and an epoch, and numbers for all else."""
    if not isinstance(record, dict) or not isinstance(record.get("phase"), str):
        return False
    metrics = [value for name, value in record.items() if name != "phase"]
    return {"epoch", "seconds"} <= record.keys() and all(type(value) in (int, float) for value in metrics)


def replace_metrics(folder: Path, lines: str) -> None:
    """Write the whole file: the lines of the checkpoint from which a run resumes, none lost and none twice."""
    if lines or (folder / NAME).exists():
        write_atomically(folder / NAME, lines.encode())


def columns_of(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every name that any of the records has, in the order in which they first come."""
    return list(dict.fromkeys(name for record in records for name in record))


def write_table(folder: Path, lines: str) -> None:
    """Write all metrics as `metrics.csv`: a row for each line, a column for each metric that any of them has.

    Args:
        folder: that of the run.
        lines: all of `metrics.jsonl`.
    """
    records = [json.loads(line) for line in lines.splitlines()]
    if not records:
        return
    # Not written atomically: Études never reads it back.
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, columns_of(records), restval="")
        rows.writeheader()
        rows.writerows(records)
