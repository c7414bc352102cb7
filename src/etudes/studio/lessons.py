"""Symbols of people's own: their drawings taught to the transfer network in seconds, and what it then reads."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from etudes.errors import UserError
from etudes.studio.drawings import keep_drawing
from etudes.studio.studio import Studio
from etudes.studio.words import Words

ETUDE, SYMBOLS, LEAST = "mnist_transfer_cnn", 5, 2
"""What learns, how many symbols at most, how many drawings of each at least."""

MOST_DRAWINGS = 200
LESSONS_KEPT = 100

Symbols = Mapping[str, Sequence[str]]
"""Drawings, as `drawings.read_drawing` takes them, by the name of what they show."""


@dataclass(frozen=True)
class Lesson:
    """What was taught: `name` is what to ask it by."""

    name: str
    symbols: int
    drawings: int
    seconds: float


def teach(words: Words, studio: Studio, symbols: Symbols, run: str | None = None) -> Lesson:
    """Teach symbols to a trained run.

    Args:
        words: of the person's language, for what cannot be done.
        studio: where.
        symbols: two to five, with two drawings of each or more.
        run: who learns; the bundled run if none.

    Raises:
        UserError: too few drawings or too many, names that cannot be told apart, or no such run.
    """
    folder, began = write_lesson(words, studio, symbols), time.monotonic()
    studio.use(ETUDE, run, str(next(folder.rglob("*.png"))), teach=str(folder))
    count = sum(map(len, symbols.values()))
    return Lesson(folder.name, len(symbols), count, round(time.monotonic() - began, 1))


def recognise(words: Words, studio: Studio, lesson: str, drawing: str, run: str | None = None) -> dict[str, float]:
    """How probable each symbol of a lesson is for a drawing, the most probable first.

    Raises:
        UserError: nothing was drawn, or there is no such lesson.
    """
    known = {path.name: path for path in studio.folder("lessons").iterdir()}
    if lesson not in known:
        raise UserError(words("not taught"))
    file = keep_drawing(drawing, studio.folder("drawings"))
    try:
        found = studio.use(ETUDE, run, str(file), teach=str(known[lesson]), top=SYMBOLS)
    finally:
        file.unlink(missing_ok=True)
    return dict(found["answers"][0]["probabilities"])


def write_lesson(words: Words, studio: Studio, symbols: Symbols) -> Path:
    """The drawings as an image folder, a subfolder for each symbol, named as the person names it.

    Raises:
        UserError: as in `teach`.
    """
    if len(symbols) < 2 or min(map(len, symbols.values())) < LEAST:
        raise UserError(words("few"))
    if len(symbols) > SYMBOLS or sum(map(len, symbols.values())) > MOST_DRAWINGS:
        raise UserError(words("many", symbols=SYMBOLS, drawings=MOST_DRAWINGS))
    called = {name: folder_name(name) for name in symbols}
    if len(set(called.values())) < len(called) or not all(called.values()):
        raise UserError(words("names differ"))
    folder = studio.folder("lessons") / secrets.token_hex(8)
    for name, drawings in symbols.items():
        (folder / called[name]).mkdir(parents=True)
        for drawing in drawings:
            keep_drawing(drawing, folder / called[name])
    older = sorted((studio.place / "lessons").iterdir(), key=lambda path: path.stat().st_mtime)
    for path in older[:-LESSONS_KEPT]:
        shutil.rmtree(path, ignore_errors=True)
    return folder


def folder_name(name: str) -> str:
    """A name as that of a folder: no separators, not hidden, not too long."""
    letters = "".join("_" if letter in '/\\:*?"<>|' or not letter.isprintable() else letter for letter in name)
    return letters.strip(" .")[:40]
