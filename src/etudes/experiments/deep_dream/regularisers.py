"""What keeps a dream smooth, and where it is: total variation, blur, masks. All in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.float32]
"""float32 (height, width, 3) with values in [-1, 1]; a mask is (height, width, 1) with values in [0, 1]."""

SOFTNESS = 0.02
"""Differences far below it count by their square, so that total variation has a slope where there is no difference."""


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
    """The picture through a Gaussian with a standard deviation of `radius` pixels; past its edges it is mirrored."""
    from scipy.ndimage import gaussian_filter

    result = np.empty_like(picture)
    for channel in range(picture.shape[2]):
        gaussian_filter(picture[..., channel], radius, output=result[..., channel])
    return result


def mask_of(image: Image.Image) -> Picture:
    """A grey picture as a mask: where it is black nothing is changed, where it is white everything may be."""
    return np.asarray(image.convert("L"), dtype=np.float32)[..., None] / np.float32(255)


def resized_mask(mask: Picture, shape: tuple[int, int]) -> Picture:
    """The mask at another size, each value a mean of the old ones, so that it stays in [0, 1]."""
    if mask.shape[:2] == shape:
        return mask
    plane = Image.fromarray(np.ascontiguousarray(mask[..., 0])).resize(shape[::-1], Image.Resampling.BILINEAR)
    return np.clip(np.asarray(plane, dtype=np.float32), 0, 1)[..., None]
