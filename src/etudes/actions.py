"""The few functions that every door goes through: train, resume, reproduce, evaluate, use, inspect, report, compare.

Each is documented for Python users; the terminal and the studio add nothing to what they do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from etudes import experiments
from etudes.comparison import compare
from etudes.contract import Networks, Result, Table
from etudes.errors import UserError, unknown
from etudes.keeping import command_of, keep_result
from etudes.reporting import write_report
from etudes.reproduction import reproduce as train_again
from etudes.running import carry_out, in_one_precision
from etudes.runs import KINDS, Run, find_run, next_folder, read_notes, run_at, run_of
from etudes.settings import as_dict, check_fields, describe
from etudes.trained import (
    Opened,
    Reference,
    Trained,
    WithoutData,
    bring_to_life,
    build,
    data_of,
    etude_of,
    find,
    lender_of,
    lent_to,
    load,
    open_run,
    open_untrained,
    preset_of,
    settings_of,
)
from etudes.training.backend import start_backend, usable_backend
from etudes.training.mirrors import check_mirrors, mirrored
from etudes.views.layers import layer_table
from etudes.views.pictures import save_pictures
from etudes.views.progress import Watch, watch_for

__all__ = [
    "Reference",
    "Trained",
    "answer",
    "compare",
    "etude_of",
    "evaluate",
    "inspect",
    "layer_tables",
    "layer_tables_of",
    "load",
    "preset_of",
    "report",
    "reproduce",
    "resume",
    "train",
    "use",
]


def train(
    etude: str,
    *,
    preset: str = "tuned",
    out: str | Path | None = None,
    backend: str | None = None,
    quiet: bool = False,
    watch: Watch | None = None,
    log: Sequence[str] = (),
    **settings: Any,
) -> Run:
    """Train an étude in a run folder; go on if a training in that folder was interrupted.

    Args:
        etude: its name, such as "addition_rnn".
        preset: named settings to start from: "classic" or "tuned".
        out: the run folder; by default a new one in `runs`.
        backend: "tensorflow", "jax" or "torch"; decided once in a process.
        quiet: show no progress.
        watch: who is shown the progress, instead of the terminal.
        log: where the metrics go beside the run folder: "tensorboard", "mlflow".
        **settings: any setting of the étude, such as `data`, `seed`, `epochs`.

    Returns:
        The finished run. A folder whose run is finished already is returned as it is.

    Raises:
        UserError: anything that the caller asked for and that cannot be done.
    """
    check_mirrors(log)
    watch = watch or watch_for(Console(), quiet)
    chosen = in_one_precision(preset_of(etude, preset, settings), watch)
    run = Run(Path(out) if out is not None else next_folder(etude, preset))
    if run.finished:
        watch.say(f"{run} is finished: nothing to train; choose another --out for a new run")
        return resume(run, watch=watch, log=log)
    if not run.started and run.holds_something_else():
        raise UserError(f"{run} is no run and not empty: choose another --out, so that nothing of yours is touched")
    if run.started:
        stored = settings_of(run) if run.header()["etude"] == etude else None
        if stored != chosen:
            raise UserError(f"{run} holds a run with other settings; `etudes resume {run}` or choose another --out")
    with mirrored(watch, run, log) as shown:
        return carry_out(run, etude, preset, chosen, backend, shown)


def resume(run: str | Path | Run, *, quiet: bool = False, watch: Watch | None = None, log: Sequence[str] = ()) -> Run:
    """Go on with an interrupted training, on the backend that it began with; a finished run is returned as it is.

    `log` is as in `train`; of a finished run, all metrics are written there now.

    Raises:
        UserError: the folder holds no run, or one that cannot be gone on with.
    """
    run = run if isinstance(run, Run) else run_at(run)
    check_mirrors(log)
    header = run.header()
    with mirrored(watch or watch_for(Console(), quiet), run, log) as shown:
        if run.finished:
            return run
        return carry_out(run, header["etude"], header["preset"], settings_of(run), None, shown)


def reproduce(
    run: str | Path | Run, *, out: str | Path | None = None, quiet: bool = False, watch: Watch | None = None
) -> Result:
    """Train a run again from its settings and compare the ends bit for bit: weights, metrics, test figures.

    Args:
        run: a finished run, or an étude's name for its newest one or, where there is none, the bundled one.
        out: the folder of the second training; by default it is removed afterwards.
        quiet: show no progress.
        watch: who is shown the progress, instead of the terminal.

    Returns:
        `figures["same"]` is whether nothing differs; tables say what does, and how the environments differ.

    Raises:
        UserError: no such run, or its data is not at hand.
    """
    found = run if isinstance(run, Run) else find_run(run, experiments.names())
    return train_again(found, Path(out) if out else None, watch or watch_for(Console(), quiet))


def evaluate(reference: Reference, *, backend: str | None = None) -> Result:
    """The étude's figures on the test set of its run's data, with the pictures that show them.

    Raises:
        UserError: as in `load`, or the data is not at hand.
    """
    usable_backend(backend)
    opened = open_run(reference)
    data = data_of(opened)
    trained = bring_to_life(opened, backend)
    assert trained.run is not None
    result = trained.experiment.evaluate(trained.networks, data, trained.settings)
    keep_result(trained.run, "evaluate", result, command_of(trained.run, "evaluate"))
    result.run = _answering(opened, reference)
    return result


def use(reference: Reference, *inputs: Any, backend: str | None = None, **options: Any) -> Result:
    """Apply a trained étude to a person's input. What cannot be done is said before any backend is loaded.

    Args:
        reference: a run folder; an étude's name for its newest finished run or, where there is none, for that which
            came with the package; or "ETUDE@bundled" for the latter.
        *inputs: what this étude takes: questions, picture files, digits.
        backend: as in `load`.
        **options: the étude's options of use, such as `count=16`; one that has the name of a setting replaces it.

    Returns:
        `answers` holds a record for each input; pictures are saved where the option `out` says.

    Raises:
        UserError: an input that the étude cannot take.
    """
    etude = etude_of(reference)
    experiment = experiments.load(etude)
    given = _options(experiment.options, options, inputs=tuple(str(item) for item in inputs))
    usable_backend(backend)
    untrained = experiment.ready and reference in experiments.names()
    opened = open_untrained(etude, given) if untrained else open_run(reference)
    brought = experiment.read(opened.info, opened.settings, given)
    trained = bring_to_life(opened, backend)
    result = experiment.use(trained.networks, trained.info, trained.settings, given, brought)
    out = getattr(given, "out", None)
    if result.pictures:
        result.files = save_pictures(result.pictures, Path(out or f"{etude}.png"))
    result.run = _answering(opened, reference)
    return result


def answer(trained: Trained, *inputs: Any, **options: Any) -> Result:
    """As `use`, with networks that stay loaded from one question to the next; no picture is saved.

    Args:
        trained: what `load` gave.
        *inputs: as in `use`.
        **options: as in `use`.

    Raises:
        UserError: an input that the étude cannot take.
    """
    experiment = trained.experiment
    given = _options(experiment.options, options, inputs=tuple(str(item) for item in inputs))
    brought = experiment.read(trained.info, trained.settings, given)
    return experiment.use(trained.networks, trained.info, trained.settings, given, brought)


def inspect(reference: Reference, *, backend: str | None = None, **options: Any) -> Result:
    """Look inside a run: the layer table of each network, then pictures of what it learned.

    Args:
        reference: as in `use`; an étude that is ready without a training needs no run.
        backend: as in `load`.
        **options: what to look at: the étude's options of inspect.

    Raises:
        UserError: as in `load`, or the data is not at hand, or the étude has no such thing to look at.
    """
    etude = etude_of(reference)
    given = _options(experiments.load(etude).inspection, options)
    usable_backend(backend)
    opened = open_untrained(etude, given) if _needs_no_run(reference, etude, given) else open_run(reference)
    if hasattr(given, "check"):
        given.check(opened.info)
    data = data_of(opened) if getattr(given, "needs_data", True) else WithoutData(opened.info)
    lender = lent_to(given, opened)
    trained = bring_to_life(opened, backend)
    lent = {"borrowed": bring_to_life(lender)} if lender else {}
    result = trained.experiment.inspect(trained.networks, data, trained.settings, given, **lent)
    result.tables = [*layer_tables_of(trained.networks), *result.tables]
    if trained.run is None:
        for name, picture in result.pictures.items():
            result.files |= save_pictures({name: picture}, Path(f"{etude}-{name}.png"))
        return result
    usual = as_dict(trained.experiment.inspection())
    asked = {name: value for name, value in as_dict(given).items() if value != usual[name]}
    keep_result(trained.run, "inspect", result, command_of(trained.run, "inspect", options=asked))
    result.run = _answering(opened, reference)
    return result


def report(reference: Reference, *, out: str | Path | None = None, as_is: bool = False) -> Path:
    """Write a run's report: one HTML page with its pictures inside, which fetches nothing when it is opened.

    What evaluate, inspect and the étude's example of use give is part of it; what was not yet done for this run is
    done first.

    Args:
        reference: as in `use`.
        out: the page; by default `report.html` in the run folder, or, of a bundled run, in the runs folder.
        as_is: write what is there, and do nothing first.

    Returns:
        Where the page is.

    Raises:
        UserError: as in `evaluate`, or the page cannot be written.
    """
    run = find(reference)
    missing = [kind for kind in KINDS if not read_notes(run, kind)] if not as_is else []
    for kind, do in (("evaluate", evaluate), ("inspect", inspect), ("use", _use_example)):
        if kind in missing:
            do(run)
    return write_report(run, Path(out) if out else None)


def _use_example(run: Run) -> None:
    """Use a run as its étude's example says, and keep what it gave."""
    opened = open_run(run)
    example = opened.experiment.example(data_of(opened), run.pictures)
    used = use(run, *example.inputs, **example.options)
    options = {name: value for name, value in example.options.items() if name != "out"}
    keep_result(run, "use", used, command_of(run, "use", example.inputs, options))


