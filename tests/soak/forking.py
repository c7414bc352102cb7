"""A process that has loaded the backend and forks for every command line: a start costs a second instead of six.

Nothing of the backend has run when it forks, so what a fork does is what a fresh process does, but that it need not
import anything or draw the shapes.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

BEFORE_FORKING = (
    "keras",
    "tensorflow",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "sklearn.metrics",
    "etudes.actions.train",
    "etudes.cli",
)
"""What takes time to import; nothing of it starts threads that a fork would not have."""


class Forks:
    """Runs `etudes` command lines, each in a process of its own, until it is closed."""

    def __init__(self, backend: str) -> None:
        environment = {**os.environ, "KERAS_BACKEND": backend}
        pipe = subprocess.PIPE
        self._server = subprocess.Popen(
            [sys.executable, __file__], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment
        )

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate()

    def run(
        self,
        words: list[str],
        log: Path,
        kill_after: float = 0,
        largest_file: int = -1,
        cores: int = 0,
        **environment: str,
    ) -> int:
        """The exit code, negative for the signal that ended the process; its output is added to `log`.

        Args:
            words: the command line.
            log: a file of at most `largest_file` bytes.
            kill_after: the kernel ends the process after so many seconds, whatever it does (SIGALRM, not caught).
            largest_file: no file can grow beyond so many bytes, as on a full disk; negative for no such limit.
            cores: how many the process may use; 0 for all.
            **environment: variables.
        """
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        job = {"words": words, "log": str(log), "environment": environment}
        job |= {"kill_after": kill_after, "largest_file": largest_file, "cores": cores}
        print(json.dumps(job), file=self._server.stdin, flush=True)
        return int(self._server.stdout.readline())


def serve() -> None:
    """Answer each job on standard input with an exit code on standard output."""
    for module in BEFORE_FORKING:
        importlib.import_module(module)
    from etudes import experiments
    from etudes.data.shapes import load_shapes

    for name in experiments.names():
        experiments.load(name)
    load_shapes()

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _be(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _be(job: dict[str, Any]) -> None:
    from etudes.cli import run

    log = os.open(job["log"], os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(job["environment"])
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, job["kill_after"])
    if job["cores"]:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job["cores"]])
    if job["largest_file"] >= 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["largest_file"], resource.RLIM_INFINITY))
    code = 1
    try:
        code = run(job["words"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
