"""inspect: look inside a run: the layer tables of its networks, then pictures of what was learned."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from etudes import experiments
from etudes.actions.artifacts import command_of, keep_result, unsaved_in
from etudes.actions.loading import (
    LoadedRun,
    Reference,
    Target,
    build_networks,
    open_base,
    open_run,
    open_without_run,
    options_of,
    preset_of,
    resolve,
)
from etudes.contract import BaseNetwork, DataInfoOnly, Experiment, InspectOptions, Networks, Result, Table
from etudes.data.inputs import as_options
from etudes.data.notes import collected_notes
from etudes.errors import UserError
from etudes.runs import runs_folder
from etudes.schema import as_dict
from etudes.training.backend import usable_backend
from etudes.training.computing import computing, start_computing
from etudes.views.layers import layer_table
from etudes.views.pictures import save_pictures


@computing()
def inspect(
    reference: Reference, *, backend: str | None = None, data: str | Path | None = None, **options: Any
) -> Result:
    """Look inside a run: the layer table of each network, then pictures of what it learned.

    Args:
        reference: as in `use`; a study whose network comes trained needs no run.
        backend: as in `load`.
        data: as in `load`; what is open already stays as it is.
        **options: the study's options of inspect; a `picture` may be a path, or in memory as in `use`.

    Returns:
        Its pictures are saved in the run's `pictures`, or, where there is no run, in runs/ETUDE-inspected. Where they
        cannot be, `unsaved` says why.

    Raises:
        UserError: as in `load`, or the data was not found, or the study has no such thing to look at.
    """
    target = resolve(reference)
    with collected_notes() as notes:
        chosen = _options(target.experiment, options)
    if isinstance(reference, LoadedRun):
        loaded = reference
    else:
        usable_backend(backend)
        without_run = _needs_no_run(target, chosen)
        loaded = open_without_run(target, chosen, backend) if without_run else open_run(target, backend, data)
    result = _look(loaded, chosen)
    result.add_notes(notes)
    if loaded.run is None:
        folder = runs_folder() / f"{loaded.etude}-inspected"
        try:
            for name, picture in result.pictures.items():
                result.files |= save_pictures({name: picture}, folder / f"{name}.png", overwrite=True)
        except UserError as error:
            result.unsaved = unsaved_in(folder, error)
        return result
    defaults = as_dict(type(chosen)())
    asked = {name: value for name, value in as_dict(chosen).items() if value != defaults[name]}
    keep_result(loaded.run, "inspect", result, command_of(loaded.run, "inspect", options=asked))
    result.run = str(loaded.run) if loaded.target.named else ""
    return result


@computing()
def look(loaded: LoadedRun, **options: Any) -> Result:
    """As `inspect`, with what `load` returned; no picture is saved.

    Raises:
        UserError: the study has no such thing to look at.
    """
    return _look(loaded, _options(loaded.experiment, options))


def _options(experiment: Experiment, options: dict[str, Any]) -> InspectOptions:
    kind = experiment.inspect.options
    chosen: InspectOptions = options_of(kind, as_options(kind, options))
    return chosen


def _look(loaded: LoadedRun, chosen: InspectOptions) -> Result:
    """All that can be refused without a network is refused before the networks are built."""
    chosen.check(loaded.info, loaded.settings)
    reference = chosen.base_run(loaded.info, loaded.settings)
    base = [open_run(reference, loaded.backend)] if reference else []
    data = loaded.data if chosen.needs_data else DataInfoOnly(loaded.info)
    if chosen.needs_data:
        chosen.check_data(data, loaded.settings)
    result = loaded.experiment.inspect.run(loaded.networks, data, loaded.settings, chosen, *base)
    result.tables = [*layer_tables_of(loaded.networks), *result.tables]
    return result


def _needs_no_run(target: Target, chosen: InspectOptions) -> bool:
    """Whether the network comes trained, and there is no run or another network is asked for."""
    if not (target.named and target.experiment.capability(BaseNetwork)):
        return False
    return bool(network_asked_for(target.experiment, chosen)) or target.run is None


def network_asked_for(experiment: Experiment, chosen: InspectOptions) -> dict[str, Any]:
    """The settings among the options that name another network, where a study's network comes trained."""
    if not experiment.capability(BaseNetwork):
        return {}
    settings = {setting.name for setting in dataclasses.fields(experiment.settings)}
    return {name: value for name, value in as_dict(chosen).items() if name in settings and value is not None}


@computing()
def layer_tables(etude: str, *, preset: str = "tuned", backend: str | None = None, **settings: Any) -> list[Table]:
    """The layer table of each network of a study with new weights; needs neither run nor data.

    Raises:
        UserError: unknown study, preset or setting.
    """
    experiment = experiments.load(etude)
    chosen = preset_of(etude, preset, settings)
    info = experiment.describe_data(chosen)
    base = open_base(experiment, chosen, info)
    start_computing(backend)
    return layer_tables_of(build_networks(experiment, chosen, info, base))


def layer_tables_of(networks: Networks) -> list[Table]:
    """The layer tables of networks that are built; an array among them has none."""
    import numpy as np

    return [layer_table(name, network) for name, network in networks.items() if not isinstance(network, np.ndarray)]
