"""Laplacian pyramid: a gradient split into bands of detail, each half as fine as the one before, that count alike.

Source: "Laplacian pyramid gradient normalization", A. Mordvintsev, DeepDreaming with TensorFlow, 2016.
"""

from __future__ import annotations

import math

import numpy as np

from etudes.experiments.deep_dream.resizing import Picture, resize_image


def equalize_bands(gradient: Picture, bands: int) -> Picture:
    """The sum of a gradient's bands, each with mean square 1. Otherwise the finest band drowns the others.

    Args:
        gradient: float32 (height, width, 3).
        bands: how many; fewer where the coarsest would be smaller than 4 pixels.
    """
    total, rest = np.zeros_like(gradient), gradient
    for _ in range(bands - 1):
        height, width = rest.shape[:2]
        if min(height, width) < 8:
            break
        coarse = resize_image(rest, (height // 2, width // 2))
        fine = resize_image(coarse, (height, width))
        np.subtract(rest, fine, out=fine)
        total += _unit(fine if fine.shape == gradient.shape else resize_image(fine, gradient.shape[:2]))
        rest = coarse
    total += _unit(resize_image(rest, gradient.shape[:2]))
    return total


def mean_magnitude(values: Picture) -> float:
    """Mean of the absolute values, row by row: a second array of a large picture's size would be most of the memory."""
    return sum(float(np.abs(row).sum(dtype=np.float64)) for row in values) / values.size


def _unit(band: Picture) -> Picture:
    """The band, changed in place, with mean square 1."""
    mean_square = sum(float(np.square(row).sum(dtype=np.float64)) for row in band) / band.size
    band /= np.float32(max(math.sqrt(mean_square), 1e-7))
    return band
