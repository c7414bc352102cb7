"""What finding a drawing needs of `scipy.ndimage`, in NumPy: the same results to the bit, without SciPy to install.

Arrays have two dimensions. Beyond an edge, values are those at the edge ("nearest") or mirrored ("reflect").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def opening(values: Floats, window: int) -> Floats:
    """The largest of the smallest values in a square window: what is light and narrower than the window is gone."""
    return _extreme(_extreme(values, window, np.minimum, window // 2), window, np.maximum, (window - 1) // 2)


def closing(values: Floats, window: int) -> Floats:
    """The smallest of the largest values in a square window: what is dark and narrower than the window is gone."""
    return _extreme(_extreme(values, window, np.maximum, (window - 1) // 2), window, np.minimum, window // 2)


def _extreme(values: Floats, window: int, choose: Callable[..., Any], before: int) -> Floats:
    """The extreme value in a square window that begins `before` pixels above and to the left."""
    for _ in range(2):  # the columns, then the rows
        found = np.pad(values, ((before, window - 1 - before), (0, 0)), mode="edge")
        length = 1
        while length < window:  # each is the extreme of so many pixels
            step = min(length, window - length)
            found = choose(found[:-step], found[step:])
            length += step
        values = found.T
    return values


def smoothed(values: Floats, sigma: float, edge: Literal["nearest", "reflect"] = "reflect") -> Floats:
    """The values under a Gaussian window of that standard deviation in pixels, cut off at four of them."""
    reach = int(4 * sigma + 0.5)
    window = np.exp(-0.5 / (sigma * sigma) * np.arange(-reach, reach + 1) ** 2)
    window /= window.sum()
    for _ in range(2):  # the columns, then the rows
        size = len(values)
        padded = np.pad(values.astype(np.float64), ((reach, reach), (0, 0)), mode=_MODES[edge])
        total = padded[reach : reach + size] * window[reach]
        for off, weight in zip(range(reach, 0, -1), window, strict=False):  # in the order in which SciPy adds
            total += (padded[reach - off : reach - off + size] + padded[reach + off : reach + off + size]) * weight
        values = total.astype(np.float32).T
    return values


_MODES: dict[str, Literal["edge", "symmetric"]] = {"nearest": "edge", "reflect": "symmetric"}


def grown(mask: Mask, steps: int) -> Mask:
    """A mask and all that is at most so many steps up, down, left or right of it."""
    for _ in range(steps):
        padded = np.pad(mask, 1)
        mask = mask | padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    return mask


def parts(mask: Mask) -> NDArray[np.intp]:
    """For each pixel, the number of the part that it belongs to, 0 outside; parts do not touch, nor at corners.

    The numbers are those of a pixel of each part, counted from 1.
    """
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        around = np.where(mask, _highest_around(labels), 0)
        if (around == labels).all():
            return labels
        joined = np.arange(mask.size + 1)
        np.maximum.at(joined, labels[mask], around[mask])
        while ((further := joined[joined]) != joined).any():
            joined = further
        labels = joined[labels]


def _highest_around(labels: NDArray[np.intp]) -> NDArray[np.intp]:
    for _ in range(2):
        padded = np.pad(labels, ((1, 1), (0, 0)))
        labels = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:]).T
    return labels


def distance_outside(mask: Mask) -> NDArray[np.float64]:
    """The distance of each pixel to the nearest one of a mask that is not empty; 0 within it."""
    height, width = mask.shape
    rows = np.arange(height)[:, None]
    above = np.maximum.accumulate(np.where(mask, rows, -height - width), axis=0)
    below = np.minimum.accumulate(np.where(mask, rows, 2 * height + width)[::-1], axis=0)[::-1]
    columns = np.minimum(rows - above, below - rows) ** 2  # to the nearest in the same column, squared
    squares = columns.copy()
    for off in range(1, width):
        if off * off >= squares.max():
            break
        np.minimum(squares[:, off:], columns[:, :-off] + off * off, out=squares[:, off:])
        np.minimum(squares[:, :-off], columns[:, off:] + off * off, out=squares[:, :-off])
    return np.asarray(np.sqrt(squares), np.float64)
