"""The progress of dreams: a live bar in a terminal, and in a log a line now and then."""

from __future__ import annotations

import sys
import time
from typing import Any

from rich.console import Console, RenderableType

from etudes.contract import ProgressCallback
from etudes.views.progress import NoProgress, ProgressBar, ProgressLines, metrics_text, on_terminal

SECONDS = 15
"""From one line of a log to the next."""


class LogLines(ProgressLines):
    """Progress for logs and pipes: where the dream is, every `SECONDS`; what is said of it stands in the result."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.phase, self.epoch, self.said = "", 0, time.monotonic()

    def message(self, text: RenderableType) -> None:
        """Nothing: it comes with the result."""

    def on_phase_begin(self, phase: str, epochs: int, done: int) -> None:
        """Note the phase; print where a dream resumes."""
        super().on_phase_begin(phase, epochs, done)
        self.phase = phase

    def on_epoch_begin(self, epoch: int, samples: int) -> None:  # noqa: ARG002
        """Note the step."""
        self.epoch = epoch

    def on_batch_end(self, samples: int, metrics: dict[str, Any]) -> None:  # noqa: ARG002
        """Print a line if one is due."""
        now = time.monotonic()
        if now - self.said >= SECONDS:
            self.said = now
            line = f"{self.phase} {self.epoch + 1}/{self.epochs}  {metrics_text(metrics)}"
            self.console.print(line, highlight=False, soft_wrap=True)


def dream_progress() -> ProgressCallback:
    """The progress callback that fits standard error."""
    console = Console(stderr=True)
    if console.file.closed:
        return NoProgress()
    return ProgressBar(console) if on_terminal(sys.stderr) else LogLines(console)


class Part(NoProgress):
    """The progress of one dream of many, within that of all: its phases begin with what is dreamed on."""

    def __init__(self, whole: ProgressCallback, name: str) -> None:
        self.whole, self.name = whole, name

    def message(self, text: RenderableType) -> None:
        """Nothing: with many dreams, only what their results say counts."""

    def on_phase_begin(self, phase: str, epochs: int, done: int) -> None:
        """Pass it on."""
        self.whole.on_phase_begin(f"{self.name}, {phase}", epochs, done)

    def on_epoch_begin(self, epoch: int, samples: int) -> None:
        """Pass it on."""
        self.whole.on_epoch_begin(epoch, samples)

    def on_batch_end(self, samples: int, metrics: dict[str, Any]) -> None:
        """Pass it on."""
        self.whole.on_batch_end(samples, metrics)
