"""Writing a file so that a reader sees the old one or the new one, never a part."""

import os
from pathlib import Path


def write_atomically(path: Path, content: bytes, keep_previous: Path | None = None) -> None:
    """Write a file through a temporary neighbour, flushed to the disk before it takes the name.

    Args:
        path: the file to write; its folder must exist.
        content: the bytes of the new file.
        keep_previous: where the old file goes, if there is one; None lets the new one replace it.

    Raises:
        OSError: it cannot be written; the old file is still there, and nothing of the new one.
    """
    temporary = path.with_name(path.name + ".writing")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)  # a full disk needs the room
        raise
    if keep_previous is not None and path.exists():
        os.replace(path, keep_previous)
    os.replace(temporary, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
