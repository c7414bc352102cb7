"""The run folder: its files, and how to find it."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w
from filelock import Timeout

from etudes.errors import UserError, unknown, user_path
from etudes.results.html import as_html, figure_html, lines_html, metrics_html, shown
from etudes.runs.files import write_atomically
from etudes.runs.history import History
from etudes.runs.locks import LOCK, LOCK_BY_NAME, acquire
from etudes.runs.metrics import read_metrics
from etudes.runs.reading import read_object, read_toml

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BUNDLED = Path(__file__).parents[1] / "bundled"
"""The trained runs that come with the package: each study's own in a folder ETUDE, further ones in ETUDE@NAME."""

_BUNDLED_MARK = "@bundled"


@dataclass(frozen=True, repr=False)
class Run:
    """A run in its own folder.

    ```
    settings.toml        study, preset, settings, what the data is, sizes of the splits
    environment.json     versions, backend, device, command
    metrics.jsonl        one line per epoch of each phase; metrics.csv is the same as a table
    checkpoints/         what an interrupted run resumes from; removed when the run is finished
    weights.safetensors  the trained networks, with weights.json as manifest
    graphs/              the networks as ONNX graphs without weights, which answer without a backend
    pictures/            PNG and GIF
    results.json         metrics on the test set; a run that has it is finished, and what shows it follows
    card.md              the run on one page
    evaluate.json        the result of evaluate; so too inspect.json, and use.json of the example
    report.html          all of it on one page, pictures included
    ```
    """

    folder: Path
    kept_in: Path | None = field(default=None)
    """Where artifacts of the run go instead, as where its folder is read-only."""

    def __post_init__(self) -> None:
        """The folder may be named as text, too.

        Raises:
            UserError: it is no path.
        """
        folder: Any = self.folder
        if not isinstance(folder, Path):
            object.__setattr__(self, "folder", user_path(folder))

    def __str__(self) -> str:
        name = self.folder.name
        return (name if "@" in name else name + _BUNDLED_MARK) if self.bundled else str(self.folder)

    @property
    def quoted(self) -> str:
        """The run as a word of a command line."""
        return shlex.quote(str(self))

    @property
    def bundled(self) -> bool:
        """Whether it came with the package, whose folder may be read-only."""
        return self.folder.parent == BUNDLED

    @property
    def started(self) -> bool:
        """Whether a run began in this folder."""
        return (self.folder / "settings.toml").exists()

    @property
    def finished(self) -> bool:
        """Whether the run is complete."""
        return (self.folder / "results.json").exists()

    @property
    def finished_early(self) -> str:
        """What `etudes finish` left in the results, such as "finished early after 3 of 30 epochs"; empty without it.

        Raises:
            UserError: the results are damaged.
        """
        return str(self.results().get("finished_early", "")) if self.finished else ""

    @property
    def ended(self) -> float:
        """When a finished run ended, seconds since 1970: as it says, or, of an older version, as its file does.

        Raises:
            UserError: `results.json` is damaged.
        """
        ended = self.read_json("results.json").get("ended")
        return ended if isinstance(ended, (int, float)) else (self.folder / "results.json").stat().st_mtime

    def holds_something_else(self) -> bool:
        """Whether the folder, or a file of its name, exists and is not the beginning of a run."""
        if not self.folder.is_dir():
            return self.folder.exists()
        ours = (LOCK, LOCK_BY_NAME, "settings.toml.writing")  # all that a process killed at the very beginning leaves
        return any(path.name not in ours for path in self.folder.iterdir())

    @property
    def place(self) -> Path:
        """The folder for artifacts of the run: its own or, for a bundled run, one in the runs folder."""
        if self.kept_in is not None:
            return self.kept_in
        return runs_folder() / f"{self.folder.name.replace('@', '-')}-bundled" if self.bundled else self.folder

    @property
    def pictures(self) -> Path:
        """The folder of the run's pictures, in its `place`, made when it is first needed."""
        pictures = self.place / "pictures"
        pictures.mkdir(parents=True, exist_ok=True)
        return pictures

    def write_header(self, header: dict[str, Any]) -> None:
        """Write `settings.toml`: plain values and tables of them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / "settings.toml", tomli_w.dumps(header).encode())

    def header(self) -> dict[str, Any]:
        """The content of `settings.toml`.

        Raises:
            UserError: the folder is not a run, or its settings cannot be read.
        """
        path = self.folder / "settings.toml"
        try:
            header = read_toml(path)
        except OSError as error:
            reason = "it has no readable settings.toml" if self.folder.exists() else "there is no such folder"
            raise UserError(f"{self.folder} is not a run folder: {reason}; check its name") from error
        for key, kind in {"etude": str, "preset": str, "settings": dict, "data": dict}.items():
            if not isinstance(header.get(key), kind):
                raise UserError(f"{path} is damaged: it names no {key}; copy it again or train again")
        return header

    def write_json(self, name: str, value: dict[str, Any]) -> None:
        """Write `results.json` or `environment.json`."""
        write_atomically(self.folder / name, json.dumps(value, indent=1, ensure_ascii=False).encode())

    def read_json(self, name: str) -> dict[str, Any]:
        """Read `results.json` or `environment.json`; an empty dict if it is not there.

        Raises:
            UserError: it is damaged.
        """
        path = self.folder / name
        try:
            return read_object(path)
        except FileNotFoundError:
            return {}

    def results(self) -> dict[str, Any]:
        """The content of `results.json` of a finished run: at least `metrics` and `training_seconds`.

        Raises:
            UserError: it is damaged.
        """
        found = self.read_json("results.json")
        if not isinstance(found.get("metrics"), dict) or not isinstance(found.get("training_seconds"), (int, float)):
            raise UserError(f"{self.folder / 'results.json'} is damaged: copy it again or train again")
        return found

    @property
    def metrics(self) -> dict[str, Any]:
        """The metrics of a finished run on its test set, by name; empty before.

        Raises:
            UserError: `results.json` is damaged.
        """
        return dict(self.results()["metrics"]) if self.finished else {}

    @property
    def history(self) -> History:
        """The metrics of each epoch of each phase as columns: "phase", "epoch", "loss", "validation_loss", ….

        Raises:
            UserError: `metrics.jsonl` is damaged.
        """
        return History.of(read_metrics(self.folder))

    def plot(self) -> Figure:
        """The learning curves, a panel for each metric, as a figure of matplotlib.

        It shows itself in a notebook; elsewhere, `run.plot().savefig("curves.png")`.

        Raises:
            UserError: `metrics.jsonl` is damaged.
        """
        from etudes.views.curves import learning_curves_figure

        return learning_curves_figure({self.folder.name: read_metrics(self.folder)})

    def __repr__(self) -> str:
        """On one line: its folder, study and preset, and the first metrics; never fails."""
        parts = [str(self)]
        with suppress(UserError, OSError):
            header = self.header()
            parts.append(f"{header['etude']} {header['preset']}")
            measured = [f"{name} {shown(value)}" for name, value in [*self.metrics.items()][:2]]
            parts += measured if self.finished else ["not finished"]
        return f"<Run {'; '.join(parts)}>"

    def _repr_html_(self) -> str:
        """For a notebook: what was trained, its metrics, and the learning curves."""
        try:
            curves = figure_html(self.plot()) if read_metrics(self.folder) else ""
        except (UserError, ImportError):
            curves = ""
        try:
            header, early = self.header(), self.finished_early
            about = f"{self}: {header['etude']}, preset {header['preset']}, data {header['settings'].get('data', '')}"
            return as_html(lines_html(filter(None, [about, early])), metrics_html(self.metrics), curves)
        except UserError as error:
            return as_html(lines_html([str(error)]))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Within it, a file that cannot be written is a `UserError` that says what to do.

        Raises:
            UserError: the disk is full, the folder cannot be written to or is gone.
        """
        try:
            yield
        except OSError as error:
            if not self.folder.is_dir():
                raise UserError(f"{self} is gone: the training stopped; begin again with another --out") from error
            reason = error.strerror or error
            raise UserError(f"{self} cannot be written to: {reason}; fix that, then `etudes resume` it") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Within it, no other process can train in the folder. The lock ends with the process, however that ends.

        Raises:
            UserError: another process is training in it.
        """
        above = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = acquire(self.folder)
        except Timeout as error:
            raise UserError(f"{self} is in use by another process: wait for it or choose another --out") from error
        except OSError as error:
            self._remove_unused(above)
            reason = error.strerror or error
            raise UserError(f"{self} cannot be locked: {reason}; choose an --out on another disk") from error
        try:
            yield
        finally:
            self._remove_unused(above)
            lock.release()

    def _remove_unused(self, above: list[Path]) -> None:
        """Remove these folders, the run's own first, if nothing was written into it."""
        if above and not self.holds_something_else():
            with suppress(OSError):
                for name in (LOCK, LOCK_BY_NAME):
                    (self.folder / name).unlink(missing_ok=True)
                for folder in above:
                    folder.rmdir()


