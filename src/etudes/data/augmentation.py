"""Augmentation of a whole epoch of pictures at once, in NumPy. The same generator state gives the same pictures."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def random_flip(pictures: Pixels, rng: np.random.Generator) -> Pixels:
    """Flip each picture left to right with probability one half.

    Args:
        pictures: uint8 (n, height, width, channels); not changed.
        rng: drawn from once for each picture.
    """
    flipped = pictures.copy()
    chosen = rng.random(len(pictures)) < 0.5
    flipped[chosen] = flipped[chosen, :, ::-1]
    return flipped


def alternating_flip(pictures: Pixels, epoch: int, indices: NDArray[np.int64]) -> Pixels:
    """Flip each picture left to right in every second epoch: half of the pictures in even epochs, half in odd ones.

    So two epochs in a row show both versions of every picture; random flips do not (K. Jordan, airbench, 2024).

    Args:
        pictures: uint8 (n, height, width, channels); not changed.
        epoch: from 0.
        indices: int (n,), each picture's index in the data set.
    """
    flipped = pictures.copy()
    # Multiplicative hashing: the top bit of 32 splits the indices into two halves that stay the same for ever.
    half = (indices * 2654435761 % 2**32) >> 31
    chosen = (half + epoch) % 2 == 1
    flipped[chosen] = flipped[chosen, :, ::-1]
    return flipped


def cutout(pictures: Pixels, side: int, rng: np.random.Generator) -> Pixels:
    """Make a random square of each picture grey (T. DeVries, G. Taylor, "Improved regularization … with Cutout", 2017).

    Args:
        pictures: uint8 (n, height, width, channels); not changed.
        side: of the square, pixels; its centre is anywhere in the picture, so parts of it may lie outside.
        rng: drawn from twice for each picture.
    """
    count, height, width = pictures.shape[:3]
    masked = np.ones((count, 1, 1, 1), dtype=np.bool_)
    for axis, extent in ((1, height), (2, width)):
        first = rng.integers(0, extent, size=(count, 1)) - side // 2
        indices = np.arange(extent)[None, :]
        inside = (indices >= first) & (indices < first + side)
        masked = masked & inside.reshape((count, extent, 1, 1) if axis == 1 else (count, 1, extent, 1))
    return np.where(masked, np.uint8(128), pictures)


def translate(
    pictures: Pixels,
    rows: float,
    columns: float,
    rng: np.random.Generator,
    *,
    fill: str = "edge",
    whole: bool = True,
) -> Pixels:
    """Shift each picture up or down and left or right by a random distance.

    Args:
        pictures: uint8 (n, height, width, channels); not changed.
        rows: largest distance up or down, pixels.
        columns: largest distance to the left or right, pixels.
        rng: drawn from twice for each picture.
        fill: what fills the gap: "edge" repeats the border, "reflect" mirrors the picture, "constant" is black.
        whole: shift by whole pixels; otherwise by fractions, interpolated linearly.
    """
    for axis, limit in ((1, rows), (2, columns)):
        if whole:
            distances = rng.integers(-int(limit), int(limit) + 1, size=len(pictures)).astype(np.float64)
        else:
            distances = rng.uniform(-limit, limit, size=len(pictures))
        pictures = _translate_axis(pictures, distances, axis, int(np.ceil(limit)), fill)
    return pictures


def shear(pictures: Pixels, limit: float, rng: np.random.Generator) -> Pixels:
    """Shear each picture along its rows, then along its columns; opposite shears together make a small rotation.

    Values are interpolated linearly; gaps repeat the border.

    Args:
        pictures: uint8 (n, height, width, channels); not changed.
        limit: largest shear either way, in pixels per pixel: 0.2 moves the first row of 28 by up to 2.7 pixels.
        rng: drawn from twice for each picture.
    """
    shears = rng.uniform(-limit, limit, size=(2, len(pictures)))
    sheared = np.empty_like(pictures)
    for start in range(0, len(pictures), 4096):
        some = slice(start, start + 4096)
        rows = _shear_rows(pictures[some], shears[0, some], limit)
        sheared[some] = _shear_rows(rows.swapaxes(1, 2), shears[1, some], limit).swapaxes(1, 2)
    return sheared


def _shear_rows(pictures: Pixels, shears: NDArray[np.float64], limit: float) -> Pixels:
    """Move row y of picture i by shears[i] · y, where y is counted from the middle."""
    count, height, width = pictures.shape[:3]
    distances = shears[:, None] * (np.arange(height) - (height - 1) / 2)
    margin = int(np.ceil(limit * height / 2)) + 1
    whole = np.floor(distances).astype(np.int64)
    # Pixels have eight bits, so eight bits of the fraction are enough.
    part = np.rint(256 * (distances - whole)).astype(np.uint16)[:, :, None, None]
    padded = np.pad(pictures, [(0, 0), (0, 0), (margin, margin + 1), (0, 0)], mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width + 1, axis=2)
    rows = windows[np.arange(count)[:, None], np.arange(height), margin + whole].swapaxes(2, 3)
    moved = rows[:, :, :-1] * (256 - part) + rows[:, :, 1:] * part
    return np.asarray((moved + 128) >> 8, dtype=np.uint8)


def _translate_axis(pictures: Pixels, distances: NDArray[np.float64], axis: int, limit: int, fill: str) -> Pixels:
    """Shift picture i by distances[i] along an axis, 4,096 pictures at a time to save memory."""
    extent = pictures.shape[axis]
    padding = [(0, 0)] * pictures.ndim
    padding[axis] = (limit + 1, limit + 1)
    whole = np.floor(distances).astype(np.int64)
    part = (distances - whole).astype(np.float32)
    indices = np.arange(extent)[None, :] + limit + 1 + whole[:, None]
    shape = (-1, extent, 1, 1) if axis == 1 else (-1, 1, extent, 1)
    moved = np.empty_like(pictures)
    for start in range(0, len(pictures), 4096):
        some = slice(start, start + 4096)
        padded = np.pad(pictures[some], padding, mode=fill)  # type: ignore[call-overload]
        index = indices[some].reshape(shape)
        first = np.take_along_axis(padded, index, axis)
        if part[some].any():
            second = np.take_along_axis(padded, index + 1, axis)
            weight = part[some].reshape(-1, 1, 1, 1)
            first = np.rint(first * (1 - weight) + second * weight).astype(np.uint8)
        moved[some] = first
    return moved
