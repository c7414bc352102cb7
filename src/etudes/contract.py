"""What an étude must provide, and the few types that all rooms speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Interval, MinLen
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from etudes.settings import Settings

Networks = dict[str, Any]
"""The networks of an étude by name; the values are `keras.Model`s, built and ready to be called."""

Array = NDArray[Any]

LARGEST_SIDE = 1024
"""Pixels that the side of a labelled picture may have."""


@dataclass(frozen=True)
class ImageInfo:
    """What a set of labelled pictures is: all that a network needs in order to be built again without the data."""

    source: str
    """Name of a built-in set, or the path that was given."""
    height: Annotated[int, Interval(ge=1, le=LARGEST_SIDE)]
    width: Annotated[int, Interval(ge=1, le=LARGEST_SIDE)]
    channels: Annotated[int, Interval(ge=1, le=3)]
    class_names: Annotated[tuple[str, ...], MinLen(2)]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of one picture."""
        return (self.height, self.width, self.channels)


@dataclass(frozen=True)
class Images:
    """Labelled pictures: `pictures` uint8 (n, height, width, channels) in 0..255, `labels` int64 (n,)."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class ImageData:
    """Three sets of pictures that share no example, and what they are."""

    info: ImageInfo
    train: Images
    validation: Images
    test: Images

    def sizes(self) -> dict[str, int]:
        """Number of pictures in each split; written into the run's settings."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}


@dataclass(frozen=True)
class Table:
    """A small table for terminal, page and JSON; a cell is a string or a number."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass
class Result:
    """What evaluate, use, inspect and compare give back, for every door alike."""

    figures: dict[str, Any] = field(default_factory=dict)
    """Single numbers or words by name, the most important first."""
    tables: list[Table] = field(default_factory=list)
    pictures: dict[str, Image | list[Image]] = field(default_factory=dict)
    """Pictures by name (words joined by "-"); a list of pictures is a film, saved as GIF.

    "SET/NAME" belongs to a set of pictures, such as those behind the cells of a confusion matrix, in a folder of it.
    """
    lines: list[str] = field(default_factory=list)
    """Plain sentences to show first."""
    answers: list[dict[str, Any]] = field(default_factory=list)
    """One record for each input of `use`, JSON-ready."""
    records: dict[str, Any] = field(default_factory=dict)
    """What a page needs in order to show pictures of a run, JSON-ready; saved beside them as `pictures/NAME.json`."""
    files: dict[str, str] = field(default_factory=dict)
    """Where each picture was saved: name → path. Filled in by the action, not by the étude."""
    captions: dict[str, str] = field(default_factory=dict)
    """A sentence below a picture in the report, by its name; without one, the name stands there."""
    run: str = ""
    """The run that answered, where an étude's name left open which. Filled in by the action; no part of the JSON."""

    def as_json(self) -> dict[str, Any]:
        """The result without its pictures, which are named by `files`."""
        tables = [
            {"title": t.title, "columns": list(t.columns), "rows": [list(r) for r in t.rows]} for t in self.tables
        ]
        parts = {"figures": self.figures, "tables": tables, "lines": self.lines, "answers": self.answers}
        parts |= {"files": self.files, "captions": self.captions}
        return {key: value for key, value in parts.items() if value}


@dataclass(frozen=True)
class Example:
    """Something to try `use` with: its inputs, and options by name."""

    inputs: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NothingToChoose:
    """Options of an étude that has none."""


@dataclass(frozen=True)
class Experiment:
    """The table of contents of one étude: the last line of its `experiment.py`.

    `S` stands for the étude's settings, `I` for what its data is (`ImageInfo` or a class of its own), `D` for the
    data itself, which has an attribute `info` and a method `sizes()`.
    """

    learns: str
    """What it learns, in one line, for `etudes list`."""
    headline: str
    """Name of the figure of `evaluate` that counts most."""
    settings: type[Settings]
    """The frozen dataclass of settings; `presets` are values of it."""
    presets: Mapping[str, Settings]
    """At least `classic`, `tuned` (the default), `demo` (embedded data, about a minute) and `tiny` (seconds)."""
    info: type[Any]
    """The dataclass of `describe_data`; it is written into the run and read back from there."""
    options: type[Any]
    """The frozen dataclass of what `use` accepts: its fields are the flags of `etudes use`."""
    describe_data: Callable[[Any], Any]
    """S → I. Must not read a built-in data set."""
    load_data: Callable[[Any], Any]
    """S → D. Raises `UserError` where the data is not at hand."""
    build: Callable[..., Networks]
    """(S, I) → networks with fresh weights drawn from `settings.seed`.

    With `borrow`, also the keyword `borrowed`: the networks of the run that `borrow` names, or None.
    """
    train: Callable[[Any, Any, Any, Any], None]
    """(networks, D, S, session) → nothing; the networks are trained in place, through `etudes.training.Session`."""
    evaluate: Callable[[Any, Any, Any], Result]
    """(networks, D, S) → figures, tables and pictures on the test set."""
    read: Callable[[Any, Any, Any], Any]
    """(I, S, options) → what a person brought to `use`, opened and checked before any network is loaded.

    All that can be refused without a network is refused here, with `UserError`. Must not use Keras.
    """
    use: Callable[[Any, Any, Any, Any, Any], Result]
    """(networks, I, S, options, what `read` gave) → one answer for each input."""
    inspect: Callable[[Any, Any, Any, Any], Result]
    """(networks, D, S, inspection) → pictures of what was learned. The layer table is added by the action."""
    example: Callable[[Any, Path], Example]
    """(D, folder) → inputs to show `use` with; what it needs as files, it writes into the folder as `input-….png`."""
    inspection: type[Any] = NothingToChoose
    """The frozen dataclass of what `inspect` accepts: its fields are the flags of `etudes inspect`.

    With its defaults, an inspection takes seconds; what takes longer, such as a study that trains, is asked for.
    It may have a method `check(info, settings)`, which raises `UserError` for what cannot be looked at, and
    `check_data(data, settings)`, which does so for what this data does not have; both are asked before any network is
    loaded. `needs_data` is False where what was asked for needs nothing but `data.info`. A method
    `borrow(info, settings)` names another run, or None; that run, brought to life, is then the keyword `borrowed` of
    `inspect`.
    """
    compare: Callable[[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]], Result] | None = None
    """(what `settings.toml` of each run says, what its `results.json` says) → what several runs say together.

    Tables and pictures that `etudes compare` adds where all its runs are this étude's. Must not use Keras.
    """
    borrow: Callable[[Any, Any], str | None] | None = None
    """(I, S) → the run whose networks this étude builds upon, or None. Must not use Keras.

    Raises `UserError` where that is no longer the one that I names.
    """
    settle: Callable[[Any], Any] | None = None
    """S → S in which what a person left open is decided. A training begins with that and keeps to it. No Keras."""
    trains: tuple[str, ...] = ()
    """Names of the networks that training changes and the run keeps; empty for all that `build` gives."""
    only_for_training: Callable[[Any], tuple[str, ...]] | None = None
    """S → names of networks that only training needs: those bundled with the package leave them out."""
    wiring: Callable[[Any, Any], Mapping[str, str]] | None = None
    """(I, S) → for each network by name, what goes in and comes out, for who uses it outside. No Keras.

    None where pictures of values 0 to 255 go in and probabilities of classes come out.
    """
    ready: bool = False
    """Whether `use` and `inspect` work without a training of the étude's own (deep_dream uses networks of others)."""
