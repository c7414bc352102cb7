"""train, resume and finish: a training run in its folder, from the settings or its last checkpoint to the results."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from etudes import experiments
from etudes.actions.asked import backend_of, check_same, resolve_settings, say_precision
from etudes.actions.graphs import write_graphs
from etudes.actions.loading import build_networks, open_base, preset_of, settings_of
from etudes.actions.run_data import places_to_record, read_run_data, renamed
from etudes.actions.showing import show_finished
from etudes.contract import BaseNetwork, Experiment, Networks, ProgressCallback, Result, Typicality
from etudes.data.notes import collected_notes
from etudes.errors import UserError, user_path
from etudes.loggers import check_loggers, with_loggers
from etudes.runs import (
    Run,
    load_checkpoint,
    new_run,
    read_metrics,
    remove_checkpoints,
    run_at,
    save_typical,
    save_weights,
)
from etudes.schema import Settings, as_dict
from etudes.training.backend import usable_backend
from etudes.training.computing import computing, one_training, start_computing
from etudes.training.environment import describe_environment, differences
from etudes.training.fingerprint import fingerprint
from etudes.training.interruption import Interruption
from etudes.training.session import Session
from etudes.training.state import weights_of
from etudes.training.watching import check_callbacks
from etudes.views.data_table import data_tables
from etudes.views.progress import progress_for
from etudes.views.terminal import drawn_table


def train(
    etude: str,
    *,
    preset: str = "tuned",
    out: str | Path | None = None,
    backend: str | None = None,
    quiet: bool = False,
    progress: ProgressCallback | None = None,
    log: Sequence[str] = (),
    callbacks: Sequence[Any] = (),
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
        callbacks: callbacks of Keras that only watch. In each phase of the training they get `on_train_begin`,
            `on_epoch_begin`, `on_epoch_end` with the epoch's metrics (`loss`, `val_loss`, …) and `on_train_end`;
            `model` is the network that is trained, of several the first. None is called between the steps of an
            epoch. Those that would change the training, such as `EarlyStopping`, are refused.
        **settings: any setting of the study, such as `data`, `seed`, `epochs`.

    Returns:
        The finished run. A folder whose run is finished already is returned as it is.

    Raises:
        UserError: something that was asked for cannot be done.
    """
    shown = progress or progress_for(Console(), quiet)
    with computing():  # as long as the settings are read, not while another training is waited for
        chosen = preset_of(etude, preset, settings)
    return train_with(etude, chosen, preset, out, backend, shown, log, callbacks)


def train_with(
    etude: str,
    settings: Settings,
    preset: str,
    out: str | Path | None,
    backend: str | None,
    progress: ProgressCallback,
    log: Sequence[str] = (),
    callbacks: Sequence[Any] = (),
) -> Run:
    """As `train`, from settings that are complete; `preset` is the name of those that they started from."""
    check_loggers(log)
    _check_callbacks(etude, callbacks)
    if out is None:
        with new_run(etude, preset) as run:
            return _train_in(run, etude, settings, preset, backend, progress, log, callbacks)
    return _train_in(Run(user_path(out)), etude, settings, preset, backend, progress, log, callbacks)


def _train_in(
    run: Run,
    etude: str,
    settings: Settings,
    preset: str,
    backend: str | None,
    progress: ProgressCallback,
    log: Sequence[str],
    callbacks: Sequence[Any],
) -> Run:
    if not run.started and run.holds_something_else():
        raise UserError(f"{run} is not a run folder and not empty: choose another --out")
    with computing():
        resolved = check_same(run, etude, settings, backend) if run.started else resolve_settings(etude, settings)
    if not run.started:
        say_precision(settings, progress)
    if run.finished:
        kept = resume(run, progress=progress, log=log)
        progress.message(f"{run} is finished: nothing to train; choose another --out for a new run")
        return kept
    with with_loggers(progress, run, log) as shown:
        return run_training(run, etude, preset, resolved, backend, shown, callbacks=callbacks)


def resume(
    run: str | Path | Run,
    *,
    data: str | Path | None = None,
    quiet: bool = False,
    progress: ProgressCallback | None = None,
    log: Sequence[str] = (),
    callbacks: Sequence[Any] = (),
) -> Run:
    """Resume an interrupted run on the backend that it began with; a finished run is returned as it is.

    `data` is where its data is now; by default it is looked for where it was. `log` and `callbacks` are as in
    `train`; of a finished run, all metrics are written to `log` now.

    Raises:
        UserError: the folder holds no run, or one that cannot be resumed, such as one that `finish` ended.
    """
    run = run if isinstance(run, Run) else run_at(run)
    check_loggers(log)
    header = run.header()
    _check_callbacks(header["etude"], callbacks)
    if early := run.finished_early:
        raise UserError(f"{run} {early} and cannot be trained further: train anew with another --out")
    with with_loggers(progress or progress_for(Console(), quiet), run, log) as shown:
        if run.finished:
            remove_checkpoints(run.folder)  # where the process that finished it came no further
            return run
        with computing():
            settings = settings_of(run, header)
        place = str(data) if data is not None else None
        return run_training(
            run, header["etude"], header["preset"], settings, None, shown, place=place, callbacks=callbacks
        )


def _check_callbacks(etude: str, callbacks: Sequence[Any]) -> None:
    check_callbacks(callbacks)
    if callbacks and experiments.load(etude).capability(BaseNetwork):
        raise UserError(f"{etude} trains no network, so it takes no callbacks: leave them out")


