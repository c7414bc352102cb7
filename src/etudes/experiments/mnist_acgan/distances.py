"""Distances of generated to real pictures: kernel distance (KID), distances within a class, nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from etudes.contract import Array
from etudes.views.plotting import COLOURS, figure, picture

CHUNK = 5000
"""Rows that are compared at once: 60,000 pictures as float32 would take 190 MB."""


def kernel_distance(first: Array, second: Array) -> float:
    """The squared maximum mean discrepancy with the kernel (x·y / d + 1)³, unbiased: 0 on average for equal sources.

    Of features (n, d) and (m, d) of a classifier it is the kernel inception distance, KID (Bińkowski et al., 2018).
    """
    a, b = first.astype(np.float64), second.astype(np.float64)
    within = [_mean_of_pairs(rows) for rows in (a, b)]
    return float(sum(within) - 2 * _kernel(a, b).mean())


def _kernel(a: Array, b: Array) -> Array:
    values: Array = (a @ b.T / a.shape[1] + 1) ** 3
    return values


def _mean_of_pairs(rows: Array) -> float:
    """Mean of the kernel over pairs of different rows; a row with itself would make the estimate biased."""
    count, values = len(rows), _kernel(rows, rows)
    return float((values.sum() - np.trace(values)) / (count * (count - 1)))


def kernel_distances(
    first: Array, second: Array, rng: np.random.Generator, subsets: int = 30, size: int = 200
) -> NDArray[np.float64]:
    """The kernel distance between random subsets, (subsets,); their spread is its uncertainty.

    Args:
        first: features (n, d).
        second: features (m, d).
        rng: draws the subsets, each without repetition.
        subsets: how many.
        size: rows in each, at most all there are.
    """
    size = min(size, len(first), len(second))
    drawn = [(rng.choice(len(rows), size, replace=False) for rows in (first, second)) for _ in range(subsets)]
    return np.array([kernel_distance(first[one], second[other]) for one, other in drawn])


def within_classes(features: Array, labels: Array, classes: int) -> NDArray[np.float64]:
    """Mean distance between two different rows of features (n, d) of each class: (classes,); NaN for fewer than two."""
    from scipy.spatial.distance import pdist

    groups = [features[labels == k] for k in range(classes)]
    return np.array([float(pdist(group).mean()) if len(group) > 1 else np.nan for group in groups])


def nearest(rows: Array, among: Array) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each row (n, d) the nearest in `among` (m, d): Euclidean distances (n,) and indices (n,)."""
    flat = rows.astype(np.float32)
    best, index = np.full(len(flat), np.inf), np.zeros(len(flat), np.int64)
    for start in range(0, len(among), CHUNK):
        chunk = among[start : start + CHUNK].astype(np.float32)
        squared = (chunk**2).sum(1) - 2 * flat @ chunk.T  # without the row's own square, which is the same for all
        found = squared.argmin(1)
        value = squared[np.arange(len(flat)), found]
        index, best = np.where(value < best, start + found, index), np.minimum(value, best)
    difference = rows.astype(np.float64) - among[index].astype(np.float64)
    return np.sqrt((difference**2).sum(1)), index


def distances_histogram(distances: Mapping[str, Array], axis: str) -> Image.Image:
    """A histogram of each named set, one panel below the other, its median dashed; `axis` labels the distances."""
    edges = np.linspace(0, max(float(np.max(values)) for values in distances.values()) * 1.02 or 1, 41)
    with figure(6.4, 1.4 + 1.5 * len(distances)) as plot:
        panels = plot.subplots(len(distances), 1, sharex=True, squeeze=False)[:, 0]
        for index, (panel, (name, values)) in enumerate(zip(panels, distances.items(), strict=True)):
            middle = float(np.median(values))
            panel.hist(values, edges, color=COLOURS[index], edgecolor="white", linewidth=0.5)
            panel.axvline(middle, color="black", linestyle="--", linewidth=1)
            panel.set_title(f"{len(values)} {name}, median {middle:.4g}", fontsize=10, loc="left")
            panel.set_ylabel("count")
        panels[-1].set_xlim(0, edges[-1])
        panels[-1].set_xlabel(axis)
        return picture(plot)
