"""What a trained run is asked: evaluate, use, answer, inspect, report. All that can be refused is refused first."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from etudes import experiments
from etudes.contract import Networks, Result, Table
from etudes.errors import unknown
from etudes.keeping import command_of, keep_result
from etudes.reporting import write_report
from etudes.runs import KINDS, Run, read_notes, run_of, runs_folder
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
    open_run,
    open_untrained,
    preset_of,
)
from etudes.training.backend import start_backend, usable_backend
from etudes.views.layers import layer_table
from etudes.views.pictures import save_pictures


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

    Returns:
        Its pictures are saved in the run's `pictures`, or, where there is no run, in runs/ETUDE-inspected.

    Raises:
        UserError: as in `load`, or the data is not at hand, or the étude has no such thing to look at.
    """
    etude = etude_of(reference)
    given = _options(experiments.load(etude).inspection, options)
    usable_backend(backend)
    opened = open_untrained(etude, given) if _needs_no_run(reference, etude, given) else open_run(reference)
    data, lender = _checked(given, opened)
    trained = bring_to_life(opened, backend)
    lent = {"borrowed": bring_to_life(lender)} if lender else {}
    result = trained.experiment.inspect(trained.networks, data, trained.settings, given, **lent)
    result.tables = [*layer_tables_of(trained.networks), *result.tables]
    if trained.run is None:
        for name, picture in result.pictures.items():
            result.files |= save_pictures({name: picture}, runs_folder() / f"{etude}-inspected" / f"{name}.png")
        return result
    usual = as_dict(trained.experiment.inspection())
    asked = {name: value for name, value in as_dict(given).items() if value != usual[name]}
    keep_result(trained.run, "inspect", result, command_of(trained.run, "inspect", options=asked))
    result.run = _answering(opened, reference)
    return result


def _checked(given: Any, opened: Opened) -> tuple[Any, Opened | None]:
    """The data and the further run that an inspection needs, after all that can be refused without a network was."""
    if hasattr(given, "check"):
        given.check(opened.info, opened.settings)
    lender = lent_to(given, opened)
    if not getattr(given, "needs_data", True):
        return WithoutData(opened.info), lender
    data = data_of(opened)
    if hasattr(given, "check_data"):
        given.check_data(data, opened.settings)
    return data, lender


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


def layer_tables_of(networks: Networks) -> list[Table]:
    """The layer tables of networks that are built."""
    return [layer_table(name, network) for name, network in networks.items() if hasattr(network, "layers")]


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
