"""What keeps a dream smooth and within its mask: total variation, blur, clipping, a mask. All in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etudes.experiments.deep_dream.resizing import Picture

SOFTNESS = 0.02
"""Differences far below it count by their square, so that total variation has a gradient where neighbours are equal."""


def total_variation(picture: Picture) -> float:
    """How much neighbours differ: Σ √(d² + e² + s²), d and e being the differences to the next row and column.

    Source: Rudin, Osher and Fatemi, "Nonlinear total variation based noise removal algorithms", 1992, with softness s.
    """
    down, right = _differences(picture.astype(np.float64))
    return float(np.sqrt(down**2 + right**2 + SOFTNESS**2).sum())


def total_variation_gradient(picture: Picture) -> Picture:
    """The gradient of `total_variation`, of the picture's shape; no value is larger than 2 + √2."""
    result = np.empty_like(picture)
    for channel in range(picture.shape[2]):
        down, right = _differences(picture[..., channel])
        length = np.sqrt(down**2 + right**2 + np.float32(SOFTNESS**2))
        down /= length
        right /= length
        plane = -(down + right)
        plane[1:] += down[:-1]
        plane[:, 1:] += right[:, :-1]
        result[..., channel] = plane
    return result


def _differences(values: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """To the next row and to the next column, of the same shape; zero at the end."""
    down, right = np.zeros_like(values), np.zeros_like(values)
    down[:-1] = values[1:] - values[:-1]
    right[:, :-1] = values[:, 1:] - values[:, :-1]
    return down, right


def blurred(picture: Picture, radius: float) -> Picture:
    """The picture through a Gaussian with a standard deviation of `radius` pixels, mirrored beyond its edges."""
    from scipy.ndimage import gaussian_filter

    result = np.empty_like(picture)
    for channel in range(picture.shape[2]):
        gaussian_filter(picture[..., channel], radius, output=result[..., channel])
    return result


def confined(moved: Picture, before: Picture, blur: float, clip: bool, mask: Picture | None) -> Picture:
    """The picture after a step, which may be changed in place: blurred, clipped, and as before where the mask is 0.

    Args:
        moved: the picture after the step.
        before: the picture before the step.
        blur: standard deviation of the Gaussian in pixels; 0 leaves the picture sharp.
        clip: whether to keep the values in [-1, 1].
        mask: the fraction of the step that each pixel takes, float32 (height, width, 1); None: all of it.
    """
    if blur:
        moved = blurred(moved, blur)
    if clip:
        np.clip(moved, -1, 1, out=moved)
    if mask is not None:
        moved -= before
        moved *= mask
        moved += before
    return moved
