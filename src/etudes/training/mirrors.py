"""Metrics written to other programs too, as TensorBoard's event files or to MLflow; the run's own files stay the truth.

A mirror is always brought to what `metrics.jsonl` says, from its first line on: no line is lost or doubled when a
training was killed and goes on, nor when it was begun without a mirror. It reads what was written and touches nothing
of the training.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from etudes.errors import UserError, unknown
from etudes.runs import Run, read_metrics
from etudes.training.mlflow_mirror import MLflowMirror
from etudes.training.tensorboard_mirror import TensorBoardMirror
from etudes.views.progress import Watch

if TYPE_CHECKING:
    from rich.console import RenderableType


class Mirror(Protocol):
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

    def finish(self, figures: dict[str, Any]) -> None:
        """The figures on the test set."""

    def close(self, state: str) -> None:
        """No more will come; the state is "FINISHED", "KILLED" or "FAILED"."""


PACKAGES = {"tensorboard": "tensorboard", "mlflow": "mlflow"}
"""The package that each mirror needs; the extra has the mirror's name."""

KINDS: dict[str, type[Mirror]] = {"tensorboard": TensorBoardMirror, "mlflow": MLflowMirror}


def check_mirrors(names: Sequence[str]) -> None:
    """Whether these mirrors are known and their packages installed; asked before anything is loaded.

    Raises:
        UserError: one is not.
    """
    for name in names:
        if name not in KINDS:
            raise unknown("value of --log", name, KINDS)
        if importlib.util.find_spec(PACKAGES[name]) is None:
            raise UserError(f"--log {name} needs the package {PACKAGES[name]}: pip install 'etudes[{name}]'")


class Mirrored:
    """A watch that shows a training as another one does, and has its metrics mirrored."""

    def __init__(self, watch: Watch, run: Run, names: Sequence[str]) -> None:
        self.watch, self.run = watch, run
        self._names = tuple(dict.fromkeys(names))
        self._mirrors: dict[str, Mirror] = {}
        self._written: dict[str, int] = {}

    def open(self) -> None:
        """Open the mirrors, once the run's metrics are what the training goes on from, and write what is there.

        Raises:
            UserError: one cannot be reached or written.
        """
        for name in self._names:
            if name not in self._mirrors:
                self._open(name)
                self.watch.say(f"metrics also to {name}: {self._mirrors[name].where}")
        self._catch_up()

    def _open(self, name: str) -> None:
        self._mirrors[name], self._written[name] = KINDS[name](self.run), 0

    def _catch_up(self) -> None:
        """Write what is not yet written; a mirror for which that fails is left alone until the end."""
        records = read_metrics(self.run.folder)
        for name in list(self._mirrors):
            with self._its_own_trouble(name):
                self._mirrors[name].write(records[self._written[name] :])
                self._written[name] = len(records)

    def close(self, state: str) -> None:
        """Write the rest, once more also where that failed, and if the run is finished its figures on the test set."""
        for name in self._names if self._written else ():
            with self._its_own_trouble(name):
                if name not in self._mirrors:
                    self._open(name)
        self._catch_up()
        for name, mirror in list(self._mirrors.items()):
            with self._its_own_trouble(name):
                if self.run.finished:
                    mirror.finish(self.run.results()["figures"])
                mirror.close(state)
        self._mirrors = {}

    @contextmanager
    def _its_own_trouble(self, name: str) -> Iterator[None]:
        """Within it, whatever goes wrong with another program is told and does not end the training."""
        try:
            yield
        except Exception as error:
            self._mirrors.pop(name, None)
            reason = " ".join(str(error).split())[:120]
            again = f"`etudes resume {self.run} --log {name}` writes what is missing"
            self.watch.say(f"--log {name} failed, the training goes on: {reason}; {again}")

    def __enter__(self) -> Mirrored:
        self.open()
        self.watch.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.watch.__exit__(kind, error, trace)

    def say(self, text: RenderableType) -> None:
        """Passed on."""
        self.watch.say(text)

    def begin_phase(self, phase: str, epochs: int, done: int) -> None:
        """Passed on."""
        self.watch.begin_phase(phase, epochs, done)

    def begin_epoch(self, epoch: int, samples: int) -> None:
        """Passed on."""
        self.watch.begin_epoch(epoch, samples)

    def step(self, samples: int, figures: dict[str, Any]) -> None:
        """Passed on."""
        self.watch.step(samples, figures)

    def end_epoch(self, record: dict[str, Any]) -> None:
        """Passed on; then the mirrors are brought up to the run's metrics."""
        self.watch.end_epoch(record)
        self._catch_up()


@contextmanager
def mirrored(watch: Watch, run: Run, names: Sequence[str]) -> Iterator[Watch]:
    """The watch for a training whose metrics go to these mirrors too; at the end the run's figures go there as well.

    A run that is finished already is mirrored as it is.

    Raises:
        UserError: a mirror is not known, its package is missing, or it cannot be reached when the training begins.
    """
    check_mirrors(names)
    if not names:
        yield watch
        return
    shown = Mirrored(watch, run, names)
    try:
        yield shown
        if run.finished:
            shown.open()
    except BaseException as error:
        shown.close("FAILED" if isinstance(error, Exception) else "KILLED")
        raise
    shown.close("FINISHED")
