"""One file over HTTP by pooch, within a bound on its size, on every silence and on the whole time."""

from __future__ import annotations

import queue
import threading
import time
from pathlib import Path
from typing import Any

CONNECT_SECONDS = 4
SILENT_SECONDS = 30
"""A download is given up if nothing arrives for so long."""
SLOWEST_BYTES_PER_SECOND = 50_000
"""A download that stays slower is given up, so a file of n bytes takes at most n / 50,000 s + 30 s."""

_CHUNK = 2**16


class TransferError(ValueError):
    """A server sent something else than the published file, or sent it too slowly."""


class Transfer:
    """A downloader for `pooch.retrieve`: pooch's own, watched.

    pooch reads for as long as the server sends, and the time-out of requests counts from one byte to the next: an
    endless answer would fill the disk, and a dripping one would never end.

    Args:
        size: bytes of the published file.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, url: str, output_file: str | Path, pooch: Any) -> None:
        """Write the content of an address to a file.

        Raises:
            TransferError: it is more than `size` bytes, or came too slowly. (If it is less, the checksum differs.)
            requests.exceptions.RequestException: no answer, or an error.
            OSError: the file cannot be written.
        """
        from pooch import HTTPDownloader

        progress = _Progress(self.size, Path(output_file))
        download = HTTPDownloader(
            progress,
            _CHUNK,
            timeout=(CONNECT_SECONDS, SILENT_SECONDS),
            headers={"Accept-Encoding": "identity"},
            hooks={"response": progress.take_as_sent},
        )

        def run() -> None:
            outcome: str | Exception = "done"
            try:
                download(url, output_file, pooch)
            except Exception as error:  # whatever it is, it is raised where the download was asked for
                outcome = error
            for answer in progress.answers:  # pooch leaves them open after an error
                answer.close()
            progress.events.put(outcome)

        # In a thread of its own, so that this one can stop waiting whatever a server does, even within its headers or
        # the look-up of its name. It is a daemon, so that it cannot keep the process alive either.
        threading.Thread(target=run, daemon=True).start()
        try:
            while (event := progress.events.get(timeout=SILENT_SECONDS)) != "done":
                if isinstance(event, Exception):
                    raise event
        except queue.Empty:
            raise TransferError(f"nothing arrived for {SILENT_SECONDS} s") from None
        finally:
            progress.given_up = True


class _Progress:
    """What pooch takes for a progress bar: it ends a download that is too large or too slow, in pooch's thread."""

    def __init__(self, size: int, file: Path) -> None:
        self.size, self.file, self.total = size, file, 0
        self.began = time.monotonic()
        self.given_up = False
        self.events: queue.SimpleQueue[str | Exception] = queue.SimpleQueue()
        self.answers: list[Any] = []

    def update(self, _: int) -> None:
        received, seconds = self.file.stat().st_size, time.monotonic() - self.began
        if received > self.size:
            raise TransferError(f"more than the {self.size:,} bytes that were published")
        if self.given_up or seconds > SILENT_SECONDS + received / SLOWEST_BYTES_PER_SECOND:
            raise TransferError(f"only {received:,} bytes in {seconds:.0f} s")
        self.events.put("chunk")

    def reset(self) -> None: ...

    def close(self) -> None: ...

    def take_as_sent(self, answer: Any, **_: Any) -> None:
        """A hook of requests, called before the body of an answer is read."""
        self.answers.append(answer)
        if answer.is_redirect:
            answer.raw.close()  # or requests would read the body into memory, however long it is
        # Or requests would unpack a file that is itself gzipped, if the server calls that the answer's encoding.
        answer.raw.headers.pop("Content-Encoding", None)
