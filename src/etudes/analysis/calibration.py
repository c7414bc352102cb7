"""Calibration: whether predictions of 70 % confidence are right in 70 % of the cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etudes.analysis.intervals import proportion_ci
from etudes.contract import Array


@dataclass(frozen=True)
class Calibration:
    """Predictions in bins of equal width by their confidence."""

    edges: NDArray[np.float64]
    """Edges of the bins, (bins + 1,), from 0 to 1."""
    counts: NDArray[np.int64]
    """Number of predictions in each bin, (bins,)."""
    confidence: NDArray[np.float64]
    """Mean confidence in each bin; NaN where it is empty."""
    accuracy: NDArray[np.float64]
    """Share of correct predictions in each bin; NaN where it is empty."""

    @property
    def bounds(self) -> NDArray[np.float64]:
        """95 % interval of the accuracy of each bin (Wilson), (bins, 2); NaN where it is empty."""
        found = np.full((len(self.counts), 2), np.nan)
        for index in np.flatnonzero(self.counts):
            total = int(self.counts[index])
            interval = proportion_ci(round(float(self.accuracy[index]) * total), total)
            found[index] = interval.low, interval.high
        return found

    @property
    def expected_error(self) -> float:
        """Expected calibration error: mean distance of confidence and accuracy, weighted by the bins' counts, 0..1.

        Source: Guo et al., On Calibration of Modern Neural Networks, 2017, equation 3.
        """
        filled = self.counts > 0
        distance = np.abs(self.confidence[filled] - self.accuracy[filled])
        return float((self.counts[filled] * distance).sum() / self.counts.sum())


def calibration(confidence: Array, correct: Array, bins: int = 15) -> Calibration:
    """Put predictions into bins.

    Args:
        confidence: probability of each predicted class, (n,), 0..1.
        correct: whether the prediction is correct, bool (n,).
        bins: number of bins.
    """
    edges = np.linspace(0, 1, bins + 1)
    # A bin includes its upper edge, as in Guo et al.; a confidence of 0 belongs to the first.
    index = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(index, minlength=bins)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(index, weights=values, minlength=bins) / counts for values in (confidence, correct)]
    return Calibration(edges, counts, *means)
