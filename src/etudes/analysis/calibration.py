"""Whether a network is as often right as it says: confidence against accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etudes.analysis.intervals import proportion_ci
from etudes.contract import Array


@dataclass(frozen=True)
class Calibration:
    """Predictions sorted into bins of equal width by their confidence."""

    edges: NDArray[np.float64]
    """Bounds of the bins, (bins + 1,), from 0 to 1."""
    counts: NDArray[np.int64]
    """Predictions in each bin, (bins,)."""
    confidence: NDArray[np.float64]
    """Mean confidence in each bin, NaN where it is empty."""
    accuracy: NDArray[np.float64]
    """Share of right predictions in each bin, NaN where it is empty."""

    @property
    def bounds(self) -> NDArray[np.float64]:
        """95 % interval of the accuracy of each bin (Wilson), (bins, 2), NaN where it is empty."""
        found = np.full((len(self.counts), 2), np.nan)
        for place in np.flatnonzero(self.counts):
            total = int(self.counts[place])
            within = proportion_ci(round(float(self.accuracy[place]) * total), total)
            found[place] = within.low, within.high
        return found

    @property
    def expected_error(self) -> float:
        """Expected calibration error: mean distance of confidence and accuracy, weighted by the bins' counts, 0..1.

        Source: Guo et al., On Calibration of Modern Neural Networks, 2017, equation 3.
        """
        held = self.counts > 0
        distance = np.abs(self.confidence[held] - self.accuracy[held])
        return float((self.counts[held] * distance).sum() / self.counts.sum())


def calibration(confidence: Array, right: Array, bins: int = 15) -> Calibration:
    """Sort predictions into bins.

    Args:
        confidence: probability given to what was predicted, (n,), 0..1.
        right: whether that was so, bool (n,).
        bins: how many.
    """
    edges = np.linspace(0, 1, bins + 1)
    # A bin holds its upper bound, as in Guo et al.; a confidence of 0 belongs to the first.
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(place, weights=values, minlength=bins) / counts for values in (confidence, right)]
    return Calibration(edges, counts, *means)
