"""Two classifiers on the same test pictures: the difference, how sure one can be of it, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from etudes.contract import Array, Images
from etudes.views.features import stacked
from etudes.views.grids import picture_grid
from etudes.views.plotting import COLOURS

RESAMPLES = 2000


@dataclass(frozen=True)
class Paired:
    """A first and a second classifier on the same pictures."""

    difference: float
    """Accuracy of the first minus accuracy of the second, in -1..1."""
    low: float
    high: float
    """95 % interval of the difference, over other draws of as many test pictures."""
    only_first: int
    only_second: int
    """Pictures that exactly one of them gets right."""
    p: float
    """How probable counts at least as uneven as these two are, if both were equally good (McNemar, exact)."""

    def row(self) -> tuple[float | int, ...]:
        """Difference, interval, counts and p, as a row of a table."""
        return (self.difference, self.low, self.high, self.only_first, self.only_second, self.p)


def compare_answers(first: NDArray[np.bool_], second: NDArray[np.bool_], seed: int) -> Paired:
    """Compare two classifiers on the same pictures.

    This is about the test pictures alone: another training of either network would give other answers.

    Args:
        first: bool (n,), whether the first one is right.
        second: bool (n,), whether the second one is right, on the same pictures.
        seed: of the bootstrap.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions", 1947, in its
    exact form; B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, percentile interval.
    """
    from scipy import stats

    gain = first.astype(np.int8) - second.astype(np.int8)
    only_first, only_second = int((gain > 0).sum()), int((gain < 0).sum())
    low = high = float(gain.mean())
    if len(np.unique(gain)) > 1:
        found = stats.bootstrap(
            (gain,),
            np.mean,
            n_resamples=RESAMPLES,
            batch=100,
            method="percentile",
            rng=np.random.default_rng(seed),
        ).confidence_interval
        low, high = float(found.low), float(found.high)
    apart = only_first + only_second
    p = float(stats.binomtest(only_first, apart).pvalue) if apart else 1.0
    return Paired(float(gain.mean()), low, high, only_first, only_second, p)


def disagreements(
    test: Images,
    antirectifier: Array,
    baseline: Array,
    class_names: Sequence[str],
    name: str,
    most: int = 24,
) -> Image.Image | None:
    """Pictures that exactly one of two networks gets right, or None if there are none.

    Args:
        test: the pictures.
        antirectifier: int (n,), its answers.
        baseline: int (n,), the answers of its baseline.
        class_names: one for each class.
        name: the baseline's name.
        most: how many pictures to show of either kind.
    """
    strips, captions = [], []
    for winner, loser, right, wrong, colour in (
        ("antirectifier", name, antirectifier, baseline, COLOURS[0]),
        (name, "antirectifier", baseline, antirectifier, COLOURS[1]),
    ):
        found = np.flatnonzero((right == test.labels) & (wrong != test.labels))
        captions.append(f"only {winner} is right: {len(found)}" + (f"; below, what {loser} says" if len(found) else ""))
        shown = found[:most]
        scale = max(1, round(84 / test.pictures.shape[2]))
        then = ", " if max(map(len, class_names)) <= 3 else ",\n"  # two names in one line would be cut off
        texts = [f"{class_names[test.labels[i]]}{then}not {class_names[wrong[i]]}" for i in shown]
        if len(shown):
            strips.append(
                picture_grid(
                    test.pictures[shown],
                    min(8, len(shown)),
                    captions=texts,
                    colours=[colour] * len(shown),
                    scale=scale,
                )
            )
        else:
            strips.append(Image.new("RGB", (320, 4), "white"))
    if all(strip.height == 4 for strip in strips):
        return None
    return stacked(strips, captions)
