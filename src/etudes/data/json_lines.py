"""Questions and answers as JSON: an object or a list of two on each line, or one list of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from etudes.data.columns import named_columns
from etudes.data.errors import file_error
from etudes.data.notes import note
from etudes.data.tables import Row
from etudes.errors import format_path

_ENDINGS = (".jsonl", ".ndjson", ".json")


def is_json(text: str, path: Path) -> bool:
    """Whether a file holds JSON: by its name, or because its first line is an object or a list."""
    first = text.lstrip().partition("\n")[0]
    return path.suffix.lower() in _ENDINGS or (first[:1] in ("{", "[") and isinstance(_value(first), dict | list))


def read_json(text: str, path: Path) -> list[Row]:
    """Questions and answers of JSON lines, or of one list; numbers are kept as they are written.

    Raises:
        UserError: a line is no JSON, or holds no two texts; the message names it.
    """
    whole = _value(text) if text.lstrip()[:1] == "[" else None
    if isinstance(whole, list) and whole and all(isinstance(record, dict | list) for record in whole):
        records = list(enumerate(whole, start=1))
    else:
        lines = enumerate(text.splitlines(), start=1)
        records = [(number, _value(line)) for number, line in lines if line.strip()]
    keys = _keys(records[0][1], path) if records else ()
    return [(number, _pair(record, keys, number, path)) for number, record in records]


def _value(text: str) -> Any:
    """What JSON says, numbers as texts; None where it is no JSON."""
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _keys(record: Any, path: Path) -> Sequence[Any]:
    """The keys of question and answer, as the first record has them."""
    if not isinstance(record, dict):
        return (0, 1)
    keys = list(record)
    named = named_columns(keys)
    if named is None and len(keys) != 2:
        raise file_error(path, f"its first object has {len(keys)} keys: call two of them question and answer")
    question, answer = (keys[place] for place in named or (0, 1))
    if (question, answer) != ("question", "answer"):
        names = f"{question[:20]!r} and answers {answer[:20]!r}"
        note(f"{format_path(path.name)}: questions are its {names}; call two keys question and answer to choose others")
    return (question, answer)


def _pair(record: Any, keys: Sequence[Any], number: int, path: Path) -> list[str]:
    try:
        pair = [record[key] for key in keys]
        fits = isinstance(record, dict) or len(record) == 2
    except (KeyError, IndexError, TypeError):
        pair, fits = [], False
    if not fits or not all(isinstance(text, str) for text in pair):
        example = '["1+1", "2"]' if keys == (0, 1) else json.dumps(dict.fromkeys(keys, "…"), ensure_ascii=False)[:60]
        raise file_error(path, f"line {number} holds no question with its answer: write {example}")
    return pair
