"""Tables of errors, counted by properties of the questions such as the number of carries."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.analysis.intervals import proportion_ci
from etudes.contract import Array, Table
from etudes.experiments.addition_rnn.questions import Examples

Group = tuple[tuple[object, ...], Array]
"""The first cells of a row of a table, and the questions that it counts, bool (n,)."""


def error_tables(wrong: Array, operands: NDArray[np.int64], operator: str, *, sample: bool) -> list[Table]:
    """Errors by the digits of the two numbers; of sums by carries, of differences by borrows and sign.

    Args:
        wrong: bool (n,).
        operands: the numbers (n, 2).
        operator: what is done with them.
        sample: whether these are some of all questions: then shares have their 95 % intervals beside them.
    """
    size = count_digits(operands)
    longest = int(size.max())
    if longest <= 3:
        sizes = [(a, b) for a in range(1, longest + 1) for b in range(1, longest + 1)]
        rows: list[Group] = [(pair, (size == pair).all(axis=1)) for pair in sizes]
        tables = [count_errors("errors by digits of the numbers", ("first", "second"), wrong, rows, sample=sample)]
    else:  # as many as 81 pairs of lengths would be too many to read
        by = {"errors by digits of the longer number": size.max(axis=1)}
        by["errors by digits of the shorter number"] = size.min(axis=1)
        tables = [_by_value(title, "digits", wrong, values, sample=sample) for title, values in by.items()]
    if operator == "*":
        return tables
    what, (number, chain) = (
        ("carries", carries(operands, longest)) if operator == "+" else ("borrows", borrows(operands, longest))
    )
    tables.append(_by_value(f"errors by number of {what}", what, wrong, number, sample=sample))
    tables.append(_by_value(f"errors by longest chain of {what}", "longest chain", wrong, chain, sample=sample))
    if operator == "-":
        negative = operands[:, 0] < operands[:, 1]
        rows = [(("zero or above",), ~negative), (("below zero",), negative)]
        tables.append(count_errors("errors by sign of the answer", ("answer",), wrong, rows, sample=sample))
    return tables


def length_tables(wrong: Array, examples: Examples) -> list[Table]:
    """Errors of questions from a file by the lengths of question and answer."""
    texts = {"question": examples.questions, "answer": examples.answers}
    return [
        _by_value(f"errors by characters of the {name}", "characters", wrong, np.strings.str_len(some), sample=True)
        for name, some in texts.items()
    ]


def origin_table(wrong: Array, origin: Array) -> Table:
    """Errors among all ordered pairs by their origin: 0 trained on, 1 held out, 2 never drawn."""
    names = ("trained on, in either order", "held out, in either order", "never drawn")
    rows = [((name,), origin == k) for k, name in enumerate(names)]
    return count_errors("errors by origin of the pair", ("pair",), wrong, rows, sample=False)


def _by_value(title: str, column: str, wrong: Array, values: Array, *, sample: bool) -> Table:
    rows: list[Group] = [((int(value),), values == value) for value in np.unique(values)]
    return count_errors(title, (column,), wrong, rows, sample=sample)


def count_errors(title: str, columns: tuple[str, ...], wrong: Array, groups: Iterable[Group], *, sample: bool) -> Table:
    """A table of errors; empty groups are left out."""
    rows: list[Sequence[Any]] = []
    for name, group in groups:
        total, errors = int(group.sum()), int(wrong[group].sum())
        if total:
            found = proportion_ci(errors, total)
            bounds = (percent(found.low), percent(found.high)) if sample else ()
            rows.append((*name, total, errors, percent(found.estimate), *bounds))
    return Table(title, (*columns, "questions", "errors", "share", *(("95 % from", "95 % to") if sample else ())), rows)


def percent(value: float) -> str:
    """A share with three significant digits of its distance from 0 or 1, so that 99.9999 % is not shown as 100 %."""
    rest = 100 * min(value, 1 - value)
    decimals = max(1, 2 - math.floor(math.log10(rest))) if rest > 0 else 0
    text = f"{100 * value:.{decimals}f}"
    return f"{text.rstrip('0').rstrip('.') if decimals else text} %"


def count_digits(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many digits each number has; 0 has one."""
    return np.asarray(1 + sum(numbers >= 10**k for k in range(1, 10)), dtype=np.int64)


def carries(operands: NDArray[np.int64], digits: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Carries in the written addition of each pair of numbers.

    Args:
        operands: (n, 2).
        digits: columns to go through.

    Returns:
        Number of carries (n,) and the longest chain of carries in adjacent columns (n,), both in 0..digits.
    """
    rest = operands.copy()
    carry, number, chain, longest = np.zeros((4, len(operands)), dtype=np.int64)
    for _ in range(digits):
        carry = (rest % 10).sum(axis=1) + carry >= 10
        number = number + carry
        chain = np.where(carry, chain + 1, 0)
        longest = np.maximum(longest, chain)
        rest = rest // 10
    return number, longest


def borrows(operands: NDArray[np.int64], digits: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """As `carries`, for subtracting the smaller number of each pair: a - b borrows where b + (a - b) carries."""
    smaller, larger = operands.min(axis=1), operands.max(axis=1)
    return carries(np.stack([smaller, larger - smaller], axis=1), digits)
