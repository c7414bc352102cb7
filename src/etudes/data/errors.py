"""Errors about data files: one line that names the file, what is wrong with it and what to do."""

from pathlib import Path

from etudes.errors import UserError, format_path


def file_error(path: str | Path, problem: str) -> UserError:
    """The error "path: problem", ready to be raised.

    Args:
        path: the file or folder.
        problem: what is wrong with it and how to fix it.
    """
    return UserError(f"{format_path(path)}: {problem}")


def error_reason(error: BaseException) -> str:
    """The message of a library's error on one line, at most 80 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 80 else text[:79] + "…"
