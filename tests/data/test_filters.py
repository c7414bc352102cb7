"""The filters that find a drawing, to the bit those of SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from etudes.data import embedded_photo
from etudes.data.filters import closing, distance_outside, grown, opening, parts, smoothed

ndimage = pytest.importorskip("scipy.ndimage")

SHAPES = st.tuples(st.integers(1, 70), st.integers(1, 70))
SEEDS = st.integers(0, 2**32 - 1)


def surface(shape: tuple[int, int], seed: int) -> NDArray[np.float32]:
    """Noise, smooth or not, or a part of a photograph."""
    rng = np.random.default_rng(seed)
    if seed % 3 == 0:
        photo = np.asarray(embedded_photo("china").convert("L"), np.float32)
        top, left = rng.integers(0, photo.shape[0] - shape[0]), rng.integers(0, photo.shape[1] - shape[1])
        return photo[top : top + shape[0], left : left + shape[1]]
    values = rng.uniform(0, 255, shape).astype(np.float32)
    return np.round(values) if seed % 3 == 1 else np.asarray(ndimage.gaussian_filter(values, 3), np.float32)


def same(found: NDArray[np.generic], expected: NDArray[np.generic]) -> None:
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=60, deadline=None)
@given(SHAPES, SEEDS, st.integers(1, 60))
def test_opening_and_closing(shape: tuple[int, int], seed: int, window: int) -> None:
    values = surface(shape, seed)
    same(opening(values, window), ndimage.grey_opening(values, (window, window), mode="nearest"))
    same(closing(values, window), ndimage.grey_closing(values, (window, window), mode="nearest"))


@settings(max_examples=60, deadline=None)
@given(SHAPES, SEEDS, st.floats(0.05, 12))
def test_smoothing(shape: tuple[int, int], seed: int, sigma: float) -> None:
    values = surface(shape, seed)
    same(smoothed(values, sigma), ndimage.gaussian_filter(values, sigma))
    same(smoothed(values, sigma, "nearest"), ndimage.gaussian_filter(values, sigma, mode="nearest"))


@settings(max_examples=60, deadline=None)
@given(SHAPES, SEEDS, st.floats(0, 1), st.integers(0, 4))
def test_masks(shape: tuple[int, int], seed: int, share: float, steps: int) -> None:
    values = surface(shape, seed)
    mask = values > np.quantile(values, share)
    same(grown(mask, steps), ndimage.binary_dilation(mask, iterations=steps) if steps else mask)
    same_parts(mask)
    if mask.any():
        same(distance_outside(mask), ndimage.distance_transform_edt(~mask))


def same_parts(mask: NDArray[np.bool_]) -> None:
    expected, count = ndimage.label(mask, np.ones((3, 3)))
    found = parts(mask)
    np.testing.assert_array_equal(found > 0, mask)
    pairs = np.unique(np.stack([found[mask], expected[mask]]), axis=1)
    assert pairs.shape[1] == count == len(np.unique(pairs[0]))


def test_long_and_winding_parts_are_one_part() -> None:
    spiral = np.zeros((121, 121), bool)
    for ring in range(0, 60, 2):
        spiral[ring, ring : -ring or None] = spiral[120 - ring, ring : 121 - ring] = True
        spiral[ring : 121 - ring, 120 - ring] = spiral[ring + 2 : 121 - ring, ring] = True
        spiral[ring + 2, ring : ring + 3] = True
    comb = np.zeros((90, 90), bool)
    comb[:, ::2] = comb[0] = True
    stairs = np.eye(90, dtype=bool)
    for mask in (spiral, comb, comb.T, comb[::-1], stairs, stairs[::-1], ~spiral, np.indices((64, 64)).sum(0) % 2 == 0):
        same_parts(mask)
    letters = np.asarray(Image.fromarray(spiral).resize((300, 60)))
    same_parts(letters)
