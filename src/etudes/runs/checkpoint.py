"""The checkpoint: everything that a training needs in order to go on, in one file with its own check sum.

Two generations are kept, `current` and `previous`; a damaged current one falls back to the previous.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from etudes.contract import Array
from etudes.errors import UserError
from etudes.runs.files import write_atomically

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training between two steps.

    `arrays` holds every variable by name (networks, optimisers, random state); `position` says, in plain JSON values,
    how far the training is and what it has to remember.
    """

    arrays: dict[str, Array]
    position: dict[str, Any]


def digest(arrays: dict[str, Array]) -> str:
    """SHA-256 over names, dtypes, shapes and bytes of arrays, in the order of their names."""
    sha = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoints/current.safetensors` in the run folder; the one before it becomes `previous`."""
    place = folder / "checkpoints"
    place.mkdir(exist_ok=True)
    position = json.dumps(checkpoint.position, sort_keys=True)
    sums = hashlib.sha256((digest(checkpoint.arrays) + position).encode()).hexdigest()
    metadata = {"format": str(FORMAT), "position": position, "sha256": sums}
    arrays = {name: np.asarray(array, order="C") for name, array in checkpoint.arrays.items()}
    current = place / "current.safetensors"
    write_atomically(current, save(arrays, metadata), keep_previous=place / "previous.safetensors")


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest checkpoint of a run that is whole, or None if it has none yet.

    Raises:
        UserError: checkpoints are there but none of them can be used.
    """
    trouble = None
    for name in ("current", "previous"):
        path = folder / "checkpoints" / f"{name}.safetensors"
        if not path.exists():
            continue
        try:
            return _read(path)
        except (SafetensorError, ValueError, KeyError, OSError) as error:
            trouble = f"{path}: {error}"
    if trouble:
        raise UserError(f"no checkpoint of this run can be used ({trouble}); start again in a new --out folder")
    return None


def _read(path: Path) -> Checkpoint:
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata() or {}
        if metadata.get("format") != str(FORMAT):
            raise UserError(f"{path} has checkpoint format {metadata.get('format')}, this version reads {FORMAT}")
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    sums = hashlib.sha256((digest(arrays) + metadata["position"]).encode()).hexdigest()
    if sums != metadata["sha256"]:
        raise ValueError("check sum differs, the file is damaged")
    return Checkpoint(arrays, json.loads(metadata["position"]))
