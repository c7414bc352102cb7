"""The data of a run, read again: found wherever it is now, and still what the run was trained on, or refused."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from etudes import experiments
from etudes.contract import Experiment
from etudes.data import list_sets
from etudes.data.notes import collected_notes, note
from etudes.errors import UserError, format_path
from etudes.runs import Run, describe_places, existing, recorded_places
from etudes.schema import Settings, as_dict, describe
from etudes.training.fingerprint import fingerprint


class RunDataError(UserError):
    """The data of a run was not found, or is no longer what the run was trained on."""


def places_to_record(run: Run, experiment: Experiment, settings: Settings) -> dict[str, dict[str, str]]:
    """The table `places` of a run that begins: where the files and folders are that its settings name."""
    texts = [one.name for one in describe(settings) if one.kind == "str" and not one.choices]
    # A folder that happens to have the name of a data set is not what was meant.
    named = _names(experiment, texts)
    return describe_places(run, {name: value for name in texts if (value := as_dict(settings)[name]) not in named})


def _names(experiment: Experiment, settings: Iterable[str] = ("data",)) -> set[str]:
    """What these settings may name that is no path: data sets, and what the presets have there."""
    presets = [as_dict(preset) for preset in experiment.presets.values()]
    return {one.name for one in list_sets()} | {preset[name] for preset in presets for name in settings}


def read_run_data(
    run: Run, header: Mapping[str, Any], settings: Settings, place: str | None = None
) -> tuple[Settings, Any]:
    """Read the data that a run began with.

    Args:
        run: the run.
        header: the content of its `settings.toml`.
        settings: those of the run.
        place: where the data is now; by default it is looked for where it was, from the current folder and from that
            of the run.

    Returns:
        The settings with the places where it was found, and what `load_data` gave for them.

    Raises:
        RunDataError: the data was not found, or it is not what it was; the message says what changed.
        UserError: it cannot be read.
    """
    experiment, problems = experiments.load(header["etude"]), []
    for located in _candidates(run, header, settings, place):
        try:
            with collected_notes() as notes:
                data = experiment.load_data(located)
        except UserError as error:
            problems.append(error)
            continue
        changes = changes_of(header, dataclasses.replace(data, info=renamed(data.info, located, settings)))
        if not changes:
            for text in notes:
                if text not in header.get("notes", []):  # the others were said when the run began
                    note(text)
            return located, data
        problems.insert(0, _changed(run, settings, place, changes))
    if not isinstance(problems[0], RunDataError) and not place and (lost := _lost(run, header, settings)):
        raise RunDataError(lost) from problems[0]
    raise problems[0]


def _candidates(run: Run, header: Mapping[str, Any], settings: Settings, place: str | None) -> Iterator[Settings]:
    """The settings with every combination of places in which there is something, the likeliest first."""
    choices = {name: existing(places) for name, places in recorded_places(run, header).items()}
    choices = {name: found for name, found in choices.items() if found} | ({"data": [place]} if place else {})
    for chosen in itertools.product(*choices.values()):
        yield moved(settings, dict(zip(choices, chosen, strict=True)))


def moved(settings: Settings, places: Mapping[str, str]) -> Settings:
    """The settings with other places of the files that they name."""
    changes: dict[str, Any] = dict(places)
    return dataclasses.replace(settings, **changes)


def renamed(info: Any, before: Settings, after: Settings) -> Any:
    """What data is, with the values of one set of settings in place of the same values of another."""
    old, new = as_dict(before), as_dict(after)
    changes = {value: new[name] for name, value in old.items() if isinstance(value, str) and value != new[name]}
    values = [(name, value) for name, value in as_dict(info).items() if isinstance(value, str)]
    return dataclasses.replace(info, **{name: changes[value] for name, value in values if value in changes})


def changes_of(header: Mapping[str, Any], data: Any) -> list[str]:
    """What is no longer as a run's `settings.toml` says, in words; empty if the data is the same.

    A run that has no fingerprint, as an old one, is held against the sizes of its splits and what its data is.
    """
    now = fingerprint(data)
    if header.get("fingerprint") == now:
        return []
    changes, info = [], as_dict(data.info)
    for field in dataclasses.fields(data.info):
        old, new = header["data"].get(field.name), info[field.name]
        if field.compare and field.name != "source" and old not in (None, new):
            changes.append(_difference(field.name.replace("_", " "), old, new))
    splits = header.get("split", {})
    before = splits if isinstance(splits, dict) else {}
    changes += [f"{name} {before[name]} → {n}" for name, n in data.sizes().items() if before.get(name, n) != n]
    if not changes and header.get("fingerprint"):
        changes = ["as many examples, but not the same ones"]
    return changes


def _difference(name: str, old: Any, new: Any) -> str:
    if isinstance(old, list) and isinstance(new, list):
        gone, came = ([str(one) for one in some if one not in others] for some, others in ((old, new), (new, old)))
        parts = [f"{word} {', '.join(some[:3])}" for word, some in (("without", gone), ("with", came)) if some]
        return f"{name} {' and '.join(parts) or 'in another order'}"
    return f"{name} {str(old)[:20]} → {str(new)[:20]}"


def _changed(run: Run, settings: Settings, place: str | None, changes: list[str]) -> RunDataError:
    what = "; ".join(changes)
    what = what if len(what) <= 60 else f"{what[:59]}…"
    if place:
        return RunDataError(f"{format_path(place)} is not the data of {run} ({what}): give the place of that")
    data = format_path(settings.data)
    return RunDataError(f"{data} changed since {run} began ({what}): put it back, or give the old data with --data")


def _lost(run: Run, header: Mapping[str, Any], settings: Settings) -> str:
    """That the data was not found, where that is what is wrong; else empty."""
    for name, places in recorded_places(run, header).items():
        if not existing(places):
            flag = "" if name == "data" else f"--{name} "
            cure = "give its new place with --data" if name == "data" else "put it back"
            where = places[1] if len(places) > 1 else places[0]
            return f"{flag}{format_path(places[0])}, the data of {run}, is no longer at {format_path(where)}: {cure}"
    known = _names(experiments.load(header["etude"]))
    if "places" not in header and settings.data not in known and not existing([settings.data]):
        return f"{format_path(settings.data)}, the data of {run}, was not found: give its place with --data"
    return ""
