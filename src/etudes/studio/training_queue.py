"""The queue of training runs: a folder with a JSON file for each run that waits.

A damaged file is set aside, so that later runs still start and the list of runs is shown.
"""

import contextlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from etudes.errors import UserError
from etudes.runs.reading import read_object


@dataclass(frozen=True)
class QueuedRun:
    """A run that waits: its file `NAME.json` holds the other fields."""

    name: str
    etude: str
    preset: str
    command: list[str]
    """What follows `etudes`."""
    queued_at: float
    """Seconds since 1970."""


class Queue:
    """The runs that wait, in `FOLDER/queue`; what a run prints goes to `FOLDER/NAME.log`."""

    def __init__(self, folder: Path) -> None:
        """Open the queue in the studio's folder, which is made if there is none."""
        self._folder, self._logs = folder / "queue", folder
        self._folder.mkdir(parents=True, exist_ok=True)

    def names(self) -> set[str]:
        """The names of the runs that wait, damaged files among them."""
        return {path.stem for path in self._folder.glob("*.json")}

    def add(self, name: str, etude: str, preset: str, command: Sequence[str]) -> None:
        """Put a run at the end; `command` is what follows `etudes`."""
        entry = {"etude": etude, "preset": preset, "command": list(command), "queued_at": time.time()}
        writing = self._folder / f"{name}.writing"
        writing.write_text(json.dumps(entry), encoding="utf-8")
        writing.rename(writing.with_suffix(".json"))

    def remove(self, name: str) -> None:
        """Take a run out, if it still waits."""
        (self._folder / f"{name}.json").unlink(missing_ok=True)

    def runs(self) -> list[QueuedRun]:
        """The runs that wait, the oldest first. Damaged files are set aside."""
        found = []
        for path in sorted(self._folder.glob("*.json"), key=modified):
            try:
                found.append(read_queued(path))
            except FileNotFoundError:
                continue  # it was started at this moment
            except UserError as error:
                self.set_aside(path.stem, str(error))
        return found

    def set_aside(self, name: str, reason: str) -> None:
        """Rename a file whose run cannot be started; say so in the terminal, and in the log that the page shows."""
        line = f"{name} was not started, start it again: its queue file is damaged ({reason})"
        path = self._folder / f"{name}.json"
        with contextlib.suppress(OSError):
            path.rename(path.with_suffix(".damaged"))
            with (self._logs / f"{name}.log").open("a", encoding="utf-8", errors="replace") as log:
                log.write(f"etudes studio: {line}\n")
        report(line)


def read_queued(path: Path) -> QueuedRun:
    """Read a file of the queue.

    Raises:
        FileNotFoundError: there is none.
        UserError: it is damaged.
    """
    entry = read_object(path)
    kinds = {"etude": str, "preset": str, "command": list, "queued_at": int | float}
    wrong = [name for name, kind in kinds.items() if not isinstance(entry.get(name), kind)]
    if not wrong:
        command, shown = entry["command"], (path.stem, entry["etude"], entry["preset"])
        known = command[:1] in (["train"], ["resume"]) and all(isinstance(word, str) for word in command)
        if known and all(map(is_text, shown)):
            return QueuedRun(path.stem, *(entry[name] for name in kinds))
    raise UserError(f"it holds no {wrong[0] if wrong else 'command to train or resume'}")


@lru_cache(maxsize=1000)
def report(line: str) -> None:
    """Say in the terminal what is wrong with the queue, once."""
    print(f"etudes studio: {line}"[:190].encode(errors="replace").decode(), file=sys.stderr)


def is_text(text: str) -> bool:
    """Whether it is Unicode that can be sent to a page; names of files need not be."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def modified(path: Path) -> float:
    """When a file was written last, seconds since 1970; 0 if it is gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
