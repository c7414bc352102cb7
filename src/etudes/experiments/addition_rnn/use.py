"""Answer questions: from the command line, from a file, or from the studio."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from etudes.contract import Example, IOSpec, Networks, Result, TensorSpec, UseOptions
from etudes.data.errors import file_error
from etudes.errors import UserError
from etudes.experiments.addition_rnn.batch_encoding import Texts
from etudes.experiments.addition_rnn.predictions import Predictor
from etudes.experiments.addition_rnn.questions import TextData, TextInfo
from etudes.experiments.addition_rnn.study import AdditionSettings, make_examples

MAX_FILE_SIZE = 10_000_000
"""Bytes that a file of questions may have: about a million of them."""


@dataclass(frozen=True)
class QuestionOptions(UseOptions):
    """Answer questions."""

    inputs: tuple[str, ...]
    """Questions, such as 35+35."""
    file: str | None = None
    """A text file with further questions, one a line."""


def read_questions(info: TextInfo, settings: AdditionSettings, options: QuestionOptions) -> Texts:
    """The questions (n,), written as in training; blank lines of the file are skipped.

    Raises:
        UserError: there is none, or one that the network cannot read; the message says what is allowed.
    """
    found = [("", text) for text in options.inputs]
    if options.file is not None:
        found += [(f"{options.file}, line {number}: ", text) for number, text in _lines(options.file)]
    if not found:
        example = ("35{0}35" if settings.digits > 1 else "3{0}5").format(settings.operator)
        raise UserError(f"ask one question or more, such as {example if info.generated else 'one of your file'}")
    if info.generated:
        return np.array([_sum(where, text, settings.digits, settings.operator) for where, text in found])
    return np.array([_text(where, text, info) for where, text in found])


def _lines(file: str) -> list[tuple[int, str]]:
    path = Path(file)
    try:
        if path.exists() and not path.is_file():  # reading a pipe may never end
            raise file_error(path, "is not a file: write one question per line into one")
        if path.stat().st_size > MAX_FILE_SIZE:
            raise file_error(path, f"is larger than {MAX_FILE_SIZE // 1_000_000} MB: split it")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise file_error(path, "is not a text file in UTF-8: save it as one, with one question per line") from error
    return [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]


def _sum(where: str, text: str, digits: int, operator: str) -> str:
    """A question such as "35 + 035" as "35+35": spaces and leading zeros do not occur in training."""
    number = f"0*([0-9]{{1,{digits}}})"
    found = re.fullmatch(f"{number}{re.escape(operator)}{number}", re.sub(r"\s", "", text))
    if found is None:
        limit = f"at most {digits} digits" if digits > 1 else "one digit"
        raise UserError(
            f"{where[-60:]}cannot read {_short(text)}: write two numbers of {limit} with {operator} between them, "
            f"such as {'3' * min(digits, 2)}{operator}5"
        )
    return f"{int(found[1])}{operator}{int(found[2])}"


def _text(where: str, text: str, info: TextInfo) -> str:
    text = text.rstrip(" ")
    if not text or len(text) > info.question_length:
        raise UserError(f"{where[-60:]}cannot read {_short(text)}: write 1 to {info.question_length} characters")
    alphabet = info.question_alphabet or info.alphabet
    unknown = sorted(set(text) - set(alphabet))
    if unknown:
        why = "it occurs only in answers; use" if unknown[0] in info.alphabet else "use only"
        raise UserError(f"{where[-60:]}cannot read {unknown[0]!r}: {why} {alphabet[:80].strip()}")
    return text


def _short(text: str) -> str:
    return repr(text if len(text) <= 30 else text[:29] + "…")


def answer_questions(
    networks: Networks, info: TextInfo, settings: AdditionSettings, options: QuestionOptions, questions: Texts
) -> Result:
    """The answer to each question, with the confidence in it and in each of its characters; wrong sums are marked."""
    predicted = Predictor(networks["adder"], info, settings).predict(questions)
    truths: list[str | None] = [None] * len(questions)
    if info.generated:
        operands = [[int(number) for number in question.split(settings.operator)] for question in questions.tolist()]
        truths = list(make_examples(np.array(operands, dtype=np.int64), settings.operator).answers.tolist())
    result = Result()
    for row, (question, answer, truth) in enumerate(
        zip(questions.tolist(), predicted.texts.tolist(), truths, strict=True)
    ):
        padded = answer.ljust(info.answer_length)
        characters = [[c, round(float(p), 4)] for c, p in zip(padded, predicted.characters[row], strict=True)]
        confidence = round(float(predicted.confidence[row]), 4)
        record: dict[str, Any] = {"question": question, "answer": answer, "confidence": confidence}
        result.answers.append({**record, "characters": characters, **({} if truth is None else {"truth": truth})})
        each = ", ".join(f"{'end' if c == ' ' else c} {p:.1%}" for c, p in characters[: len(answer) + 1])
        wrong = f"; wrong: it is {truth}" if truth not in (None, answer) else ""
        result.lines.append(f"{question} = {answer}   confidence {confidence:.1%} ({each}){wrong}")
    return result


def example(data: TextData, folder: Path) -> Example:
    """Three test questions."""
    return Example(tuple(data.test.questions[:3].tolist()))


def io_spec(info: TextInfo, settings: AdditionSettings) -> dict[str, IOSpec]:
    """Inputs and outputs of the network."""
    alphabet = "".join("_" if character == " " else character for character in info.alphabet)
    order = ", in reverse order (padding first)," if settings.reverse else ""
    question = (
        f"a question padded on the right with spaces to {info.question_length} characters{order} each a row with a "
        f"single 1 at its index in {alphabet!r} (the space is _)"
    )
    answer = f"the probability of each of these for each of the {info.answer_length} characters of the answer, in order"
    metadata = {
        "alphabet": info.alphabet,
        "question_length": info.question_length,
        "answer_length": info.answer_length,
        "question_reversed": settings.reverse,
        "scaling": "one-hot: 0 or 1",
    }
    inputs, outputs = TensorSpec("question", question, 0, 1), TensorSpec("characters", answer, 0, 1)
    return {"adder": IOSpec((inputs,), (outputs,), metadata=metadata)}
