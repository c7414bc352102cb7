"""Distances between sets of pictures against loops, SciPy and scikit-learn."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors

from etudes.experiments.mnist_acgan.distances import kernel_distance, kernel_distances, nearest, within_classes


def test_the_kernel_distance_is_the_sum_over_all_pairs() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(7, 5)), rng.normal(0.5, 1, size=(9, 5))

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float(polynomial_kernel([x], [y], degree=3, gamma=1 / 5, coef0=1)[0, 0])

    within = [np.mean([kernel(x, y) for x, y in combinations(rows, 2)]) for rows in (a, b)]
    across = np.mean([kernel(x, y) for x in a for y in b])
    assert kernel_distance(a, b) == pytest.approx(sum(within) - 2 * across)


def test_of_equal_sources_the_kernel_distance_is_zero_on_average_and_grows_with_the_difference() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 3000, 4))
    same = kernel_distances(a, b, rng, subsets=200, size=50)
    assert same.shape == (200,)
    assert abs(same.mean()) < 3 * same.std() / np.sqrt(200)
    assert (same < 0).any(), "an unbiased estimate of zero is sometimes below it"
    shifted = [kernel_distances(a, b + by, rng, size=50).mean() for by in (0.3, 0.6)]
    assert same.mean() + 3 * same.std() / np.sqrt(200) < shifted[0] < shifted[1]


def test_a_subset_takes_no_row_twice_and_all_there_are_if_it_is_large() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(12, 3)), rng.normal(size=(10, 3))
    whole = kernel_distances(a[:10], b, rng, subsets=3, size=99)
    assert whole == pytest.approx(np.full(3, kernel_distance(a[:10], b)))


def test_distances_within_classes_are_the_mean_over_pairs() -> None:
    rng = np.random.default_rng(3)
    rows, labels = rng.normal(size=(20, 3)), np.array([0] * 12 + [1] * 7 + [2])
    expected = [np.mean([np.linalg.norm(x - y) for x, y in combinations(rows[labels == k], 2)]) for k in (0, 1)]
    found = within_classes(rows, labels, 3)
    assert found[:2] == pytest.approx(expected)
    assert np.isnan(found[2])


def test_the_nearest_is_the_nearest_also_beyond_one_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etudes.experiments.mnist_acgan.distances.CHUNK", 30)
    rng = np.random.default_rng(4)
    among = rng.integers(0, 256, (100, 40)).astype(np.uint8)
    rows = np.concatenate([rng.integers(0, 256, (20, 40)), among[[77, 3]]]).astype(np.uint8)
    distances, indices = NearestNeighbors(n_neighbors=1).fit(among.astype(float)).kneighbors(rows.astype(float))
    found, index = nearest(rows, among)
    assert index.tolist() == indices[:, 0].tolist()
    assert found == pytest.approx(distances[:, 0])
    assert found[-2:].tolist() == [0, 0], "of a copy it is exactly zero"
