"""Weight files that a stranger may have made: looked at before a network is built, and only arrays are taken out.

Nothing is unpickled, no link is followed, and nothing is read whose size was not checked before.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from etudes.contract import Array
from etudes.data.errors import error_reason, file_error
from etudes.errors import UserError, format_path
from etudes.experiments.deep_dream.keras_files import KerasFile

LARGEST = {".npz": 50_000_000, ".h5": 110_000_000}
"""Bytes that a file of weights may have, by its ending; the published ones have 39.6 and 87.9 million."""

LARGEST_APPLICATION = 1_600_000_000
"""Bytes that the weights of a network of keras.applications may have; ConvNeXtXLarge has 1.4 billion."""

BEGINNINGS = {".npz": b"PK", ".h5": b"\x89HDF\r\n\x1a\n"}
"""The first bytes of files of weights, by their ending."""

_BRANCHES = {0: (1, 2, 3, 1), 1: (1, 2, 3, 1), 2: (1, 2, 3, 1), 3: (1, 3), 8: (0, 2, 4)}
_BRANCHES |= dict.fromkeys((4, 5, 6, 7), (1, 3, 5, 1))
"""Block → how many convolutions follow one another in each branch, in the order in which Keras creates them."""


def convolution_names() -> list[str]:
    """The names of the 76 convolutions in the file of 2015, in the order in which Keras creates their twins."""
    names = ["conv", *(f"conv_{k}" for k in range(1, 5))]
    for block in range(9):
        prefix = "mixed" if block == 0 else f"mixed_{block}"
        for branch, count in enumerate(_BRANCHES[block]):
            tower = prefix + ("", "_tower", "_tower_1", "_tower_2")[branch]
            names += [f"{tower}_conv" + (f"_{k}" if k else "") for k in range(count)]
    return names


def look_at_file(path: Path) -> None:
    """Refuse a file that cannot hold the weights of an Inception-v3, from its size, its names and its headers.

    Raises:
        UserError: it is of another kind, too large, or what it says of its arrays is not what it must be.
    """
    kind = path.suffix
    if kind not in BEGINNINGS:
        raise file_error(path, "is no file of weights: give a run folder, Keras's .h5 or the .npz of 2015")
    size = path.stat().st_size
    if size > LARGEST[kind]:
        raise file_error(path, f"is larger than {LARGEST[kind] // 1_000_000} MB, no such network is: copy it again")
    _look_at_beginning(path, kind)
    if kind == ".npz":
        _look_at_archive(path)
    else:
        with KerasFile(path) as layers:
            layers.check_count()


def look_at_application(path: Path, name: str) -> None:
    """Refuse a file that holds no weights as Keras saves them; whether they are those of `name`, its layers will say.

    Raises:
        UserError: it is of another kind or too large.
    """
    if path.suffix != ".h5":
        raise file_error(path, f"is no .h5 file: the weights of {name} end in .h5 or .weights.h5")
    if path.stat().st_size > LARGEST_APPLICATION:
        raise file_error(
            path, f"is larger than {LARGEST_APPLICATION // 1_000_000} MB, no such network is: copy it again"
        )
    _look_at_beginning(path, ".h5")
    with KerasFile(path, f"the weights of {name}", LARGEST_APPLICATION // 4):
        pass


def _look_at_beginning(path: Path, kind: str) -> None:
    with path.open("rb") as file:
        if not file.read(8).startswith(BEGINNINGS[kind]):
            raise file_error(path, f"is no {kind} file: its content is of another kind; copy it again")


# --- NPZ of 2015 ------------------------------------------------------------------------------------------------------


def _look_at_archive(path: Path) -> None:
    trouble = f"{format_path(path)} is not the partial Inception-v3 of 2015"
    wanted = {f"{name}/{part}.npy" for name in convolution_names() for part in ("kernel", "bias")}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except Exception as error:  # a broken archive makes zipfile raise nearly anything
        raise UserError(f"{trouble}: {error_reason(error)}") from error
    names = [entry.filename for entry in entries]
    if set(names) != wanted or len(names) != len(wanted):
        strange = next((name for name in names if name not in wanted), "")
        wrong = f"{strange[:60]} is not one of its arrays" if strange else "an array is missing or there twice"
        raise UserError(f"{trouble}: {wrong}")
    if sum(entry.file_size for entry in entries) > LARGEST[".npz"]:
        raise UserError(f"{trouble}: it unpacks to more than that network has")


def npz_arrays(content: bytes, name: str, shapes: dict[str, tuple[int, ...]]) -> Iterator[tuple[str, Array]]:
    """The arrays of an NPZ file by name, float32 and finite; a `UserError` unless they are those of `shapes`."""
    trouble = f"{format_path(name)} is not the partial Inception-v3 of 2015"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        # Looked up before anything is unpacked: a small file may unpack to gigabytes. A header is far below 1 kB.
        if unpacked > sum(4 * math.prod(shape) + 1024 for shape in shapes.values()):
            raise UserError(f"{trouble}: it holds more than the {len(shapes)} arrays of that network")
        file = np.load(io.BytesIO(content), allow_pickle=False)
        wrong = sorted(set(shapes) ^ set(file.files))
        if wrong:
            raise UserError(f"{trouble}: {wrong[0]} is {'missing' if wrong[0] in shapes else 'not one of its arrays'}")
        for key, shape in shapes.items():
            array = file[key]
            if array.shape != shape or array.dtype != np.float32:
                raise UserError(f"{trouble}: {key} is {array.dtype} {array.shape}, it must be float32 {shape}")
            if not np.isfinite(array).all():
                raise UserError(f"{trouble}: {key} has values that are not finite")
            yield key, array
    except UserError:
        raise
    except Exception as error:  # a broken header makes NumPy raise nearly anything
        raise UserError(f"{trouble}: {error_reason(error)}") from error
