"""The settings of a committed run, compared with the presets of today, which may have changed since."""

import shlex
from collections.abc import Mapping
from typing import Any

from etudes import experiments
from etudes.schema import as_dict, command_words


def changed(header: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run that differ from its preset; `header` is its `settings.toml`."""
    preset = as_dict(experiments.load(header["etude"]).presets[header["preset"]])
    # The machine decides what a precision of `auto` stands for; the run records that.
    kept = {name: value for name, value in header["settings"].items() if name != "precision"}
    return {name: value for name, value in kept.items() if value != preset[name]}


def flags_of(changed: Mapping[str, Any]) -> str:
    """Settings that differ from the preset, as flags, without those that have a column of their own."""
    columns = ("data", "epochs", "transfer_epochs", "seed", "precision", "exhaustive")
    return shlex.join(command_words({name: value for name, value in changed.items() if name not in columns}))


def today(header: Mapping[str, Any], command: str) -> str:
    """The command that trains with the settings of a run; empty if the original command still does."""
    given = {word.split("=")[0].replace("--no-", "--") for word in shlex.split(command)}
    different = changed(header)
    if all("--" + name.replace("_", "-") in given for name in different):
        return ""
    precision = {"precision": header["settings"]["precision"]} if "--precision" in given else {}
    words = command_words({**different, **precision})
    return shlex.join(["etudes", "train", header["etude"], "--preset", header["preset"], *words])
