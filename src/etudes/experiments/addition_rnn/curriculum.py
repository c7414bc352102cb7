"""Curriculum learning: short numbers first (Zaremba and Sutskever, *Learning to Execute*, 2014)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etudes.experiments.addition_rnn.pairs import pair_ids

MIXED_SHARE = 0.2
"""Share of the pairs that have all lengths from the start, while the others grow (the paper's "combined" strategy).

Trained on short numbers alone, a network arranges its state so that longer ones find no room later.
"""


def max_digits(epoch: int, digits: int, growing_epochs: float) -> int:
    """Maximum number of digits of most numbers in an epoch (from 0): from 2 to `digits` over the growing epochs."""
    if epoch >= growing_epochs or digits < 3:
        return digits
    return 2 + int((digits - 2) * epoch / growing_epochs)


def draw_growing_pairs(
    count: int, digits: int, now: int, held_out: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Pairs (count, 2) for an epoch of the curriculum; few short ones exist, so pairs may repeat.

    Args:
        count: how many.
        digits: maximum number of digits of `MIXED_SHARE` of the pairs.
        now: maximum number of digits of the others.
        held_out: `pair_ids` of the pairs that are never drawn.
        rng: source of the random numbers.
    """
    pairs = np.empty((0, 2), dtype=np.int64)
    while len(pairs) < count:
        largest = np.where(rng.random((count, 1)) < MIXED_SHARE, digits, now)
        drawn = rng.integers(0, 10 ** rng.integers(1, largest + 1, size=(count, 2)))
        pairs = np.concatenate([pairs, drawn[~np.isin(pair_ids(drawn), held_out)]])
    return pairs[:count]
