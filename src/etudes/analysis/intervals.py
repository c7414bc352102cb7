"""Confidence intervals of proportions and of means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from etudes.contract import Array


@dataclass(frozen=True)
class ConfidenceInterval:
    """An estimate and the bounds of its confidence interval."""

    estimate: float
    low: float
    high: float


def proportion_ci(count: int, total: int, level: float = 0.95) -> ConfidenceInterval:
    """Wilson's interval (1927) of a proportion; also right for none and for all.

    Args:
        count: number of successes, 0..total.
        total: number of trials, at least 1.
        level: confidence level, 0..1.
    """
    from scipy.stats import binomtest

    bounds: Any = binomtest(count, total).proportion_ci(level, method="wilson")
    return ConfidenceInterval(count / total, float(bounds.low), float(bounds.high))


def mean_ci(values: Array, level: float = 0.95) -> ConfidenceInterval:
    """Student's t interval of a mean; for differences within pairs it is the paired interval.

    Args:
        values: numbers (n,), such as first minus second of each pair. For a single one the bounds are infinite.
        level: confidence level, 0..1.
    """
    from scipy.stats import t

    mean = float(np.mean(values))
    if len(values) < 2:
        return ConfidenceInterval(mean, -np.inf, np.inf)
    half = float(t.ppf((1 + level) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return ConfidenceInterval(mean, mean - half, mean + half)
