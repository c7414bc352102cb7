"""Trainings that the studio starts, stops and finds again: each is `etudes train` in a process of its own.

A run folder's lock says whether somebody trains in it, and the kernel whose lock it is. So trainings outlive the
studio, and a studio that was started again finds them, also those that were begun in a terminal.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from etudes.actions.loading import preset_of
from etudes.errors import UserError
from etudes.runs import Run, next_folder, runs_folder
from etudes.settings import command_words

PLACE = ".studio"
"""The folder, in that of the runs, where the queue and what the trainings printed are kept."""

FRESH_SECONDS = 0.3
"""How long all who look share one look at the run folders."""

NICENESS = 5
"""Trainings give way to answers."""


@dataclass(frozen=True)
class Known:
    """A run as the table of runs shows it."""

    name: str
    run: Run
    etude: str
    preset: str
    state: str
    """One of "queued", "starting", "running", "stopped", "failed" and "finished"."""


def give_way(process: int) -> None:
    """Let a process, the leader of its session, wait for others that want the processor."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, process, NICENESS)
    # Where Linux weighs sessions against each other, a process's nice value counts within its own only: sched(7).
    with contextlib.suppress(OSError), open(f"/proc/{process}/autogroup", "r+", encoding="ascii") as session:
        session.write(str(NICENESS))


