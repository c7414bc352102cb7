"""What evaluate, inspect and the example of use returned for a run, kept beside it: pictures, and a record as JSON.

The record is `evaluate.json`, `inspect.json` or `use.json`. An inspection can be asked for different things, so a file
holds an entry for each choice of options; the same choice again replaces its entry. The report page is written from
these files, without any network.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import numpy as np

from etudes.contract import Result, Table
from etudes.errors import UserError, format_path
from etudes.runs import Run
from etudes.runs.files import write_atomically
from etudes.runs.reading import read_object
from etudes.schema import command_words
from etudes.views.card import run_card
from etudes.views.pictures import save_pictures

KINDS = ("evaluate", "inspect", "use")
"""What is kept, in the order of the report."""


def command_of(run: Run, kind: str, inputs: Sequence[str] = (), options: Mapping[str, Any] | None = None) -> str:
    """The command that repeats an action: its inputs, and the options that are not the defaults."""
    return shlex.join(["etudes", kind, str(run), *inputs, *command_words(options or {})])


def save_result(run: Run, kind: str, result: Result, command: str, *, weights: str | None = None) -> None:
    """Save a result's pictures in the run's `pictures`, unless they have files already, and its record.

    An entry of the same command is replaced, one of other weights is left out.

    Args:
        run: what the result is of.
        kind: one of `KINDS`.
        result: what the action returned.
        command: the command that repeats the action.
        weights: SHA-256 of the weights that gave the result; by default the one that the finished run names.

    Raises:
        OSError, UserError: it cannot be written.
    """
    if not result.files:
        _save_pictures(run, result)
    weights = str(run.results().get("weights_sha256")) if weights is None else weights
    files = {name: os.path.relpath(path, run.place) for name, path in result.files.items()}
    entry = {"command": command, **result.as_json(), "files": files}
    before: list[dict[str, Any]] = []
    with suppress(UserError):  # a damaged file is written anew
        entries = _entries(run, kind, weights)
        before = [old for old in entries if _result(run, kind, old)]
    # A picture that was drawn again no longer belongs to an earlier entry.
    kept = [
        {**old, "files": {name: path for name, path in old["files"].items() if path not in files.values()}}
        for old in before
        if old["command"] != command
    ]
    content = json.dumps({"weights_sha256": weights, "entries": [*kept, entry]}, indent=1, default=_plain)
    run.place.mkdir(parents=True, exist_ok=True)
    write_atomically(_path(run, kind), content.encode())


def write_page(place: Path, page: str) -> None:
    """Write a page, whose folder is made where it is missing.

    Raises:
        UserError: it cannot be written.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, page.encode())
    except OSError as error:
        raise UserError(f"cannot write {place}: {error.strerror or error}") from error


def keep_result(run: Run, kind: str, result: Result, command: str) -> None:
    """As `save_result`; where that cannot be written, `result.unsaved` says why, and nothing is lost but the copy."""
    try:
        save_result(run, kind, result, command)
    except (UserError, OSError) as error:
        result.unsaved = unsaved_in(run.place, error)


def unsaved_in(folder: Path, error: UserError | OSError) -> str:
    """That a result could not be saved, in words."""
    reason = error.strerror or error if isinstance(error, OSError) else error
    return f"the result is not saved in {format_path(folder)}: {reason}"


def _save_pictures(run: Run, result: Result) -> None:
    result.lines += result.draw()
    for name, picture in result.pictures.items():
        result.files |= save_pictures({name: picture}, run.pictures / f"{name}.png", overwrite=True)
    for name, record in result.records.items():
        text = json.dumps(record, indent=1, ensure_ascii=False)
        (run.pictures / f"{name}.json").write_text(text, encoding="utf-8")


@contextmanager
def writable(run: Run, *, needed: bool) -> Iterator[Run]:
    """The run; where its `place` is read-only, one whose artifacts are copies in a folder that is removed afterwards.

    Raises:
        UserError: it is read-only, and what is written must stay there.
    """
    try:
        run.place.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=run.place).close()
        problem = None
    except OSError as error:
        problem = error
    if problem is None:
        yield run
        return
    if needed:
        raise UserError(f"{run.place} cannot be written to: {problem.strerror}; choose another place with --out")
    with TemporaryDirectory(prefix="etudes-") as folder:
        for kind in KINDS:
            if _path(run, kind).is_file():
                shutil.copy(_path(run, kind), folder)
        if (run.place / "pictures").is_dir():
            shutil.copytree(run.place / "pictures", Path(folder) / "pictures")
        yield dataclasses.replace(run, kept_in=Path(folder))


def write_card(run: Run) -> None:
    """Write `card.md` of a finished run, from its files alone."""
    header, results = run.header(), run.results()
    pictures = sorted(path.name for path in run.pictures.iterdir() if path.suffix in (".png", ".gif"))
    title = f"{run.folder.name}: {header['etude']}, preset {header['preset']}"
    tables = [Table(table["title"], table["columns"], table["rows"]) for table in results.get("tables", [])]
    text = run_card(title, header, run.read_json("environment.json"), results, Result(tables=tables), pictures)
    (run.folder / "card.md").write_text(text, encoding="utf-8")


def read_results(run: Run, kind: str) -> list[tuple[str, Result]]:
    """Command and result of each entry, oldest first; `files` of the result are paths within the run's `place`.

    Raises:
        UserError: the file is damaged, or names files that are not the run's.
    """
    found = run.results() if run.finished else {}
    return [_result(run, kind, entry) for entry in _entries(run, kind, str(found.get("weights_sha256", "")))]


def _path(run: Run, kind: str) -> Path:
    return run.place / f"{kind}.json"


def _entries(run: Run, kind: str, weights: str) -> list[dict[str, Any]]:
    try:
        content = read_object(_path(run, kind))
    except FileNotFoundError:
        return []
    entries = content.get("entries")
    shape = {"command": str, "files": dict}
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and all(isinstance(entry.get(key), kind_) for key, kind_ in shape.items())
        for entry in entries
    ):
        raise _damaged(run, kind)
    return entries if weights in ("", content.get("weights_sha256")) else []


def _result(run: Run, kind: str, entry: dict[str, Any]) -> tuple[str, Result]:
    place = run.place.resolve()
    try:
        files = {str(name): run.place / path for name, path in entry["files"].items()}
        tables = [
            Table(str(t["title"]), list(t["columns"]), [list(row) for row in t["rows"]])
            for t in entry.get("tables", [])
        ]
        metrics, lines = dict(entry.get("metrics", {})), [str(line) for line in entry.get("lines", [])]
        answers, captions = [dict(answer) for answer in entry.get("answers", [])], dict(entry.get("captions", {}))
    except (TypeError, KeyError, ValueError) as error:
        raise _damaged(run, kind) from error
    if not all(path.resolve().is_relative_to(place) for path in files.values()):
        raise _damaged(run, kind)
    there = {name: str(path) for name, path in files.items() if path.is_file()}
    return entry["command"], Result(metrics, tables, lines=lines, answers=answers, files=there, captions=captions)


def _damaged(run: Run, kind: str) -> UserError:
    return UserError(f"{_path(run, kind)} is damaged: delete it, and `etudes report` writes it again")


def _plain(value: Any) -> Any:
    """Numbers and arrays of NumPy as Python's own."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
