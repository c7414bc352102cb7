"""Files of questions, however many: read a line at a time, answered in pieces, their answers written as they come."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from etudes.data.encodings import find_encoding, undecodable
from etudes.data.errors import file_error
from etudes.data.notes import note
from etudes.errors import UserError, format_path
from etudes.views.pictures import check_writable

MAX_FILE_SIZE = 2_000_000_000
"""Bytes that a file of questions may have: tens of millions of them."""

MAX_LINE = 10_000
"""Characters of a line that are looked at."""

COLUMNS = ("line", "question", "answer", "confidence", "truth")
"""Of a CSV file of answers; `line` and `truth` where there are any."""


@dataclass(frozen=True)
class QuestionFile:
    """A file that was read through once: it holds questions, a line each, that can be answered."""

    path: Path
    encoding: str
    read: Callable[[str], str]
    """A line → the question, written as in training; raises `UserError` for what is none."""
    count: int
    """How many can be answered."""
    skipped: int
    """How many lines cannot."""

    def questions(self) -> Iterator[tuple[int, str]]:
        """Line number and question of each line that holds one."""
        for number, line in _lines(self.path, self.encoding):
            try:
                yield number, self.read(line)
            except UserError:
                continue


def open_questions(file: str, read: Callable[[str], str]) -> QuestionFile:
    """Read a file of questions through; lines that are none are noted, and left out later.

    Raises:
        UserError: it is no text file, or none of its lines is a question.
    """
    path = Path(file)
    encoding = find_encoding(path, "a text file with one question per line", MAX_FILE_SIZE)
    count = skipped = 0
    bad: list[tuple[int, UserError]] = []  # the first three
    for number, line in _lines(path, encoding):
        try:
            read(line)
            count += 1
        except UserError as error:
            skipped += 1
            bad += [] if skipped > 3 else [(number, error)]
    if not count:
        why = f"line {bad[0][0]}: {bad[0][1]}" if bad else "holds no question: write one on each line"
        raise file_error(format_path(file)[-60:], why)
    if bad:
        first = ", ".join(str(number) for number, _ in bad) + (f" and {skipped - 3:,} more" if skipped > 3 else "")
        why = f"line {bad[0][0]}: {bad[0][1]}"
        note(f"{format_path(path.name)[-60:]}: lines left out as they are no questions: {first}; {why}")
    return QuestionFile(path, encoding, read, count, skipped)


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is not blank; of a line without end, its beginning."""
    try:
        with path.open(encoding=encoding) as file:
            number = 0
            while line := file.readline(MAX_LINE):
                number += 1
                while not line.endswith("\n") and (rest := file.readline(MAX_LINE)):
                    line = line[:MAX_LINE] + rest[-1:]
                if line.strip():
                    yield number, line.rstrip("\n")
    except UnicodeDecodeError as error:
        raise undecodable(path, error) from error
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror}") from error


def check_answers_file(out: str, overwrite: bool, questions: str | None) -> None:
    """Check, before anything is computed, that answers can be written there and replace nothing by accident.

    Raises:
        UserError: its ending is neither .csv nor .jsonl, it exists, or it cannot be written.
    """
    target = Path(out)
    if target.suffix.lower() not in (".csv", ".jsonl"):
        raise file_error(target, "answers are written as .csv or .jsonl: name such a file")
    check_writable(target)
    if questions is not None and os.path.realpath(out) == os.path.realpath(questions):
        raise file_error(target, "holds the questions, which would be lost: name another file for the answers")
    if os.path.lexists(target) and not (overwrite and target.is_file()):
        raise file_error(target, "exists already: name another file, or add --overwrite")


def write_answers(out: str, records: Iterable[dict[str, Any]]) -> None:
    """Write a row for each answer as it comes; the file has its name when all are written.

    Raises:
        UserError: it cannot be written.
    """
    target = Path(out)
    temporary = target.with_name(f"{target.name}.writing")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                (_write_csv if target.suffix.lower() == ".csv" else _write_json_lines)(file, records)
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise file_error(target, f"cannot be written: {error.strerror}") from error


def _write_csv(file: TextIO, records: Iterable[dict[str, Any]]) -> None:
    writer: csv.DictWriter[str] | None = None
    for record in records:
        if writer is None:
            columns = [name for name in COLUMNS if name in record]
            writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
        writer.writerow(record)


def _write_json_lines(file: TextIO, records: Iterable[dict[str, Any]]) -> None:
    for record in records:
        file.write(json.dumps(record, ensure_ascii=False) + "\n")
