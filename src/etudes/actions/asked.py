"""What is asked of a training run: its settings, resolved, and whether a run that began is the one asked for."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from etudes import experiments
from etudes.actions.loading import settings_of
from etudes.contract import BaseNetwork, ProgressCallback
from etudes.errors import UserError, format_path
from etudes.runs import Run, recorded_places
from etudes.schema import Settings, as_dict
from etudes.training.backend import resolve_precision
from etudes.views.card import show

UNSET = ("", "auto")
"""Values of a setting that leave the choice to `resolve_settings`."""


def resolve_settings(etude: str, settings: Settings) -> Settings:
    """Settings in which each unset choice (precision auto, the network of a dream) is what it stands for now.

    They are written into the run, so that it resumes with the same, wherever and whenever that may be.
    """
    base_network = experiments.load(etude).capability(BaseNetwork)
    settings = dataclasses.replace(settings, precision=resolve_precision(settings.precision))
    return base_network.resolve(settings) if base_network else settings


def check_same(run: Run, etude: str, asked: Settings, backend: str | None) -> Settings:
    """The settings that a run began with; it must be the one that is asked for, but unset settings may be anything.

    Raises:
        UserError: it is of another study, with other settings, or on another backend; the message names the first
            difference, and the way to get what is asked for.
    """
    header = run.header()
    what = "is finished" if run.finished else "began"
    cure = "choose another --out" if run.finished else f"`etudes resume {run.quoted}`, or choose another --out"
    if header["etude"] != etude:
        raise UserError(f"{run} is a run of {header['etude']}, not of {etude}: choose another --out")
    stored, now, given = settings_of(run, header), as_dict(resolve_settings(etude, asked)), as_dict(asked)
    for name, value in as_dict(stored).items():
        unset = given[name] in UNSET and given[name] != now[name]
        if now[name] == value or unset or _same_place(run, header, name, now[name]):
            continue
        flag, further = "--" + name.replace("_", "-"), " and is not trained further" * ("epochs" in name)
        further *= run.finished
        raise UserError(f"{run} {what} with {flag} {_shown(value)}, not {_shown(now[name])}{further}: {cure}")
    backend_of(run, backend)
    return stored


def _shown(value: Any) -> str:
    return format_path(show(value)) or "(unset)"


def _same_place(run: Run, header: dict[str, Any], name: str, asked: Any) -> bool:
    """Whether what is asked for is the file or folder that the run had, under another name."""
    places = recorded_places(run, header).get(name, [])[1:]
    return os.path.abspath(os.path.expanduser(str(asked))) in places


def say_precision(asked: Settings, progress: ProgressCallback) -> None:
    """Say what precision auto means on this machine, if that was asked for."""
    if asked.precision == "auto":
        precision = resolve_precision("auto")
        has = "has it" if precision == "bfloat16" else "has no bfloat16"
        progress.message(f"precision {precision}: this machine {has} in hardware (--precision chooses)")


def backend_of(run: Run, asked: str | None) -> str | None:
    """The backend to train on: the one on which the run began, if it did.

    Raises:
        UserError: another one was asked for.
    """
    began_on = run.read_json("environment.json").get("backend") if run.started else None
    if not isinstance(began_on, str | None):
        raise UserError(f"{run.folder / 'environment.json'} is damaged: delete it, then resume")
    if asked and began_on and asked != began_on:
        way = "leave out --backend" if run.finished else "resume without --backend"
        raise UserError(f"{run} began on {began_on}: {way}, or choose another --out")
    return began_on or asked
