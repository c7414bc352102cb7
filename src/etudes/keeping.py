"""What an action gave for a run, kept beside it: pictures, their records, and the result itself for the report."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from etudes.contract import Result
from etudes.runs import Run, note_result
from etudes.settings import words_of
from etudes.views.pictures import save_pictures


def command_of(run: Run, kind: str, inputs: Sequence[str] = (), options: Mapping[str, Any] | None = None) -> str:
    """The command that does again what was done: its inputs, and the options that are not the usual ones."""
    return shlex.join(["etudes", kind, str(run), *inputs, *words_of(options or {})])


def keep_result(run: Run, kind: str, result: Result, command: str, *, weights: str | None = None) -> None:
    """Save the pictures of a result, and the result beside them for the report.

    Args:
        run: what it is of.
        kind: "evaluate", "inspect" or "use".
        result: its pictures are saved in the run's `pictures`, unless they have files already.
        command: what gives it.
        weights: SHA-256 of the weights that gave it; by default that which the finished run names.

    Raises:
        UserError: it cannot be written.
    """
    if not result.files:
        keep_pictures(run, result)
    note_result(run, kind, result, command, str(run.results().get("weights_sha256")) if weights is None else weights)


def keep_pictures(run: Run, result: Result) -> None:
    """Save a result's pictures, and the records that go with them, in its run's `pictures/`."""
    for name, picture in result.pictures.items():
        result.files |= save_pictures({name: picture}, run.pictures / f"{name}.png")
    for name, record in result.records.items():
        text = json.dumps(record, indent=1, ensure_ascii=False)
        (run.pictures / f"{name}.json").write_text(text, encoding="utf-8")
