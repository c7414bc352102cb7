"""A finished run, opened: its files are read and checked first, its networks built when they are first asked for.

Opening loads no Keras, so a damaged run or a bad input is refused within a second.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from etudes import experiments
from etudes.actions.run_data import moved, read_run_data, renamed
from etudes.contract import Array, BaseNetwork, Experiment, Networks, UseOptions
from etudes.data.notes import note
from etudes.errors import UserError, unknown, user_path
from etudes.graphs import load_graphs
from etudes.runs import Run, bundled_dream, find_run, found_place, load_typical, load_weights, recorded_places, run_of
from etudes.schema import Settings, check_fields, from_dict, override, validate
from etudes.training.backend import BackendError, drawn_from, layers_in
from etudes.training.computing import computing, start_computing
from etudes.training.state import put_weights


@dataclass(frozen=True)
class Target:
    """What a reference stands for, looked up once: a study, and its finished run if it has one."""

    etude: str
    run: Run | None
    """None where a study that needs no run of its own has none."""
    header: dict[str, Any]
    """The run's `settings.toml`; empty without a run."""
    named: bool
    """Whether the study's name was given, and not a run."""

    @property
    def experiment(self) -> Experiment:
        """The study's table of contents."""
        return experiments.load(self.etude)


@dataclass(repr=False)
class LoadedRun:
    """A finished run: settings, what its data is, and its weights, all checked; networks and data on demand."""

    target: Target
    settings: Settings
    info: Any
    """What the data is, as the study's `describe_data` says."""
    arrays: dict[str, Array]
    """The trained weights; empty where the study needs no run of its own."""
    base: LoadedRun | None
    """The run that the study takes its network from, if it takes it from one."""
    backend: str | None = None
    """"tensorflow", "jax" or "torch"; None for the one that fits this machine."""
    place: str | None = None
    """Where the data of the run is now; None to look where it was."""

    def __repr__(self) -> str:
        """On one line, without its arrays."""
        return f"<LoadedRun {self.run or self.etude}: {sum(array.size for array in self.arrays.values()):,} weights>"

    @property
    def etude(self) -> str:
        """The study's name."""
        return self.target.etude

    @property
    def experiment(self) -> Experiment:
        """The study's table of contents."""
        return self.target.experiment

    @property
    def run(self) -> Run | None:
        """The run; None where the study needs none of its own and has none."""
        return self.target.run

    @cached_property
    def networks(self) -> Networks:
        """The networks by name, `keras.Model`s with their trained weights; built when first asked for.

        Raises:
            UserError: the backend does not start, or the weights are not those of these networks.
        """
        with computing():
            return self._build_networks()

    def _build_networks(self) -> Networks:
        start_computing(self.backend)
        networks = build_networks(self.experiment, self.settings, self.info, self.base)
        if self.run is not None:
            specs = self.experiment.io_spec(self.info, self.settings)
            for name, spec in specs.items():
                if spec.training_only and not any(array.startswith(f"{name}/") for array in self.arrays):
                    del networks[name]
            put_weights({name: networks[name] for name in networks if specs[name].saved}, self.arrays)
        return networks

    @cached_property
    def graphs(self) -> Networks:
        """The networks and the parts of them that `use` asks, in ONNX Runtime; empty for a run without graphs.

        Empty, too, where a backend was named, or the networks are built already: then these are meant.
        """
        if self.run is None or self.backend is not None or "networks" in vars(self):
            return {}
        try:
            return dict(load_graphs(self.run.folder, self.arrays))
        except UserError as error:
            note(f"{error}; until then a backend answers")
            return {}

    @cached_property
    def _networks_with_parts(self) -> Networks:
        with computing():
            return {**self.networks, **self.experiment.use.parts(self.networks)}

    def answering(self, options: UseOptions) -> Networks:
        """What `use` asks: the graphs, or the networks and their parts in Keras where a forward pass is not enough.

        Raises:
            UserError: as `networks`.
        """
        if self.graphs and not options.needs_backend:
            return self.graphs
        try:
            return self._networks_with_parts
        except BackendError as error:
            if options.needs_backend or self.backend is not None or self.experiment.capability(BaseNetwork):
                raise
            cure = f"copy the run with its `graphs`, or ask {self.etude}@bundled; {error}"
            raise BackendError(f"{self.run} has no graphs that can be opened: {cure}") from error

    @cached_property
    def typical(self) -> dict[str, Array]:
        """What the capability `Typicality` measured at the end of the training; empty where the run has none.

        Raises:
            UserError: the file is damaged.
        """
        return load_typical(self.run.folder) if self.run else {}

    @cached_property
    def data(self) -> Any:
        """The data that the run was trained on, which must still be what the run says; loaded when first asked for.

        Raises:
            UserError: it was not found, or it changed.
        """
        if self.run is None:
            return self.experiment.load_data(self.settings)
        header = self.target.header
        _, data = read_run_data(self.run, header, settings_of(self.run, header), self.place)
        return dataclasses.replace(data, info=self.info)


