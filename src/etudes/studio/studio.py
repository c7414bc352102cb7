"""What all pages of a studio share: the workers that answer, the trainings, a place for what people bring."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from etudes import experiments
from etudes.errors import UserError, unknown
from etudes.runs import Run, bundled_runs, runs_folder
from etudes.studio.trainings import Trainings
from etudes.studio.workers import Worker

FIRST_QUESTIONS: dict[str, tuple[str, ...]] = {"addition_rnn": ("1+1",), "mnist_acgan": ("0",)}
"""What is asked of a network once it is loaded, so that nobody waits for what the first answer costs."""

PLACE = "etudes-studio-"
"""How the name of the folder begins that holds what people bring."""


class Studio:
    """One for a server, whatever the number of its pages."""

    def __init__(self, *, local: bool = True, worker: Worker | None = None) -> None:
        """Start what works in the background.

        Args:
            local: whether only this machine can reach the page, so that its person may name files of it.
            worker: who answers; by default a new one.
        """
        self.local = local
        self.worker = worker or Worker()
        self.trainings = Trainings()
        self.place = Path(tempfile.mkdtemp(prefix=PLACE))

    def warm_up(self) -> None:
        """Let the worker load the bundled networks now, one question at a time so that people can ask in between."""
        threading.Thread(target=self._warm_up, daemon=True).start()

    def _warm_up(self) -> None:
        for run in bundled_runs():
            etude = run.folder.name
            if etude not in experiments.names():  # a further one, which the studio does not ask
                continue
            try:
                self.worker.ask("load", str(run))
                if etude in FIRST_QUESTIONS:
                    self.worker.ask("use", str(run), *FIRST_QUESTIONS[etude])
            except UserError:
                return  # it closes, or is busy with people: then it is warm anyway

    def choices(self, etude: str) -> list[str]:
        """Names of the finished runs of an étude, the newest first, the bundled one last."""
        own = [known.name for known in self.trainings.runs() if known.etude == etude and known.state == "finished"]
        return [*own, *(str(run) for run in bundled_runs() if run.folder.name == etude)]

    def reference(self, etude: str, choice: str | None) -> str:
        """What a worker is to be asked for, given the name that a person chose; the bundled run if none.

        Raises:
            UserError: there is no such run; in particular, no path gets through.
        """
        known = self.choices(etude)
        if not known:
            raise UserError(f"there is no trained network of {etude} yet: train one first")
        name = choice or known[-1]
        if name not in known:
            raise unknown("run", name, known)
        return name if name.endswith("@bundled") else str((runs_folder() / name).absolute())

    def use(self, etude: str, choice: str | None, *inputs: str, **options: Any) -> dict[str, Any]:
        """Ask a trained network; see `Worker.ask`.

        Raises:
            UserError: it cannot be done.
        """
        return self.worker.ask("use", self.reference(etude, choice), *inputs, **options)

    def folder(self, name: str) -> Path:
        """A folder for what people bring, removed when the studio closes."""
        place = self.place / name
        place.mkdir(parents=True, exist_ok=True)
        return place

    def check_strings(self, changes: dict[str, Any]) -> None:
        """Refuse paths from people who sit somewhere else: they could look at this machine's files through them.

        Raises:
            UserError: a setting names a path.
        """
        if self.local:
            return
        for name, value in changes.items():
            for text in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(text, str) and (set(text) & set("/\\~") or Path(text).exists()):
                    raise UserError(f"{name} {text[:60]!r}: paths can only be named on the machine of the studio")

    def run(self, name: str) -> Run:
        """A run by its name, in the runs folder or bundled.

        Raises:
            UserError: there is none.
        """
        for run in bundled_runs():
            if str(run) == name:
                return run
        return self.trainings.find(name).run

    def close(self) -> None:
        """End the worker, begin no further training, and remove what people brought."""
        self.trainings.close()
        self.worker.close()
        shutil.rmtree(self.place, ignore_errors=True)


def etude_names() -> list[str]:
    """The études, in their order."""
    return experiments.names()
