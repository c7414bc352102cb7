"""train and resume: a training run in its folder, from the settings to the results, or from its last checkpoint."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from etudes import experiments
from etudes.actions.artifacts import command_of, save_result
from etudes.actions.loading import build_networks, open_base, preset_of, settings_of
from etudes.actions.report import write_report
from etudes.contract import BaseNetwork, ProgressCallback, Result, Typicality
from etudes.data.notes import collected_notes
from etudes.errors import UserError
from etudes.loggers import check_loggers, with_loggers
from etudes.runs import Run, load_checkpoint, next_folder, read_metrics, run_at, save_typical, save_weights
from etudes.settings import Settings, as_dict
from etudes.training.backend import resolve_precision, start_backend
from etudes.training.environment import describe_environment, differences
from etudes.training.fingerprint import fingerprint
from etudes.training.interruption import Interruption
from etudes.training.session import Session
from etudes.training.state import weights_of
from etudes.views.card import run_card
from etudes.views.curves import learning_curves
from etudes.views.progress import progress_for


def train(
    etude: str,
    *,
    preset: str = "tuned",
    out: str | Path | None = None,
    backend: str | None = None,
    quiet: bool = False,
    progress: ProgressCallback | None = None,
    log: Sequence[str] = (),
    **settings: Any,
) -> Run:
    """Train a study in a run folder; resume if a run in that folder was interrupted.

    Args:
        etude: its name, such as "addition_rnn".
        preset: named settings to start from, such as "classic", "tuned" or "demo".
        out: the run folder; by default a new one in `runs`.
        backend: "tensorflow", "jax" or "torch"; chosen once in a process.
        quiet: show no progress.
        progress: shows the progress instead of the terminal.
        log: where the metrics go beside the run folder: "tensorboard", "mlflow".
        **settings: any setting of the study, such as `data`, `seed`, `epochs`.

    Returns:
        The finished run. A folder whose run is finished already is returned as it is.

    Raises:
        UserError: something that was asked for cannot be done.
    """
    return train_with(
        etude, preset_of(etude, preset, settings), preset, out, backend, progress or progress_for(Console(), quiet), log
    )


def train_with(
    etude: str,
    settings: Settings,
    preset: str,
    out: str | Path | None,
    backend: str | None,
    progress: ProgressCallback,
    log: Sequence[str] = (),
) -> Run:
    """As `train`, from settings that are complete; `preset` is the name of those that they started from."""
    check_loggers(log)
    run = Run(Path(out) if out is not None else next_folder(etude, preset))
    if run.finished:
        progress.message(f"{run} is finished: nothing to train; choose another --out for a new run")
        return resume(run, progress=progress, log=log)
    if not run.started and run.holds_something_else():
        raise UserError(f"{run} is not a run folder and not empty: choose another --out")
    if run.started:
        resolved = _same_settings(run, etude, settings)
    else:
        resolved = resolve_settings(etude, settings)
        say_precision(settings, progress)
    with with_loggers(progress, run, log) as shown:
        return run_training(run, etude, preset, resolved, backend, shown)


def resume(
    run: str | Path | Run, *, quiet: bool = False, progress: ProgressCallback | None = None, log: Sequence[str] = ()
) -> Run:
    """Resume an interrupted run on the backend that it began with; a finished run is returned as it is.

    `log` is as in `train`; of a finished run, all metrics are written there now.

    Raises:
        UserError: the folder holds no run, or one that cannot be resumed.
    """
    run = run if isinstance(run, Run) else run_at(run)
    check_loggers(log)
    header = run.header()
    with with_loggers(progress or progress_for(Console(), quiet), run, log) as shown:
        if run.finished:
            return run
        return run_training(run, header["etude"], header["preset"], settings_of(run, header), None, shown)


def run_training(
    run: Run, etude: str, preset: str, settings: Settings, backend: str | None, progress: ProgressCallback
) -> Run:
    """Train, or resume, until the run is finished.

    What can be refused is refused before a backend is loaded, and before anything is written.

    Raises:
        UserError: as in `train`.
        Interrupted: a signal asked to stop; the checkpoint holds what was learned.
    """
    experiment = experiments.load(etude)
    backend = _backend_of(run, backend)
    with collected_notes() as notes:
        data = experiment.load_data(settings)
    found = fingerprint(data)
    header: dict[str, Any] = {"etude": etude, "preset": preset, "fingerprint": found}
    header |= {"notes": notes} if notes else {}
    header |= {"settings": as_dict(settings), "data": as_dict(data.info), "split": data.sizes()}
    with run.locked(), Interruption(str(run)) as interruption:
        if run.finished:  # by another process, while this one loaded the data
            return run
        if run.started:
            _check_data(run, found)
        checkpoint = load_checkpoint(run.folder)
        base = open_base(experiment, settings, data.info, backend)
        start_backend(backend)
        networks = build_networks(experiment, settings, data.info, base)
        with run.writing():
            if not run.started:
                run.write_header(header)
                for text in notes:
                    progress.message(text)
            _note_environment(run, settings, progress)
        specs = experiment.io_spec(data.info, settings)
        trained = {name: network for name, network in networks.items() if specs[name].saved}
        session = Session(run, trained, progress, checkpoint, interruption)
        with progress:
            experiment.train(networks, data, settings, session)
        result = experiment.evaluate(networks, data, settings)
        typicality = experiment.capability(Typicality)
        with run.writing():
            sha256 = save_weights(run.folder, weights_of(trained))
            if typicality:
                save_typical(run.folder, typicality.measure(networks, data, settings))
            _finish(run, result, sha256)
    return run


UNSET = ("", "auto")
"""Values of a setting that leave the choice to `resolve_settings`."""


def resolve_settings(etude: str, settings: Settings) -> Settings:
    """Settings in which each unset choice (precision auto, the network of a dream) is what it stands for now.

    They are written into the run, so that it resumes with the same, wherever and whenever that may be.
    """
    base_network = experiments.load(etude).capability(BaseNetwork)
    settings = dataclasses.replace(settings, precision=resolve_precision(settings.precision))
    return base_network.resolve(settings) if base_network else settings


def _same_settings(run: Run, etude: str, asked: Settings) -> Settings:
    """The settings that a run began with; those asked for must be the same, except where they are unset.

    Raises:
        UserError: it holds a run of another study or with other settings.
    """
    header = run.header()
    if header["etude"] == etude:
        stored, now = settings_of(run, header), as_dict(resolve_settings(etude, asked))
        given = as_dict(stored)
        unset = {name for name, value in as_dict(asked).items() if value in UNSET and value != now[name]}
        if all(now[name] == value for name, value in given.items() if name not in unset):
            return stored
    raise UserError(f"{run} holds a run with other settings: `etudes resume {run}`, or choose another --out")


def say_precision(asked: Settings, progress: ProgressCallback) -> None:
    """Say what precision auto means on this machine, if that was asked for."""
    if asked.precision == "auto":
        precision = resolve_precision("auto")
        has = "has it" if precision == "bfloat16" else "has no bfloat16"
        progress.message(f"precision {precision}: this machine {has} in hardware (--precision chooses)")


def _backend_of(run: Run, asked: str | None) -> str | None:
    """The backend to train on: the one on which the run began, if it did.

    Raises:
        UserError: another one was asked for.
    """
    began_on = run.read_json("environment.json").get("backend") if run.started else None
    if not isinstance(began_on, str | None):
        raise UserError(f"{run.folder / 'environment.json'} is damaged: delete it, then resume")
    if asked and began_on and asked != began_on:
        raise UserError(f"{run} began on {began_on}: resume without --backend, or choose another --out")
    return began_on or asked


def _check_data(run: Run, found: str) -> None:
    """Refuse to resume with other data than the run began with."""
    if run.header().get("fingerprint", found) != found:
        raise UserError(f"{run}: its data changed since it began; put it back, or train again with another --out")


def _note_environment(run: Run, settings: Settings, progress: ProgressCallback) -> None:
    """Write `environment.json`; where a run resumes with other versions or on another machine, note that too."""
    first, now = run.read_json("environment.json"), describe_environment(settings.precision)
    if not first:
        run.write_json("environment.json", now)
        return
    changed = differences(first, now)
    if changed:
        names = ", ".join(changed)
        progress.message(f"{run} began in another environment, so its last bits may differ ({names})")
        later = [*first.get("resumed_with", []), {name: new for name, (_, new) in changed.items()}]
        run.write_json("environment.json", {**first, "resumed_with": later})


def _finish(run: Run, result: Result, sha256: str) -> None:
    """Save the pictures of the test set and of the curves, card and report, and last of all the results."""
    save_result(run, "evaluate", result, command_of(run, "evaluate"), weights=sha256)
    history = read_metrics(run.folder)
    if history:
        learning_curves({run.folder.name: history}).save(run.pictures / "learning-curves.png")
    seconds = round(sum(record["seconds"] for record in history), 1)
    finished: dict[str, Any] = {"metrics": result.metrics, "training_seconds": seconds, "weights_sha256": sha256}
    header = run.header()
    pictures = sorted(path.name for path in run.pictures.iterdir() if path.suffix in (".png", ".gif"))
    title = f"{run.folder.name}: {header['etude']}, preset {header['preset']}"
    text = run_card(title, header, run.read_json("environment.json"), finished, result, pictures)
    (run.folder / "card.md").write_text(text, encoding="utf-8")
    write_report(run, results=finished)
    run.write_json("results.json", {**finished, "tables": result.as_json().get("tables", [])})
