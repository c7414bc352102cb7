"""What all pages of a studio share: the worker that answers, the training runs, a folder for uploads."""

import shutil
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from etudes import experiments
from etudes.errors import UserError, unknown
from etudes.runs import Run, bundled_runs, runs_folder
from etudes.studio.training_runs import TrainingRuns, included_runs
from etudes.studio.workers import IDLE, Worker

FOLDER_PREFIX = "etudes-studio-"
"""How the name of the folder for uploads begins."""


class Studio:
    """One for a server, whatever the number of its pages."""

    def __init__(self, *, local: bool = True) -> None:
        """Start what works in the background.

        Args:
            local: whether only this machine can reach the page, so that paths of this machine may be named.
        """
        self.local = local
        self.worker = Worker()
        self.backend_worker = Worker(idle=IDLE)
        self.training_runs = TrainingRuns()
        self._folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))

    def warm_up(self) -> None:
        """Let the worker load the bundled networks now, one question at a time so that people can ask in between."""
        threading.Thread(target=self._warm_up, daemon=True).start()

    def _warm_up(self) -> None:
        for run in bundled_runs():
            if run.folder.name in experiments.names():  # not a further one, which no tab uses
                with suppress(UserError):  # it closes, or is busy with people and thus warm
                    self.worker.ask("load", str(run))

    def choices(self, etude: str) -> list[str]:
        """Names of the finished runs of an étude, the newest first, the bundled one last."""
        own = [run.name for run in self.training_runs.runs() if run.etude == etude and run.state == "finished"]
        return [*own, *(str(run) for run in bundled_runs() if run.folder.name == etude)]

    def reference(self, etude: str, choice: str | None) -> str:
        """The run that a person chose by its name, as the worker takes it; the bundled run if none.

        Raises:
            UserError: there is no such run; in particular, no path gets through.
        """
        known = self.choices(etude)
        if not known:
            raise UserError(f"there is no trained network of {etude}: train one first")
        name = choice or known[-1]
        if name not in known:
            raise unknown("run", name, known)
        return name if name.endswith("@bundled") else str((runs_folder() / name).absolute())

    def use(self, etude: str, choice: str | None, *inputs: str, **options: Any) -> dict[str, Any]:
        """Ask a trained network; see `Worker.ask`. What takes a backend is asked in a process of its own.

        Raises:
            UserError: it cannot answer this.
        """
        heavy = experiments.load(etude).use.options(inputs=inputs, **options).needs_backend
        worker = self.backend_worker if heavy else self.worker
        return worker.ask("use", self.reference(etude, choice), *inputs, **options)

    def inspect(self, etude: str, choice: str | None, **options: Any) -> dict[str, Any]:
        """Look inside a trained network; see `Worker.ask`.

        Raises:
            UserError: it cannot be looked into so.
        """
        return self.backend_worker.ask("inspect", self.reference(etude, choice), **options)

    def folder(self, name: str) -> Path:
        """A folder for uploads, removed when the studio closes."""
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def check_paths(self, changes: dict[str, Any]) -> None:
        """Refuse paths from other machines: a person there could read files of this machine through them.

        Raises:
            UserError: a setting names a path.
        """
        if self.local:
            return
        for name, value in changes.items():
            for text in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(text, str) and (set(text) & set("/\\~") or Path(text).exists()):
                    raise UserError(f"{name} {text[:60]!r}: paths can be named only on the machine of the studio")

    def run(self, name: str) -> Run:
        """A run by its name, in the runs folder or bundled.

        Raises:
            UserError: there is none.
        """
        for included in included_runs():
            if included.name == name:
                return included.run
        return self.training_runs.find(name).run

    def close(self) -> None:
        """End the worker, start no further run, and remove the uploads."""
        self.training_runs.close()
        self.worker.close()
        self.backend_worker.close()
        shutil.rmtree(self._folder, ignore_errors=True)
