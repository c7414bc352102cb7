"""Metrics written to other programs too, as TensorBoard's event files or to MLflow; the run's own files stay the truth.

A logger is always brought to what `metrics.jsonl` says, from its first line on: no line is lost or doubled when a
training was killed and goes on, nor when it was begun without a logger. It reads what was written and touches nothing
of the training.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from etudes.contract import ProgressCallback
from etudes.errors import UserError, unknown
from etudes.loggers.mlflow_logger import MLflowLogger
from etudes.loggers.tensorboard_logger import TensorBoardLogger
from etudes.runs import Run, read_metrics

if TYPE_CHECKING:
    from rich.console import RenderableType


class Logger(Protocol):
    """One program that is told the metrics of a run."""

    def __init__(self, run: Run) -> None:
        """Make ready to be told everything from the first epoch on.

        Raises:
            UserError: it cannot be reached or written.
        """

    where: str
    """How to look at it, as a command or an address."""

    def write(self, records: Sequence[dict[str, Any]]) -> None:
        """Lines of `metrics.jsonl` that follow those written before."""

    def finish(self, metrics: dict[str, Any]) -> None:
        """The metrics on the test set."""

    def close(self, state: str) -> None:
        """No more will come; the state is "FINISHED", "KILLED" or "FAILED"."""


PACKAGES = {"tensorboard": "tensorboard", "mlflow": "mlflow"}
"""The package that each logger needs; the extra has the logger's name."""

KINDS: dict[str, type[Logger]] = {"tensorboard": TensorBoardLogger, "mlflow": MLflowLogger}


def check_loggers(names: Sequence[str]) -> None:
    """Whether these loggers are known and their packages installed; asked before anything is loaded.

    Raises:
        UserError: one is not.
    """
    for name in names:
        if name not in KINDS:
            raise unknown("value of --log", name, KINDS)
        if importlib.util.find_spec(PACKAGES[name]) is None:
            raise UserError(f"--log {name} needs the package {PACKAGES[name]}: pip install 'etudes[{name}]'")


class LoggingProgress:
    """A progress callback that shows a training as another one does, and has its metrics with_loggers."""

    def __init__(self, progress: ProgressCallback, run: Run, names: Sequence[str]) -> None:
        self.progress, self.run = progress, run
        self._names = tuple(dict.fromkeys(names))
        self._loggers: dict[str, Logger] = {}
        self._written: dict[str, int] = {}

    def open(self) -> None:
        """Open the loggers, once the run's metrics are what the training goes on from, and write what is there.

        Raises:
            UserError: one cannot be reached or written.
        """
        for name in self._names:
            if name not in self._loggers:
                self._open(name)
                self.progress.message(f"metrics also to {name}: {self._loggers[name].where}")
        self._catch_up()

    def _open(self, name: str) -> None:
        self._loggers[name], self._written[name] = KINDS[name](self.run), 0

    def _catch_up(self) -> None:
        """Write what is not yet written; a logger for which that fails is left alone until the end."""
        records = read_metrics(self.run.folder)
        for name in list(self._loggers):
            with self._its_own_trouble(name):
                self._loggers[name].write(records[self._written[name] :])
                self._written[name] = len(records)

    def close(self, state: str) -> None:
        """Write the rest, once more also where that failed, and if the run is finished its metrics on the test set."""
        for name in self._names if self._written else ():
            with self._its_own_trouble(name):
                if name not in self._loggers:
                    self._open(name)
        self._catch_up()
        for name, logger in list(self._loggers.items()):
            with self._its_own_trouble(name):
                if self.run.finished:
                    logger.finish(self.run.results()["metrics"])
                logger.close(state)
        self._loggers = {}

    @contextmanager
    def _its_own_trouble(self, name: str) -> Iterator[None]:
        """Within it, whatever goes wrong with another program is told and does not end the training."""
        try:
            yield
        except Exception as error:
            self._loggers.pop(name, None)
            reason = " ".join(str(error).split())[:120]
            again = f"`etudes resume {self.run} --log {name}` writes what is missing"
            self.progress.message(f"--log {name} failed, the training goes on: {reason}; {again}")

    def __enter__(self) -> LoggingProgress:
        self.open()
        self.progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.__exit__(kind, error, trace)

    def message(self, text: RenderableType) -> None:
        """Passed on."""
        self.progress.message(text)

    def on_phase_begin(self, phase: str, epochs: int, done: int) -> None:
        """Passed on."""
        self.progress.on_phase_begin(phase, epochs, done)

    def on_epoch_begin(self, epoch: int, samples: int) -> None:
        """Passed on."""
        self.progress.on_epoch_begin(epoch, samples)

    def on_batch_end(self, samples: int, metrics: dict[str, Any]) -> None:
        """Passed on."""
        self.progress.on_batch_end(samples, metrics)

    def on_epoch_end(self, record: dict[str, Any]) -> None:
        """Passed on; then the loggers are brought up to the run's metrics."""
        self.progress.on_epoch_end(record)
        self._catch_up()


@contextmanager
def with_loggers(progress: ProgressCallback, run: Run, names: Sequence[str]) -> Iterator[ProgressCallback]:
    """The progress for a training whose metrics go to these loggers too; at the end the run's metrics go there as well.

    A run that is finished already is with_loggers as it is.

    Raises:
        UserError: a logger is not known, its package is missing, or it cannot be reached when the training begins.
    """
    check_loggers(names)
    if not names:
        yield progress
        return
    shown = LoggingProgress(progress, run, names)
    try:
        yield shown
        if run.finished:
            shown.open()
    except BaseException as error:
        shown.close("FAILED" if isinstance(error, Exception) else "KILLED")
        raise
    shown.close("FINISHED")