def finish(
    run: str | Path | Run,
    *,
    data: str | Path | None = None,
    quiet: bool = False,
    progress: ProgressCallback | None = None,
) -> Run:
    """Finish a stopped run as it is, for good: evaluated, usable, and marked as finished early.

    Args:
        run: the folder of a run that was stopped, in whatever way; what its last checkpoint holds counts.
        data: where the data of the run is now; by default it is looked for where it was.
        quiet: show no progress.
        progress: shows the progress instead of the terminal.

    Returns:
        The finished run. One that is finished already is returned as it is.

    Raises:
        UserError: no run, no checkpoint yet, its data was not found or changed, or a process is training it.
    """
    run, shown = run if isinstance(run, Run) else run_at(run), progress or progress_for(Console(), quiet)
    header = run.header()
    if run.finished:
        shown.message(f"{run} is finished already" + (f": it {run.finished_early}" if run.finished_early else ""))
        return run
    with computing():
        settings = settings_of(run, header)
    place = str(data) if data is not None else None
    return run_training(run, header["etude"], header["preset"], settings, None, shown, place=place, finishing=True)


def run_training(
    run: Run,
    etude: str,
    preset: str,
    settings: Settings,
    backend: str | None,
    progress: ProgressCallback,
    *,
    like: Run | None = None,
    place: str | None = None,
    finishing: bool = False,
    callbacks: Sequence[Any] = (),
) -> Run:
    """Train, or resume, until the run is finished.

    What can be refused is refused before a backend is loaded, and before anything is written.

    Args:
        run: its folder; it may hold a run that began with these settings.
        etude: its name.
        preset: the name of the settings from which these started.
        settings: complete.
        backend: as in `train`.
        progress: shows the progress.
        like: a run whose data this one is to have.
        place: where that data, or that of a run that began, is now; None to look where it was.
        finishing: finish a run that began as it is, with no further epoch.
        callbacks: as in `train`, checked.

    Raises:
        UserError: as in `train`.
        Interrupted: a signal asked to stop; the checkpoint holds what was learned.
    """
    experiment = experiments.load(etude)
    with one_training(progress.message), computing():  # reading data too: libraries that it loads are not safe either
        backend = usable_backend(backend_of(run, backend))
        with collected_notes() as notes:
            located, data = _read_data(experiment, run if run.started else like, settings, place)
        header = begun_header(run, etude, preset, settings, located, data) | ({"notes": notes} if notes else {})
        with run.locked(), Interruption(run.quoted) as interruption:
            if run.finished:  # by another process, while this one loaded the data
                return run
            if run.started:
                _check_data(run, header["fingerprint"])
            checkpoint = load_checkpoint(run.folder)
            if finishing and checkpoint is None:
                raise UserError(f"{run} has no checkpoint to finish yet: `etudes resume {run.quoted}` trains it")
            base = open_base(experiment, located, data.info, backend)
            start_computing(backend)
            networks = build_networks(experiment, located, data.info, base)
            with run.writing():
                if not run.started:
                    _begin(run, header, data, progress)
                _note_environment(run, located, progress)
            specs = experiment.io_spec(data.info, located)
            trained = {name: network for name, network in networks.items() if specs[name].saved}
            session = Session(
                run, trained, progress, checkpoint, interruption, finishing=finishing, callbacks=callbacks
            )
            with progress:
                experiment.train(networks, data, located, session)
            with run.writing():
                sha256 = save_weights(run.folder, weights_of(trained))
            result = experiment.evaluate(networks, data, located)
            result.lines[:0] = filter(None, [session.early_end])
            with run.writing():
                _write_results(run, result, sha256, session.early_end)
            show_finished(run, result, progress, _what_else(run, experiment, networks, data, located))
            remove_checkpoints(run.folder)
    return run


def _begin(run: Run, header: dict[str, Any], data: Any, progress: ProgressCallback) -> None:
    """Write the settings of a new run, and show what it is trained on and what was decided about that."""
    run.write_header(header)
    for text in [*map(drawn_table, data_tables(data)), *header.get("notes", [])]:
        progress.message(text)


def _read_data(
    experiment: Experiment, began: Run | None, settings: Settings, place: str | None
) -> tuple[Settings, Any]:
    """The settings with the places of the data, and the data; it must be what `began` began with, if that is a run."""
    if began is None:
        return settings, experiment.load_data(settings)
    return read_run_data(began, began.header(), settings, place)


def begun_header(run: Run, etude: str, preset: str, settings: Settings, located: Settings, data: Any) -> dict[str, Any]:
    """The content of `settings.toml` of a run that begins; `located` are the settings with which the data was found."""
    given = dataclasses.replace(data, info=renamed(data.info, located, settings))
    header: dict[str, Any] = {"etude": etude, "preset": preset, "fingerprint": fingerprint(given)}
    header |= {"settings": as_dict(settings), "data": as_dict(given.info), "split": data.sizes()}
    places = places_to_record(run, experiments.load(etude), located)
    return header | ({"places": places} if places else {})


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


def _what_else(
    run: Run, experiment: Experiment, networks: Networks, data: Any, settings: Settings
) -> dict[str, Callable[[], None]]:
    """What is measured and saved only once the results are safe, by name."""
    steps: dict[str, Callable[[], None]] = {
        "graphs": lambda: write_graphs(run, experiment, networks, data.info, settings)
    }
    if typicality := experiment.capability(Typicality):
        measure = typicality.measure
        steps["typical examples"] = lambda: save_typical(run.folder, measure(networks, data, settings))
    return steps


def _write_results(run: Run, result: Result, sha256: str, early: str) -> None:
    """Write the results, with which the run is finished."""
    seconds = round(sum(record["seconds"] for record in read_metrics(run.folder)), 1)
    finished: dict[str, Any] = {"metrics": result.metrics, "training_seconds": seconds, "weights_sha256": sha256}
    finished |= {"ended": round(time.time(), 3)} | ({"finished_early": early} if early else {})
    run.write_json("results.json", {**finished, "tables": result.as_json().get("tables", [])})
