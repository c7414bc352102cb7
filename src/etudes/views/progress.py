"""The progress of a run: a live bar in a terminal or a notebook, plain lines elsewhere, or nothing."""

from __future__ import annotations

import io
import time
from html import escape
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn, TimeRemainingColumn

from etudes.contract import ProgressCallback
from etudes.views.plotting import harmless

_WIDE = 80
_HIDDEN = ("phase", "epoch", "seconds", "samples_per_second")


def metrics_text(metrics: dict[str, Any]) -> str:
    """Metrics in one line: "loss 0.123  accuracy 0.950"."""
    shown = [(name, value) for name, value in metrics.items() if name not in _HIDDEN and isinstance(value, float)]
    return "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in shown)


class NoProgress:
    """A progress callback that shows nothing."""

    def __enter__(self) -> NoProgress:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def message(self, text: RenderableType) -> None:
        """Nothing."""

    def on_phase_begin(self, phase: str, epochs: int, done: int) -> None:
        """Nothing."""

    def on_epoch_begin(self, epoch: int, samples: int) -> None:
        """Nothing."""

    def on_batch_end(self, samples: int, metrics: dict[str, Any]) -> None:
        """Nothing."""

    def on_epoch_end(self, record: dict[str, Any]) -> None:
        """Nothing."""


class ProgressLines(NoProgress):
    """Progress for logs and pipes: one plain line for each epoch."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.epochs = 0

    def message(self, text: RenderableType) -> None:
        """Print it."""
        shown = harmless(text) if isinstance(text, str) else text
        self.console.print(shown, soft_wrap=isinstance(text, str), markup=False, emoji=False)

    def on_phase_begin(self, phase: str, epochs: int, done: int) -> None:
        """Note the number of epochs; print where a run resumes."""
        self.epochs = epochs
        if done:
            self.console.print(f"{phase}: resuming after epoch {done} of {epochs}")

    def on_epoch_end(self, record: dict[str, Any]) -> None:
        """Print the epoch's metrics."""
        head = f"{record['phase']} {record['epoch']}/{self.epochs}"
        pace = f"{record['seconds']:.1f} s  {record['samples_per_second']:.0f} samples/s"
        self.console.print(f"{head}  {metrics_text(record)}  ({pace})", highlight=False, soft_wrap=True, markup=False)


class ProgressInNotebook(ProgressLines):
    """Progress for a notebook: one line that is replaced, and says in the end how the last epoch went."""

    SECONDS = 0.3
    """At least from one update to the next, as each is sent to a browser."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.line: Any = None
        self.latest: Any = None
        self.updated = 0.0

    def message(self, text: RenderableType) -> None:
        """Print a line. A table can be opened; what shows how an epoch went replaces that of the epoch before."""
        if isinstance(text, str):
            super().message(text)
            return
        from IPython.display import HTML, display

        page = Console(record=True, file=io.StringIO(), width=_WIDE, force_jupyter=False, force_terminal=True)
        page.print(text)
        shown = page.export_html(code_format="{code}", inline_styles=True).strip("\n")
        if self.line is None:
            title, _, table = shown.partition("\n")
            display(HTML(f"<details><summary>{title}</summary><pre>{table}</pre></details>"))
        elif self.latest is None:
            self.latest = display(HTML(f"<pre>{shown}</pre>"), display_id=True)
        else:
            self.latest.update(HTML(f"<pre>{shown}</pre>"))

    def on_phase_begin(self, phase: str, epochs: int, done: int) -> None:
        """A line for the phase."""
        from IPython.display import HTML, display

        super().on_phase_begin(phase, epochs, done)
        self.phase, self.begun = phase, time.monotonic()
        self.line = display(HTML(f"{escape(phase)}: the first step may take a while"), display_id=True)

    def on_epoch_begin(self, epoch: int, samples: int) -> None:
        """The epoch that the line is about."""
        self.epoch, self.samples, self.seen = epoch, samples, 0

    def on_batch_end(self, samples: int, metrics: dict[str, Any]) -> None:
        """Move the bar, now and then."""
        self.seen += samples
        if time.monotonic() - self.updated >= self.SECONDS:
            part = self.epoch + min(1.0, self.seen / max(1, self.samples))
            self._show(part, self.epoch + 1, {name: float(value) for name, value in metrics.items()})

    def on_epoch_end(self, record: dict[str, Any]) -> None:
        """The metrics of the epoch."""
        self._show(record["epoch"], record["epoch"], record)

    def _show(self, done: float, epoch: int, metrics: dict[str, Any]) -> None:
        from IPython.display import HTML

        self.updated = time.monotonic()
        seconds = f"{self.updated - self.begun:.0f} s"
        text = escape(f"{self.phase} {epoch}/{self.epochs}  {metrics_text(metrics)}  ({seconds})")
        bar = f'<progress value="{done:.3f}" max="{self.epochs}" style="width:12em;vertical-align:middle"></progress>'
        if self.line is not None:
            self.line.update(HTML(f'{bar} <span style="white-space:pre-wrap">{text}</span>'))


class ProgressBar(ProgressLines):
    """Progress for terminals: a bar for the phase, and a line for each epoch."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        description = TextColumn("{task.description}", markup=False)
        columns: list[ProgressColumn] = [description, TimeRemainingColumn(compact=True)]
        if console.width >= _WIDE:  # else none of them could be read
            columns.insert(1, BarColumn(bar_width=24))
            columns += [TextColumn("{task.fields[pace]}"), TextColumn("{task.fields[metrics]}", markup=False)]
        self.progress = Progress(*columns, console=console, transient=True, refresh_per_second=5)
        self.task: TaskID | None = None
        self.phase = ""

    def __enter__(self) -> ProgressBar:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def on_phase_begin(self, phase: str, epochs: int, done: int) -> None:
        """Start a bar for the phase; the first epoch gives its length."""
        super().on_phase_begin(phase, epochs, done)
        if self.task is not None:
            self.progress.remove_task(self.task)
        self.phase, self.task = phase, None
        self.samples, self.began = 0, time.monotonic()

    def on_epoch_begin(self, epoch: int, samples: int) -> None:
        """Set the bar to the epoch's beginning."""
        description = f"{self.phase} {epoch + 1}/{self.epochs}"
        if self.task is None:
            self.task = self.progress.add_task(description, total=None, pace="", metrics="")
        total, completed = self.epochs * samples, epoch * samples
        self.progress.update(self.task, description=description, total=total, completed=completed)

    def on_batch_end(self, samples: int, metrics: dict[str, Any]) -> None:
        """Move the bar."""
        if self.task is None:
            return
        self.samples += samples
        pace = self.samples / max(time.monotonic() - self.began, 1e-9)
        numbers = {name: float(value) for name, value in metrics.items()}
        self.progress.update(self.task, advance=samples, pace=f"{pace:.0f} samples/s", metrics=metrics_text(numbers))


def on_terminal(stream: TextIO | None) -> bool:
    """Whether a stream of this process, which may have none or a closed one, is a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def progress_for(console: Console, quiet: bool) -> ProgressCallback:
    """The progress callback that fits: nothing if quiet, a live bar in a terminal or notebook, plain lines elsewhere.

    A program with windows or a service may have no stream to write to, or a closed one: nothing is shown there.
    """
    if quiet or console.file.closed:
        return NoProgress()
    if console.is_jupyter:
        return ProgressInNotebook(console)
    return ProgressBar(console) if console.is_terminal else ProgressLines(console)
