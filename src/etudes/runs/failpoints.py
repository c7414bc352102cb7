"""Fault injection: a run is made to fail, or its process to die, at a named moment, to prove that nothing is lost.

`ETUDES_FAILPOINT=NAME`, or `NAME@N` for the N-th time that the moment comes, kills the process there as `kill -9`
does; `NAME=full` fails there as a full disk does, `NAME=terminate` and `NAME=interrupt` send the process SIGTERM and
SIGINT. The code that writes files knows nothing of this: within `injected`, the functions of Python that it calls are
replaced by ones that stop at the moments. Without the variable, nothing is replaced.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from etudes.errors import UserError, unknown

FILES = (
    "settings.toml",
    "environment.json",
    "current.safetensors",
    "metrics.jsonl",
    "weights.safetensors",
    "weights.json",
    "results.json",
)
"""The files of a run that are written whole, through `write_atomically`."""

MOMENTS = ("begin", "opened", "half", "written", "flushed", "kept", "named", "done")
"""Moments of such a write: before it; the temporary file is there, holds half, holds all; it is on the disk; the old
file was put aside (of the checkpoint alone); the new one has its name; the folder is on the disk too."""

POINTS = (
    *(f"{file}:{moment}" for file in FILES for moment in MOMENTS if moment != "kept" or file == "current.safetensors"),
    "metrics:begin",
    "metrics:half",
    "metrics:done",
    "step",
    "epoch",
    "validation",
)
"""Every moment there is. metrics: a line is added; step: between two steps; epoch: between two epochs; validation:
after the steps of an epoch of `fit`."""

_SIGNALS = {"": "SIGKILL", "terminate": "SIGTERM", "interrupt": "SIGINT"}


class _Injection:
    """What is to happen at which moment, and replacements for functions of Python that come to the moments."""

    def __init__(self, wanted: str) -> None:
        moment, _, self.action = wanted.partition("=")
        self.point, _, number = moment.partition("@")
        self.left = int(number or 1)
        self.after_fsync = ""
        if self.point not in POINTS:
            raise unknown("ETUDES_FAILPOINT", self.point, POINTS)
        if self.action not in (*_SIGNALS, "full"):
            raise UserError(f"ETUDES_FAILPOINT {self.action!r} is none of: terminate, interrupt, full")

    def reached(self, point: str) -> None:
        """Do what is to happen, if this is the moment."""
        self.left -= point == self.point
        if point != self.point or self.left != 0:
            return
        if self.action == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), point)
        os.kill(os.getpid(), getattr(signal, _SIGNALS[self.action]))

    def open(self, path: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        """`Path.open`, whose files of a run are written in two halves."""
        name = path.name.removesuffix(".writing")
        if mode == "a" and name == "metrics.jsonl":
            name = "metrics"
        elif mode != "wb" or name not in FILES:
            return _open(path, mode, *arguments, **named)
        self.reached(f"{name}:begin")
        file = _open(path, mode, *arguments, **named)
        self.reached(f"{name}:opened")
        self.after_fsync = f"{name}:flushed"
        return _Halves(file, name, self)

    def fsync(self, descriptor: int) -> None:
        """`os.fsync` of a file, or of the folder in which it got its name."""
        _fsync(descriptor)
        self.reached(self.after_fsync)
        self.after_fsync = ""

    def replace(self, source: Path, target: Path) -> None:
        """`os.replace`, by which a file gets its name or is put aside."""
        _replace(source, target)
        kept = target.name == "previous.safetensors"
        self.reached("current.safetensors:kept" if kept else f"{target.name}:named")
        self.after_fsync = f"{target.name}:done"


class _Halves:
    """An open file that is written in two halves."""

    def __init__(self, file: Any, name: str, injection: _Injection) -> None:
        self.file, self.name, self.injection = file, name, injection
        self.flush, self.fileno = file.flush, file.fileno

    def write(self, content: Any) -> None:
        half = len(content) // 2
        for moment, part in (("half", content[:half]), ("written", content[half:])):
            self.file.write(part)
            self.file.flush()
            self.injection.reached(f"{self.name}:{moment}")

    def __enter__(self) -> _Halves:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        if self.name == "metrics":
            self.injection.reached("metrics:done")


_open, _fsync, _replace = Path.open, os.fsync, os.replace
_active: _Injection | None = None


def reached(point: str) -> None:
    """A moment between two steps; nothing happens unless `injected` names it."""
    if _active is not None:
        _active.reached(point)


@contextmanager
def injected(wanted: str) -> Iterator[None]:
    """Within it, what `ETUDES_FAILPOINT` asks for happens.

    Raises:
        UserError: it names no point, or nothing that can be done there.
    """
    global _active
    from unittest.mock import patch

    _active = injection = _Injection(wanted)

    def open_file(path: Path, *arguments: Any, **named: Any) -> Any:
        return injection.open(path, *arguments, **named)

    try:
        with (
            patch.object(Path, "open", open_file),
            patch.object(os, "fsync", injection.fsync),
            patch.object(os, "replace", injection.replace),
        ):
            yield
    finally:
        _active = None
