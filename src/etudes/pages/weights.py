"""The weights of a page: in 16 bits where that is enough, one after another in a blob."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from etudes.contract import Array

ALIGNMENT = 4
"""Bytes: each array begins at a multiple of it."""


def exact_dtype(array: Array) -> str:
    """The 16-bit type that holds every value of a float32 array exactly; "float32" where none does."""
    with np.errstate(over="ignore"):
        if (array.astype(np.float16).astype(np.float32) == array).all():
            return "float16"
    return "bfloat16" if not (array.view(np.uint32) & 0xFFFF).any() else "float32"


def rounded(array: Array) -> Array:
    """A float32 array with its values rounded to float16; the array itself where it holds larger ones than that has."""
    with np.errstate(over="ignore"):
        found = array.astype(np.float16).astype(np.float32)
    return found if np.isfinite(found).all() else array


def pack_weights(arrays: Mapping[str, Array]) -> tuple[bytes, list[dict[str, Any]]]:
    """Arrays as one blob, each in the fewest bytes that hold it exactly.

    Args:
        arrays: float32, by name.

    Returns:
        The blob, and for each array its `name`, `shape`, `dtype` (float16, bfloat16 or float32) and `offset` in bytes.
    """
    blob, entries = bytearray(), []
    for name, array in sorted(arrays.items()):  # the same run gives the same page, to the byte
        values = np.ascontiguousarray(array, np.float32)
        dtype = exact_dtype(values)
        if dtype == "float16":
            content = values.astype("<f2").tobytes()
        elif dtype == "bfloat16":
            content = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
        else:
            content = values.astype("<f4").tobytes()
        entries.append({"name": name, "shape": list(values.shape), "dtype": dtype, "offset": len(blob)})
        blob += content + bytes(-len(content) % ALIGNMENT)
    return bytes(blob), entries
