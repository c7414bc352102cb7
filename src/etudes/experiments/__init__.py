"""WHAT is learned: one folder per étude, found by listing, loaded on demand."""

import importlib
from functools import cache
from pathlib import Path

from etudes.contract import Experiment
from etudes.errors import unknown


def names() -> list[str]:
    """The études: every folder beside this file that holds an `experiment.py`."""
    return sorted(path.parent.name for place in __path__ for path in Path(place).glob("*/experiment.py"))


def folder(name: str) -> Path:
    """The folder of an étude, with its card and its results."""
    return next(Path(place) / name for place in __path__ if (Path(place) / name / "experiment.py").exists())


@cache
def load(name: str) -> Experiment:
    """The étude of a name.

    Raises:
        UserError: there is none; the message gives the nearest.
    """
    if name not in names():
        raise unknown("etude", name, names())
    experiment = importlib.import_module(f"etudes.experiments.{name}.experiment").experiment
    assert isinstance(experiment, Experiment)
    return experiment
