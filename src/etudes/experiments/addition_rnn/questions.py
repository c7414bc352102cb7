"""Questions and their answers: pairs of numbers, drawn so that none comes twice, or a file of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from etudes.contract import Array
from etudes.data import load_pairs
from etudes.errors import UserError
from etudes.experiments.addition_rnn.encoding import Texts

LISTED_DIGITS = 3
"""Up to so many digits all pairs are listed (500,500 of them) and chosen from; above, they are drawn and compared."""

MIXED_SHARE = 0.2
"""Share of the pairs that have all lengths from the beginning, while the others still grow.

With short numbers alone a network arranges its memory so that longer ones find no room later (Zaremba and Sutskever,
*Learning to Execute*, 2014, whose "combined" strategy this is).
"""

LONGEST_TEXT = 100
"""Characters that a question or an answer of a file may have."""


@dataclass(frozen=True)
class TextInfo:
    """What the questions are: all that a network needs in order to be built again without the data."""

    source: str
    """"sums" for generated ones, or the path that was given."""
    alphabet: str
    """Every character that occurs, in the order of their codes; the space, which pads, among them."""
    question_length: Annotated[int, Interval(ge=1, le=LONGEST_TEXT)]
    answer_length: Annotated[int, Interval(ge=1, le=LONGEST_TEXT)]
    question_alphabet: str = field(default="", compare=False, metadata={"fingerprint": False})
    """The characters that questions have; answers may have others. Empty in runs that did not note it."""

    @property
    def generated(self) -> bool:
        """Whether the questions are made of numbers, not read from a file."""
        return self.source == "sums"


@dataclass(frozen=True)
class Exercises:
    """n questions with their answers; `operands` int64 (n, 2) are the numbers of generated ones."""

    questions: Texts
    answers: Texts
    operands: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.questions)

    def take(self, places: Array) -> Exercises:
        """Those at these places, in that order."""
        operands = None if self.operands is None else self.operands[places]
        return Exercises(self.questions[places], self.answers[places], operands)


@dataclass(frozen=True)
class TextData:
    """Three sets of exercises that share no pair, in no order of its two numbers, and what they are."""

    info: TextInfo
    train: Exercises
    validation: Exercises
    test: Exercises

    def sizes(self) -> dict[str, int]:
        """Number of exercises in each split."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}


def distinct_pairs(digits: int) -> int:
    """How many unordered pairs of numbers of up to so many digits there are: 55, 5,050, 500,500 and so on."""
    numbers = int(10**digits)
    return numbers * (numbers + 1) // 2


