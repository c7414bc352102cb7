"""Weight files from anywhere: checked before a network is built. Only arrays are taken out, nothing is unpickled."""

from __future__ import annotations

import functools
import hashlib
import io
import math
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from etudes.contract import Array
from etudes.data.errors import error_reason, file_error
from etudes.errors import UserError, format_path
from etudes.experiments.deep_dream.keras_files import KerasFile
from etudes.experiments.deep_dream.layer_arrays import INCEPTION_VALUES, LayerArrays
from etudes.experiments.deep_dream.tensor_files import TensorFile

ENDINGS = (".keras", ".h5", ".safetensors")
"""Files of weights of a whole network, as people save them."""

MAX_BYTES = {".npz": 50_000_000, **dict.fromkeys(ENDINGS, 400_000_000)}
"""Bytes that a file of weights of Inception-v3 may have; the published ones have 39.6 to 96.1 million, and a whole
model with the state of its optimiser three times that."""

MAX_APPLICATION_BYTES = 1_700_000_000
"""Bytes that the weights of a network of keras.applications may have; ConvNeXtXLarge has 1.4 billion."""

BEGINNINGS = {".npz": b"PK", ".keras": b"PK", ".h5": b"\x89HDF\r\n\x1a\n", ".safetensors": b""}
"""The first bytes of files of weights, by their ending."""

_BRANCHES = {0: (1, 2, 3, 1), 1: (1, 2, 3, 1), 2: (1, 2, 3, 1), 3: (1, 3), 8: (0, 2, 4)}
_BRANCHES |= dict.fromkeys((4, 5, 6, 7), (1, 3, 5, 1))
"""Block → how many convolutions follow one another in each branch, in the order in which Keras creates them."""


def open_weights(path: Path, application: str = "") -> LayerArrays:
    """A file with the weights of Inception-v3, or of a network of keras.applications, opened to be read."""
    kind = TensorFile if path.suffix.lower() == ".safetensors" else KerasFile
    if application:
        cure = "try another --application"
        return kind(path, f"the weights of {application}", cure, MAX_APPLICATION_BYTES // 4)
    cure = "name its network with --application, or give a run"
    return kind(path, "Keras's Inception-v3", cure, INCEPTION_VALUES)


@functools.cache
def checked_sha256(path: Path, application: str, known: tuple[str, ...], size: int, changed: int) -> str:
    """The SHA-256 of a weights file, checked and computed once in a process while its size and time stay the same.

    What can be refused without a network is refused: another kind, size, or list of arrays.

    Args:
        path: the file.
        application: the network of keras.applications whose weights it holds; empty: Inception-v3.
        known: the names of all those networks.
        size: its bytes.
        changed: when it was changed, in nanoseconds.

    Raises:
        UserError: it cannot hold the weights of this network.
        OSError: it cannot be read.
    """
    kind = path.suffix.lower()
    if kind not in BEGINNINGS or (application and kind == ".npz"):
        raise file_error(path, f"is no file of weights that is read: give a {', '.join(ENDINGS)} of Keras, or a run")
    limit = MAX_APPLICATION_BYTES if application else MAX_BYTES[kind]
    if size > limit:
        advice = "save only its weights, or name it: --application" if kind in ENDINGS else "copy it again"
        raise file_error(path, f"is larger than {limit // 1_000_000} MB: {advice}")
    with path.open("rb") as file:
        if not file.read(8).startswith(BEGINNINGS[kind]):
            raise file_error(path, f"is no {kind} file: its content is of another kind; copy it again")
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if kind == ".npz":
        _check_archive(path)
        return sha256
    with open_weights(path, application) as layers:
        _check_name(layers, application or "InceptionV3", known)
        if not application:
            layers.check_inception()
    return sha256


def _check_name(layers: LayerArrays, application: str, known: Sequence[str]) -> None:
    """Refuse a file that says it holds another network of keras.applications, naming the one that it says it holds."""
    plain = {re.sub("[^a-z0-9]", "", name.lower()): name for name in known}
    for stated in layers.stated_names():
        words = re.sub("[^a-z0-9]", "", stated.lower())  # such as "mobilenetv2100224"
        found = max((name for name in plain if words.startswith(name)), key=len, default="")
        if found:
            if plain[found] != application:
                raise file_error(
                    layers.path, f"holds {plain[found]}, not {application}: add --application {plain[found]}"
                )
            return


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
