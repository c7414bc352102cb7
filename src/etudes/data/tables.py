"""Tables of text as spreadsheets write them: separator, quotes and header are found out."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from etudes.data.columns import columns_of
from etudes.data.errors import error_reason, file_error
from etudes.data.notes import note
from etudes.errors import format_path

Row = tuple[int, Sequence[str]]
"""A line number, and the question and answer that stand there."""

SEPARATORS = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}
"""What may stand between two columns, and its name."""


@dataclass(frozen=True)
class _Table:
    """The rows as one separator divides them."""

    separator: str
    lines: list[int]
    rows: list[list[str]]
    columns: tuple[int, int, bool] | None
    """Questions, answers, and whether the first row is a header; None if not every row has them."""

    def pairs(self) -> list[Row]:
        """The rows below the header, of two columns each."""
        assert self.columns is not None
        question, answer, header = self.columns
        rows = list(zip(self.lines, self.rows, strict=True))[header:]
        return [(line, (row[question], row[answer])) for line, row in rows]

    def contradictions(self) -> int:
        """How many rows answer the question of an earlier one differently: few, if this is the right separator."""
        answers: dict[str, str] = {}
        cells = ((question.strip(), answer.strip()) for _, (question, answer) in self.pairs())
        return sum(answers.setdefault(question, answer) != answer for question, answer in cells)


def read_table(text: str, path: Path) -> list[Row]:
    """Questions and answers of a CSV file or one of its relatives; what differs from the plain form is noted.

    Args:
        text: the whole file.
        path: its name, for notes and errors.

    Raises:
        UserError: its rows have no two columns, quotes are not closed, or two separators are as likely.
    """
    said = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)  # Excel's own mark
    skipped, body = (1, text[said.end() :]) if said else (0, text)
    first, _, rest = body.lstrip().partition("\n")
    lines = [line.strip() for line in rest.splitlines() if line.strip()]
    quote = "'" if lines and all(line[0] == line[-1] == "'" for line in lines) else '"'
    separators = [said[1]] if said else [separator for separator in SEPARATORS if separator in first] or [","]
    tables, problems = [], []
    for separator in separators:
        try:
            tables.append(_divided(body, separator, quote, skipped))
        except csv.Error as error:
            problems.append(str(error))
    if not tables:
        raise file_error(path, f"{problems[0]}; write question,answer")
    table = _likely(tables, path)
    _say(table, quote, path)
    return table.pairs()


def _divided(text: str, separator: str, quote: str, skipped: int) -> _Table:
    try:
        found = _rows(text, separator, quote)
    except csv.Error:  # a space between a closing quote and the separator is none of the cell
        closed = re.sub(f"{quote}[ \t]+(?=[{re.escape(separator)}\r\n])", quote, text)
        if closed == text:
            raise
        found = _rows(closed, separator, quote)
    lines, rows = [line + skipped for line, _ in found], [row for _, row in found]
    same = bool(rows) and all(len(row) == len(rows[0]) > 1 for row in rows)
    return _Table(separator, lines, rows, columns_of(rows) if same else None)


def _rows(text: str, separator: str, quote: str) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, with their line numbers, without empty columns at the right."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, quotechar=quote, skipinitialspace=True, strict=True
    )
    rows = []
    try:
        for row in reader:
            if any(map(str.strip, row)):
                rows.append((reader.line_num, row))
    except csv.Error as error:
        raise csv.Error(f"line {reader.line_num}: {error_reason(error)}") from error
    width = max((place for _, row in rows for place, cell in enumerate(row, start=1) if cell.strip()), default=0)
    return [(line, row[: max(2, width)]) for line, row in rows]


def _likely(tables: list[_Table], path: Path) -> _Table:
    """The table whose separator it must be.

    Raises:
        UserError: none gives two columns in every row, or two do in different ways.
    """
    whole = [table for table in tables if table.columns]
    if not whole:
        raise _ragged(max(tables, key=lambda table: sum(len(row) == 2 for row in table.rows)), path)
    if whole[0].separator == "\t" or len(whole) == 1:
        return whole[0]
    by_name = [table for table in whole if table.columns and table.columns[2]]
    # In "1,5;15" the comma is none of a separator: it would give one question, 1, all the answers.
    counts = {table.separator: table.contradictions() for table in whole}
    clear = by_name or [table for table in whole if counts[table.separator] == min(counts.values())]
    if len(clear) > 1:
        names = " or ".join(SEPARATORS[table.separator] for table in clear)
        marks = " or ".join(f"question{table.separator}answer" for table in clear)
        raise file_error(path, f"its columns could be divided by {names}: write {marks} as its first line")
    return clear[0]


def _ragged(table: _Table, path: Path) -> Exception:
    """The error for the first row that has not the columns that it should have."""
    if not table.rows:
        return file_error(path, "holds no pair: write one 'question,answer' on each line")
    width, count = Counter(map(len, table.rows)).most_common(1)[0]
    if width > 2 and count == len(table.rows):
        return file_error(path, f"has {width} columns: keep two, or name two question and answer in its first line")
    lines = zip(table.lines, table.rows, strict=True)
    line, row = next((line, row) for line, row in lines if len(row) != max(2, width))
    filled, example = sum(bool(cell.strip()) for cell in row), f"question{table.separator}answer"
    return file_error(path, f"line {line} has {filled} filled column(s): write {example if width < 3 else width}")


def _say(table: _Table, quote: str, path: Path) -> None:
    """Note what is not the plain form: commas, double quotes, and no header or question,answer."""
    assert table.columns is not None
    question, answer, header = table.columns
    said = [f"its columns are divided by {SEPARATORS.get(table.separator, table.separator)}"]
    said = said if table.separator != "," else []
    if quote == "'":
        said.append("single quotes around its cells were taken off")
    names = [table.rows[0][place].strip()[:20] for place in (question, answer)] if header else []
    if len(table.rows[0]) > 2:
        said.append(f"questions and answers are its columns {names[0]} and {names[1]}")
    elif names and sorted(map(str.lower, names)) != ["answer", "question"]:
        said.append(f"its first line is a header ({names[0]} and {names[1]}; put question,answer above it to learn it)")
    if said:
        note(f"{format_path(path.name)}: {', '.join(said)}")
