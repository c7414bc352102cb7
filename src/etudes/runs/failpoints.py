"""Places at which a test can make a write fail or the process die, to prove that nothing is lost by it.

`ETUDES_FAILPOINT=NAME`, or `NAME@N` for the N-th time that the place is reached, kills the process there as `kill -9`
does; `NAME=full` fails there as a full disk does, `NAME=terminate` and `NAME=interrupt` send the process SIGTERM and
SIGINT. Without the variable nothing happens.
"""

from __future__ import annotations

import errno
import os
import signal
from collections import Counter

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
"""Of such a write: before it; the temporary file is there, holds half, holds all; it is on the disk; the old file was
put aside (of the checkpoint alone); the new one has its name; the folder is on the disk too."""

POINTS = (
    *(f"{file}:{moment}" for file in FILES for moment in MOMENTS if moment != "kept" or file == "current.safetensors"),
    "metrics:begin",
    "metrics:half",
    "metrics:done",
    "step",
    "epoch",
    "validation",
)
"""Every place there is. metrics: a line is added; step: between two steps; epoch: between two epochs; validation:
after the steps of an epoch of `fit`."""

_times: Counter[str] = Counter()


def reached(point: str) -> None:
    """Do here what `ETUDES_FAILPOINT` says, if it names this point.

    Raises:
        OSError: "full" was asked for.
        UserError: the variable names no point, or nothing that can be done there.
    """
    wanted = os.environ.get("ETUDES_FAILPOINT")
    if not wanted:
        return
    place, _, action = wanted.partition("=")
    name, _, number = place.partition("@")
    if name not in POINTS:
        raise unknown("ETUDES_FAILPOINT", name, POINTS)
    _times[point] += 1
    if point != name or _times[point] != int(number or 1):
        return
    if action == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), point)
    signals = {"": "SIGKILL", "terminate": "SIGTERM", "interrupt": "SIGINT"}
    if action not in signals:
        raise UserError(f"ETUDES_FAILPOINT {action!r} is none of: {', '.join(filter(None, signals))}, full")
    os.kill(os.getpid(), getattr(signal, signals[action]))
