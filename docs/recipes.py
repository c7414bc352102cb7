"""What a committed run was told, seen from the presets of today, which may have changed since."""

import shlex
from collections.abc import Mapping
from typing import Any

from etudes import experiments
from etudes.settings import as_dict, command_words


def changed(header: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run, whose `settings.toml` is given, that are not those of its preset."""
    preset = as_dict(experiments.load(header["etude"]).presets[header["preset"]])
    # The machine decides on a precision of `auto`, and the run keeps what it decided.
    kept = {name: value for name, value in header["settings"].items() if name != "precision"}
    return {name: value for name, value in kept.items() if value != preset[name]}


def flags_of(changed: Mapping[str, Any]) -> str:
    """Settings that are not the preset's as flags, but for those that tables have columns for."""
    told = ("data", "epochs", "transfer_epochs", "seed", "precision", "exhaustive")
    return shlex.join(command_words({name: value for name, value in changed.items() if name not in told}))


def today(header: Mapping[str, Any], command: str) -> str:
    """The command that trains with the settings of a run; empty if the one that it was trained with still does."""
    given = {word.split("=")[0].replace("--no-", "--") for word in shlex.split(command)}
    told = changed(header)
    if all("--" + name.replace("_", "-") in given for name in told):
        return ""
    precision = {"precision": header["settings"]["precision"]} if "--precision" in given else {}
    words = command_words({**told, **precision})
    return shlex.join(["etudes", "train", header["etude"], "--preset", header["preset"], *words])
