"""What a person sees while a network learns: a live bar in a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Protocol

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn, TimeRemainingColumn

_WIDE = 80
_UNSHOWN = ("phase", "epoch", "seconds", "samples_per_second")


def figures_text(figures: dict[str, Any]) -> str:
    """Figures in one line: "loss 0.123  accuracy 0.950"."""
    shown = [(name, value) for name, value in figures.items() if name not in _UNSHOWN and isinstance(value, float)]
    return "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in shown)


class Watch(Protocol):
    """Somebody who is told what a training does."""

    def __enter__(self) -> Watch: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def say(self, text: RenderableType) -> None:
        """A line, or any rich renderable, that stays above the progress."""

    def begin_phase(self, phase: str, epochs: int, done: int) -> None:
        """A phase of so many epochs begins, some of them done before an interruption."""

    def begin_epoch(self, epoch: int, samples: int) -> None:
        """An epoch (from 0) of so many examples begins."""

    def step(self, samples: int, figures: dict[str, Any]) -> None:
        """Some examples were learned from; the epoch's figures so far."""

    def end_epoch(self, record: dict[str, Any]) -> None:
        """An epoch ended with this line of metrics."""


class Silent:
    """A watch that shows nothing."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def say(self, text: RenderableType) -> None:
        """Nothing."""

    def begin_phase(self, phase: str, epochs: int, done: int) -> None:
        """Nothing."""

    def begin_epoch(self, epoch: int, samples: int) -> None:
        """Nothing."""

    def step(self, samples: int, figures: dict[str, Any]) -> None:
        """Nothing."""

    def end_epoch(self, record: dict[str, Any]) -> None:
        """Nothing."""


class Lines(Silent):
    """A watch for logs and pipes: one plain line an epoch."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.epochs = 0

    def say(self, text: RenderableType) -> None:
        """Print it."""
        self.console.print(text, soft_wrap=isinstance(text, str))

    def begin_phase(self, phase: str, epochs: int, done: int) -> None:
        """Remember how many epochs there are; say from where training goes on."""
        self.epochs = epochs
        if done:
            self.console.print(f"{phase}: going on after epoch {done} of {epochs}")

    def end_epoch(self, record: dict[str, Any]) -> None:
        """Print the epoch's line."""
        head = f"{record['phase']} {record['epoch']}/{self.epochs}"
        pace = f"{record['seconds']:.1f} s  {record['samples_per_second']:.0f} samples/s"
        self.console.print(f"{head}  {figures_text(record)}  ({pace})", highlight=False, soft_wrap=True)


class Live(Lines):
    """A watch for terminals: a moving bar for the phase, and one line that stays for each epoch."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        columns: list[ProgressColumn] = [TextColumn("{task.description}"), TimeRemainingColumn(compact=True)]
        if console.width >= _WIDE:  # else they would squeeze each other until none can be read
            columns.insert(1, BarColumn(bar_width=24))
            columns += [TextColumn("{task.fields[pace]}"), TextColumn("{task.fields[figures]}")]
        self.progress = Progress(*columns, console=console, transient=True, refresh_per_second=5)
        self.task: TaskID | None = None
        self.phase = ""

    def __enter__(self) -> Live:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def begin_phase(self, phase: str, epochs: int, done: int) -> None:
        """Start a bar for the phase; its length is known with the first epoch."""
        super().begin_phase(phase, epochs, done)
        if self.task is not None:
            self.progress.remove_task(self.task)
        self.phase, self.task = phase, None
        self.samples, self.began = 0, time.monotonic()

    def begin_epoch(self, epoch: int, samples: int) -> None:
        """Set the bar to the epoch's beginning."""
        description = f"{self.phase} {epoch + 1}/{self.epochs}"
        if self.task is None:
            self.task = self.progress.add_task(description, total=None, pace="", figures="")
        total, completed = self.epochs * samples, epoch * samples
        self.progress.update(self.task, description=description, total=total, completed=completed)

    def step(self, samples: int, figures: dict[str, Any]) -> None:
        """Move the bar."""
        if self.task is None:
            return
        self.samples += samples
        pace = self.samples / max(time.monotonic() - self.began, 1e-9)
        numbers = {name: float(value) for name, value in figures.items()}
        self.progress.update(self.task, advance=samples, pace=f"{pace:.0f} samples/s", figures=figures_text(numbers))


def watch_for(console: Console, quiet: bool) -> Watch:
    """The watch that fits: nothing if quiet, a live bar in a terminal, plain lines in a pipe or file."""
    if quiet:
        return Silent()
    return Live(console) if console.is_terminal else Lines(console)
