"""Runs that answered, kept open with their networks: the next answer comes at once."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

from etudes.actions.loading import LoadedRun, Reference, open_run, resolve
from etudes.contract import BaseNetwork

MOST_KEPT = 8
"""Runs that are kept; the one that was not asked for longest is let go first."""

_FILES = ("settings.toml", "weights.json", "weights.safetensors", "typical.safetensors", "graphs/graphs.json")
"""The files that answers depend on."""

_kept: OrderedDict[tuple[Any, ...], LoadedRun] = OrderedDict()


def kept_run(reference: Reference, backend: str | None = None) -> LoadedRun:
    """As `open_run`; a run that was opened here before, and whose files are as they were, is not opened again.

    Raises:
        UserError: as `open_run`.
    """
    target = resolve(reference)
    if target.run is None or target.experiment.capability(BaseNetwork):  # other runs, or files, belong to it
        return open_run(target, backend)
    folder = target.run.folder.absolute()
    key = (folder, backend, *(_state(folder / name) for name in _FILES))
    if key not in _kept:
        _kept[key] = open_run(target, backend)
    _kept.move_to_end(key)
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
    return _kept[key]


def unload() -> None:
    """Let go of all networks that `use` keeps loaded for the next answer, at most eight runs, and their memory."""
    _kept.clear()


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
