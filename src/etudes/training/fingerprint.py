"""One number for all that a training learns from: it says whether data is the same as it was."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np


def fingerprint(data: Any) -> str:
    """SHA-256 over every array of an étude's data, with names, dtypes and shapes; not over where it came from.

    Args:
        data: what `load_data` gave: dataclasses, mappings and sequences of arrays and plain values. A field with the
            metadata {"fingerprint": False} follows from others and is left out.
    """
    sha = hashlib.sha256()
    _add(sha, "data", data)
    return sha.hexdigest()


def _add(sha: Any, name: str, value: Any) -> None:
    if isinstance(value, np.ndarray):
        sha.update(f"{name} {value.dtype.str} {value.shape}\n".encode())
        sha.update(repr(value.tolist()).encode() if value.dtype.hasobject else np.ascontiguousarray(value).tobytes())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            # Data that was moved is still the same, and so is data of which a later version only notes more.
            if field.name != "source" and field.metadata.get("fingerprint", True):
                _add(sha, f"{name}.{field.name}", getattr(value, field.name))
    elif isinstance(value, dict):
        for key in value:
            _add(sha, f"{name}[{key!r}]", value[key])
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            _add(sha, f"{name}[{place}]", item)
    else:
        sha.update(f"{name} {value!r}\n".encode())