def layer_tables(etude: str, *, preset: str = "tuned", backend: str | None = None, **settings: Any) -> list[Table]:
    """The layer table of each network of an étude with fresh weights; needs neither run nor data.

    Raises:
        UserError: unknown étude, preset or setting.
    """
    experiment = experiments.load(etude)
    chosen = preset_of(etude, preset, settings)
    info = experiment.describe_data(chosen)
    lender = lender_of(experiment, chosen, info)
    start_backend(backend)
    return layer_tables_of(build(experiment, chosen, info, lender))


def _options(kind: type[Any], chosen: dict[str, Any], **others: Any) -> Any:
    """Options of use or inspect, as an étude declares them.

    Raises:
        UserError: there is no such option, or it cannot have this value.
    """
    known = [option.name for option in describe(kind) if option.name not in others]
    if unknown_options := set(chosen) - set(known):
        raise unknown("option", min(unknown_options), known)
    given = kind(**chosen, **others)
    check_fields(given, none_is_allowed=True)
    return given


def _answering(opened: Opened, reference: Reference) -> str:
    """The run that an étude's name stood for; empty where the reference itself says it, or there is none."""
    return str(opened.run) if opened.run and reference in experiments.names() else ""


def _needs_no_run(reference: Reference, etude: str, given: Any) -> bool:
    """Whether to inspect an étude that is ready without a training: it has no run, or another setting is asked for."""
    experiment = experiments.load(etude)
    if not experiment.ready or reference != etude:
        return False
    settings = {setting.name for setting in dataclasses.fields(experiment.settings)}
    asked = [name for name, value in as_dict(given).items() if name in settings and value is not None]
    return bool(asked) or run_of(etude) is None


def layer_tables_of(networks: Networks) -> list[Table]:
    """The layer tables of networks that are built."""
    return [layer_table(name, network) for name, network in networks.items() if hasattr(network, "layers")]
