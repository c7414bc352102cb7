"""`typical.safetensors`: what a run keeps to tell pictures like those it was trained on; see `contract.Typicality`."""

from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save

from etudes.contract import Array
from etudes.errors import UserError
from etudes.runs.checkpoint import digest
from etudes.runs.files import write_atomically
from etudes.runs.reading import read_whole
from etudes.runs.weights import arrays_in

NAME = "typical.safetensors"
MAX_BYTES = 20_000_000
"""Bytes that the file may have."""
_DIGEST = "sha256"
"""The array of the file that holds the checksum of all others, as safetensors has none."""


def save_typical(folder: Path, arrays: dict[str, Array]) -> None:
    """Write the arrays into a run folder; no file for none."""
    if arrays:
        sha256 = np.frombuffer(bytes.fromhex(digest(arrays)), np.uint8)
        content = save({**{name: np.asarray(array, order="C") for name, array in arrays.items()}, _DIGEST: sha256})
        write_atomically(folder / NAME, content)


def load_typical(folder: Path) -> dict[str, Array]:
    """The arrays of a run folder; empty where it has none, as older runs have none.

    Raises:
        UserError: the file is damaged.
    """
    path = folder / NAME
    try:
        arrays = arrays_in(read_whole(path, MAX_BYTES))
        right = arrays.pop(_DIGEST).tobytes() == bytes.fromhex(digest(arrays))
    except FileNotFoundError:
        return {}
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error
    if not right:
        raise _damaged(path)
    return arrays


def _damaged(path: Path) -> UserError:
    return UserError(f"{path} is damaged: delete it, and answers come without the remark on unlike pictures")
