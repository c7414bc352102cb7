"""Trained weights: `weights.safetensors` and `weights.json`, its manifest of shapes, dtypes and SHA-256 sums."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from etudes.contract import Array
from etudes.errors import UserError
from etudes.runs.files import write_atomically


def save_weights(folder: Path, arrays: dict[str, Array]) -> str:
    """Write the arrays and their manifest into a run folder; gives the SHA-256 of the weights file."""
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    content = save(arrays)
    sha256 = hashlib.sha256(content).hexdigest()
    entries = {name: {"shape": list(a.shape), "dtype": str(a.dtype)} for name, a in arrays.items()}
    manifest = {"file": "weights.safetensors", "bytes": len(content), "sha256": sha256, "arrays": entries}
    write_atomically(folder / "weights.safetensors", content)
    write_atomically(folder / "weights.json", json.dumps(manifest, indent=1).encode())
    return sha256


def load_weights(folder: Path) -> dict[str, Array]:
    """Read the arrays of a run folder, checked against their manifest.

    Raises:
        UserError: files are missing, or sum, names, shapes, dtypes or finiteness are not as the manifest says.
    """
    path, manifest_path = folder / "weights.safetensors", folder / "weights.json"
    try:
        manifest: dict[str, Any] = json.loads(manifest_path.read_bytes())
        content = path.read_bytes()
        expected, entries = manifest["sha256"], dict(manifest["arrays"])
    except FileNotFoundError as error:
        raise UserError(f"{error.filename} is missing: the run is not finished, or its folder was changed") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{manifest_path} cannot be read as a manifest ({error})") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise UserError(f"{path} is damaged: its SHA-256 is not the one in weights.json; train again or copy it again")
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
