"""Pairs of strings from a CSV file: questions and their answers."""

import csv
import io
from pathlib import Path

from etudes.data.errors import error_reason, file_error

MAX_FILE_BYTES = 100_000_000
"""Bytes that a file of pairs may have."""

_HEADER = ("question", "answer")


def load_pairs(path: str | Path) -> list[tuple[str, str]]:
    """Read a CSV file with two columns, question and answer.

    A first line "question,answer" is skipped, blank lines and exact repetitions are left out. The file is
    read as UTF-8, with or without a byte order mark, and if it is not UTF-8, as Latin-1.

    Args:
        path: the file, of at most 100 MB.

    Returns:
        (question, answer) in the order of the file, each question once.

    Raises:
        UserError: the file cannot be read or holds no pair, or a line has not two filled columns, or gives a
            question another answer than an earlier line did; the message names the line.
    """
    file = Path(path)
    answers: dict[str, tuple[str, int]] = {}
    rows = csv.reader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        for row in rows:
            _add(answers, row, rows.line_num, file)
    except csv.Error as error:
        raise file_error(file, f"line {rows.line_num}: {error_reason(error)}; write question,answer") from error
    if not answers:
        raise file_error(file, "holds no pair: write one 'question,answer' on each line")
    return [(question, answer) for question, (answer, _) in answers.items()]


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():  # a pipe, for instance, may never end
            raise file_error(path, "is not a file: give a CSV file of pairs")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise file_error(path, f"is larger than {MAX_FILE_BYTES // 1_000_000} MB: split it")
        data = path.read_bytes()
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror}; check the name and its permissions") from error
    if b"\0" in data:
        raise file_error(path, "is not a CSV file: it holds zero bytes; save it as CSV in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _add(answers: dict[str, tuple[str, int]], row: list[str], line: int, path: Path) -> None:
    """Take one row in, unless it is blank, the header or a repetition."""
    if not any(cell.strip() for cell in row):
        return
    if len(row) != 2 or not all(row):
        raise file_error(path, f"line {line} has {sum(map(bool, row))} filled column(s): write question,answer")
    question, answer = row
    if not answers and (question.strip().lower(), answer.strip().lower()) == _HEADER:
        return
    known, first = answers.setdefault(question, (answer, line))
    if known != answer:
        raise file_error(path, f"line {line} answers the question of line {first} differently: keep one of them")
