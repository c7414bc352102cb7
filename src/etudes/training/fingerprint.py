"""A hash of all that a run is trained on: it tells whether the data is still the same."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np


def fingerprint(data: Any) -> str:
    """SHA-256 over every array of a study's data, with names, dtypes and shapes; not over its source.

    Args:
        data: what `load_data` returned: dataclasses, mappings and sequences of arrays and plain values. A field with
            the metadata {"fingerprint": False} follows from others and is left out.
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
            # Data that was moved is still the same, and so is data whose class has more such fields in a later version.
            if field.name != "source" and field.metadata.get("fingerprint", True):
                _add(sha, f"{name}.{field.name}", getattr(value, field.name))
    elif isinstance(value, dict):
        for key in value:
            _add(sha, f"{name}[{key!r}]", value[key])
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _add(sha, f"{name}[{index}]", item)
    else:
        sha.update(f"{name} {value!r}\n".encode())