Reference = str | Path | Run | Target | LoadedRun
"""A run folder, a `Run`, "ETUDE@bundled" for the run that came with the package ("ETUDE@NAME" for a further one), or
the name of a study, which stands for its newest finished run and, where there is none, for the bundled one."""


def resolve(reference: Reference) -> Target:
    """Look up what a reference stands for.

    Raises:
        UserError: it is neither a finished run nor the name of a study.
    """
    if isinstance(reference, LoadedRun):
        return reference.target
    if isinstance(reference, Target):
        return reference
    if isinstance(reference, Run):
        return _target(reference, named=False)
    if not isinstance(reference, str | os.PathLike):
        raise UserError(
            f"{type(reference).__name__} is no run: give a study's name, a run folder, or what `load` returned, first"
        )
    name = str(reference)
    if name.endswith("@bundled") and (dream := bundled_dream(name)):
        return _target(dream, named=False)
    if name in experiments.names() and experiments.load(name).capability(BaseNetwork):
        run = run_of(name)
        return _target(run, named=True) if run else Target(name, None, {}, named=True)
    return _target(find_run(reference, experiments.names()), named=name in experiments.names())


def _target(run: Run, *, named: bool) -> Target:
    header = run.header()
    return Target(header["etude"], run, header, named)


def open_run(
    reference: Reference, backend: str | None = None, place: str | Path | None = None, *, weights: bool = True
) -> LoadedRun:
    """Read and check everything that the networks of a finished run are built from. Loads no Keras.

    Args:
        reference: a run folder, a study's name, or "ETUDE@bundled"; see `Reference`. A run that is open stays as it is.
        backend: as in `train`; a run trained on one backend loads on any.
        place: where the data of the run is now; by default it is looked for where it was.
        weights: False leaves weights and base run unread, where only what is said of the run is wanted.

    Raises:
        UserError: no such run, or its files, or those of the run that it takes its network from, are damaged.
    """
    if isinstance(reference, LoadedRun):
        return reference
    target = resolve(reference)
    if target.run is None:
        raise UserError(f"no finished run of {target.etude}: run `etudes train {target.etude}` first")
    experiment, header = target.experiment, target.header
    settings = settings_of(target.run, header)
    try:
        info = from_dict(experiment.info, header["data"])
        check_fields(info)
    except UserError as error:
        raise _foreign(target.run, error) from error
    others = {name: found_place(target.run, header, name) for name in recorded_places(target.run, header)}
    located = moved(settings, {**others, "data": settings.data})
    info = renamed(info, settings, located)
    where = str(place) if place is not None else None
    if weights and not (target.run.folder / "weights.json").exists() and target.run.bundled:
        cure = f"`etudes share {target.run}` shows it, and `etudes use {target.etude}` dreams anew"
        raise UserError(f"{target.run} came as pictures, without weights: {cure}")
    if not weights:
        return LoadedRun(target, located, info, {}, None, backend, where)
    arrays, base = load_weights(target.run.folder), open_base(experiment, located, info, backend)
    return LoadedRun(target, located, info, arrays, base, backend, where)


