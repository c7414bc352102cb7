"""Downloads: checked against their published checksums before they get their name, and never used in part."""

import logging
import os
import shutil
import time
from pathlib import Path

from filelock import FileLock, Timeout

from etudes.data.catalogue import PublishedFile, PublishedSet, data_folder
from etudes.data.errors import error_reason
from etudes.data.storage import EMBEDDED, files_at_hand, is_right, published_set
from etudes.data.transfer import Transfer
from etudes.errors import UserError, format_path

PAUSE_SECONDS = 1.0
"""Between one round through the mirrors and the next."""
WAIT_SECONDS = 3600.0
"""How long to wait for another process that downloads the same set."""

_log = logging.getLogger(__name__)


class UnavailableError(UserError):
    """No mirror gave the file; the message says which file to put where."""


def fetch(name: str, *, rounds: int = 3) -> Path:
    """Make sure that a set is complete and right on this machine; download what is missing or damaged.

    Each file is downloaded into a folder beside its place and moved there once its checksum is right. Of several
    processes that fetch the same set one downloads, and the others wait for it.

    Args:
        name: of a published set.
        rounds: how often to go through the mirrors before giving up; a machine without network gives up at
            once.

    Returns:
        The file, or the folder of the files.

    Raises:
        UserError: the set is unknown or published nowhere, no mirror gave the right bytes, or the folder
            cannot be written to; the message says which file to put where.
    """
    if name in EMBEDDED:
        raise UserError(f"{name} is always at hand: there is nothing to fetch")
    published = published_set(name)
    if _damaged(name, published):
        _fetch_alone(name, published, rounds)
    folder, wanted = data_folder(), _wanted(published)
    return folder / (wanted[0].path if len(wanted) == 1 else published.folder)


def _wanted(published: PublishedSet) -> tuple[PublishedFile, ...]:
    return files_at_hand(published) or ((published.archive,) if published.archive else published.files)


def _damaged(name: str, published: PublishedSet) -> list[PublishedFile]:
    """The files to download: those that are not there, or not what was published."""
    wanted, folder = _wanted(published), data_folder()
    damaged = [file for file in wanted if not _is_there(folder / file.path, file)]
    if damaged and published.archive and wanted == published.files:
        raise UserError(
            f"{format_path(folder / damaged[0].path)}: is damaged: delete the folder, then fetch {name} again"
        )
    return damaged


def _is_there(path: Path, file: PublishedFile) -> bool:
    try:
        return path.is_file() and is_right(path, file)
    except OSError:
        return False


def _fetch_alone(name: str, published: PublishedSet, rounds: int) -> None:
    """Download what is missing while no other process does; it may have been done while this one waited."""
    folder = data_folder()
    place = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{name}.lock", timeout=WAIT_SECONDS):
            for file in _damaged(name, published):
                place = folder / file.path
                _download(name, published, file, rounds)
                if not _is_there(place, file):
                    raise _by_hand(name, published, file)
    except Timeout as error:
        raise UserError(f"another process is downloading {name} into {format_path(folder)}: wait for it") from error
    except OSError as error:
        cure = "make room or set ETUDES_DATA to another folder"
        trouble = error.strerror or error_reason(error)[:40]
        raise UserError(f"cannot write {format_path(place)}: {trouble}: {cure}") from error


def _download(name: str, published: PublishedSet, file: PublishedFile, rounds: int) -> None:
    """Try every mirror in turn, `rounds` times over unless none can be reached at all."""
    import requests

    for number in range(rounds):
        time.sleep(PAUSE_SECONDS * number)
        unreachable = 0
        for mirror in published.mirrors:
            try:
                _download_from(mirror, name, file)
                return
            except (requests.exceptions.RequestException, ValueError) as error:
                _log.info("%s from %s: %s", file.path, mirror, error)
                unreachable += _is_unreachable(error)
        if unreachable == len(published.mirrors):
            break
    raise _by_hand(name, published, file)


def _is_unreachable(error: Exception) -> bool:
    """Whether there was no connection at all, rather than one that broke."""
    from requests.exceptions import ConnectionError as NoConnection
    from urllib3.exceptions import ProtocolError

    return isinstance(error, NoConnection) and not (error.args and isinstance(error.args[0], ProtocolError))


def _download_from(mirror: str, name: str, file: PublishedFile) -> None:
    import pooch

    target = data_folder() / file.path
    # The set's lock is held, so what is here was left by a process that was killed.
    beside = target.parent / f".{name}.download"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        pooch.get_logger().setLevel(logging.WARNING)
        address = mirror + target.name
        _log.info("downloading %s (%s bytes)", address, f"{file.size:,}")
        downloader = Transfer(file.size)
        pooch.retrieve(address, known_hash=file.checksum, fname=target.name, path=beside, downloader=downloader)
        with (beside / target.name).open("rb") as checked:
            os.fsync(checked.fileno())
        os.replace(beside / target.name, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _by_hand(name: str, published: PublishedSet, file: PublishedFile) -> UnavailableError:
    """One line that says which file to put where, with as much of its checksum as fits."""
    target = data_folder() / file.path
    problem = "could not be downloaded" if published.mirrors else "is published nowhere"
    line = f"{name} {problem}: put {target.name} ({{}}) into {{}}"
    room = 192 + len("{}{}") - len(line)  # 200 with the "etudes: " before it
    folder, checksum = format_path(target.parent), file.checksum
    if len(checksum) + len(folder) > room:
        checksum = checksum[: max(room - len(folder) - 1, 16)] + "…"
        folder = folder if len(checksum) + len(folder) <= room else "…" + folder[len(checksum) + 1 - room :]
    return UnavailableError(line.format(checksum, folder))
