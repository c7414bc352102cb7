"""How sure a figure is: confidence intervals of shares and of differences between pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from etudes.contract import Array


@dataclass(frozen=True)
class Interval:
    """An estimate and the bounds of its confidence interval."""

    estimate: float
    low: float
    high: float


def proportion_ci(count: int, total: int, level: float = 0.95) -> Interval:
    """The interval of a share that was counted, after Wilson (1927): right even where nothing or all was counted.

    Args:
        count: how many had the property, 0..total.
        total: how many were looked at, 1 at least.
        level: probability with which such intervals hold the truth, 0..1.
    """
    from scipy.stats import binomtest

    bounds: Any = binomtest(count, total).proportion_ci(level, method="wilson")
    return Interval(count / total, float(bounds.low), float(bounds.high))


def mean_ci(values: Array, level: float = 0.95) -> Interval:
    """The interval of a mean by Student's t; of differences within pairs it is the paired interval.

    Args:
        values: numbers (n,), such as first minus second of each pair. Of a single one the bounds are infinite.
        level: as for `share`.
    """
    from scipy.stats import t

    middle = float(np.mean(values))
    if len(values) < 2:
        return Interval(middle, -np.inf, np.inf)
    reach = float(t.ppf((1 + level) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return Interval(middle, middle - reach, middle + reach)
