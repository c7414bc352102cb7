"""Questions with their answers: the splits, and the pairs of a CSV file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from annotated_types import Interval
from numpy.typing import NDArray

from etudes.contract import Array
from etudes.data import load_pairs
from etudes.errors import UserError
from etudes.experiments.addition_rnn.batch_encoding import Texts

MAX_TEXT_LENGTH = 100
"""Characters that a question or an answer of a file may have."""


@dataclass(frozen=True)
class TextInfo:
    """What the questions are: all that is needed to build the network again without the data."""

    source: str
    """"sums" for generated questions, or the path that was given."""
    alphabet: str
    """Every character that occurs, in the order of their codes, the space for padding among them."""
    question_length: Annotated[int, Interval(ge=1, le=MAX_TEXT_LENGTH)]
    answer_length: Annotated[int, Interval(ge=1, le=MAX_TEXT_LENGTH)]
    question_alphabet: str = field(default="", compare=False, metadata={"fingerprint": False})
    """The characters of questions; answers may have others. Empty in old runs, which did not record it."""

    @property
    def generated(self) -> bool:
        """Whether the questions are generated, not read from a file."""
        return self.source == "sums"


@dataclass(frozen=True)
class Examples:
    """n questions with their answers; `operands` int64 (n, 2) are the numbers of generated ones."""

    questions: Texts
    answers: Texts
    operands: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.questions)

    def take(self, indices: Array) -> Examples:
        """The examples at these indices, in that order."""
        operands = None if self.operands is None else self.operands[indices]
        return Examples(self.questions[indices], self.answers[indices], operands)


@dataclass(frozen=True)
class TextData:
    """Three splits that share no pair, in either order of its two numbers."""

    info: TextInfo
    train: Examples
    validation: Examples
    test: Examples

    def sizes(self) -> dict[str, int]:
        """Number of examples in each split."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}

    def held_out_pairs(self) -> NDArray[np.int64]:
        """The numbers (n, 2) of all generated pairs that are never trained on, in neither order."""
        return np.concatenate([s.operands for s in (self.validation, self.test) if s.operands is not None])


def check_split(pairs: int, held_out: float, batch_size: int) -> None:
    """Raise `UserError` unless two pairs or more are held out, and a batch or more is left to train on."""
    count = round(pairs * held_out)
    if count < 2:
        raise UserError(f"{pairs} pairs with --held-out {held_out:g} leave less than 2 to test on; raise one of them")
    if pairs - count < batch_size:
        left = f"{pairs - count} pairs are left to train on"
        raise UserError(f"{left}, less than --batch-size {batch_size}; lower it, or raise --pairs")


def split_examples(
    questions: Texts, order: NDArray[np.int64], held_out: float, batch_size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Indices for test, validation and training, taken in this order; all answers to one question stay together.

    Args:
        questions: those of all examples, (n,).
        order: all n indices, shuffled.
        held_out: share of the examples that is held out, half for the test.
        batch_size: how many must be left to train on.

    Raises:
        UserError: as `check_split`.
    """
    check_split(len(order), held_out, batch_size)
    known: dict[str, int] = {}
    group = np.array([known.setdefault(question, len(known)) for question in questions[order].tolist()])
    order, group = order[np.argsort(group, kind="stable")], np.sort(group)
    count = round(len(order) * held_out)
    test_end = np.searchsorted(group, group[count - count // 2 - 1], side="right")
    last = min(max(count - 1, test_end), len(order) - 1)
    test, validation, train = np.split(order, [test_end, np.searchsorted(group, group[last], side="right")])
    if not len(validation) or len(train) < batch_size:
        raise UserError(f"{len(known)} different questions are too few to hold some out: give more, or one answer each")
    return test, validation, train


def read_examples(path: str) -> tuple[Examples, TextInfo]:
    """The pairs of strings of a CSV file, and what they are; spaces at their ends are padding and dropped.

    Raises:
        UserError: the file cannot be used; the message says why.
    """
    pairs = load_pairs(path)
    longest = max(len(text) for pair in pairs for text in pair)
    if longest > MAX_TEXT_LENGTH:
        raise UserError(f"{path}: a text of {longest} characters is too long; shorten it to {MAX_TEXT_LENGTH} or less")
    questions, answers = (np.strings.rstrip(np.array(texts), " ") for texts in zip(*pairs, strict=True))
    examples = Examples(questions, answers)
    return examples, describe_examples(examples, path)


def describe_examples(examples: Examples, source: str) -> TextInfo:
    """Alphabet and lengths, found from the texts."""
    characters = set("".join(examples.questions.tolist())) | {" "}
    alphabets = ["".join(sorted(some)) for some in (characters.union(*examples.answers.tolist()), characters)]
    lengths = [max(1, int(np.strings.str_len(texts).max())) for texts in (examples.questions, examples.answers)]
    return TextInfo(source, alphabets[0], lengths[0], lengths[1], alphabets[1])


def length_weights(examples: Examples) -> Array:
    """Probabilities (n,) that make all lengths, of a file's questions or of the two numbers, equally likely."""
    texts = examples.questions if examples.operands is None else examples.operands.astype("<U20")
    lengths = np.strings.str_len(texts).reshape(len(examples), -1)
    _, kind, count = np.unique(lengths, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(1 / (len(count) * count[kind.reshape(-1)]))