def runs_folder() -> Path:
    """Where runs go by default: `ETUDES_RUNS` if that is set, else `runs` in the current folder."""
    return user_path(os.environ.get("ETUDES_RUNS") or "runs")


def next_folder(etude: str, preset: str) -> Path:
    """The first of `runs/ETUDE-PRESET-1`, `-2`, … that does not exist."""
    number = 1
    while (folder := runs_folder() / f"{etude}-{preset}-{number}").exists():
        number += 1
    return folder


@contextmanager
def new_run(etude: str, preset: str) -> Iterator[Run]:
    """A run in the folder that `next_folder` names, made at once: of several processes that ask, each gets its own.

    Afterwards, folders into which nothing was written are removed again.

    Raises:
        UserError: the folder cannot be made.
    """
    made: list[Path] = []
    while not made:
        folder = next_folder(etude, preset)
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        try:
            folder.mkdir(parents=True)
            made = missing or [folder]
        except FileExistsError:  # another process was faster
            continue
        except OSError as error:
            raise UserError(f"{folder} cannot be made: {error.strerror}; choose another --out") from error
    run = Run(folder)
    try:
        yield run
    finally:
        run._remove_unused(made)


def own_runs() -> list[Run]:
    """The finished runs of all studies in the runs folder, in the order of their names."""
    return [Run(results.parent) for results in sorted(runs_folder().glob("*/results.json"))]


