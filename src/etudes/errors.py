"""Errors that a person can fix: shown as one line, exit code 2; and a signal that asked to stop."""

import difflib
import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

_MAX_PATH_LENGTH = 90

_JOINERS = "\u200c\u200d"
"""What Persian, Hindi and emoji need between letters."""


class UserError(Exception):
    """What a person asked for cannot be done; the message is one line that says what is wrong and what to do."""


class Interrupted(KeyboardInterrupt):
    """A signal asked a training to stop, and it did; the message is one line that says how to go on."""

    def __init__(self, number: int, message: str) -> None:
        """`number` is that of the signal."""
        super().__init__(message)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell expects of a process that a signal ended."""
        return 128 + self.number


def unknown(kind: str, given: str, known: Iterable[str]) -> UserError:
    """The error for a name that does not exist, with the nearest one that does.

    Args:
        kind: what was named, in the singular, such as "etude".
        given: the name that was given.
        known: every name that exists.
    """
    names, given = list(known), str(given)  # from Python, it may be anything
    given = given if len(given) <= 60 else given[:59] + "…"
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"choose one of: {', '.join(names)}"
    message = f"unknown {kind} {given!r}: {hint}"
    return UserError(message if len(message) <= 190 else message[:189] + "…")


def user_path(path: str | os.PathLike[str]) -> Path:
    """A path that a person named: `~` at its beginning is the home folder, if there is one.

    Raises:
        UserError: it is neither text nor a path.
    """
    if not isinstance(path, str | os.PathLike):
        raise UserError(f"{type(path).__name__} is no path: give text or a pathlib.Path")
    return Path(os.path.expanduser(path))


def format_path(path: str | Path) -> str:
    """The path on one line, at most 90 characters: what is left out is at its beginning."""
    text = printable(str(path))
    return text if len(text) <= _MAX_PATH_LENGTH else "…" + text[1 - _MAX_PATH_LENGTH :]


def printable(text: str) -> str:
    """The text on one line: what is no letter, such as a line break in a file's name, is a "?"; every space stays."""
    if text.isprintable():
        return text
    kept = (letter.isprintable() or unicodedata.category(letter) == "Zs" or letter in _JOINERS for letter in text)
    return "".join(letter if keep else "?" for letter, keep in zip(text, kept, strict=True))
