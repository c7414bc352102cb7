"""What a trained network answers, how sure it is, and which questions it can be asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from etudes.contract import IOSpec, Result, TensorSpec
from etudes.data.errors import file_error
from etudes.errors import UserError
from etudes.experiments.addition_rnn.encoding import Texts, one_hot, places_of, texts_of
from etudes.experiments.addition_rnn.questions import Exercises, TextInfo, write_exercises
from etudes.training.backend import outputs_of

AT_ONCE = 4000
"""Questions a batch; with fewer, and on two cores with more, a million take longer."""

LARGEST_FILE = 10_000_000
"""Bytes that a file of questions may have: about a million of them."""


@dataclass(frozen=True)
class Guess:
    """The answers to n questions: texts (n,), and for every character, padding too, its probability (n, length)."""

    texts: Texts
    characters: NDArray[np.float32]

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Probability of each whole answer, (n,): the product, for given the question no character sees another."""
        return np.asarray(self.characters.prod(axis=1), dtype=np.float32)


def io_spec(info: TextInfo, settings: Any) -> dict[str, IOSpec]:
    """Inputs and outputs of the network."""
    shown = "".join("_" if letter == " " else letter for letter in info.alphabet)
    order = ", read from its last place to its first," if settings.reverse else ""
    question = (
        f"a question padded on the right with spaces to {info.question_length} characters{order} each a row with a "
        f"single 1 at its place in {shown!r} (the space is _)"
    )
    answer = (
        f"the probability of each of these for the {info.answer_length} characters of the answer, from the first on"
    )
    return {"adder": IOSpec((TensorSpec(question, 0, 1),), (TensorSpec(answer, 0, 1),))}


@dataclass(frozen=True)
class Adder:
    """A network with the way in which it reads and writes."""

    network: Any
    info: TextInfo
    reverse: bool

    def see(self, questions: Texts) -> NDArray[np.uint8]:
        """Questions as the network takes them, (n, question length, alphabet)."""
        places = places_of(questions, self.info.question_length, self.info.alphabet)
        # The padding is turned round with the question, as in 2017: "35+35  " is read as "  53+53".
        return one_hot(places[:, ::-1] if self.reverse else places, self.info.alphabet)

    def targets(self, answers: Texts) -> NDArray[np.uint8]:
        """Answers as the network is to give them, (n, answer length, alphabet)."""
        return one_hot(places_of(answers, self.info.answer_length, self.info.alphabet), self.info.alphabet)

    def probabilities(self, questions: Texts) -> NDArray[np.float32]:
        """What the network gives, (n, answer length, alphabet)."""
        found = outputs_of(self.network, self.see(questions), AT_ONCE)
        return np.asarray(found, dtype=np.float32)

    def answer(self, questions: Texts) -> Guess:
        """The most probable characters of each answer; a million questions take as little memory as 100,000."""
        parts = [questions[start : start + 25 * AT_ONCE] for start in range(0, len(questions), 25 * AT_ONCE)]
        texts, sure = [], []
        for part in parts:
            found = self.probabilities(part)
            texts.append(texts_of(found.argmax(axis=-1), self.info.alphabet))
            sure.append(found.max(axis=-1))
        return Guess(np.concatenate(texts), np.concatenate(sure))


def read_questions(inputs: tuple[str, ...], file: str | None, info: TextInfo, digits: int, operator: str) -> Texts:
    """The questions that a person asks, in the form in which they were learned.

    Args:
        inputs: questions.
        file: a text file of further ones, one a line; blank lines are passed over.
        info: what was learned.
        digits: largest number of digits of a generated question.
        operator: its operator.

    Raises:
        UserError: there is none, or one that the network cannot read; the message says what is allowed.
    """
    asked = [("", text) for text in inputs]
    if file is not None:
        asked += [(f"{file}, line {number}: ", text) for number, text in _lines(file)]
    if not asked:
        example = f"35{operator}35" if info.generated and digits > 1 else f"3{operator}5"
        raise UserError(f"ask one question or more, such as {example if info.generated else 'one of your file'}")
    if info.generated:
        return np.array([_read_numbers(where, text, digits, operator) for where, text in asked])
    return np.array([_read_text(where, text, info) for where, text in asked])


