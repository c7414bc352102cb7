"""One short table of labelled pictures before a training: classes, and how many pictures of each are in which part."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from etudes.contract import ImageData, Table

MAX_CLASSES = 20
"""With more classes, only the smallest and the largest are shown."""


def data_tables(data: Any) -> list[Table]:
    """A table for each set of labelled pictures in a study's data; none for other data."""
    if isinstance(data, ImageData):
        return [data_table(data)]
    values = [getattr(data, part.name) for part in dataclasses.fields(data)] if dataclasses.is_dataclass(data) else []
    return [data_table(value) for value in values if isinstance(value, ImageData)]


def data_table(data: ImageData) -> Table:
    """Classes and counts for each part; with many classes the smallest and the largest."""
    names = data.info.class_names
    parts = {"training": data.train, "validation": data.validation, "test": data.test}
    counts = np.stack([np.bincount(part.labels, minlength=len(names)) for part in parts.values()], axis=1)
    shown = [(name, *row) for name, row in zip(names, counts.tolist(), strict=True)]
    if len(shown) > MAX_CLASSES:
        smallest, largest = (int(pick(counts.sum(axis=1))) for pick in (np.argmin, np.argmax))
        shown = [
            (f"{end}: {names[k]}", *counts[k].tolist()) for end, k in (("smallest", smallest), ("largest", largest))
        ]
    shown.append((f"{len(names)} classes", *(len(part) for part in parts.values())))
    size = f"{data.info.height}×{data.info.width}"
    return Table(f"pictures, {size}, {'grey' if data.info.channels == 1 else 'colour'}", ("class", *parts), shown)