def open_without_run(target: Target, options: Any, backend: str | None = None) -> LoadedRun:
    """A study whose network comes trained, as its options of use or inspect ask for it.

    Raises:
        UserError: a setting is out of range, or there is no such network.
    """
    experiment = target.experiment
    base_network = experiment.capability(BaseNetwork)
    assert base_network is not None
    settings = base_network.settings_for(options)
    validate(settings)
    info = experiment.describe_data(settings)
    base = open_base(experiment, settings, info, backend)
    return LoadedRun(dataclasses.replace(target, run=None, header={}), settings, info, {}, base, backend)


def open_base(experiment: Experiment, settings: Settings, info: Any, backend: str | None = None) -> LoadedRun | None:
    """The run that a study takes its network from, opened; None if it takes it from none.

    Raises:
        UserError: that run was not found, is damaged, or is not the one of before.
    """
    base_network = experiment.capability(BaseNetwork)
    reference = base_network.run(info, settings) if base_network else None
    return open_run(reference, backend) if reference else None


def build_networks(experiment: Experiment, settings: Settings, info: Any, base: LoadedRun | None) -> Networks:
    """The study's networks with new weights drawn from the settings' seed, in the settings' precision.

    `base` is what `open_base` returned.
    """
    arguments: list[Any] = [settings, info]
    if experiment.capability(BaseNetwork):
        arguments.append(base.networks if base else None)
    with layers_in(settings.precision), drawn_from(settings.seed):
        return experiment.make_networks(*arguments)


@computing()
def load(reference: Reference, *, backend: str | None = None, data: str | Path | None = None) -> LoadedRun:
    """Build the networks of a finished run from code and settings, and load its weights as arrays.

    Args:
        reference: a run folder, a study's name, or "ETUDE@bundled"; see `Reference`.
        backend: as in `train`; a run trained on one backend loads on any.
        data: where the data of the run is now; by default it is looked for where it was.

    Raises:
        UserError: no such run, or its files are damaged.
    """
    loaded = open_run(reference, backend, data)
    _ = loaded.networks
    return loaded


def preset_of(etude: str, preset: str, changes: Mapping[str, Any] | None = None) -> Settings:
    """The settings of a preset with some changed.

    Raises:
        UserError: unknown study, preset or setting; a value out of range.
    """
    presets = experiments.load(etude).presets
    if not isinstance(preset, str) or preset not in presets:
        raise unknown("preset", str(preset), presets)
    return override(presets[preset], changes or {})


def settings_of(run: Run, header: Mapping[str, Any]) -> Settings:
    """The settings of a run, checked; `header` is what `run.header()` returned.

    Raises:
        UserError: `settings.toml` is damaged, or of a study or of settings that this version does not know.
    """
    kind = experiments.load(header["etude"]).settings
    try:
        settings: Settings = from_dict(kind, header["settings"])
        validate(settings)
        # A setting that the run does not name came later: what it is now by default may not be what was done then.
        missing = [field.name for field in dataclasses.fields(kind) if field.name not in header["settings"]]
        if missing:
            raise UserError(f"{', '.join(missing[:3])} is missing; train again")
    except UserError as error:
        raise _foreign(run, error) from error
    return settings


def _foreign(run: Run, error: UserError) -> UserError:
    return UserError(f"{run.folder / 'settings.toml'} does not fit this version: {error}")


def _at_home(value: Any) -> Any:
    """An option's value; where it is a path that begins with `~`, from the person's home."""
    if isinstance(value, tuple):
        return tuple(map(_at_home, value))
    return str(user_path(value)) if isinstance(value, str) and value.startswith(("~/", "~\\")) else value


def options_of(kind: type[Any], chosen: Mapping[str, Any], **others: Any) -> Any:
    """Options of use or inspect, as a study declares them.

    Raises:
        UserError: there is no such option, or it cannot have this value.
    """
    known = [option.name for option in dataclasses.fields(kind) if option.name not in others]
    if unknown_options := set(chosen) - set(known):
        raise unknown("option", min(unknown_options), known)
    options = kind(**{name: _at_home(value) for name, value in {**chosen, **others}.items()})
    check_fields(options, none_is_allowed=True)
    return options
