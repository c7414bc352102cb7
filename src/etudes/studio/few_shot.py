"""Few-shot sessions: the transfer network is fine-tuned on a few drawings of new symbols, then recognises them."""

import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from etudes.errors import UserError
from etudes.studio.pictures import drawing_file, save_drawing
from etudes.studio.studio import Studio
from etudes.studio.training_queue import modified
from etudes.studio.translations import Translations

ETUDE = "mnist_transfer_cnn"
MAX_SYMBOLS, MIN_DRAWINGS, MAX_DRAWINGS = 5, 2, 200
"""Symbols of a session, drawings of each at least, drawings of all together at most."""
MAX_SESSIONS = 100
"""Sessions that are kept; the oldest is removed first."""

Symbols = Mapping[str, Sequence[str]]
"""Drawings, as `pictures.read_drawing` takes them, by the name of their symbol."""


def fine_tune(translate: Translations, studio: Studio, symbols: Symbols, run: str | None = None) -> dict[str, Any]:
    """Fine-tune a trained run on drawings of new symbols.

    Args:
        translate: errors in the page's language.
        studio: asks its worker.
        symbols: two to five, with two drawings of each or more.
        run: the run that is fine-tuned, whose files do not change; the bundled run if none.

    Returns:
        "session", the name that `recognise` takes, the numbers of "symbols" and "drawings", and "seconds".

    Raises:
        UserError: too few drawings or too many, two symbols with one name, or no such run.
    """
    folder, began = write_session(translate, studio, symbols), time.monotonic()
    studio.use(ETUDE, run, str(next(folder.rglob("*.png"))), teach=str(folder))
    count = sum(map(len, symbols.values()))
    seconds = round(time.monotonic() - began, 1)
    return {"session": folder.name, "symbols": len(symbols), "drawings": count, "seconds": seconds}


def recognise(
    translate: Translations, studio: Studio, session: str, drawing: str, run: str | None = None
) -> dict[str, float]:
    """The probability of each symbol of a session for a drawing, the most probable first.

    Raises:
        UserError: nothing was drawn, or there is no such session.
    """
    folders = {path.name: path for path in studio.folder("sessions").iterdir()}
    if session not in folders:
        raise UserError(translate("no session"))
    with drawing_file(drawing, studio.folder("drawings")) as file:
        found = studio.use(ETUDE, run, file, teach=str(folders[session]), top=MAX_SYMBOLS)
    return dict(found["answers"][0]["probabilities"])


def write_session(translate: Translations, studio: Studio, symbols: Symbols) -> Path:
    """The drawings as an image folder, with a subfolder for each symbol.

    Raises:
        UserError: as in `fine_tune`.
    """
    if len(symbols) < 2 or min(map(len, symbols.values())) < MIN_DRAWINGS:
        raise UserError(translate("few"))
    if len(symbols) > MAX_SYMBOLS or sum(map(len, symbols.values())) > MAX_DRAWINGS:
        raise UserError(translate("many", symbols=MAX_SYMBOLS, drawings=MAX_DRAWINGS))
    names = {symbol: folder_name(symbol) for symbol in symbols}
    if len(set(names.values())) < len(names) or not all(names.values()):
        raise UserError(translate("names differ"))
    sessions = studio.folder("sessions")
    folder = sessions / secrets.token_hex(8)
    for symbol, drawings in symbols.items():
        (folder / names[symbol]).mkdir(parents=True)
        for drawing in drawings:
            save_drawing(drawing, folder / names[symbol])
    for old in sorted(sessions.iterdir(), key=modified)[:-MAX_SESSIONS]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def folder_name(name: str) -> str:
    """A name as that of a folder: no separators, not hidden, at most 40 characters."""
    letters = "".join("_" if letter in '/\\:*?"<>|' or not letter.isprintable() else letter for letter in name)
    return letters.strip(" .")[:40]
