"""The worker process that answers for the studio: started, asked, and started again when it dies."""

import contextlib
import json
import math
import subprocess
import sys
import threading
import time
from typing import Any

from etudes.errors import UserError

IDLE = 600.0
"""Seconds without a question after which a process with a backend in it ends."""

TIMEOUT = 180.0
"""Seconds that an answer may take; the first one loads a backend."""

MAX_WAITING = 60
"""Questions that may wait for their turn; more are refused at once."""

BUSY = "too many questions at once: try again in a moment"
ENDED = "the network's process ended and is started again: try once more"
SLOW = "the network took too long to answer: try once more"


class Worker:
    """One child process with trained networks, asked one question at a time."""

    def __init__(self, timeout: float = TIMEOUT, idle: float = math.inf) -> None:
        """Nothing is started yet.

        Args:
            timeout: seconds that an answer may take.
            idle: seconds without a question after which the process ends, and gives its memory back.
        """
        self.timeout, self.idle = timeout, idle
        self._resting: threading.Timer | None = None
        self._turn = threading.Lock()
        self._waiting = 0
        self._count = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._closed = False

    @property
    def process(self) -> int | None:
        """The number of the child process, if it is running."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def ask(self, do: str, run: str, *inputs: str, **options: Any) -> dict[str, Any]:
        """Ask one question.

        Args:
            do: "load", "use" or "inspect"; see `worker.respond`.
            run: the run that answers.
            *inputs: as in `etudes.use`.
            **options: as in `etudes.use` or `etudes.inspect`.

        Returns:
            The answer, as `worker.as_plain` gives it.

        Raises:
            UserError: the run cannot answer this, or the worker is busy, slow or died.
        """
        with self._count:
            if self._waiting >= MAX_WAITING:
                raise UserError(BUSY)
            self._waiting += 1
        try:
            with self._turn:
                answer = self._exchange({"do": do, "run": run, "inputs": inputs, "options": options})
                self._rest()
        finally:
            with self._count:
                self._waiting -= 1
        if "error" in answer:
            raise UserError(answer["error"])
        if "failed" in answer:
            raise UserError(f"the network could not answer, see the studio's terminal: {answer['failed']}"[:190])
        return answer

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        child = self._started()
        assert child.stdin is not None
        assert child.stdout is not None
        began, timer = time.monotonic(), threading.Timer(self.timeout, child.kill)  # killed, it writes no further line
        timer.start()
        try:
            child.stdin.write(json.dumps(request) + "\n")
            child.stdin.flush()
            line = child.stdout.readline()
        except OSError:
            line = ""
        finally:
            timer.cancel()
        if not line.endswith("\n"):
            self._end()
            raise UserError(SLOW if time.monotonic() - began >= self.timeout else ENDED)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _started(self) -> subprocess.Popen[str]:
        if self._closed:
            raise UserError("the studio is closing: start it again")
        if self._child is None or self._child.poll() is not None:
            self._end()
            command = [sys.executable, "-m", "etudes.studio.worker"]
            pipe = subprocess.PIPE
            # A session of its own: Ctrl-C in the terminal is for the studio, which then ends its worker itself.
            self._child = subprocess.Popen(command, stdin=pipe, stdout=pipe, encoding="utf-8", start_new_session=True)
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                assert pipe is not None
                with contextlib.suppress(OSError):  # what was not sent yet cannot be sent any more
                    pipe.close()

    def _rest(self) -> None:
        """Let the child end when nothing is asked for long enough from now on."""
        if self._resting is not None:
            self._resting.cancel()
        if self.idle < math.inf:
            self._resting = threading.Timer(self.idle, self._retire)
            self._resting.daemon = True
            self._resting.start()

    def _retire(self) -> None:
        if self._turn.acquire(blocking=False):  # else a question came in the meantime
            try:
                self._end()
            finally:
                self._turn.release()

    def close(self) -> None:
        """End the child process."""
        self._closed = True
        if self._resting is not None:
            self._resting.cancel()
        self._end()
