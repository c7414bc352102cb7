"""Weight files from anywhere: checked before a network is built. Only arrays are taken out, nothing is unpickled."""

from __future__ import annotations

import functools
import hashlib
import io
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from etudes.contract import Array
from etudes.data.errors import error_reason, file_error
from etudes.errors import UserError, format_path
from etudes.experiments.deep_dream.keras_files import INCEPTION_VALUES, KerasFile

MAX_BYTES = {".npz": 50_000_000, ".h5": 110_000_000}
"""Bytes that a file of weights of Inception-v3 may have; the published ones have 39.6 and 87.9 million."""

MAX_APPLICATION_BYTES = 1_600_000_000
"""Bytes that the weights of a network of keras.applications may have; ConvNeXtXLarge has 1.4 billion."""

BEGINNINGS = {".npz": b"PK", ".h5": b"\x89HDF\r\n\x1a\n"}
"""The first bytes of files of weights, by their ending."""

_BRANCHES = {0: (1, 2, 3, 1), 1: (1, 2, 3, 1), 2: (1, 2, 3, 1), 3: (1, 3), 8: (0, 2, 4)}
_BRANCHES |= dict.fromkeys((4, 5, 6, 7), (1, 3, 5, 1))
"""Block → how many convolutions follow one another in each branch, in the order in which Keras creates them."""


def open_keras_file(path: Path, application: str = "") -> KerasFile:
    """A file with the weights of Inception-v3, or of a network of keras.applications, opened to be read."""
    if application:
        return KerasFile(path, f"the weights of {application}", MAX_APPLICATION_BYTES // 4)
    return KerasFile(path, "Keras's Inception-v3 without its classifier", INCEPTION_VALUES)


@functools.cache
def checked_sha256(path: Path, application: str, size: int, changed: int) -> str:
    """The SHA-256 of a weights file, checked and computed once in a process while its size and time stay the same.

    What can be refused without a network is refused: another kind, size, or list of arrays.

    Args:
        path: the file.
        application: the network of keras.applications whose weights it holds; empty: Inception-v3.
        size: its bytes.
        changed: when it was changed, in nanoseconds.

    Raises:
        UserError: it cannot hold the weights of this network.
        OSError: it cannot be read.
    """
    kind, limit = path.suffix, MAX_APPLICATION_BYTES if application else MAX_BYTES.get(path.suffix, 0)
    if application and kind != ".h5":
        raise file_error(path, f"is no .h5 file: the weights of {application} end in .h5 or .weights.h5")
    if kind not in BEGINNINGS:
        raise file_error(path, "is no file of weights: give a run folder, Keras's .h5 or the .npz of 2015")
    if size > limit:
        raise file_error(path, f"is larger than {limit // 1_000_000} MB, no such network is: copy it again")
    with path.open("rb") as file:
        if not file.read(8).startswith(BEGINNINGS[kind]):
            raise file_error(path, f"is no {kind} file: its content is of another kind; copy it again")
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if kind == ".npz":
        _check_archive(path)
        return sha256
    with open_keras_file(path, application) as layers:
        if not application:
            layers.check_inception()
    return sha256


# --- NPZ of 2015 ------------------------------------------------------------------------------------------------------


def convolution_names() -> list[str]:
    """The names of the 76 convolutions in the file of 2015, in the order in which Keras creates the same ones."""
    names = ["conv", *(f"conv_{k}" for k in range(1, 5))]
    for block in range(9):
        prefix = "mixed" if block == 0 else f"mixed_{block}"
        for branch, count in enumerate(_BRANCHES[block]):
            tower = prefix + ("", "_tower", "_tower_1", "_tower_2")[branch]
            names += [f"{tower}_conv" + (f"_{k}" if k else "") for k in range(count)]
    return names


def _check_archive(path: Path) -> None:
    wanted = {f"{name}/{part}.npy" for name in convolution_names() for part in ("kernel", "bias")}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except Exception as error:  # a broken archive makes zipfile raise nearly anything
        raise _not_of_2015(path, error_reason(error)) from error
    names = [entry.filename for entry in entries]
    if set(names) != wanted or len(names) != len(wanted):
        unknown_name = next((name for name in names if name not in wanted), "")
        wrong = f"{unknown_name[:60]} is not one of its arrays" if unknown_name else "an array is missing or repeated"
        raise _not_of_2015(path, wrong)
    if sum(entry.file_size for entry in entries) > MAX_BYTES[".npz"]:
        raise _not_of_2015(path, "it unpacks to more than that network has")


def npz_arrays(content: bytes, name: str, shapes: dict[str, tuple[int, ...]]) -> dict[str, Array]:
    """The arrays of an NPZ file by name, float32 and finite; a `UserError` unless they are those of `shapes`."""
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        # Checked before anything is unpacked: a small file may unpack to gigabytes. A header is far below 1 kB.
        if unpacked > sum(4 * math.prod(shape) + 1024 for shape in shapes.values()):
            raise _not_of_2015(name, f"it holds more than the {len(shapes)} arrays of that network")
        file = np.load(io.BytesIO(content), allow_pickle=False)
        _check_names(name, file.files, shapes)
        for key, shape in shapes.items():
            arrays[key] = array = file[key]
            if array.shape != shape or array.dtype != np.float32:
                raise _not_of_2015(name, f"{key} is {array.dtype} {array.shape}, it must be float32 {shape}")
            if not np.isfinite(array).all():
                raise _not_of_2015(name, f"{key} has values that are not finite")
    except UserError:
        raise
    except Exception as error:  # a broken header makes NumPy raise nearly anything
        raise _not_of_2015(name, error_reason(error)) from error
    return arrays


def _check_names(name: str, found: Sequence[str], shapes: dict[str, tuple[int, ...]]) -> None:
    wrong = sorted(set(shapes) ^ set(found))
    if wrong:
        raise _not_of_2015(name, f"{wrong[0]} is {'missing' if wrong[0] in shapes else 'not one of its arrays'}")


def _not_of_2015(name: str | Path, trouble: str) -> UserError:
    return UserError(f"{format_path(name)} is not the partial Inception-v3 of 2015: {trouble}")
