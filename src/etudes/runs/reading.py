"""Reading a run's files, which may be hostile: no pipes, no endless files, nothing nested too deep."""

import errno
import json
import stat
import tomllib
from pathlib import Path
from typing import Any

from etudes.errors import UserError

MAX_BYTES = 10_000_000
"""Bytes that `settings.toml` and the JSON files of a run may have."""

_MAX_DOTS = 100
"""Dots in a line of `settings.toml`: the parser takes time and memory with the square of a dotted name's length."""


def read_whole(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file.

    Args:
        path: the file; a pipe or a device would never end.
        limit: bytes that it may have, checked before it is read.

    Raises:
        OSError: it is missing, cannot be read, is not a regular file or is larger.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    if status.st_size > limit:
        raise OSError(errno.EFBIG, f"is larger than {limit // 1_000_000} MB", str(path))
    with path.open("rb") as file:
        return file.read(status.st_size)  # not `limit`: so much memory would be asked for


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        FileNotFoundError: there is no such file.
        UserError: it is not a JSON object, or cannot be read.
    """
    try:
        value = json.loads(read_whole(path))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is damaged: {_reason(error)}; copy it again or train again") from error
    if not isinstance(value, dict):
        raise UserError(f"{path} is damaged: it is not a JSON object; copy it again or train again")
    return value


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file.

    Raises:
        OSError: it is missing or cannot be read.
        UserError: it is not TOML.
    """
    content = read_whole(path)
    try:
        text = content.decode("utf-8")
        if any(line.count(".") > _MAX_DOTS for line in text.split("\n")):
            raise ValueError("a line has too many dots in it")
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is damaged: {_reason(error)}; copy it again or train again") from error


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, OSError):
        return f"it {error.strerror}" if error.strerror and error.strerror.startswith("is ") else str(error.strerror)
    return " ".join(str(error).split())[:80]
