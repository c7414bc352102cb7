"""Where errors are: counted by what the questions are like, with the confidence intervals of samples."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.analysis.intervals import proportion_ci
from etudes.contract import Array, Table
from etudes.experiments.addition_rnn.questions import Exercises, borrows, carries

Group = tuple[tuple[object, ...], Array]
"""What a row of a table is called, and which questions it counts, bool (n,)."""


def error_tables(wrong: Array, operands: NDArray[np.int64], operator: str, *, sample: bool) -> list[Table]:
    """Errors by the digits of the two numbers; of sums by carries, of differences by borrows and sign.

    Args:
        wrong: bool (n,).
        operands: the numbers (n, 2).
        operator: what was done with them.
        sample: whether these are some of all questions: then shares have their 95 % intervals beside them.
    """
    size = digits_of(operands)
    most = int(size.max())
    sizes = [(a, b) for a in range(1, most + 1) for b in range(1, most + 1)]
    rows: list[Group]
    if most <= 3:
        rows = [((a, b), (size[:, 0] == a) & (size[:, 1] == b)) for a, b in sizes]
        tables = [counted("errors by digits of the numbers", ("first", "second"), wrong, rows, sample=sample)]
    else:  # as many as 81 pairs of lengths would hide what they show
        rows = [((k,), size.max(axis=1) == k) for k in range(1, most + 1)]
        tables = [counted("errors by digits of the longer number", ("digits",), wrong, rows, sample=sample)]
        rows = [((k,), size.min(axis=1) == k) for k in range(1, most + 1)]
        tables += [counted("errors by digits of the shorter number", ("digits",), wrong, rows, sample=sample)]
    if operator == "*":
        return tables
    what, (number, longest) = (
        ("carries", carries(operands, most)) if operator == "+" else ("borrows", borrows(operands, most))
    )
    for title, column, values in (
        (f"errors by number of {what}", what, number),
        (f"errors by longest chain of {what}", "longest chain", longest),
    ):
        rows = [((k,), values == k) for k in range(most + 1)]
        tables.append(counted(title, (column,), wrong, rows, sample=sample))
    if operator == "-":
        below = operands[:, 0] < operands[:, 1]
        signs: list[Group] = [(("zero or above",), ~below), (("below zero",), below)]
        tables.append(counted("errors by sign of the answer", ("answer",), wrong, signs, sample=sample))
    return tables


def length_tables(wrong: Array, exercises: Exercises) -> list[Table]:
    """Errors of questions from a file by how long question and answer are."""
    tables = []
    for name, texts in (("question", exercises.questions), ("answer", exercises.answers)):
        size = np.strings.str_len(texts)
        rows = [((int(k),), size == k) for k in np.unique(size)]
        tables.append(counted(f"errors by characters of the {name}", ("characters",), wrong, rows, sample=True))
    return tables


def origin_table(wrong: Array, kind: Array) -> Table:
    """Errors among all ordered pairs by where they come from: `kind` is 0 trained on, 1 held out, 2 never drawn."""
    names = ("trained on, in either order", "held out, in either order", "never drawn")
    rows = [((name,), kind == k) for k, name in enumerate(names)]
    return counted("errors by origin of the pair", ("pair",), wrong, rows, sample=False)


def counted(title: str, columns: tuple[str, ...], wrong: Array, groups: Iterable[Group], *, sample: bool) -> Table:
    """A table of errors; groups with nothing in them are left out."""
    rows: list[Sequence[Any]] = []
    for name, group in groups:
        total, errors = int(group.sum()), int(wrong[group].sum())
        if total:
            found = proportion_ci(errors, total)
            bounds = (percent(found.low), percent(found.high)) if sample else ()
            rows.append((*name, total, errors, percent(found.estimate), *bounds))
    return Table(title, (*columns, "questions", "errors", "share", *(("95 % from", "95 % to") if sample else ())), rows)


def percent(value: float) -> str:
    """A share with three significant digits of what it is away from nothing or all, however near it is."""
    rest = 100 * min(value, 1 - value)
    decimals = max(1, 2 - math.floor(math.log10(rest))) if rest > 0 else 0
    text = f"{100 * value:.{decimals}f}"
    return f"{text.rstrip('0').rstrip('.') if decimals else text} %"


def digits_of(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many digits each number has; 0 has one."""
    return np.asarray(1 + sum(numbers >= 10**k for k in range(1, 10)), dtype=np.int64)
