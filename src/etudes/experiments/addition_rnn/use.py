"""Answer questions: from the command line, from a file, or from the studio."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from etudes.contract import Example, IOSpec, Networks, Result, TensorSpec, UseOptions
from etudes.data.pairs import normal_text
from etudes.errors import UserError
from etudes.experiments.addition_rnn.batch_encoding import Texts
from etudes.experiments.addition_rnn.predictions import BATCH, Predictor
from etudes.experiments.addition_rnn.progress import counting
from etudes.experiments.addition_rnn.question_files import (
    QuestionFile,
    check_answers_file,
    open_questions,
    write_answers,
)
from etudes.experiments.addition_rnn.questions import TextData, TextInfo
from etudes.experiments.addition_rnn.study import AdditionSettings, make_examples
from etudes.views.progress import on_terminal

AT_ONCE = 5 * BATCH
"""Questions that are answered at a time, so that a million take no more memory than these."""


@dataclass(frozen=True)
class QuestionOptions(UseOptions):
    """Answer questions."""

    inputs: tuple[str, ...]
    """Questions, such as 35+35."""
    file: str | None = None
    """A text file with further questions, one a line, however many; lines that are no questions are left out."""
    out: str | None = None
    """Write the answers into this file, .csv or .jsonl, as they come, instead of printing them."""
    overwrite: bool = False
    """Replace an existing file of answers."""


@dataclass(frozen=True)
class Asked:
    """What was asked: questions that were typed, and a file of further ones."""

    typed: Texts
    file: QuestionFile | None

    def __len__(self) -> int:
        return len(self.typed) + (self.file.count if self.file else 0)

    def chunks(self) -> Iterator[list[tuple[int | None, str]]]:
        """All questions with their line in the file, `AT_ONCE` of them at a time."""
        typed: Iterator[tuple[int | None, str]] = ((None, question) for question in self.typed.tolist())
        questions = chain(typed, self.file.questions() if self.file else ())
        return iter(lambda: list(islice(questions, AT_ONCE)), [])


def read_input(info: TextInfo, settings: AdditionSettings, options: QuestionOptions) -> Asked:
    """The questions, written as in training; blank lines of the file are skipped, bad ones noted.

    Raises:
        UserError: there is none, a typed one cannot be read by the network, or the answers cannot be written.
    """
    if options.out is not None:
        check_answers_file(options.out, options.overwrite, options.file)
    if not options.inputs and options.file is None:
        example = ("35{0}35" if settings.digits > 1 else "3{0}5").format(settings.operator)
        raise UserError(f"ask one question or more, such as {example if info.generated else 'one of your file'}")
    file = open_questions(options.file, _reader(info, settings)) if options.file is not None else None
    return Asked(read_questions(info, settings, options), file)


def read_questions(info: TextInfo, settings: AdditionSettings, options: QuestionOptions) -> Texts:
    """The questions that were typed, (n,), written as in training.

    Raises:
        UserError: the network cannot read one; the message says what is allowed.
    """
    read = _reader(info, settings)
    return np.array([read(text) for text in options.inputs], dtype=np.str_)


def _reader(info: TextInfo, settings: AdditionSettings) -> Callable[[str], str]:
    """What turns a text into a question, written as in training, or raises `UserError`."""
    if info.generated:
        number = f"0*([0-9]{{1,{settings.digits}}})"
        pattern = re.compile(f"{number}{re.escape(settings.operator)}{number}")
        return partial(_sum, pattern=pattern, digits=settings.digits, operator=settings.operator)
    alphabet = info.question_alphabet or info.alphabet
    return partial(_text, length=info.question_length, alphabet=alphabet, answers=info.alphabet)


def _sum(text: str, pattern: re.Pattern[str], digits: int, operator: str) -> str:
    """A question such as "35 + 035" as "35+35": spaces and leading zeros do not occur in training."""
    found = pattern.fullmatch("".join(text.split()))
    if found is None:
        limit = f"at most {digits} digits" if digits > 1 else "one digit"
        raise UserError(
            f"cannot read {_short(text)}: write two numbers of {limit} with {operator} between them, "
            f"such as {'3' * min(digits, 2)}{operator}5"
        )
    return f"{int(found[1])}{operator}{int(found[2])}"


def _text(text: str, length: int, alphabet: str, answers: str) -> str:
    """A question in the form that questions of a file are learned in."""
    question = normal_text(text)
    if set(text) <= set(alphabet) and not set(question) <= set(alphabet):  # learned as it was typed, by an old run
        question = text.rstrip(" ")
    if not question or len(question) > length:
        raise UserError(f"cannot read {_short(text)}: write 1 to {length} characters")
    unknown = sorted(set(question) - set(alphabet))
    if unknown:
        why = "it occurs only in answers; use" if unknown[0] in answers else "use only"
        raise UserError(f"cannot read {unknown[0]!r}: {why} {alphabet[:80].strip()}")
    return question


def _short(text: str) -> str:
    return repr(text if len(text) <= 30 else text[:29] + "…")


def answer_questions(
    networks: Networks, info: TextInfo, settings: AdditionSettings, options: QuestionOptions, asked: Asked
) -> Result:
    """The answer to each question, with the confidence in it and in each of its characters; wrong sums are marked.

    Those of a file come in `Result.stream`, or go into the file that `options` name.
    """
    predictor, result = Predictor(networks["adder"], info, settings), Result()
    records = (record for chunk in asked.chunks() for record in _answers(predictor, chunk, asked.file is not None))
    if options.out is None and asked.file is None:
        result.answers = list(records)
        result.lines = [_line(record) for record in result.answers]
        return result
    shown = options.out is None and on_terminal(sys.stdout)  # then the answers themselves tell how far it is
    counted = _counted(records, result, asked, generated=info.generated, quiet=shown)
    if options.out is None:
        result.stream = ((_line(record), record) for record in counted)
    else:
        write_answers(options.out, counted)
        result.files["answers"] = options.out
    return result


def _counted(
    records: Iterator[dict[str, Any]], result: Result, asked: Asked, *, generated: bool, quiet: bool
) -> Iterator[dict[str, Any]]:
    """The records; when the last is read, the result says how many there were."""
    answered = wrong = 0
    with counting(len(asked), "questions", quiet) as advance:
        for record in records:
            yield record
            answered += 1
            wrong += record.get("truth", record["answer"]) != record["answer"]
            advance()
    result.metrics |= {"answered": answered, "skipped": asked.file.skipped if asked.file else 0}
    if generated:
        result.metrics["wrong"] = wrong


def _answers(predictor: Predictor, chunk: list[tuple[int | None, str]], numbered: bool) -> Iterator[dict[str, Any]]:
    """A record for each question of a chunk, with its line in the file if there is one."""
    info, operator = predictor.info, predictor.settings.operator
    questions = np.array([question for _, question in chunk])
    predicted = predictor.predict(questions)
    truths: list[str | None] = [None] * len(chunk)
    if info.generated:
        operands = [[int(number) for number in question.split(operator)] for _, question in chunk]
        truths = list(make_examples(np.array(operands, dtype=np.int64), operator).answers.tolist())
    columns = (predicted.texts.tolist(), predicted.characters.tolist(), predicted.confidence.tolist(), truths)
    for (line, question), answer, shares, confidence, truth in zip(chunk, *columns, strict=True):
        characters = zip(answer.ljust(info.answer_length), shares, strict=True)
        record: dict[str, Any] = {"line": line} if numbered else {}
        record |= {"question": question, "answer": answer, "confidence": round(confidence, 4)}
        record["characters"] = [[character, round(share, 4)] for character, share in characters]
        yield record if truth is None else {**record, "truth": truth}


def _line(record: dict[str, Any]) -> str:
    """An answer for people: "35+35 = 70   confidence 99.9% (7 100.0%, …)"."""
    answer, characters = record["answer"], record["characters"]
    each = ", ".join(f"{'end' if c == ' ' else c} {p:.1%}" for c, p in characters[: len(answer) + 1])
    wrong = f"; wrong: it is {record['truth']}" if record.get("truth", answer) != answer else ""
    return f"{record['question']} = {answer}   confidence {record['confidence']:.1%} ({each}){wrong}"


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
