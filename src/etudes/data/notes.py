"""What was decided while a person's data was read, one line each: skipped, resized, scaled, inverted, decoded."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MAX_LENGTH = 200
"""Characters of a note."""

_log = logging.getLogger(__name__)
_notes: ContextVar[list[str] | None] = ContextVar("notes", default=None)


def note(text: str) -> None:
    """Note a decision that changes what the data means, in one line that also says how to decide otherwise.

    Of more than `MAX_LENGTH` characters the end is left out.

    The action that asked for the data shows it and keeps it with the run; without one, it goes to the log.
    """
    text = text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"
    notes = _notes.get()
    if notes is None:
        _log.warning("%s", text)
    elif text not in notes:
        notes.append(text)


@contextmanager
def collected_notes() -> Iterator[list[str]]:
    """Within it, notes are collected in the list that it gives, each once, in order."""
    notes: list[str] = []
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)
