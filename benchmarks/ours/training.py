"""A run of `etudes.train`: its epochs from `metrics.jsonl`, and the time of its first step."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import etudes
from etudes.runs import read_metrics
from etudes.views.progress import NoProgress


class Reached(Exception):  # noqa: N818 (it is no error)
    """The target was reached, or the time is up: stop training."""


class Stopping(NoProgress):
    """A progress callback that records the first step and ends training at a target or after some time."""

    def __init__(self, phase: str, target: list[Any], most_seconds: float, seconds: float, most_steps: int) -> None:
        self.phase, self.target, self.most_seconds, self.seconds = phase, target, most_seconds, seconds
        self.most_steps, self.steps = most_steps, 0
        self.first_step: float | None = None
        self.epoch_ends: list[float] = []

    def on_batch_end(self, samples: int, metrics: dict[str, Any]) -> None:  # noqa: ARG002
        """Record the time of the first step."""
        self.first_step, self.steps = self.first_step or time.time(), self.steps + 1
        if self.steps == self.most_steps:
            raise Reached

    def on_epoch_end(self, record: dict[str, Any]) -> None:
        """Compare the metric of the epoch with the target."""
        self.epoch_ends.append(time.time())
        self.seconds += record["seconds"]
        if self.target and record["phase"] == self.phase and record.get(self.target[0], -1) >= self.target[1]:
            raise Reached
        if self.most_seconds and self.seconds > self.most_seconds:
            raise Reached


def measure(
    etude: str,
    preset: str = "tuned",
    settings: dict[str, Any] | None = None,
    folder: str = "",
    phase: str = "train",
    target: list[Any] | None = None,
    most_seconds: float = 0,
    most_steps: int = 0,
) -> dict[str, Any]:
    """Train.

    Args:
        etude: its name.
        preset: its preset.
        settings: what to change in it.
        folder: run folder to go on in, or "" for one that is removed afterwards.
        phase: of the training, to which the target belongs.
        target: name and value of the figure to stop at.
        most_seconds: of all epochs together; 0 sets no limit.
        most_steps: steps after which to end, and with them epochs, evaluation and all; 0 sets no limit.
    """
    with tempfile.TemporaryDirectory() as passing:
        out = Path(folder) if folder else Path(passing) / "run"
        before = sum(record["seconds"] for record in _records(out))
        progress = Stopping(phase, target or [], most_seconds, before, most_steps)
        began = float(os.environ.get("ETUDES_BENCHMARK_START", time.time()))
        try:
            if not _over(_records(out), phase, target, most_seconds):
                chosen = {name: tuple(v) if isinstance(v, list) else v for name, v in (settings or {}).items()}
                etudes.train(etude, preset=preset, out=out, progress=progress, **chosen)
        except Reached:
            pass
        first = None if progress.first_step is None else progress.first_step - began
        return {"epochs": _records(out), "first_step_seconds": first, "epoch_ends": progress.epoch_ends}


def _over(records: list[dict[str, Any]], phase: str, target: list[Any] | None, most_seconds: float) -> bool:
    """Whether an earlier call reached its target or used up the time."""
    mine = [record for record in records if record["phase"] == phase]
    reached = target is not None and any(record.get(target[0], -1) >= target[1] for record in mine)
    return reached or bool(most_seconds and sum(record["seconds"] for record in records) > most_seconds)


def _records(folder: Path) -> list[dict[str, Any]]:
    if not (folder / "metrics.jsonl").exists():
        return []
    return [dict(json.loads(json.dumps(record))) for record in read_metrics(folder)]
