"""Metrics written to TensorBoard or MLflow as well; the run's own files remain the source.

A logger always catches up with `metrics.jsonl`, from its first line on: no line is lost and none doubled, however often
a run stops and resumes, also when logging starts later. It reads what was written and changes nothing of the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Protocol, cast

from etudes.contract import ProgressCallback
from etudes.errors import unknown
from etudes.extras import check_extra
from etudes.loggers.mlflow_logger import MLflowLogger
from etudes.loggers.tensorboard_logger import TensorBoardLogger
from etudes.runs import Run, read_metrics


class Logger(Protocol):
    """Another program that a run's metrics are written to."""

    def __init__(self, run: Run) -> None:
        """Prepare to write all metrics, from the first epoch on.

        Raises:
            UserError: it cannot be reached or written.
        """

    where: str
    """How to look at the metrics: a command or an address."""

    def write(self, step: int, metrics: Mapping[str, float]) -> None:
        """Write the metrics of an epoch. They follow each other; after an earlier attempt, they come again."""

    def finish(self, metrics: Mapping[str, float]) -> None:
        """Write the metrics on the test set."""

    def close(self, state: str) -> None:
        """Nothing more follows; the state is "FINISHED", "KILLED" or "FAILED"."""


KINDS: dict[str, type[Logger]] = {"tensorboard": TensorBoardLogger, "mlflow": MLflowLogger}
"""By name, which is also that of the extra that each needs."""


def check_loggers(names: Sequence[str]) -> None:
    """Check that these loggers exist and their packages are installed, before anything is loaded.

    Raises:
        UserError: not so.
    """
    for name in names:
        if name not in KINDS:
            raise unknown("value of --log", name, KINDS)
        check_extra(name, f"--log {name}")


class LoggingProgress:
    """A progress callback that shows a run as another one does, and writes its metrics to loggers."""

    def __init__(self, progress: ProgressCallback, run: Run, names: Sequence[str]) -> None:
        self.progress, self.run = progress, run
        self._names = tuple(dict.fromkeys(names))
        self._loggers: dict[str, Logger] = {}
        self._written: dict[str, int] = {}

    def open(self) -> None:
        """Open the loggers, once `metrics.jsonl` is what the run resumes from, and write what it holds.

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
        """Write what is not written yet. A logger that fails is left alone until the end."""
        records = read_metrics(self.run.folder)
        for name, logger in list(self._loggers.items()):
            with self._tolerant(name):
                for record in records[self._written[name] :]:
                    logger.write(record["epoch"], _metrics_of(record))
                    self._written[name] += 1

    def close(self, state: str) -> None:
        """Write the rest, also where that failed before; of a finished run, the metrics on the test set too."""
        for name in self._names if self._written else ():
            with self._tolerant(name):
                if name not in self._loggers:
                    self._open(name)
        self._catch_up()
        for name, logger in list(self._loggers.items()):
            with self._tolerant(name):
                if self.run.finished:
                    found = self.run.results()["metrics"]
                    logger.finish({name: value for name, value in found.items() if isinstance(value, int | float)})
                logger.close(state)
        self._loggers = {}

    @contextmanager
    def _tolerant(self, name: str) -> Iterator[None]:
        """Within it, an error of another program is a message; the training continues."""
        try:
            yield
        except Exception as error:
            self._loggers.pop(name, None)
            reason = " ".join(str(error).split())[:120]
            later = f"`etudes resume {self.run.quoted} --log {name}` writes what is missing"
            self.progress.message(f"--log {name} failed, the training continues: {reason}; {later}")

    def __enter__(self) -> LoggingProgress:
        self.open()
        self.progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.__exit__(kind, error, trace)

    def __getattr__(self, name: str) -> Any:
        """All else is as the other callback does it."""
        return getattr(self.progress, name)

    def on_epoch_end(self, record: dict[str, Any]) -> None:
        """As the other callback does it; then the loggers catch up."""
        self.progress.on_epoch_end(record)
        self._catch_up()


def _metrics_of(record: Mapping[str, Any]) -> dict[str, float]:
    """The metrics of a line of `metrics.jsonl`; those of a phase other than "train" are named after it."""
    before = "" if record["phase"] == "train" else f"{record['phase']}/"
    return {before + name: float(value) for name, value in record.items() if name not in ("phase", "epoch")}


@contextmanager
def with_loggers(progress: ProgressCallback, run: Run, names: Sequence[str]) -> Iterator[ProgressCallback]:
    """The progress callback of a run whose metrics go to these loggers too, those on the test set included.

    A run that is already finished is logged as it is.

    Raises:
        UserError: a logger does not exist, its package is missing, or it cannot be reached when the run begins.
    """
    check_loggers(names)
    if not names:
        yield progress
        return
    logging_progress = LoggingProgress(progress, run, names)
    try:
        yield cast("ProgressCallback", logging_progress)
        if run.finished:
            logging_progress.open()
    except BaseException as error:
        logging_progress.close("FAILED" if isinstance(error, Exception) else "KILLED")
        raise
    logging_progress.close("FINISHED")
