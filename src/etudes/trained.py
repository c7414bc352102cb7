"""A run brought back to life: build its networks from code and settings, then load its weights as arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from etudes import experiments
from etudes.contract import Experiment, Networks
from etudes.errors import unknown
from etudes.runs import Run, find_run, load_weights
from etudes.settings import Settings, as_dict, from_dict, override
from etudes.training.backend import drawn_from, layers_in, start_backend
from etudes.training.state import put_weights

Reference = str | Path | Run
"""A run folder, a `Run`, or the name of an étude, which stands for its newest finished run."""


@dataclass(frozen=True)
class Trained:
    """A finished run brought back to life: `networks` are `keras.Model`s by name, with their trained weights."""

    etude: str
    experiment: Experiment
    settings: Settings
    info: Any
    networks: Networks
    run: Run | None


def preset_of(etude: str, preset: str, changes: Mapping[str, Any] | None = None) -> Settings:
    """The settings of a preset with some changed.

    Raises:
        UserError: unknown étude, preset or setting; a value out of range.
    """
    presets = experiments.load(etude).presets
    if preset not in presets:
        raise unknown("preset", preset, presets)
    return override(presets[preset], changes or {})


def build(experiment: Experiment, settings: Settings, info: Any) -> Networks:
    """The étude's networks with fresh weights drawn from the settings' seed, in the settings' precision."""
    borrowed = {}
    if experiment.borrow is not None:
        reference = experiment.borrow(settings)
        borrowed = {"borrowed": load(reference).networks if reference else None}
    with layers_in(settings.precision), drawn_from(settings.seed):
        return experiment.build(settings, info, **borrowed)


def load(reference: Reference, *, backend: str | None = None) -> Trained:
    """Build the networks of a finished run from code and settings, and load its weights as arrays.

    Args:
        reference: a run folder, or an étude's name for its newest finished run.
        backend: as in `train`; a run trained on one backend loads on any.

    Raises:
        UserError: no such run, or its files are damaged.
    """
    run = reference if isinstance(reference, Run) else find_run(reference, experiments.names())
    header = run.header()
    experiment = experiments.load(header["etude"])
    settings = from_dict(experiment.settings, header["settings"])
    info = from_dict(experiment.info, header["data"])
    arrays = load_weights(run.folder)
    start_backend(backend)
    networks = build(experiment, settings, info)
    put_weights({name: networks[name] for name in experiment.trains or networks}, arrays)
    return Trained(header["etude"], experiment, settings, info, networks, run)


def untrained(etude: str, experiment: Experiment, options: Any, backend: str | None) -> Trained:
    """An étude that is ready without a training of its own, as its default preset and the options say."""
    names = {field.name for field in dataclasses.fields(experiment.settings)}
    changes = {name: value for name, value in as_dict(options).items() if name in names and value is not None}
    settings = preset_of(etude, "tuned", changes)
    info = experiment.describe_data(settings)
    start_backend(backend)
    return Trained(etude, experiment, settings, info, build(experiment, settings, info), None)


def etude_of(reference: Reference) -> str:
    """The name of the étude that a reference leads to.

    Raises:
        UserError: it is neither a run folder nor the name of an étude.
    """
    if reference in experiments.names():
        return str(reference)
    run = reference if isinstance(reference, Run) else Run(Path(reference))
    if run.started:
        return str(run.header()["etude"])
    if not run.folder.exists():
        raise unknown("etude or run folder", str(reference), experiments.names())
    return str(find_run(run.folder, experiments.names()).header()["etude"])
