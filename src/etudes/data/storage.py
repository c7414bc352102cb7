"""Published files on this machine: which are there, and whether they are what was published."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from etudes.data.catalogue import SETS, PublishedFile, PublishedSet, data_folder
from etudes.data.errors import file_error
from etudes.errors import unknown

State = Literal["embedded", "verified", "present", "missing", "damaged"]

EMBEDDED = {
    "digits": ("1,797 handwritten digits, 28×28, grey", "the package"),
    "shapes": ("6,000 synthetic shapes, 32×32, colour", "drawn when needed"),
    "china": ("a photograph of a pagoda, 640×427", "the package"),
    "flower": ("a photograph of a dahlia, 640×427", "the package"),
}
"""What comes with the package: name → (what it is, where it is)."""

EMBEDDED_FOLDER = Path(__file__).parent / "embedded"
"""Their files; the page beside them names their sources and licences."""


@dataclass(frozen=True)
class SetStatus:
    """A set and its state on this machine."""

    name: str
    what: str
    """One line of description."""
    where: str
    """The file or folder where it is or should be; for what is embedded, its origin."""
    bytes: int
    """Size of the files that are there, or, if there are none, of the download; 0 for what is embedded."""
    state: State
    """The state "present" means there but not yet checked in this process."""


_checked: dict[tuple[Path, str, int, int], bool] = {}


def is_right(path: Path, file: PublishedFile) -> bool:
    """Whether the file has its published checksum; computed once per process while it stays the same."""
    key = _key(path, file)
    if key not in _checked:
        algorithm, expected = file.checksum.split(":")
        with path.open("rb") as content:
            _checked[key] = hashlib.file_digest(content, algorithm).hexdigest() == expected
    return _checked[key]


def mark_right(path: Path, file: PublishedFile) -> None:
    """Note that the file was just downloaded with its published checksum."""
    _checked[_key(path, file)] = True


def _key(path: Path, file: PublishedFile) -> tuple[Path, str, int, int]:
    status = path.stat()
    return (path, file.checksum, status.st_size, status.st_mtime_ns)


def present_files(published: PublishedSet) -> tuple[PublishedFile, ...]:
    """The files that make the set complete here: its own, or the archive alone; none if any is missing."""
    folder = data_folder()
    # os.path.isfile says no where Path.is_file raises: in a folder that may not be read, for instance.
    if all(os.path.isfile(folder / file.path) for file in published.files):
        return published.files
    if published.archive and os.path.isfile(folder / published.archive.path):
        return (published.archive,)
    return ()


def verified_files(name: str) -> list[Path]:
    """The paths of a set's files, each with the published checksum; empty if the set is not complete.

    Raises:
        UserError: a file is not what was published; the message names it.
    """
    paths = []
    for file in present_files(published_set(name)):
        path = data_folder() / file.path
        try:
            right = is_right(path, file)
        except OSError as error:
            raise file_error(path, f"cannot be read: {error.strerror}: check its permissions") from error
        if not right:
            raise file_error(
                path, f"is not the published file ({file.checksum[:19]}…): delete it, then `etudes data fetch {name}`"
            )
        paths.append(path)
    return paths


def published_set(name: str) -> PublishedSet:
    """The set of this name.

    Raises:
        UserError: there is none.
    """
    if name not in SETS:
        raise unknown("data set", name, SETS)
    return SETS[name]


def find_file(name: str) -> Path | None:
    """The verified file of a set of one, "inception_v3" or "inception_v3_2015"; None if it is missing.

    Raises:
        UserError: the name is unknown, or the file is not the one that was published.
    """
    paths = verified_files(name)
    return paths[0] if paths else None


def list_sets(*, check: bool = False) -> list[SetStatus]:
    """Every set and its state; with `check`, the checksum of each file is computed, else no file is read."""
    embedded = [SetStatus(name, what, origin, 0, "embedded") for name, (what, origin) in EMBEDDED.items()]
    return embedded + [_status(name, check=check) for name in SETS]


def _status(name: str, *, check: bool) -> SetStatus:
    published = SETS[name]
    files = present_files(published)
    folder = data_folder()
    where = folder / (files[0].path if len(files) == 1 else published.folder)
    if not files:
        wanted = (published.archive,) if published.archive else published.files
        return SetStatus(name, published.what, str(where), sum(file.size for file in wanted), "missing")
    size = sum((folder / file.path).stat().st_size for file in files)
    return SetStatus(name, published.what, str(where), size, _state(files, folder, check=check))


def _state(files: tuple[PublishedFile, ...], folder: Path, *, check: bool) -> State:
    """The state of files that are all there, from what was checked before; with `check`, all are checked now."""
    checked = [(folder / file.path, file) for file in files if check or _key(folder / file.path, file) in _checked]
    try:
        if not all(is_right(path, file) for path, file in checked):
            return "damaged"
    except OSError:
        return "damaged"
    return "verified" if len(checked) == len(files) else "present"


def is_on_this_machine(name: str) -> bool:
    """Whether a set can be read without a download: its files are there, or it is none of the published ones.

    Raises:
        UserError: a file is not what was published.
    """
    return name not in SETS or bool(verified_files(name))
