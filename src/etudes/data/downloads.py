"""Downloads: checked against their published checksums before they get their name, and never used in part."""

import logging
import os
import shutil
import time
from pathlib import Path

from filelock import FileLock, Timeout

from etudes.data.catalogue import PublishedFile, PublishedSet, data_folder
from etudes.data.errors import error_reason
from etudes.data.storage import EMBEDDED, is_right, mark_right, present_files, published_set
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

    Of several processes that fetch the same set one downloads, and the others wait for it.

    Args:
        name: of a published set.
        rounds: how often to try all mirrors; a machine without network gives up at once.

    Returns:
        The file, or the folder of the files.

    Raises:
        UserError: the set is unknown or published nowhere, no mirror gave the right bytes, or the folder
            cannot be written to; the message says which file to put where.
    """
    if name in EMBEDDED:
        raise UserError(f"{name} comes with the package: there is nothing to fetch")
    published = published_set(name)
    if _damaged(name, published):
        _fetch_alone(name, published, rounds)
    folder, wanted = data_folder(), _wanted(published)
    return folder / (wanted[0].path if len(wanted) == 1 else published.folder)


def _wanted(published: PublishedSet) -> tuple[PublishedFile, ...]:
    return present_files(published) or ((published.archive,) if published.archive else published.files)


def _damaged(name: str, published: PublishedSet) -> list[PublishedFile]:
    """The files to download: those that are missing, or not what was published."""
    wanted, folder = _wanted(published), data_folder()
    damaged = [file for file in wanted if not _is_there(folder / file.path, file)]
    if damaged and published.archive and wanted == published.files:
        path = format_path(folder / damaged[0].path)
        raise UserError(f"{path}: is damaged: delete its folder, then `etudes data fetch {name}`")
    return damaged


def _is_there(path: Path, file: PublishedFile) -> bool:
    try:
        return path.is_file() and is_right(path, file)
    except OSError:
        return False


def _fetch_alone(name: str, published: PublishedSet, rounds: int) -> None:
    """Download what is missing while no other process does; another may have done it in the meantime."""
    folder = data_folder()
    path = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{name}.lock", timeout=WAIT_SECONDS):
            for file in _damaged(name, published):
                path = folder / file.path
                _download(name, published, file, rounds)
    except Timeout as error:
        raise UserError(f"another process is downloading {name} into {format_path(folder)}: wait for it") from error
    except OSError as error:
        reason = error.strerror or error_reason(error)[:40]
        advice = "make room or set ETUDES_DATA to another folder"
        raise UserError(f"cannot write {format_path(path)}: {reason}: {advice}") from error


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
    from urllib3.exceptions import MaxRetryError

    return isinstance(error, NoConnection) and bool(error.args) and isinstance(error.args[0], MaxRetryError)


def _download_from(mirror: str, name: str, file: PublishedFile) -> None:
    """Download one file; pooch gives it its name, in a folder beside its place, once the checksum is right."""
    import pooch

    target = data_folder() / file.path
    # pooch leaves a temporary file if the process is killed. In a folder of its own the next download removes it; the
    # set's lock is held, so it belongs to nobody.
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
            os.fsync(checked.fileno())  # after a power failure, a file of this name is whole
        os.replace(beside / target.name, target)
        mark_right(target, file)
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
