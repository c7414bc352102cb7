"""The processes that answer: what happens when they die, are slow, or are asked nonsense."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from etudes.errors import UserError
from etudes.studio import workers
from etudes.studio.workers import Worker

ECHO = """
import json, os, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    if asked["run"] == "die":
        os._exit(3)
    if asked["run"] == "sleep":
        time.sleep(60)
    answer = {"inputs": asked["inputs"], "pid": os.getpid()}
    if asked["run"] == "refuse":
        answer = {"error": "no such thing"}
    if asked["run"] == "fail":
        answer = {"failed": "ValueError: oh"}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker whose child answers without any network."""
    child = tmp_path / "python"
    child.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{ECHO.replace(chr(39), chr(34))}'\n")
    child.chmod(0o700)
    monkeypatch.setattr(workers.sys, "executable", str(child))
    made = Worker()
    yield made
    made.close()


def test_an_answer_comes_back_and_what_cannot_be_done_is_one_line(worker: Worker) -> None:
    assert worker.ask("use", "x", "a", "b")["inputs"] == ["a", "b"]
    with pytest.raises(UserError, match="no such thing"):
        worker.ask("use", "refuse")
    with pytest.raises(UserError, match=r"could not answer.*ValueError: oh"):
        worker.ask("use", "fail")


def test_a_worker_that_dies_or_is_too_slow_is_started_again(worker: Worker) -> None:
    first = worker.ask("use", "x")["pid"]
    with pytest.raises(UserError, match="started again"):
        worker.ask("use", "die")
    second = worker.ask("use", "x")["pid"]
    worker.timeout = 0.3  # its child is running already
    with pytest.raises(UserError, match="too long"):
        worker.ask("use", "sleep")
    worker.timeout = workers.TIMEOUT
    third = worker.ask("use", "x")["pid"]
    os.kill(third, signal.SIGKILL)
    os.waitpid(third, 0)
    assert len({first, second, third, worker.ask("use", "x")["pid"]}) == 4


def test_more_questions_than_can_wait_are_turned_away(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MAX_WAITING", 0)
    with pytest.raises(UserError, match="try again in a moment"):
        worker.ask("use", "x")
    monkeypatch.setattr(workers, "MAX_WAITING", 1)
    assert worker.ask("use", "x")["inputs"] == []


def test_closing_ends_the_child(worker: Worker) -> None:
    worker.ask("use", "x")
    process = worker.process
    assert process is not None
    worker.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with pytest.raises(UserError, match="closing"):
        worker.ask("use", "x")
