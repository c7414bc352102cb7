"""The worker processes that answer for the studio: started, asked, and started again when they died."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
from typing import Any

from etudes.errors import UserError

PATIENCE = 180.0
"""Seconds that an answer may take; the first one loads a backend."""

MOST_WAITING = 60
"""Questions that may wait for their turn; more are turned away at once."""

BUSY = "too many questions at once: try again in a moment"
ENDED = "the network's process ended; it is started again: try once more"
SLOW = "the network took too long to answer: try once more"


class Worker:
    """One child process with trained networks, asked one question at a time."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._turn = threading.Lock()
        self._waiting = 0
        self._count = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()
        self._closed = False

    @property
    def process(self) -> int | None:
        """The number of the child process, if it lives."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def ask(self, do: str, run: str, *inputs: str, **options: Any) -> dict[str, Any]:
        """One question, one answer.

        Args:
            do: "load", "use" or "look"; see `worker.respond`.
            run: the run that is to answer.
            *inputs: as in `etudes.use`.
            **options: as in `etudes.use`.

        Raises:
            UserError: what was asked cannot be done, or the worker is busy, slow or died.
        """
        with self._count:
            if self._waiting >= MOST_WAITING:
                raise UserError(BUSY)
            self._waiting += 1
        try:
            with self._turn:
                answer = self._exchange({"do": do, "run": run, "inputs": inputs, "options": options})
        finally:
            with self._count:
                self._waiting -= 1
        if "refused" in answer:
            raise UserError(answer["refused"])
        if "failed" in answer:
            raise UserError(f"the network could not answer: {answer['failed']}"[:200])
        return answer

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        child = self._started()
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps(request) + "\n")
            child.stdin.flush()
            line = self._answers.get(timeout=self.patience)
        except queue.Empty:
            self._end()
            raise UserError(SLOW) from None
        except OSError:
            line = ""
        if not line:
            self._end()
            raise UserError(ENDED)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _started(self) -> subprocess.Popen[str]:
        if self._closed:
            raise UserError("the studio is closing")
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._answers = queue.Queue()
            command = [sys.executable, "-m", "etudes.studio.worker"]
            pipe = subprocess.PIPE
            # A session of its own: Ctrl-C in the terminal is for the studio, which then ends its workers itself.
            self._child = subprocess.Popen(command, stdin=pipe, stdout=pipe, encoding="utf-8", start_new_session=True)
            threading.Thread(target=_read, args=(self._child, self._answers), daemon=True).start()
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            assert child.stdin is not None
            with contextlib.suppress(OSError):  # what was not sent yet cannot be sent any more
                child.stdin.close()

    def close(self) -> None:
        """End the child process."""
        self._closed = True
        self._end()


def _read(child: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
    """Hand on each line that a child writes, and an empty one at its end."""
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            answers.put(line)
    answers.put("")
