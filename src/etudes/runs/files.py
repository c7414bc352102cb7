"""Writing a file so that a reader sees the old one or the new one, never a part."""

import os
from pathlib import Path

from etudes.runs.failpoints import reached


def write_atomically(path: Path, content: bytes, keep_previous: Path | None = None) -> None:
    """Write a file through a temporary neighbour, flushed to the disk before it takes the name.

    Args:
        path: the file to write; its folder must exist.
        content: the bytes of the new file.
        keep_previous: where the old file goes, if there is one; None lets the new one replace it.

    Raises:
        OSError: it cannot be written; the old file is still there, and nothing of the new one.
    """
    reached(f"{path.name}:begin")
    temporary = path.with_name(path.name + ".writing")
    try:
        _write(temporary, content, path.name)
    except OSError:
        temporary.unlink(missing_ok=True)  # a full disk needs the room
        raise
    if keep_previous is not None and path.exists():
        os.replace(path, keep_previous)
        reached(f"{path.name}:kept")
    os.replace(temporary, path)
    reached(f"{path.name}:named")
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    reached(f"{path.name}:done")


def _write(temporary: Path, content: bytes, name: str) -> None:
    half = len(content) // 2
    with temporary.open("wb") as file:
        reached(f"{name}:opened")
        file.write(memoryview(content)[:half])
        file.flush()
        reached(f"{name}:half")
        file.write(memoryview(content)[half:])
        file.flush()
        reached(f"{name}:written")
        os.fsync(file.fileno())
    reached(f"{name}:flushed")
