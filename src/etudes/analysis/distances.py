"""Distances of sets of features or pictures: kernel distance (KID), distances within classes, nearest neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etudes.contract import Array

PART = 5000
"""Rows compared at once, to save memory: 60,000 pictures as float32 would take 190 MB."""


def kernel_distance(first: Array, second: Array) -> float:
    """The squared maximum mean discrepancy with the kernel (x·y / d + 1)³, unbiased: mean 0 for equal distributions.

    For features of a classifier it is the kernel inception distance, KID (Bińkowski et al., 2018).

    Args:
        first: features (n, d) of one set, n ≥ 2.
        second: features (m, d) of the other, m ≥ 2.
    """
    a, b = first.astype(np.float64), second.astype(np.float64)
    within = [_mean_of_pairs(rows) for rows in (a, b)]
    return float(sum(within) - 2 * _kernel(a, b).mean())


def _kernel(a: Array, b: Array) -> Array:
    values: Array = (a @ b.T / a.shape[1] + 1) ** 3
    return values


def _mean_of_pairs(rows: Array) -> float:
    """Mean of the kernel over pairs of different rows; pairs of a row with itself would bias the estimate."""
    count, values = len(rows), _kernel(rows, rows)
    return float((values.sum() - np.trace(values)) / (count * (count - 1)))


def kernel_distances(
    first: Array, second: Array, rng: np.random.Generator, subsets: int = 30, size: int = 200
) -> NDArray[np.float64]:
    """The kernel distance of random subsets; their spread shows its uncertainty.

    Args:
        first: features (n, d).
        second: features (m, d).
        rng: draws the subsets, each without replacement.
        subsets: number of subsets.
        size: rows in each; at most all rows are used.

    Returns:
        One distance for each subset, (subsets,).
    """
    size = min(size, len(first), len(second))
    drawn = [(rng.choice(len(rows), size, replace=False) for rows in (first, second)) for _ in range(subsets)]
    return np.array([kernel_distance(first[one], second[other]) for one, other in drawn])


def within_classes(features: Array, labels: Array, classes: int) -> NDArray[np.float64]:
    """Mean distance of two different pictures of a class, (classes,); NaN for a class with fewer than two.

    Args:
        features: (n, d).
        labels: int (n,) in 0..classes-1.
        classes: number of classes.
    """
    from scipy.spatial.distance import pdist

    groups = [features[labels == k] for k in range(classes)]
    return np.array([float(pdist(group).mean()) if len(group) > 1 else np.nan for group in groups])


def nearest(rows: Array, among: Array) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The nearest neighbour of each row.

    Args:
        rows: numbers (n, d).
        among: the rows (m, d) to search.

    Returns:
        Euclidean distance (n,) and index in `among` (n,).
    """
    flat = rows.astype(np.float32)
    best, index = np.full(len(flat), np.inf), np.zeros(len(flat), np.int64)
    for start in range(0, len(among), PART):
        part = among[start : start + PART].astype(np.float32)
        squared = (part**2).sum(1) - 2 * flat @ part.T  # without the row's own square, which is the same for all
        found = squared.argmin(1)
        value = squared[np.arange(len(flat)), found]
        index, best = np.where(value < best, start + found, index), np.minimum(value, best)
    difference = rows.astype(np.float64) - among[index].astype(np.float64)
    return np.sqrt((difference**2).sum(1)), index
