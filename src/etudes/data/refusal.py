"""How this room says no: one line that names the file, what is wrong with it and what to do."""

from pathlib import Path

from etudes.errors import UserError

_LONGEST_PATH = 90


def shown(path: str | Path) -> str:
    """The path on one line, at most 90 characters: what is left out is at its beginning."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(path))
    return text if len(text) <= _LONGEST_PATH else "…" + text[1 - _LONGEST_PATH :]


def refuse(path: str | Path, trouble: str) -> UserError:
    """The error "path: trouble", ready to be raised.

    Args:
        path: the file or folder that is wrong.
        trouble: what is wrong with it and how to mend it.
    """
    return UserError(f"{shown(path)}: {trouble}")


def reason(error: BaseException) -> str:
    """The message of a library's error on one line, at most 80 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 80 else text[:79] + "…"
