"""Sampling unordered pairs of numbers without repetition."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etudes.errors import UserError

MAX_LISTED_DIGITS = 3
"""Up to so many digits all pairs are listed (500,500) and sampled; above, pairs are drawn until enough differ."""


def count_pairs(digits: int) -> int:
    """How many unordered pairs of numbers of up to so many digits exist: 55, 5,050, 500,500 and so on."""
    numbers = int(10**digits)
    return numbers * (numbers + 1) // 2


def draw_numbers(shape: tuple[int, ...], digits: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Numbers as the example of 2017 draws them: first how many digits (1..digits), then each digit."""
    return rng.integers(0, 10 ** rng.integers(1, digits + 1, size=shape))


def draw_pairs(count: int, digits: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Different unordered pairs of numbers, (count, 2), each in a random order of its two numbers.

    They are distributed as if pairs were drawn by `draw_numbers` and repeated ones discarded, which is what the example
    of 2017 does; but this also ends where nearly all pairs are asked for.

    Raises:
        UserError: fewer pairs exist.
    """
    if count > count_pairs(digits):
        raise UserError(f"only {count_pairs(digits):,} different pairs of up to {digits} digits exist: ask for fewer")
    if digits > MAX_LISTED_DIGITS:
        pairs = np.empty((0, 2), dtype=np.int64)
        while len(pairs) < count:
            pairs = np.concatenate([pairs, draw_numbers((count, 2), digits, rng)])
            pairs = pairs[np.sort(np.unique(pair_ids(pairs), return_index=True)[1])]
        return pairs[:count]
    # Weighted sampling without replacement: each pair gets an exponential arrival time with its probability as rate,
    # and the first to arrive are taken (Efraimidis and Spirakis, 2006).
    numbers = np.arange(10**digits)
    chance = sum((numbers < 10**k) / 10**k for k in range(1, digits + 1))
    low, high = np.triu_indices(len(numbers))
    rate = chance[low] * chance[high] * np.where(low == high, 1, 2)
    first = np.argsort(rng.exponential(size=len(rate)) / rate, kind="stable")[:count]
    return swap_at_random(np.stack([low[first], high[first]], axis=1), rng)


def swap_at_random(pairs: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """The pairs (n, 2), each with its two numbers swapped with probability 1/2."""
    return np.where(rng.random((len(pairs), 1)) < 0.5, pairs[:, ::-1], pairs)


def pair_ids(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """An ID (n,) for each pair (n, 2) of numbers of up to 9 digits: the same for both orders, and for no other pair."""
    return np.asarray(pairs.min(axis=1) * 10**9 + pairs.max(axis=1), dtype=np.int64)
