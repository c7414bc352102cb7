"""Runs that answered, kept open with their networks: the next answer comes at once."""

from __future__ import annotations

import threading
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
_changing = threading.Lock()
"""`unload` may be called while another thread asks."""


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
    with _changing:
        loaded = _kept.pop(key, None)
    loaded = loaded or open_run(target, backend)
    with _changing:
        _kept[key] = loaded
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return loaded


def unload() -> None:
    """Let go of all networks that `use` keeps loaded for the next answer, at most eight runs, and their memory."""
    with _changing:
        _kept.clear()


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
