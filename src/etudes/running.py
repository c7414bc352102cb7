"""A training carried out in its run folder, from the settings to the results, or from where it was interrupted."""

from __future__ import annotations

import dataclasses
from typing import Any

from etudes import experiments
from etudes.contract import Result
from etudes.errors import UserError
from etudes.keeping import command_of, keep_result
from etudes.reporting import write_report
from etudes.runs import Run, load_checkpoint, read_metrics, save_weights
from etudes.settings import Settings, as_dict
from etudes.trained import build, lender_of, settings_of
from etudes.training.backend import resolve_precision, start_backend
from etudes.training.environment import describe_environment, differences
from etudes.training.fingerprint import fingerprint
from etudes.training.interruption import Interruption
from etudes.training.session import Session
from etudes.training.state import weights_of
from etudes.views.card import run_card
from etudes.views.curves import learning_curves
from etudes.views.progress import Watch


def carry_out(run: Run, etude: str, preset: str, settings: Settings, backend: str | None, watch: Watch) -> Run:
    """Train, or go on, until the run is finished.

    Whatever can be refused is refused before a backend is loaded, and before anything is written.

    Raises:
        UserError: as in `actions.train`.
        Interrupted: a signal asked to stop; what was learned is in the checkpoint.
    """
    experiment = experiments.load(etude)
    backend = backend_of(run, backend)
    data = experiment.load_data(settings)
    found = fingerprint(data)
    header: dict[str, Any] = {"etude": etude, "preset": preset, "fingerprint": found}
    header |= {"settings": as_dict(settings), "data": as_dict(data.info), "split": data.sizes()}
    with run.locked(), Interruption(str(run)) as interruption:
        if run.finished:  # by another process, while this one looked at the data
            return run
        if run.started:
            check_data(run, found)
        checkpoint = load_checkpoint(run.folder)
        lender = lender_of(experiment, settings, data.info)
        start_backend(backend)
        networks = build(experiment, settings, data.info, lender)
        with run.writing():
            if not run.started:
                run.write_header(header)
            note_environment(run, settings, watch)
        learning = {name: networks[name] for name in experiment.trains or networks}
        session = Session(run, learning, watch, checkpoint, interruption)
        with watch:
            experiment.train(networks, data, settings, session)
        result = experiment.evaluate(networks, data, settings)
        with run.writing():
            sha256 = save_weights(run.folder, weights_of(learning))
            finish(run, result, sha256)
    return run


OPEN = ("", "auto")
"""What a setting says that leaves it to the machine, where `settled` makes something else of it."""


def settled(etude: str, settings: Settings) -> Settings:
    """Settings in which what was left open (precision auto, the network of a dream) has become what it means now.

    They are written into the run, so that it goes on with the same, wherever and whenever that may be.
    """
    settle = experiments.load(etude).settle
    settings = dataclasses.replace(settings, precision=resolve_precision(settings.precision))
    return settle(settings) if settle else settings


def begun_with(run: Run, etude: str, asked: Settings) -> Settings:
    """The settings that a run began with; what was asked for must be the same, but for what it leaves open.

    Raises:
        UserError: it holds a run of another étude or with other settings.
    """
    if run.header()["etude"] == etude:
        stored, now = settings_of(run), settled(etude, asked)
        left_open = [name for name, value in as_dict(asked).items() if value in OPEN and value != getattr(now, name)]
        if dataclasses.replace(now, **{name: getattr(stored, name) for name in left_open}) == stored:
            return stored
    raise UserError(f"{run} holds a run with other settings; `etudes resume {run}` or choose another --out")


def say_precision(asked: Settings, watch: Watch) -> None:
    """Say what precision auto means on this machine, if that was asked for."""
    if asked.precision == "auto":
        precision = resolve_precision("auto")
        has = "has it" if precision == "bfloat16" else "has no bfloat16"
        watch.say(f"precision {precision}: this machine {has} in hardware (--precision chooses)")


def backend_of(run: Run, asked: str | None) -> str | None:
    """The backend to train on: that on which the run began, if it did.

    Raises:
        UserError: another one was asked for.
    """
    began_on = run.read_json("environment.json").get("backend") if run.started else None
    if not isinstance(began_on, str | None):
        raise UserError(f"{run.folder / 'environment.json'} is damaged: delete it, and the run goes on without it")
    if asked and began_on and asked != began_on:
        raise UserError(f"{run} began on {began_on}: go on without --backend, or choose another --out")
    return began_on or asked


def check_data(run: Run, found: str) -> None:
    """Refuse to go on with data that is not what the run began with: the end would be of neither."""
    if run.header().get("fingerprint", found) != found:
        raise UserError(f"{run}: its data changed since it began; put it back, or train anew with another --out")


def note_environment(run: Run, settings: Settings, watch: Watch) -> None:
    """Write `environment.json`; where a run goes on with other versions or on another machine, note that too."""
    first, now = run.read_json("environment.json"), describe_environment(settings.precision)
    if not first:
        run.write_json("environment.json", now)
        return
    changed = differences(first, now)
    if changed:
        names = ", ".join(changed)
        watch.say(f"not the environment in which {run} began: its end may differ in its last bits ({names})")
        later = [*first.get("went_on_with", []), {name: new for name, (_, new) in changed.items()}]
        run.write_json("environment.json", {**first, "went_on_with": later})


def finish(run: Run, result: Result, sha256: str) -> None:
    """Save the pictures of the test set and of the curves, card and report, and last of all the results."""
    keep_result(run, "evaluate", result, command_of(run, "evaluate"), weights=sha256)
    history = read_metrics(run.folder)
    if history:
        learning_curves({run.folder.name: history}).save(run.pictures / "learning-curves.png")
    seconds = round(sum(record["seconds"] for record in history), 1)
    finished: dict[str, Any] = {"figures": result.figures, "training_seconds": seconds, "weights_sha256": sha256}
    header = run.header()
    pictures = sorted(path.name for path in run.pictures.iterdir() if path.suffix in (".png", ".gif"))
    title = f"{run.folder.name}: {header['etude']}, preset {header['preset']}"
    text = run_card(title, header, run.read_json("environment.json"), finished, result, pictures)
    (run.folder / "card.md").write_text(text, encoding="utf-8")
    write_report(run, results=finished)
    run.write_json("results.json", {**finished, "tables": result.as_json().get("tables", [])})
