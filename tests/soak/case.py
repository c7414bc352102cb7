"""One bad input: what lies in the folder, what is typed there, and what must come of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Write = Callable[[Path, Path], object]
"""(an empty folder, the folder of the prepared runs) → nothing; the bad files are in the folder then."""


@dataclass(frozen=True)
class Case:
    """One bad input, with the command that meets it."""

    name: str
    kind: str
    write: Write
    words: tuple[str, ...]
    """What follows `etudes`, typed in the folder."""
    says: str = ""
    """What the message must contain."""
    needs_network: bool = False
    """Whether only the network itself can tell that the input is bad: Keras is loaded, and that takes time."""


def random_of(name: str) -> np.random.Generator:
    """Random numbers that follow from a name: the corpus is the same on every machine, whatever the order."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def nothing(folder: Path, runs: Path) -> None:
    """The bad input is in the words alone."""


def holding(**files: bytes) -> Write:
    """Writes files; "_" in the keywords' names stands for the dot before the ending."""

    def write(folder: Path, runs: Path) -> None:
        for name, content in files.items():
            (folder / ".".join(name.rsplit("_", 1))).write_bytes(content)

    return write


def one_file(name: str, content: bytes | Callable[[], bytes]) -> Write:
    """Writes one file; its content may be made when it is needed."""

    def write(folder: Path, runs: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content() if callable(content) else content)

    return write
