"""Intervals and calibration against SciPy, statistics by hand, and a loop over predictions."""

import numpy as np
import pytest
from scipy import stats

from etudes.analysis.calibration import calibration
from etudes.analysis.intervals import mean_ci, proportion_ci


def test_a_share_has_wilsons_interval() -> None:
    z, n, p = stats.norm.ppf(0.975), 40, 37 / 40
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    found = proportion_ci(37, 40)
    assert (found.estimate, found.low, found.high) == pytest.approx((p, middle - reach, middle + reach))


def test_nothing_wrong_does_not_mean_surely_right() -> None:
    assert proportion_ci(0, 100).low == 0
    assert 0.03 < proportion_ci(0, 100).high < 0.05


def test_differences_of_pairs_have_the_interval_of_the_paired_test() -> None:
    first, second = np.random.default_rng(0).normal(loc=[[0.5], [0.0]], size=(2, 8))
    expected = stats.ttest_rel(first, second).confidence_interval(0.9)
    found = mean_ci(first - second, 0.9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.low < found.estimate < found.high


def test_one_value_says_nothing_of_the_spread() -> None:
    assert mean_ci(np.array([0.2])).high == np.inf


def test_the_expected_calibration_error_is_that_of_a_loop() -> None:
    rng = np.random.default_rng(1)
    confidence = np.append(rng.random(500), [0.0, 1.0, 0.2])
    right = rng.random(503) < confidence**2
    expected = 0.0
    for k in range(10):
        held = [i for i, c in enumerate(confidence) if k / 10 < c <= (k + 1) / 10 or (k == 0 and c == 0)]
        expected += abs(sum(confidence[held]) - sum(right[held])) / 503
    found = calibration(confidence, right, bins=10)
    assert found.expected_error == pytest.approx(expected)
    assert found.counts.sum() == 503


def test_a_network_that_is_as_right_as_it_is_sure_has_no_error() -> None:
    found = calibration(np.array([0.75] * 4 + [1.0]), np.array([True, True, True, False, True]))
    assert found.expected_error == 0


def test_the_share_of_each_bin_has_wilsons_interval() -> None:
    rng = np.random.default_rng(4)
    confidence = rng.uniform(0.5, 1, 300)
    found = calibration(confidence, rng.random(300) < confidence, bins=4)
    z = 1.959963984540054
    for count, p, bounds in zip(found.counts, found.accuracy, found.bounds, strict=True):
        if not count:
            assert np.isnan(bounds).all()
            continue
        middle, reach = p + z * z / (2 * count), z * np.sqrt(p * (1 - p) / count + z * z / (4 * count**2))
        np.testing.assert_allclose(bounds, (middle + np.array([-reach, reach])) / (1 + z * z / count), atol=1e-9)
