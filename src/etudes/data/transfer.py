"""One file over HTTP, with a bound on its size, on every silence and on the whole time."""

import queue
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

CONNECT_SECONDS = 4
SILENT_SECONDS = 30
"""A server that sends nothing for so long is given up."""
SLOWEST_BYTES_PER_SECOND = 50_000
"""A server that stays below this for long is given up, so a file of n bytes takes at most n / 50,000 s + 30 s."""
MOST_REDIRECTS = 5

_PIECE = 2**16


class TransferError(ValueError):
    """A server gave something else than the published file, or gave it too slowly."""


class Transfer:
    """A downloader for pooch that stops at the published size.

    pooch's own reads on for as long as the server sends, and the time-out of requests counts from one byte to the
    next: an endless answer would fill the disk, and one that drips would never end.

    Args:
        size: bytes of the published file.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, url: str, output_file: str | Path, _pooch: Any) -> None:
        """Write what the address gives to a file, as pooch asks its downloaders to do.

        Raises:
            TransferError: it is more than `size` bytes, or came too slowly. (What is less has another checksum.)
            requests.exceptions.RequestException: no answer, or one that says no.
            OSError: the file cannot be written.
        """
        pieces: queue.Queue[bytes | Exception] = queue.Queue(maxsize=8)
        given_up = threading.Event()
        # Another thread listens, so that whatever a server does (even in the middle of its headers, or of the name
        # look-up), this one can stop waiting. It is a daemon: it must not keep a process alive either.
        threading.Thread(target=_listen, args=(url, pieces, given_up), daemon=True).start()
        try:
            self._write(pieces, Path(output_file))
        finally:
            given_up.set()

    def _write(self, pieces: "queue.Queue[bytes | Exception]", path: Path) -> None:
        began, received = time.monotonic(), 0
        with path.open("wb") as file:
            while piece := _next(pieces):
                received += len(piece)
                if received > self.size:
                    raise TransferError(f"more than the {self.size:,} bytes that were published")
                file.write(piece)
                if time.monotonic() - began > SILENT_SECONDS + received / SLOWEST_BYTES_PER_SECOND:
                    raise TransferError(f"only {received:,} bytes in {time.monotonic() - began:.0f} s")


def _next(pieces: "queue.Queue[bytes | Exception]") -> bytes:
    """The next bytes of the answer; none at its end."""
    try:
        piece = pieces.get(timeout=SILENT_SECONDS)
    except queue.Empty:
        raise TransferError(f"nothing came for {SILENT_SECONDS} s") from None
    if isinstance(piece, Exception):
        raise piece
    return piece


def _listen(url: str, pieces: "queue.Queue[bytes | Exception]", given_up: threading.Event) -> None:
    """Put an answer's bytes into the queue, then b"" at its end or the error that ended it."""
    import requests
    from urllib3.exceptions import HTTPError

    def hand_over(piece: bytes | Exception) -> bool:
        while not given_up.is_set():
            try:
                pieces.put(piece, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    try:
        with requests.Session() as session, _answer(session, url) as answer:
            # As sent: requests would unpack a file that is itself gzipped.
            for piece in answer.raw.stream(_PIECE, decode_content=False):
                if not hand_over(piece):
                    return
        hand_over(b"")
    except HTTPError as error:
        hand_over(TransferError(f"the connection broke: {error}"))
    except Exception as error:  # whatever it is, the other thread must hear of it rather than wait
        hand_over(error)


def _answer(session: Any, url: str) -> Any:
    """The good answer of an address, its body unread, after at most so many redirects."""
    import requests

    def drop_body(answer: Any, **_: Any) -> None:
        if answer.is_redirect:
            answer.raw.close()  # or requests would read the body into memory, however long it is

    for _ in range(MOST_REDIRECTS + 1):
        answer = session.get(
            url,
            stream=True,
            allow_redirects=False,
            timeout=(CONNECT_SECONDS, SILENT_SECONDS),
            headers={"Accept-Encoding": "identity"},
            hooks={"response": drop_body},
        )
        target = session.get_redirect_target(answer)
        if target is None and answer.ok:
            return answer
        answer.close()
        answer.raise_for_status()
        url = urljoin(url, target)
    raise requests.exceptions.TooManyRedirects(f"more than {MOST_REDIRECTS} redirects")
