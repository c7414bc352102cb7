"""Trained weights: `weights.safetensors` and `weights.json`, its manifest of shapes, dtypes and SHA-256 sums."""

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from etudes.contract import Array
from etudes.errors import UserError
from etudes.runs.files import write_atomically
from etudes.runs.reading import read_object, read_whole

LARGEST_WEIGHTS = 4_000_000_000
"""Bytes that the weights of a run may have."""


def settings_digest(folder: Path) -> str:
    """SHA-256 of the run's `settings.toml`: checkpoint and weights say which settings they belong to."""
    try:
        return hashlib.sha256(read_whole(folder / "settings.toml")).hexdigest()
    except FileNotFoundError:
        return ""


def save_weights(folder: Path, arrays: dict[str, Array]) -> str:
    """Write the arrays and their manifest into a run folder; gives the SHA-256 of the weights file."""
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    content = save(arrays)
    sha256 = hashlib.sha256(content).hexdigest()
    entries = {name: {"shape": list(a.shape), "dtype": str(a.dtype)} for name, a in arrays.items()}
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
        UserError: files are missing, or settings, sum, names, shapes, dtypes or finiteness are not as the manifest
            says.
    """
    path, manifest_path = folder / "weights.safetensors", folder / "weights.json"
    try:
        manifest = read_object(manifest_path)
        content = read_whole(path, LARGEST_WEIGHTS)
        expected, entries, settings = manifest["sha256"], dict(manifest["arrays"]), manifest["settings_sha256"]
        right_settings = settings == settings_digest(folder)
    except FileNotFoundError as error:
        raise UserError(f"{error.filename} is missing: the run is not finished, or its folder was changed") from error
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}; copy it again or train again") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{manifest_path} is no manifest of weights; copy it again or train again") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise UserError(f"{path} is damaged: its SHA-256 is not the one in weights.json; train again or copy it again")
    if not right_settings:
        raise UserError(f"{folder / 'settings.toml'} was changed after the training: put the old one back")
    try:
        arrays: dict[str, Array] = load(content)
    except SafetensorError as error:
        raise UserError(f"{path} is not a safetensors file ({error})") from error
    found = {name: {"shape": list(a.shape), "dtype": str(a.dtype)} for name, a in arrays.items()}
    if found != entries:
        raise UserError(f"{path} does not hold the arrays that weights.json lists")
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise UserError(f"{path}: {name} has values that are not finite")
    return arrays
