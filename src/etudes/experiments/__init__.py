"""WHAT is learned: one folder for each study, found by listing, loaded on demand."""

import importlib
from functools import cache
from pathlib import Path

from etudes.contract import Experiment
from etudes.errors import unknown


def names() -> list[str]:
    """The studies: every folder beside this file that holds a `study.py`."""
    return sorted(path.parent.name for place in __path__ for path in Path(place).glob("*/study.py"))


def folder(name: str) -> Path:
    """The folder of a study, with its card and its results."""
    return next(Path(place) / name for place in __path__ if (Path(place) / name / "study.py").exists())


def load(name: str) -> Experiment:
    """The study of a name.

    Raises:
        UserError: there is none; the message gives the nearest.
    """
    if not isinstance(name, str):  # from Python, it may be anything
        raise unknown("etude", str(name), names())
    return _load(name)


@cache
def _load(name: str) -> Experiment:
    if name not in names():
        raise unknown("etude", name, names())
    experiment = importlib.import_module(f"etudes.experiments.{name}").experiment
    assert isinstance(experiment, Experiment)
    return experiment
