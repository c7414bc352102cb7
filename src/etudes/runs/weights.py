"""Trained weights: `weights.safetensors` and `weights.json`, its manifest of shapes, dtypes and the SHA-256.

A run saves its weights as they were trained. Those that come with the package may be stored in half the bytes: then the
manifest gives the dtype in which each array is `stored`, and they are float32 again once they are read.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from etudes.contract import Array
from etudes.errors import UserError
from etudes.runs.files import write_atomically
from etudes.runs.reading import read_object, read_whole

MAX_BYTES = 4_000_000_000
"""Bytes that the weights of a run may have."""

HALVES = ("float16", "bfloat16")
"""The dtypes in which float32 may be stored."""

_DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("float64"),
    "F32": np.dtype("float32"),
    "F16": np.dtype("float16"),
    "BF16": np.dtype("uint16"),
    **{f"{kind[0].upper()}{bits}": np.dtype(f"{kind}{bits}") for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
    "BOOL": np.dtype(bool),
}
"""The dtypes that are read, by their names in safetensors. NumPy has no bfloat16: it is the upper half of a float32."""


def settings_digest(folder: Path) -> str:
    """SHA-256 of the run's `settings.toml`; checkpoints and weights store the one that they belong to."""
    try:
        path = folder / "settings.toml"
        status = path.stat()
        return _digest(path, status.st_mtime_ns, status.st_size, status.st_ino)
    except FileNotFoundError:
        return ""


@lru_cache(maxsize=16)
def _digest(path: Path, *_state: int) -> str:
    """SHA-256 of a file, computed once for each state of it."""
    return hashlib.sha256(read_whole(path)).hexdigest()


def save_weights(folder: Path, arrays: dict[str, Array], stored: str = "float32") -> str:
    """Write the arrays and their manifest into a run folder; returns the SHA-256 of the weights file.

    Args:
        folder: where `settings.toml` is.
        arrays: by name.
        stored: "float32", "float16" or "bfloat16": the dtype in which float32 arrays are written; others stay.

    Raises:
        UserError: a value is too large for that dtype.
    """
    entries: dict[str, dict[str, Any]] = {}
    written: dict[str, Array] = {}
    for name, array in arrays.items():
        halved = stored in HALVES and array.dtype == np.float32
        entries[name] = _entry(array, stored if halved else None)
        written[name] = np.asarray(_narrowed(name, array, stored) if halved else array, order="C")
    content = save(written)
    sha256 = hashlib.sha256(content).hexdigest()
    manifest = {
        "file": "weights.safetensors",
        "bytes": len(content),
        "sha256": sha256,
        "settings_sha256": settings_digest(folder),
        "arrays": entries,
    }
    write_atomically(folder / "weights.safetensors", content)
    write_atomically(folder / "weights.json", json.dumps(manifest, indent=1).encode())
    return sha256


def load_weights(folder: Path) -> dict[str, Array]:
    """Read the arrays of a run folder, checked against their manifest.

    Raises:
        UserError: files are missing, a value is not finite, or settings, checksum, names, shapes or dtypes differ from
            the manifest.
    """
    path, manifest_path = folder / "weights.safetensors", folder / "weights.json"
    try:
        manifest = read_object(manifest_path)
        content = read_whole(path, MAX_BYTES)
        expected, entries, settings = manifest["sha256"], dict(manifest["arrays"]), manifest["settings_sha256"]
        right_settings = settings == settings_digest(folder)
    except FileNotFoundError as error:
        raise UserError(f"{error.filename} is missing: `etudes resume` the run, or copy it again") from error
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}; copy it again or train again") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{manifest_path} is not a manifest of weights: copy it again or train again") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise UserError(f"{path} is damaged: its SHA-256 is not the one in weights.json; train again or copy it again")
    if not right_settings:
        raise UserError(f"{folder / 'settings.toml'} was changed after the training: put the old one back")
    try:
        arrays = _stored_arrays(content)
    except (SafetensorError, ValueError) as error:
        raise UserError(f"{path} is not a safetensors file ({str(error)[:60]}): copy it again") from error
    if arrays.keys() != entries.keys():
        raise UserError(f"{path} does not hold the arrays that weights.json lists: copy both again")
    return {name: _checked(path, name, *found, entries[name]) for name, found in arrays.items()}


def _entry(array: Array, stored: str | None = None) -> dict[str, Any]:
    """The manifest's entry of an array."""
    entry: dict[str, Any] = {"shape": list(array.shape), "dtype": str(array.dtype)}
    return {**entry, "stored": stored} if stored else entry


def _narrowed(name: str, array: Array, stored: str) -> Array:
    if stored == "bfloat16":
        import ml_dtypes  # to read such weights needs none of it

        dtype = np.dtype(ml_dtypes.bfloat16)
    else:
        dtype = np.dtype(stored)
    with np.errstate(over="ignore"):
        narrow = array.astype(dtype)
    if not np.isfinite(narrow).all():
        raise UserError(f"{name} has values that are too large for {stored}: store these weights as float32")
    return narrow


def arrays_in(content: bytes) -> dict[str, Array]:
    """The arrays of a safetensors file, as they are stored, but bfloat16 as the same numbers in float32.

    Raises:
        SafetensorError, ValueError: it is not one, or holds arrays of a dtype that no network has.
    """
    return {name: array for name, (_, array) in _stored_arrays(content).items()}


def _stored_arrays(content: bytes) -> dict[str, tuple[str, Array]]:
    """As `arrays_in`, each with the dtype in which it is stored."""
    found = {}
    for name, array in deserialize(content):  # type: ignore[no-untyped-call]
        if array["dtype"] not in _DTYPES:
            raise ValueError(f"an array of {array['dtype']}")
        values: Array = np.frombuffer(array["data"], _DTYPES[array["dtype"]]).reshape(array["shape"])
        dtype = str(values.dtype)
        if array["dtype"] == "BF16":
            dtype, values = "bfloat16", (values.astype(np.uint32) << 16).view(np.float32)
        found[name] = dtype, values
    return found


def _checked(path: Path, name: str, stored: str, array: Array, entry: Any) -> Array:
    """An array for a network, once it matches its entry in the manifest and is finite."""
    whole: dict[str, Any] = {"shape": list(array.shape), "dtype": stored}
    if stored in HALVES and entry == {**whole, "dtype": "float32", "stored": stored}:
        array = array.astype(np.float32)
    elif entry != whole:
        raise UserError(f"{path} does not hold the arrays that weights.json lists: copy both again")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise UserError(f"{path}: {name} has values that are not finite: train again")
    return array
