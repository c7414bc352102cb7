"""The checkpoint: everything that a run needs in order to resume, in one file with its own checksum.

This is the file; when one is written, and what is in it, `training/checkpointing.py` decides.

Two are kept, `current` and `previous`; if the current one is damaged, the previous one is loaded. Once the run is
finished, both are removed.
"""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from etudes.contract import Array
from etudes.errors import UserError
from etudes.runs.files import write_atomically
from etudes.runs.weights import settings_digest

KIND, FORMAT = "etudes checkpoint", 3
"""They stand in the file. The number grows when an older version could not read it."""

_READ_ERRORS = (
    SafetensorError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What reading a damaged file may raise."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run between two steps.

    `arrays` holds every variable by name (networks, optimisers, random state); `position`, in plain JSON values, is how
    far the run is and what it computed once; `metrics` is the whole content of `metrics.jsonl`.
    """

    arrays: dict[str, Array]
    position: dict[str, Any]
    metrics: str = ""


def digest(arrays: dict[str, Array]) -> str:
    """SHA-256 over names, dtypes, shapes and bytes of arrays, in the order of their names."""
    sha = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        sha.update(array.reshape(-1).view(np.uint8).data)
    return sha.hexdigest()


def _checksum(arrays: dict[str, Array], metadata: dict[str, str]) -> str:
    """SHA-256 over everything in the file but itself."""
    rest = {key: value for key, value in metadata.items() if key != "sha256"}
    return hashlib.sha256((digest(arrays) + json.dumps(rest, sort_keys=True)).encode()).hexdigest()


def save_checkpoint(folder: Path, checkpoint: Checkpoint, settings: str) -> None:
    """Write `checkpoints/current.safetensors` in the run folder; the one before it becomes `previous`.

    Args:
        folder: of the run.
        checkpoint: what to write.
        settings: `settings_digest` of the run.

    Raises:
        OSError: it cannot be written; the checkpoints that were there are whole.
    """
    checkpoints = folder / "checkpoints"
    checkpoints.mkdir(exist_ok=True)
    arrays = {name: np.asarray(array, order="C") for name, array in checkpoint.arrays.items()}
    metadata = {
        "kind": KIND,
        "format": str(FORMAT),
        "settings": settings,
        "position": json.dumps(checkpoint.position, sort_keys=True),
        "metrics": checkpoint.metrics,
    }
    metadata["sha256"] = _checksum(arrays, metadata)
    current = checkpoints / "current.safetensors"
    write_atomically(current, save(arrays, metadata), keep_previous=checkpoints / "previous.safetensors")


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a run that is finished: nothing resumes from them. What cannot be removed stays."""
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest checkpoint of a run that is whole, or None if it has none yet.

    Raises:
        UserError: checkpoints are there but none of them can be used, or the newest is of a newer version of Etudes
            or of other settings.
    """
    problem = None
    for name in ("current", "previous"):
        path = folder / "checkpoints" / f"{name}.safetensors"
        if not path.exists():
            continue
        try:
            if not path.is_file():
                raise ValueError("it is not a regular file")
            return _read(path, settings_digest(folder))
        except _READ_ERRORS as error:
            problem = " ".join(str(error).split())[:60]
    if problem is not None:
        raise UserError(f"{folder} has no checkpoint that can be used: {problem}; train again with a new --out")
    return None


def _read(path: Path, settings: str) -> Checkpoint:
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata() or {}
        if metadata.get("kind") != KIND:
            raise ValueError("it is not a checkpoint of etudes")
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    whole = _checksum(arrays, metadata) == metadata["sha256"]
    if metadata["format"] != str(FORMAT):
        raise UserError(
            f"{path} has format {metadata['format']}, this version of etudes reads {FORMAT}: "
            "resume with the version that began it, or train again with a new --out"
        )
    if not whole:
        raise ValueError("its checksum differs")
    if metadata["settings"] != settings:
        raise UserError(f"{path} belongs to other settings than settings.toml: put the old file back, or train again")
    return Checkpoint(arrays, json.loads(metadata["position"]), metadata["metrics"])
