"""Errors about data files: one line that names the file, what is wrong with it and what to do."""

from collections.abc import Iterable
from pathlib import Path

from etudes.errors import UserError, format_path, printable

_MAX_LENGTH = 200


def file_error(path: str | Path, problem: str) -> UserError:
    """The error "path: problem", ready to be raised: one line, of 200 characters where the problem takes 170 at most.

    Args:
        path: the file or folder; more is left out at its beginning where the line would be too long.
        problem: what is wrong with it and how to fix it.
    """
    text = printable(problem)
    where, room = format_path(path), max(28, _MAX_LENGTH - len(text) - 2)
    return UserError(f"{where if len(where) <= room else '…' + where[1 - room :]}: {text}")


def error_reason(error: BaseException) -> str:
    """The message of a library's error on one line, at most 80 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 80 else text[:79] + "…"


def listed(words: Iterable[str], most: int = 3) -> str:
    """Some words on one short line, with the number of those that are left out."""
    known = [format_path(word if len(word) <= 40 else word[:39] + "…") for word in words]
    rest = len(known) - most
    return ", ".join(known[:most]) + (f" and {rest} more" if rest > 0 else "")
