"""Pairs of strings, questions and their answers, from a table as spreadsheets write it or from JSON lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from etudes.data.encodings import find_encoding, undecodable
from etudes.data.errors import file_error
from etudes.data.json_lines import is_json, read_json
from etudes.data.notes import note
from etudes.data.tables import Row, read_table
from etudes.errors import format_path, user_path

MAX_FILE_BYTES = 100_000_000
"""Bytes that a file of pairs may have."""

FEW_CONTRADICTIONS = 10
"""Up to so many, lines that answer a question differently are slips, and refused."""

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff"))
"""Spaces without width and marks of direction, which come along when text is copied."""


def normal_text(text: str) -> str:
    """The text as networks see it: in the Unicode form NFC, spaces of any kind single and plain, none at its ends.

    NFC joins a letter and its accent, as in é; it keeps ² and 2, or full and half width, apart, as NFKC does not.
    """
    return " ".join(unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split())


def load_pairs(path: str | Path) -> list[tuple[str, str]]:
    """Read the pairs of a CSV file or one of its relatives, or of JSON lines; each question and answer `normal_text`.

    Separator (comma, semicolon, tab or bar), quotes, header and encoding are found out; what is not UTF-8 with commas,
    with or without the header "question,answer", is noted. A header may name the two columns among others. Blank lines
    and repeated pairs are left out, the latter noted.

    Args:
        path: the file, of at most 100 MB.

    Returns:
        (question, answer) in the order of the file, each pair once, and each question unless most have several answers.

    Raises:
        UserError: the file cannot be read or holds no pair, its separator or encoding is not clear, or a line has
            not two filled columns, or gives a question another answer than an earlier line did; the message names
            the line.
    """
    file = user_path(path)
    text = _text(file)
    rows = read_json(text, file) if is_json(text, file) else read_table(text, file)
    pairs = _each_once(rows, file)
    if not pairs:
        raise file_error(file, "holds no pair: write one 'question,answer' on each line")
    return pairs


def _text(path: Path) -> str:
    encoding = find_encoding(path, "a CSV file of pairs", MAX_FILE_BYTES)
    try:
        text = path.read_bytes().decode(encoding)
    except UnicodeDecodeError as error:
        raise undecodable(path, error) from error
    if "\0" in text:  # UTF-32, or what only begins like UTF-16
        raise file_error(path, "is not a CSV file of pairs: it holds zeros; save it as text in UTF-8")
    return text


def _each_once(rows: Iterable[Row], path: Path) -> list[tuple[str, str]]:
    """The pairs without repetitions, in order."""
    name = format_path(path.name)
    lines: dict[str, dict[str, int]] = {}
    pairs: list[tuple[str, str]] = []
    clashes: list[tuple[int, int]] = []
    repeated = spaced = 0
    for line, cells in rows:
        question, answer = map(normal_text, cells)
        if not question or not answer:
            raise file_error(path, f"line {line} has {bool(question) + bool(answer)} filled column(s): fill both")
        spaced += any("  " in text.strip() for text in cells)
        answers = lines.setdefault(question, {})
        if answer in answers:
            repeated += 1
            continue
        if answers:
            clashes.append((line, next(iter(answers.values()))))
        answers[answer] = line
        pairs.append((question, answer))
    if clashes:
        _check_contradictions(clashes, sum(len(answers) > 1 for answers in lines.values()) / len(lines), path)
    if repeated:
        note(f"{name}: pairs left out that repeat an earlier one, but for spaces and Unicode forms: {repeated:,}")
    if spaced:
        note(f"{name}: pairs in which several spaces became one: {spaced:,}; write _ for spaces that matter")
    return pairs


def _check_contradictions(clashes: list[tuple[int, int]], share: float, path: Path) -> None:
    """Refuse contradictions as slips, unless most questions have several answers: that is the kind of data, noted."""
    line, first = clashes[0]
    more = f", as do lines {', '.join(str(other) for other, _ in clashes[1:4])}" if clashes[1:] else ""
    more += f" and {len(clashes) - 4:,} more" if clashes[4:] else ""
    what = f"line {line} answers the question of line {first} differently{more}"
    if share <= 0.5 or len(clashes) < FEW_CONTRADICTIONS:
        raise file_error(path, f"{what}, spaces aside: keep one of them")
    note(f"{format_path(path.name)}: {what}; no answer can be right for all: keep one for each question")
