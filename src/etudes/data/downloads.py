"""Downloads: checked against their published checksums before they get their name, and never used in part."""

import logging
from pathlib import Path

from etudes.data.catalogue import PublishedFile, PublishedSet, data_folder
from etudes.data.refusal import shown
from etudes.data.storage import EMBEDDED, files_at_hand, is_right, published_set
from etudes.errors import UserError

CONNECT_SECONDS, READ_SECONDS = 4, 30

_log = logging.getLogger(__name__)


def fetch(name: str, *, rounds: int = 3) -> Path:
    """Make sure that a set is complete and right on this machine; download what is missing or damaged.

    Each file is downloaded beside its place and moved there once its checksum is right.

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
    folder = data_folder()
    wanted = files_at_hand(published) or ((published.archive,) if published.archive else published.files)
    damaged = [file for file in wanted if not _is_there(folder / file.path, file)]
    if damaged and published.archive and wanted == published.files:
        raise UserError(f"{shown(folder / damaged[0].path)}: is damaged: delete the folder, then fetch {name} again")
    for file in damaged:
        _download(name, published, file, rounds)
        if not _is_there(folder / file.path, file):
            raise UserError(_by_hand(name, published, file))
    return folder / (wanted[0].path if len(wanted) == 1 else published.folder)


def _is_there(path: Path, file: PublishedFile) -> bool:
    try:
        return path.is_file() and is_right(path, file)
    except OSError:
        return False


def _download(name: str, published: PublishedSet, file: PublishedFile, rounds: int) -> None:
    """Try every mirror in turn, `rounds` times over unless none can be reached at all."""
    import requests

    for _ in range(rounds):
        unreachable = 0
        for mirror in published.mirrors:
            try:
                _download_from(mirror, file)
                return
            except requests.exceptions.ConnectionError:
                unreachable += 1
            except (requests.exceptions.RequestException, ValueError) as error:
                _log.info("%s from %s: %s", file.path, mirror, error)
            except OSError as error:
                trouble = error.strerror or error
                raise UserError(f"cannot write {shown(data_folder() / file.path)}: {trouble}") from error
        if unreachable == len(published.mirrors):
            break
    raise UserError(_by_hand(name, published, file))


def _download_from(mirror: str, file: PublishedFile) -> None:
    import pooch

    target = data_folder() / file.path
    pooch.get_logger().setLevel(logging.WARNING)
    timeout = (CONNECT_SECONDS, READ_SECONDS)
    plain = {"Accept-Encoding": "identity"}  # or requests would unpack a file that is itself gzipped
    downloader = pooch.HTTPDownloader(timeout=timeout, chunk_size=2**20, headers=plain)
    target.parent.mkdir(parents=True, exist_ok=True)
    address = mirror + target.name
    _log.info("downloading %s (%s bytes)", address, f"{file.size:,}")
    pooch.retrieve(address, known_hash=file.checksum, fname=target.name, path=target.parent, downloader=downloader)


def _by_hand(name: str, published: PublishedSet, file: PublishedFile) -> str:
    """One line that says which file to put where, with as much of its checksum as fits."""
    target = data_folder() / file.path
    problem = "could not be downloaded" if published.mirrors else "is published nowhere"
    line = f"{name} {problem}: put {target.name} ({{}}) into {shown(target.parent)}"
    room = 200 - len(line) + len("{}")
    checksum = file.checksum if len(file.checksum) <= room else file.checksum[: max(room - 1, 16)] + "…"
    return line.format(checksum)
