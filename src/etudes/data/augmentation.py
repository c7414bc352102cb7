"""Augmentation of a whole epoch of pictures at once, in NumPy: a pure function of the random generator given."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def random_flip(pictures: Pixels, random: np.random.Generator) -> Pixels:
    """Mirror each picture from left to right with probability one half.

    Args:
        pictures: uint8 (n, height, width, channels); not changed.
        random: drawn from once for each picture.
    """
    flipped = pictures.copy()
    chosen = random.random(len(pictures)) < 0.5
    flipped[chosen] = flipped[chosen, :, ::-1]
    return flipped


def alternating_flip(pictures: Pixels, epoch: int, places: NDArray[np.int64]) -> Pixels:
    """Mirror each picture in every second epoch, half of the pictures in even ones and half in odd ones.

    Every pair of epochs shows both sides of each picture, which a coin for each does not (K. Jordan,
    airbench, 2024).

    Args:
        pictures: uint8 (n, height, width, channels); not changed.
        epoch: from 0.
        places: int (n,), each picture's place in the data set.
    """
    flipped = pictures.copy()
    # An odd multiplier scatters neighbours; the fixed half of the places follows from its top bit.
    half = (places * 2654435761 % 2**32) >> 31
    chosen = (half + epoch) % 2 == 1
    flipped[chosen] = flipped[chosen, :, ::-1]
    return flipped


def cutout(pictures: Pixels, side: int, random: np.random.Generator) -> Pixels:
    """Make a square of each picture grey (T. DeVries, G. Taylor, "Improved regularization … with Cutout", 2017).

    Args:
        pictures: uint8 (n, height, width, channels); not changed.
        side: of the square, pixels; its centre is anywhere in the picture, so that parts of it may lie outside.
        random: drawn from twice for each picture.
    """
    count, height, width = pictures.shape[:3]
    hidden = np.ones((count, 1, 1, 1), dtype=np.bool_)
    for axis, extent in ((1, height), (2, width)):
        first = random.integers(0, extent, size=(count, 1)) - side // 2
        places = np.arange(extent)[None, :]
        inside = (places >= first) & (places < first + side)
        hidden = hidden & inside.reshape((count, extent, 1, 1) if axis == 1 else (count, 1, extent, 1))
    return np.where(hidden, np.uint8(128), pictures)


def translate(
    pictures: Pixels,
    rows: float,
    columns: float,
    random: np.random.Generator,
    *,
    fill: str = "edge",
    whole: bool = True,
) -> Pixels:
    """Move each picture up or down and left or right by a random distance.

    Args:
        pictures: uint8 (n, height, width, channels); not changed.
        rows: greatest distance up or down, pixels.
        columns: greatest distance to the left or right, pixels.
        random: drawn from twice for each picture.
        fill: what comes in from outside: "edge" repeats the border, "reflect" mirrors, "constant" is black.
        whole: whether distances are whole numbers; else they are any, interpolated linearly.
    """
    count = len(pictures)
    moved = pictures
    for axis, most in ((1, rows), (2, columns)):
        if whole:
            distances = random.integers(-int(most), int(most) + 1, size=count).astype(np.float64)
        else:
            distances = random.uniform(-most, most, size=count)
        moved = _translate_axis(moved, distances, axis, int(np.ceil(most)), fill)
    return moved


def shear(pictures: Pixels, most: float, random: np.random.Generator) -> Pixels:
    """Slant each picture along its rows, then along its columns: small turns are among what comes out.

    Values are interpolated linearly; what comes in from outside repeats the border.

    Args:
        pictures: uint8 (n, height, width, channels); not changed.
        most: greatest shear either way, in pixels a pixel: 0.2 moves the first row of 28 by up to 2.7 pixels.
        random: drawn from twice for each picture.
    """
    shears = random.uniform(-most, most, size=(2, len(pictures)))
    sheared = np.empty_like(pictures)
    for start in range(0, len(pictures), 4096):
        some = slice(start, start + 4096)
        rows = _shear_rows(pictures[some], shears[0, some], most)
        sheared[some] = _shear_rows(rows.swapaxes(1, 2), shears[1, some], most).swapaxes(1, 2)
    return sheared


def _shear_rows(pictures: Pixels, shears: NDArray[np.float64], most: float) -> Pixels:
    """Move row y of picture i by shears[i] · y, y counted from the middle."""
    count, height, width = pictures.shape[:3]
    distances = shears[:, None] * (np.arange(height) - (height - 1) / 2)
    margin = int(np.ceil(most * height / 2)) + 1
    whole = np.floor(distances).astype(np.int64)
    # Eight bits of the fraction are all that pixels of eight bits can show.
    part = np.rint(256 * (distances - whole)).astype(np.uint16)[:, :, None, None]
    padded = np.pad(pictures, [(0, 0), (0, 0), (margin, margin + 1), (0, 0)], mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width + 1, axis=2)
    rows = windows[np.arange(count)[:, None], np.arange(height), margin + whole].swapaxes(2, 3)
    moved = rows[:, :, :-1] * (256 - part) + rows[:, :, 1:] * part
    return np.asarray((moved + 128) >> 8, dtype=np.uint8)


def _translate_axis(pictures: Pixels, distances: NDArray[np.float64], axis: int, most: int, fill: str) -> Pixels:
    """Move picture i by distances[i] along an axis, 4,096 pictures at a time to keep memory small."""
    extent = pictures.shape[axis]
    padding = [(0, 0)] * pictures.ndim
    padding[axis] = (most + 1, most + 1)
    whole = np.floor(distances).astype(np.int64)
    part = (distances - whole).astype(np.float32)
    places = np.arange(extent)[None, :] + most + 1 + whole[:, None]
    shape = (-1, extent, 1, 1) if axis == 1 else (-1, 1, extent, 1)
    moved = np.empty_like(pictures)
    for start in range(0, len(pictures), 4096):
        some = slice(start, start + 4096)
        padded = np.pad(pictures[some], padding, mode=fill)  # type: ignore[call-overload]
        index = places[some].reshape(shape)
        first = np.take_along_axis(padded, index, axis)
        if part[some].any():
            second = np.take_along_axis(padded, index + 1, axis)
            weight = part[some].reshape(-1, 1, 1, 1)
            first = np.rint(first * (1 - weight) + second * weight).astype(np.uint8)
        moved[some] = first
    return moved