class Trainings:
    """The queue of trainings, and the runs in the runs folder."""

    def __init__(self) -> None:
        self.place = runs_folder().absolute() / PLACE
        (self.place / "queue").mkdir(parents=True, exist_ok=True)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()
        self._looked: tuple[float, list[Known]] = (-1e9, [])
        self._closed = threading.Event()
        threading.Thread(target=self._work, daemon=True).start()

    # --- starting -----------------------------------------------------------------------------------------------------

    def start(self, etude: str, preset: str, changes: dict[str, Any]) -> str:
        """Put a training into the queue.

        Args:
            etude: its name.
            preset: its preset.
            changes: settings that differ from the preset's.

        Returns:
            The name of its run.

        Raises:
            UserError: a setting that cannot be.
        """
        preset_of(etude, preset, changes)
        with self._lock:
            taken = {path.stem for path in self.queued()}
            folder, number = next_folder(etude, preset), 1
            while folder.exists() or folder.name in taken or (self.place / f"{folder.name}.log").exists():
                folder = runs_folder() / f"{etude}-{preset}-{number}"
                number += 1
            words = ["train", etude, "--preset", preset, *command_words(changes), "--out", str(folder.absolute())]
            self._enqueue(folder.name, etude, preset, words)
        return folder.name

    def resume(self, name: str) -> None:
        """Let a run that was stopped go on when its turn comes.

        Raises:
            UserError: there is no such run, or it is at work or finished.
        """
        known = self.find(name)
        if known.state != "stopped":
            raise UserError(f"{name} is {known.state}: only a run that was stopped can go on")
        self._enqueue(name, known.etude, known.preset, ["resume", str(known.run.folder.absolute())])

    def _enqueue(self, name: str, etude: str, preset: str, words: Sequence[str]) -> None:
        entry = {"etude": etude, "preset": preset, "words": list(words), "asked": time.time()}
        writing = self.place / "queue" / f"{name}.writing"
        writing.write_text(json.dumps(entry), encoding="utf-8")
        writing.rename(writing.with_suffix(".json"))
        self._look_again()

    def queued(self) -> list[Path]:
        """What waits, the oldest first."""
        return sorted((self.place / "queue").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)

    def _look_again(self) -> None:
        self._looked = (-1e9, [])

    def _work(self) -> None:
        while not self._closed.wait(0.3):
            try:
                self.tend()
            except Exception as error:  # a full disk or a foreign file must not end the queue for good
                print(f"etudes studio: queue: {error}", file=sys.stderr)

    def tend(self) -> None:
        """Begin the next training if none is at work, and let go of children that ended."""
        with self._lock:
            for name, child in list(self._children.items()):
                if child.poll() is not None:
                    del self._children[name]
                    self._look_again()
            waiting = self.queued()
            if not waiting:
                return
            busy = {lane_of(known.etude) for known in self.runs() if known.state in ("starting", "running")}
            for path in waiting:
                entry = json.loads(path.read_bytes())
                if lane_of(entry["etude"]) not in busy:
                    busy.add(lane_of(entry["etude"]))
                    self._begin(path.stem, entry["words"])
                    path.unlink()
                    self._look_again()

    def _begin(self, name: str, words: Sequence[str]) -> None:
        with (self.place / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "etudes", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the studio may be closed or killed; the training stays
                env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
            )
        give_way(child.pid)
        self._children[name] = child

    # --- looking ------------------------------------------------------------------------------------------------------

    def runs(self) -> list[Known]:
        """Every run in the runs folder and in the queue, the newest first; looked up anew after a third of a second."""
        with self._lock:
            when, known = self._looked
            if time.monotonic() - when > FRESH_SECONDS:
                known = self._look()
                self._looked = (time.monotonic(), known)
            return known

    def _look(self) -> list[Known]:
        found: dict[str, tuple[float, Known]] = {}
        for header in runs_folder().glob("*/settings.toml"):
            run = Run(header.parent)
            try:
                said = run.header()
                when = header.stat().st_mtime
            except (UserError, OSError):
                continue  # somebody else's folder must not stand in the way
            name = run.folder.name
            found[name] = (when, Known(name, run, said["etude"], said["preset"], self._state(run)))
        for path in self.queued():
            try:
                entry = json.loads(path.read_bytes())
            except OSError:
                continue  # it began in this moment
            known = Known(path.stem, Run(runs_folder() / path.stem), entry["etude"], entry["preset"], "queued")
            found[path.stem] = (entry["asked"], known)
        for log in self.place.glob("*.log"):
            if log.stem not in found and log.stem.count("-") >= 2:
                # It left no run: it either has not come so far yet, or was refused, and the log says why.
                state = "starting" if log.stem in self._children else "failed"
                etude, preset = log.stem.rsplit("-", 2)[:2]
                known = Known(log.stem, Run(runs_folder() / log.stem), etude, preset, state)
                found[log.stem] = (log.stat().st_mtime, known)
        return [known for _, known in sorted(found.values(), key=lambda pair: pair[0], reverse=True)]

    def _state(self, run: Run) -> str:
        if run.finished:
            return "finished"
        return "running" if run.folder.name in self._children or holder_of(run) else "stopped"

    def find(self, name: str) -> Known:
        """The run of that name.

        Raises:
            UserError: there is none.
        """
        for known in self.runs():
            if known.name == name:
                return known
        raise UserError(f"there is no run {name[:60]!r}: choose one of the table")

    def log_of(self, name: str, longest: int = 6000) -> str:
        """The end of what a training printed, at most so many bytes; empty for one that a terminal began."""
        path = self.place / f"{self.find(name).name}.log"
        try:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - longest))
                return file.read().decode("utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    # --- ending -------------------------------------------------------------------------------------------------------

    def stop(self, name: str) -> None:
        """Ask a training to stop; it saves a checkpoint first. One that only waits is taken out of the queue.

        Raises:
            UserError: it is not at work.
        """
        known = self.find(name)
        if known.state == "queued":
            (self.place / "queue" / f"{name}.json").unlink(missing_ok=True)
            self._look_again()
            return
        own = self._children.get(name)
        process = own.pid if own else holder_of(known.run)
        if not process:  # 0 would be everybody in this terminal
            raise UserError(f"{name} is {known.state}: there is nothing that can be stopped from here")
        os.kill(process, signal.SIGTERM)

    def delete(self, name: str) -> None:
        """Remove a run's folder with all that is in it.

        Raises:
            UserError: it is at work, or there is no such run.
        """
        self._looked = (-1e9, [])  # what is removed must be what is there now
        known = self.find(name)
        if known.state not in ("stopped", "failed", "finished"):
            raise UserError(f"{name} is {known.state}: stop it first")
        if known.run.folder.is_symlink():
            raise UserError(f"{name} is a link to somewhere else: remove it by hand")
        if known.state != "failed":
            shutil.rmtree(known.run.folder)
        (self.place / f"{name}.log").unlink(missing_ok=True)
        self._look_again()

    def close(self) -> None:
        """Begin no further training; those that are at work go on."""
        self._closed.set()


def lane_of(etude: str) -> str:
    """What a training waits for: one training is at work at a time, and beside it one dream, which takes a minute."""
    return "dream" if etude == "deep_dream" else "training"


def holder_of(run: Run) -> int | None:
    """The process that holds a run's lock, as the kernel says; 0 where it does not tell which; None if nobody does."""
    lock = run.folder / ".lock"
    try:
        status = lock.stat()
        held = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return None if not lock.exists() else _asked_holder(lock)
    here = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in held:
        words = line.split()
        if here in words:
            return max(0, int(words[words.index(here) - 1]))
    return None


def _asked_holder(lock: Path) -> int | None:
    """Where the kernel has no list of locks: take it for a moment, to see whether it can be had."""
    try:
        with FileLock(lock, timeout=0):
            return None
    except Timeout:
        return 0