def draw_numbers(shape: tuple[int, ...], digits: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Numbers as the script of 2017 draws them: first how many digits (1..digits), then each digit."""
    return random.integers(0, 10 ** random.integers(1, digits + 1, size=shape))


def draw_pairs(count: int, digits: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Different unordered pairs of numbers, (count, 2), each in the order in which it was first drawn.

    What comes out is distributed as if pairs were drawn by `draw_numbers` and those seen before thrown away, which is
    what the script of 2017 does; but it ends also where nearly all pairs are asked for.

    Raises:
        UserError: there are not so many.
    """
    if count > distinct_pairs(digits):
        raise UserError(f"there are only {distinct_pairs(digits):,} different pairs of up to {digits} digits")
    if digits > LISTED_DIGITS:
        return _drawn_and_compared(count, digits, random)
    # Drawing without return with unequal chances is a race: each pair arrives after an exponential time of its rate,
    # and the first to arrive are drawn (Efraimidis and Spirakis, 2006).
    numbers = np.arange(10**digits)
    chance = sum((numbers < 10**k) / 10**k for k in range(1, digits + 1))
    low, high = np.triu_indices(len(numbers))
    rate = chance[low] * chance[high] * np.where(low == high, 1, 2)
    first = np.argsort(random.exponential(size=len(rate)) / rate, kind="stable")[:count]
    pairs = np.stack([low[first], high[first]], axis=1)
    return swapped(pairs, random)


def draw_other_pairs(
    count: int, digits: int, held_out: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    """Different unordered pairs (count, 2), distributed as by `draw_pairs`, none of them held out in either order."""
    drawn = draw_pairs(count + len(held_out), digits, random)
    return drawn[~np.isin(names_of(drawn), names_of(held_out))][:count]


def draw_growing_pairs(
    count: int, digits: int, now: int, held_out: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    """Pairs (count, 2) for a network that is still at short numbers; there are few of those, so pairs come again.

    Args:
        count: how many.
        digits: largest number of digits in the end; `MIXED_SHARE` of the pairs have up to so many already.
        now: largest number of digits of the others.
        held_out: pairs (n, 2) that are not drawn, in neither order.
        random: where the numbers come from.
    """
    pairs = np.empty((0, 2), dtype=np.int64)
    while len(pairs) < count:
        most = np.where(random.random((count, 1)) < MIXED_SHARE, digits, now)
        drawn = random.integers(0, 10 ** random.integers(1, most + 1, size=(count, 2)))
        pairs = np.concatenate([pairs, drawn[~np.isin(names_of(drawn), names_of(held_out))]])
    return pairs[:count]


def draw_unlearned_pairs(
    count: int, digits: int, learned: Iterable[Exercises], random: np.random.Generator
) -> NDArray[np.int64]:
    """Different unordered pairs, distributed as by `draw_pairs`, that were trained on in neither order.

    Args:
        count: how many at most; there are fewer where nearly all that are drawn were trained on.
        digits: largest number of digits, above `LISTED_DIGITS`.
        learned: the exercises of each epoch.
        random: where the numbers come from.
    """
    drawn = draw_pairs(4 * count, digits, random)
    names = names_of(drawn)
    new = np.ones(len(drawn), dtype=bool)
    for part in learned:
        assert part.operands is not None
        new &= ~np.isin(names, names_of(part.operands))
    return drawn[new][:count]


def names_of(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each pair (n, 2) of numbers of up to 9 digits, the same for both orders and for no other pair."""
    return np.asarray(pairs.min(axis=1) * 10**9 + pairs.max(axis=1), dtype=np.int64)


def _drawn_and_compared(count: int, digits: int, random: np.random.Generator) -> NDArray[np.int64]:
    pairs = np.empty((0, 2), dtype=np.int64)
    while len(pairs) < count:
        pairs = np.concatenate([pairs, draw_numbers((count, 2), digits, random)])
        pairs = pairs[np.sort(np.unique(names_of(pairs), return_index=True)[1])]
    return pairs[:count]


def swapped(pairs: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """The pairs, the two numbers of every second one, at random, exchanged."""
    return np.where(random.random((len(pairs), 1)) < 0.5, pairs[:, ::-1], pairs)


def write_exercises(operands: NDArray[np.int64], operator: str) -> Exercises:
    """Pairs of numbers (n, 2) as questions such as "35+35", with their answers, "70"."""
    first, second = operands[:, 0], operands[:, 1]
    results = {"+": np.add, "-": np.subtract, "*": np.multiply}[operator](first, second)
    questions = np.strings.add(np.strings.add(first.astype("<U20"), operator), second.astype("<U20"))
    return Exercises(questions, results.astype("<U20"), operands)


def lengths(digits: int, operator: str) -> tuple[int, int]:
    """Characters of the longest question and answer: a sum grows by a digit, a difference by a sign."""
    return 2 * digits + 1, 2 * digits if operator == "*" else digits + 1


def read_exercises(path: str) -> Exercises:
    """The pairs of strings of a CSV file; spaces at their ends are padding and dropped.

    Raises:
        UserError: the file cannot be used; the message says why.
    """
    pairs = load_pairs(path)
    longest = max(len(text) for pair in pairs for text in pair)
    if longest > LONGEST_TEXT:
        raise UserError(f"{path}: a text of {longest} characters is too long, at most {LONGEST_TEXT} can be learned")
    questions, answers = (np.strings.rstrip(np.array(texts), " ") for texts in zip(*pairs, strict=True))
    return Exercises(questions, answers)


def describe_exercises(exercises: Exercises, source: str) -> TextInfo:
    """Alphabet and lengths, found from the texts."""
    asked = set("".join(exercises.questions.tolist())) | {" "}
    alphabet, asked_with = ("".join(sorted(some)) for some in (asked.union(*exercises.answers.tolist()), asked))
    longest = [max(1, int(np.strings.str_len(some).max())) for some in (exercises.questions, exercises.answers)]
    return TextInfo(source, alphabet, longest[0], longest[1], asked_with)


def split(exercises: Exercises, info: TextInfo, held_out: int, random: np.random.Generator) -> TextData:
    """Mix the exercises and hold some out: half of those to watch the training with, half for the test at the end."""
    mixed = exercises.take(random.permutation(len(exercises)))
    half = held_out // 2
    test, validation, train = np.split(np.arange(len(mixed)), [held_out - half, held_out])
    return TextData(info, mixed.take(train), mixed.take(validation), mixed.take(test))


def length_weights(exercises: Exercises) -> Array:
    """Probabilities (n,) with which all lengths, of a file's questions or of the two numbers, come equally often."""
    texts = exercises.questions if exercises.operands is None else exercises.operands.astype("<U20")
    lengths_found = np.strings.str_len(texts).reshape(len(exercises), -1)
    _, kind, count = np.unique(lengths_found, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(1 / (len(count) * count[kind.reshape(-1)]))


def check_sizes(pairs: int, held_out: float, batch_size: int) -> None:
    """Refuse to hold out a share of so many pairs that leaves nothing to test on, or less than a step to learn from."""
    aside = round(pairs * held_out)
    if aside < 2:
        raise UserError(f"{pairs} pairs with --held-out {held_out:g} leave less than 2 to test on; raise one of them")
    if pairs - aside < batch_size:
        left = f"{pairs - aside} pairs are left to learn from"
        raise UserError(f"{left}, less than --batch-size {batch_size}; lower it, or raise --pairs")


def carries(operands: NDArray[np.int64], digits: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How often one carries when adding each pair of numbers on paper, and in how many columns in a row at most.

    Args:
        operands: (n, 2).
        digits: columns to go through.

    Returns:
        Number of carries (n,) and the longest chain of them (n,), both in 0..digits.
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
    """As `carries`, for taking the smaller number of each pair from the larger one.

    Where one borrows in taking b from a, one carries in adding b to a - b.
    """
    smaller, larger = operands.min(axis=1), operands.max(axis=1)
    return carries(np.stack([smaller, larger - smaller], axis=1), digits)