def newest_run(etude: str) -> Run | None:
    """The finished run of a study in the runs folder that ended last."""
    finished = []
    for run in own_runs():
        try:
            if run.header()["etude"] == etude:
                finished.append((run.ended, str(run.folder), run))
        except UserError:
            continue  # any folder may lie among the runs
    return max(finished)[2] if finished else None


def bundled_runs() -> list[Run]:
    """The trained runs that came with the package, in the order of their names, a study's own before its others."""
    return [Run(weights.parent) for weights in sorted(BUNDLED.glob("*/weights.json"))]


def bundled_dream(name: str) -> Run | None:
    """The run ETUDE, or "ETUDE@bundled", that came with the package as pictures, without weights: it is only shown."""
    runs = [Run(results.parent) for results in BUNDLED.glob("*/results.json")]
    dreams = [run for run in runs if not (run.folder / "weights.json").exists()]
    return next((run for run in dreams if name in (run.folder.name, str(run))), None)


def bundled_run(etude: str) -> Run | None:
    """The trained run on a study's own data that came with the package, if there is one."""
    return next((run for run in bundled_runs() if run.folder.name == etude), None)


def run_of(etude: str) -> Run | None:
    """The run that a study's name stands for: its newest finished one, else the one that came with the package."""
    return newest_run(etude) or bundled_run(etude)


def run_at(reference: str | Path) -> Run:
    """The run in a folder, or, of "ETUDE@bundled" or "ETUDE@NAME", one that came with the package.

    Raises:
        UserError: no run of that study, or of that name, came with the package.
    """
    name, bundled = str(reference), {str(run): run for run in bundled_runs()}
    if name in bundled:
        return bundled[name]
    of_etude = any(name.startswith(f"{run.folder.name}@") for run in bundled.values())
    if name.endswith(_BUNDLED_MARK) or (of_etude and not Path(name).exists()):
        raise unknown("bundled run", name, bundled)
    return Run(user_path(reference))


def find_run(reference: str | Path, etudes: list[str]) -> Run:
    """The finished run that a folder or a study's name stands for.

    Args:
        reference: a run folder, "ETUDE@bundled", "ETUDE@NAME" of a further bundled run, or the name of a study: its
            newest finished run, else the bundled one.
        etudes: the names of all studies.

    Raises:
        UserError: there is no such run, or it is not finished.
    """
    if str(reference) in etudes:
        run = run_of(str(reference))
        if run is None:
            raise UserError(f"no finished run of {reference} in {runs_folder()}: run `etudes train {reference}` first")
        return run
    run = run_at(reference)
    if not run.started:
        if len(run.folder.parts) == 1 and not run.folder.exists():  # it may be the name of a study, misspelt
            raise unknown("run folder or etude", str(reference), etudes)
        run.header()  # raises what is wrong with it
    if not run.finished:
        raise UserError(f"{reference} is not finished: continue with `etudes resume {run.quoted}`")
    return run
