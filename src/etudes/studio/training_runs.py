"""Training runs that the studio starts, stops and finds again: each is `etudes train` in a process of its own.

The lock of a run folder, which the kernel holds, says whether a process trains in it. So training runs outlive the
studio, and a studio that is started again finds them, also those that were started in a terminal.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from etudes import experiments
from etudes.actions.loading import preset_of
from etudes.errors import UserError
from etudes.runs import Run, bundled_dream, bundled_runs, next_folder, runs_folder
from etudes.runs.locks import holder
from etudes.schema import command_words
from etudes.studio.training_queue import Queue, is_text, modified, report

FOLDER = ".studio"
"""The folder, in that of the runs, that holds the queue and what the training runs printed."""

FRESH_SECONDS = 0.3
"""How long all pages share one reading of the run folders."""

NICENESS = 5
"""Training runs leave the processor to answers."""


DONE = ("finished", "included")
"""The states of runs that have results."""


@dataclass(frozen=True)
class ListedRun:
    """A run as the table of runs shows it."""

    name: str
    run: Run
    etude: str
    preset: str
    state: str
    """One of "queued", "starting", "running", "stopped", "failed" and "finished"; "included" if it is bundled."""


@cache
def included_runs() -> list[ListedRun]:
    """The runs that come with the package, a dream among them, which has pictures only."""
    dreams = filter(None, map(bundled_dream, experiments.names()))
    headers = [(run, run.header()) for run in sorted([*bundled_runs(), *dreams], key=str)]
    return [ListedRun(str(run), run, said["etude"], said["preset"], "included") for run, said in headers]


def included_run(etude: str) -> Run | None:
    """The run of an étude that comes with the package, if there is one."""
    return next((one.run for one in included_runs() if one.run.folder.name == etude), None)


class TrainingRuns:
    """The queue of training runs, and the runs in the runs folder."""

    def __init__(self) -> None:
        self.folder = runs_folder().absolute() / FOLDER
        self._waiting = Queue(self.folder)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()
        self._listed: tuple[float, list[ListedRun]] = (-1e9, [])
        self._closed = threading.Event()
        threading.Thread(target=self._work, daemon=True).start()

    # --- starting -----------------------------------------------------------------------------------------------------

    def start(self, etude: str, preset: str, changes: dict[str, Any]) -> str:
        """Put a training run into the queue.

        Args:
            etude: its name.
            preset: its preset.
            changes: settings that differ from the preset's.

        Returns:
            The name of the run.

        Raises:
            UserError: unknown étude, preset or setting, or a value out of range.
        """
        preset_of(etude, preset, changes)
        with self._lock:
            waiting = self._waiting.names()
            folder, number = next_folder(etude, preset), 1
            while folder.exists() or folder.name in waiting or self._log(folder.name).exists():
                folder = runs_folder() / f"{etude}-{preset}-{number}"
                number += 1
            words = ["train", etude, "--preset", preset, *command_words(changes), "--out", str(folder.absolute())]
            self._waiting.add(folder.name, etude, preset, words)
            self._list_again()
        return folder.name

    def resume(self, name: str) -> None:
        """Put a stopped run into the queue.

        Raises:
            UserError: there is no such run, or it is not stopped.
        """
        listed = self.find(name)
        if listed.state != "stopped":
            raise UserError(f"{name} is {listed.state}: only a stopped run can be resumed")
        self._waiting.add(name, listed.etude, listed.preset, ["resume", str(listed.run.folder.absolute())])
        self._list_again()

    def _work(self) -> None:
        while not self._closed.wait(0.3):
            try:
                self.start_next()
            except Exception as error:  # whatever a disk or a folder does, the queue is looked at again
                report(f"queue: {type(error).__name__}: {error}")

    def start_next(self) -> None:
        """Start the next run of each lane in which none is running, and release processes that ended."""
        with self._lock:
            for name, child in list(self._children.items()):
                if child.poll() is not None:
                    del self._children[name]
                    self._list_again()
            queued = self._waiting.runs()
            if not queued:
                return
            busy = {lane_of(one.etude) for one in self.runs() if one.state in ("starting", "running")}
            for one in queued:
                if lane_of(one.etude) in busy:
                    continue
                try:
                    self._start_process(one.name, one.command)
                except ValueError as error:  # a word that no command can hold
                    self._waiting.set_aside(one.name, str(error))
                    continue
                except OSError as error:  # no room on the disk, no more processes: it is tried again
                    report(f"{one.name} cannot be started yet: {error}")
                    continue
                busy.add(lane_of(one.etude))
                self._waiting.remove(one.name)
                self._list_again()

    def _start_process(self, name: str, command: Sequence[str]) -> None:
        with self._log(name).open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "etudes", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the studio may be closed or killed; the training run stays
                env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
            )
        lower_priority(child.pid)
        self._children[name] = child

    # --- listing ------------------------------------------------------------------------------------------------------

    def runs(self) -> list[ListedRun]:
        """Every run in the runs folder and in the queue, the newest first; at most 0.3 seconds old."""
        with self._lock:
            when, listed = self._listed
            if time.monotonic() - when > FRESH_SECONDS:
                found: dict[str, tuple[float, ListedRun]] = {}
                for at, one in (*self._started(), *self._queued(), *self._refused()):
                    # A name that is not Unicode cannot be sent to a page.
                    if is_text(one.name) and (one.state == "queued" or one.name not in found):
                        found[one.name] = (at, one)
                listed = [one for _, one in sorted(found.values(), key=lambda pair: pair[0], reverse=True)]
                self._listed = (time.monotonic(), listed)
            return listed

    def _list_again(self) -> None:
        self._listed = (-1e9, [])

    def _started(self) -> Iterator[tuple[float, ListedRun]]:
        for header in runs_folder().glob("*/settings.toml"):
            run = Run(header.parent)
            with contextlib.suppress(UserError, OSError):  # other folders may stand here too
                said = run.header()
                # A run whose results are written is at work until it has drawn what shows them.
                state = "running" if self._is_running(run) else "finished" if run.finished else "stopped"
                yield modified(header), ListedRun(run.folder.name, run, said["etude"], said["preset"], state)

    def _queued(self) -> Iterator[tuple[float, ListedRun]]:
        for one in self._waiting.runs():
            run = Run(runs_folder() / one.name)
            yield one.queued_at, ListedRun(one.name, run, one.etude, one.preset, "queued")

    def _refused(self) -> Iterator[tuple[float, ListedRun]]:
        """Runs that left no folder: either they have not come so far yet, or the log says why not."""
        for log in self.folder.glob("*.log"):
            if log.stem.count("-") >= 2:
                etude, preset = log.stem.rsplit("-", 2)[:2]
                state = "starting" if log.stem in self._children else "failed"
                yield modified(log), ListedRun(log.stem, Run(runs_folder() / log.stem), etude, preset, state)

    def _is_running(self, run: Run) -> bool:
        return run.folder.name in self._children or holder(run.folder) is not None

    def find(self, name: str) -> ListedRun:
        """The run of that name.

        Raises:
            UserError: there is none.
        """
        for listed in self.runs():
            if listed.name == name:
                return listed
        raise UserError(f"there is no run {name[:60]!r}: choose one from the table of runs")

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def log_of(self, name: str, max_bytes: int = 6000) -> str:
        """The end of what a run printed; empty for one that was started in a terminal."""
        try:
            with self._log(self.find(name).name).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - max_bytes))
                return file.read().decode("utf-8", errors="replace")
        except OSError:
            return ""

    # --- ending -------------------------------------------------------------------------------------------------------

    def stop(self, name: str) -> None:
        """Ask a run to stop, which saves a checkpoint first; a queued one is taken out of the queue.

        Raises:
            UserError: it is not running.
        """
        listed = self.find(name)
        if listed.state == "queued":
            self._waiting.remove(name)
            self._list_again()
            return
        own = self._children.get(name)
        process = own.pid if own else holder(listed.run.folder)
        if not process:  # 0 would be every process of this terminal
            raise UserError(f"{name} is {listed.state}: the studio can stop only a run that is at work")
        os.kill(process, signal.SIGTERM)

    def delete(self, name: str) -> None:
        """Remove a run's folder and everything in it.

        Raises:
            UserError: it is running, or there is no such run.
        """
        self._list_again()  # what counts is what is there now
        listed = self.find(name)
        if listed.state not in ("stopped", "failed", "finished"):
            raise UserError(f"{name} is {listed.state}: stop it first")
        if listed.run.folder.is_symlink():
            raise UserError(f"{name} is a link to another folder: remove it by hand")
        if listed.state != "failed":
            with listed.run.locked():  # whatever the list said: the folder of a training that is running stays
                shutil.rmtree(listed.run.folder)
        self._log(name).unlink(missing_ok=True)
        self._list_again()

    def close(self) -> None:
        """Start no further run; those that are running continue."""
        self._closed.set()


def lower_priority(process: int) -> None:
    """Let a process, the leader of its session, leave the processor to others."""
    if sys.platform != "win32":
        os.setpriority(os.PRIO_PROCESS, process, NICENESS)
    # Where Linux weighs sessions against each other, a process's nice value counts only within its own: sched(7).
    with contextlib.suppress(OSError), open(f"/proc/{process}/autogroup", "r+", encoding="ascii") as session:
        session.write(str(NICENESS))


def lane_of(etude: str) -> str:
    """In each lane one run is running at a time: dreams, which take a minute, do not wait for training runs."""
    return "dream" if etude == "deep_dream" else "training"