def _lines(file: str) -> list[tuple[int, str]]:
    path = Path(file)
    try:
        if path.exists() and not path.is_file():  # what is no file, such as a pipe, may never come to an end
            raise file_error(path, "is no file: write one question a line into one")
        if path.stat().st_size > LARGEST_FILE:
            raise file_error(path, f"is larger than {LARGEST_FILE // 1_000_000} MB: split it")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise file_error(path, "is no text file in UTF-8; write one question a line") from error
    return [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]


def _read_numbers(where: str, text: str, digits: int, operator: str) -> str:
    """A question such as "35 + 035" as "35+35": spaces and leading zeros were never learned."""
    found = re.fullmatch(
        rf"0*([0-9]{{1,{digits}}}){re.escape(operator)}0*([0-9]{{1,{digits}}})", re.sub(r"\s", "", text)
    )
    if found is None:
        most = f"at most {digits} digits" if digits > 1 else "one digit"
        raise UserError(
            f"{where[-60:]}cannot read {_short(text)}: write two numbers of {most} with {operator} between them, "
            f"such as {'3' * min(digits, 2)}{operator}5"
        )
    return f"{int(found[1])}{operator}{int(found[2])}"


def _read_text(where: str, text: str, info: TextInfo) -> str:
    text = text.rstrip(" ")
    if not text or len(text) > info.question_length:
        raise UserError(f"{where[-60:]}cannot read {_short(text)}: write 1 to {info.question_length} characters")
    alphabet = info.question_alphabet or info.alphabet
    strange = sorted(set(text) - set(alphabet))
    if strange:
        why = "only answers have it; questions have" if strange[0] in info.alphabet else "only these were learned:"
        raise UserError(f"{where[-60:]}cannot read {strange[0]!r}: {why} {alphabet[:80].strip()}")
    return text


def _short(text: str) -> str:
    return repr(text if len(text) <= 30 else text[:29] + "…")


def answer_questions(adder: Adder, questions: Texts, operator: str) -> Result:
    """One line and one record for each question; a wrong sum is called wrong.

    Args:
        adder: the network.
        questions: as `read_questions` gives them.
        operator: of generated questions.
    """
    guess = adder.answer(questions)
    truths: list[str | None] = [None] * len(questions)
    if adder.info.generated:
        operands = [[int(number) for number in question.split(operator)] for question in questions.tolist()]
        truths = list(write_exercises(np.array(operands, dtype=np.int64), operator).answers.tolist())
    result = Result()
    for row, (question, said, truth) in enumerate(zip(questions.tolist(), guess.texts.tolist(), truths, strict=True)):
        padded = said.ljust(adder.info.answer_length)
        characters = [[c, round(float(p), 4)] for c, p in zip(padded, guess.characters[row], strict=True)]
        confidence = round(float(guess.confidence[row]), 4)
        record: dict[str, Any] = {"question": question, "answer": said, "confidence": confidence}
        result.answers.append({**record, "characters": characters, **({} if truth is None else {"truth": truth})})
        each = ", ".join(f"{'end' if c == ' ' else c} {p:.1%}" for c, p in characters[: len(said) + 1])
        wrong = f"; wrong: it is {truth}" if truth not in (None, said) else ""
        result.lines.append(f"{question} = {said}   {confidence:.1%} sure ({each}){wrong}")
    return result


def coloured(exercises: Exercises, guesses: Texts) -> Text:
    """A line for each question: right or wrong, question, truth, guess."""
    question, answer = (max(map(len, texts.tolist())) for texts in (exercises.questions, exercises.answers))
    lines = Text()
    for asked, truth, said in zip(exercises.questions, exercises.answers, guesses, strict=True):
        mark, colour = ("✓", "green") if truth == said else ("✗", "red")
        lines.append(f"{mark} ", style=f"bold {colour}").append(f"{asked:<{question}} = {truth:<{answer}}  ")
        lines.append(f"{said}\n", style=colour)
    lines.rstrip()
    return lines
