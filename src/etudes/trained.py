"""A run brought back to life, in two steps: read and check its files, then build its networks and load the weights.

The first step (`open_run`) loads no Keras, so that whatever is wrong with a run or with what a person brings to it is
said within a second.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from etudes import experiments
from etudes.contract import Array, Experiment, Networks
from etudes.data.refusal import shown
from etudes.errors import UserError, unknown
from etudes.runs import Run, find_run, load_weights
from etudes.settings import Settings, as_dict, check_fields, from_dict, override, validate
from etudes.training.backend import drawn_from, layers_in, start_backend
from etudes.training.state import put_weights

Reference = str | Path | Run
"""A run folder, a `Run`, "ETUDE@bundled" for the run that came with the package ("ETUDE@NAME" for a further one), or
the name of an étude, which stands for its newest finished run and, where there is none, for the bundled one."""


@dataclass(frozen=True)
class Opened:
    """All that an étude's networks are built from, read and checked; no Keras was loaded for it."""

    etude: str
    experiment: Experiment
    settings: Settings
    info: Any
    arrays: dict[str, Array]
    """The trained weights; empty for an étude that is ready without a training of its own."""
    run: Run | None
    lender: Opened | None
    """The run that the étude borrows networks from."""


@dataclass(frozen=True)
class Trained:
    """A finished run brought back to life: `networks` are `keras.Model`s by name, with their trained weights."""

    etude: str
    experiment: Experiment
    settings: Settings
    info: Any
    networks: Networks
    run: Run | None


@dataclass(frozen=True)
class WithoutData:
    """What an inspection gets in place of data that it does not need and that may not be at hand."""

    info: Any


def preset_of(etude: str, preset: str, changes: Mapping[str, Any] | None = None) -> Settings:
    """The settings of a preset with some changed.

    Raises:
        UserError: unknown étude, preset or setting; a value out of range.
    """
    presets = experiments.load(etude).presets
    if preset not in presets:
        raise unknown("preset", preset, presets)
    return override(presets[preset], changes or {})


def settings_of(run: Run) -> Settings:
    """The settings of a run, checked.

    Raises:
        UserError: `settings.toml` is damaged, or of an étude or of settings that this version does not know.
    """
    header = run.header()
    kind = experiments.load(header["etude"]).settings
    try:
        settings: Settings = from_dict(kind, header["settings"])
        validate(settings)
        # A setting that the run does not name came later: what it is now by default may not be what was done then.
        missing = [field.name for field in dataclasses.fields(kind) if field.name not in header["settings"]]
        if missing:
            raise UserError(f"it does not say {', '.join(missing[:3])}; train again")
    except UserError as error:
        raise _foreign(run, error) from error
    return settings


def _foreign(run: Run, error: UserError) -> UserError:
    return UserError(f"{run.folder / 'settings.toml'} does not fit this version: {error}")


def open_run(reference: Reference) -> Opened:
    """Read and check everything that a finished run is brought back to life from. Loads no Keras.

    Args:
        reference: a run folder, an étude's name, or "ETUDE@bundled"; see `Reference`.

    Raises:
        UserError: no such run, or its files, or those of the run that it borrows from, are damaged.
    """
    run = find(reference)
    header, settings = run.header(), settings_of(run)
    experiment = experiments.load(header["etude"])
    try:
        info = from_dict(experiment.info, header["data"])
        check_fields(info)
    except UserError as error:
        raise _foreign(run, error) from error
    arrays = load_weights(run.folder)
    return Opened(header["etude"], experiment, settings, info, arrays, run, lender_of(experiment, settings, info))


def open_untrained(etude: str, options: Any) -> Opened:
    """An étude that is ready without a training of its own, as its default preset and the options of use say."""
    experiment = experiments.load(etude)
    names = {field.name for field in dataclasses.fields(experiment.settings)}
    changes = {name: value for name, value in as_dict(options).items() if name in names and value is not None}
    settings = preset_of(etude, "tuned", changes)
    info = experiment.describe_data(settings)
    return Opened(etude, experiment, settings, info, {}, None, lender_of(experiment, settings, info))


def lender_of(experiment: Experiment, settings: Settings, info: Any) -> Opened | None:
    """The run whose networks an étude builds upon, opened; None if it borrows none.

    Raises:
        UserError: that run is not at hand or damaged, or not the one that was built upon before.
    """
    reference = experiment.borrow(info, settings) if experiment.borrow else None
    return open_run(reference) if reference else None


def lent_to(inspection: Any, opened: Opened) -> Opened | None:
    """The run that an inspection builds upon beside its own, opened; None if it borrows none."""
    reference = inspection.borrow(opened.info, opened.settings) if hasattr(inspection, "borrow") else None
    return open_run(reference) if reference else None


def bring_to_life(opened: Opened, backend: str | None = None) -> Trained:
    """Start the backend, build the networks and give them their trained weights.

    Raises:
        UserError: the backend does not start, or the weights are not those of these networks.
    """
    start_backend(backend)
    experiment = opened.experiment
    networks = build(experiment, opened.settings, opened.info, opened.lender)
    if opened.run is not None:
        for name in experiment.only_for_training(opened.settings) if experiment.only_for_training else ():
            if not any(array.startswith(f"{name}/") for array in opened.arrays):
                del networks[name]
        put_weights({name: networks[name] for name in experiment.trains or networks}, opened.arrays)
    return Trained(opened.etude, experiment, opened.settings, opened.info, networks, opened.run)


def build(experiment: Experiment, settings: Settings, info: Any, lender: Opened | None) -> Networks:
    """The étude's networks with fresh weights drawn from the settings' seed, in the settings' precision.

    `lender` is what `lender_of` gave.
    """
    borrowed = {}
    if experiment.borrow is not None:
        borrowed = {"borrowed": bring_to_life(lender).networks if lender else None}
    with layers_in(settings.precision), drawn_from(settings.seed):
        return experiment.build(settings, info, **borrowed)


def load(reference: Reference, *, backend: str | None = None) -> Trained:
    """Build the networks of a finished run from code and settings, and load its weights as arrays.

    Args:
        reference: a run folder, an étude's name, or "ETUDE@bundled"; see `Reference`.
        backend: as in `train`; a run trained on one backend loads on any.

    Raises:
        UserError: no such run, or its files are damaged.
    """
    return bring_to_life(open_run(reference), backend)


def data_of(opened: Opened) -> Any:
    """The data of a run, which must still be what the run says.

    Raises:
        UserError: it is not at hand, or is another.
    """
    data = opened.experiment.load_data(opened.settings)
    if data.info != opened.info:
        parts = zip(as_dict(opened.info).items(), as_dict(data.info).values(), strict=True)
        changed = next(name for (name, before), after in parts if before != after).replace("_", " ")
        raise UserError(f"{shown(opened.settings.data)} has another {changed} than when {opened.run} learned from it")
    return data


def etude_of(reference: Reference) -> str:
    """The name of the étude that a reference leads to.

    Raises:
        UserError: it is neither a finished run nor the name of an étude.
    """
    return str(reference) if reference in experiments.names() else str(find(reference).header()["etude"])


def find(reference: Reference) -> Run:
    """The finished run that a reference leads to.

    Raises:
        UserError: there is none.
    """
    return reference if isinstance(reference, Run) else find_run(reference, experiments.names())
