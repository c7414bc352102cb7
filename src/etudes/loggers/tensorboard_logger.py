"""TensorBoard's event files, written with TensorBoard's own records and without TensorFlow."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from etudes.errors import UserError
from etudes.runs import Run

UNTOLD = ("phase", "epoch")


class TensorBoardLogger:
    """`tensorboard/training` and `tensorboard/validation` in the run's folder, so that both share their plots."""

    def __init__(self, run: Run) -> None:
        """Remove the event files of earlier tries: the whole history is written again, so nothing is there twice."""
        self._folder = run.place / "tensorboard"
        self.where = f"tensorboard --logdir {run.place}"
        self._writers: dict[str, Any] = {}
        self._last = 0
        try:
            for path in self._folder.glob("*/events.out.tfevents.*"):
                path.unlink()
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot write {self._folder}: {error.strerror or error}") from error

    def write(self, records: Sequence[dict[str, Any]]) -> None:
        """A scalar for each figure at the epoch as its step; that of a phase other than "train" is named after it."""
        for record in records:
            before = "" if record["phase"] == "train" else f"{record['phase']}/"
            self._last = record["epoch"]
            for name, value in record.items():
                if name not in UNTOLD:
                    part = "validation" if name.startswith("validation_") else "training"
                    self._add(part, before + name.removeprefix("validation_"), record["epoch"], value)
        self._flush()

    def finish(self, metrics: dict[str, Any]) -> None:
        """The metrics on the test set, at the last epoch."""
        for name, value in metrics.items():
            if isinstance(value, int | float):
                self._add("test", name, self._last, value)
        self._flush()

    def close(self, state: str) -> None:  # noqa: ARG002, event files know no state
        """Close the files."""
        for writer in self._writers.values():
            writer.close()

    def _add(self, part: str, tag: str, step: int, value: float) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        summary = Summary(value=[Summary.Value(tag=tag, simple_value=float(value))])
        event = Event(wall_time=time.time(), step=step, summary=summary)
        self._writer(part).write(event.SerializeToString())

    def _writer(self, part: str) -> Any:
        if part not in self._writers:
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.summary.writer.record_writer import RecordWriter

            folder: Path = self._folder / part
            folder.mkdir(parents=True, exist_ok=True)
            name = f"events.out.tfevents.{time.time_ns():019d}.{socket.gethostname()}.{os.getpid()}"
            writer = RecordWriter((folder / name).open("wb"))  # its buffer is emptied at the end of each epoch
            writer.write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())
            self._writers[part] = writer
        return self._writers[part]

    def _flush(self) -> None:
        for writer in self._writers.values():
            writer.flush()
