"""What a study provides, and the few types that all rooms speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, TypeVar

import numpy as np
from annotated_types import Interval, MinLen
from numpy.typing import NDArray

from etudes.results import Drawing as Drawing
from etudes.results import Result as Result
from etudes.results import Table as Table

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from rich.console import RenderableType

    from etudes.schema import Settings

Networks = dict[str, Any]
"""The networks of a study by name; the values are `keras.Model`s, built and ready to be called."""

Array = NDArray[Any]

MAX_IMAGE_SIDE = 1024
"""Pixels that the side of a labelled picture may have."""


# --- data -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImageInfo:
    """What a set of labelled pictures is: all that a network needs in order to be built again without the data."""

    source: str
    """Name of a built-in set, or the path that was given."""
    height: Annotated[int, Interval(ge=1, le=MAX_IMAGE_SIDE)]
    width: Annotated[int, Interval(ge=1, le=MAX_IMAGE_SIDE)]
    channels: Annotated[int, Interval(ge=1, le=3)]
    class_names: Annotated[tuple[str, ...], MinLen(2)]
    ink: str = field(default="", compare=False, metadata={"fingerprint": False})
    """"light" or "dark" if your own pictures are drawings with such strokes; empty otherwise, or before reading."""

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


# --- progress ---------------------------------------------------------------------------------------------------------


class ProgressCallback(Protocol):
    """What a training run calls to show its progress. A context manager: entered when the run begins."""

    def __enter__(self) -> ProgressCallback: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def message(self, text: RenderableType) -> None:
        """A line, or any rich renderable, that stays above the progress."""

    def on_phase_begin(self, phase: str, epochs: int, done: int) -> None:
        """A phase of so many epochs begins; `done` of them were finished before an interruption."""

    def on_epoch_begin(self, epoch: int, samples: int) -> None:
        """An epoch (from 0) of so many examples begins."""

    def on_batch_end(self, samples: int, metrics: dict[str, Any]) -> None:
        """The network was trained on so many more examples; the epoch's metrics so far."""

    def on_epoch_end(self, record: dict[str, Any]) -> None:
        """An epoch ended with this line of `metrics.jsonl`."""


# --- a study ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a network: its name in exported files, what it means, and the range of its values."""

    name: str
    meaning: str
    low: float
    high: float


@dataclass(frozen=True)
class IOSpec:
    """The inputs and outputs of one network, in the network's own order."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    saved: bool = True
    """Whether training changes it, so that the run saves its weights."""
    training_only: bool = False
    """Whether only training needs it: bundled runs leave it out."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What a program needs to know to prepare inputs and read outputs, such as `class_names`; exports hold it."""

    def __str__(self) -> str:
        """In words, for people who load an exported network."""
        inputs, outputs = (" and ".join(part.meaning for part in parts) for parts in (self.inputs, self.outputs))
        return f"in: {inputs}; out: {outputs}"


@dataclass(frozen=True)
class Example:
    """Something to try `use` with: its inputs, and options by name."""

    inputs: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class UseOptions:
    """What `use` accepts: the fields of a subclass are the flags of `etudes use`."""

    pictures: ClassVar[bool] = False
    """Whether inputs are pictures: Python may bring them in memory too, as a `GivenPicture`."""

    inputs: tuple[str, ...]
    """What a person brings."""

    @property
    def picture_path(self) -> str | None:
        """Where the picture goes that `use` makes; None for ETUDE.png."""
        return None

    @property
    def needs_backend(self) -> bool:
        """Whether an answer takes more than a forward pass, such as gradients."""
        return False


@dataclass(frozen=True, kw_only=True)
class PictureOptions(UseOptions):
    """What `use` accepts where it writes pictures or films."""

    overwrite: bool = False
    """Replace an existing file that Études did not write; never one that is an input."""
    quality: Annotated[int | None, Interval(ge=1, le=100)] = None
    """Of a JPEG, WebP or AVIF, 1 to 100; without it as good as eyes can tell."""

    @property
    def source(self) -> str | None:
        """The photograph that the picture is made of, whose date and camera it keeps."""
        return None


@dataclass(frozen=True)
class Use:
    """How a trained study answers a person's input."""

    options: type[UseOptions]
    read: Callable[[Any, Any, Any], Any]
    """(info, settings, options) → the inputs, opened and checked before a backend is loaded. Must not use Keras.

    All that can be refused without a network is refused here, with `UserError`.
    """
    run: Callable[..., Result]
    """(networks, info, settings, options, what `read` returned) → one answer for each input.

    Of the networks it may ask only `predict_on_batch`: they may be graphs, which ONNX Runtime computes.

    Of a study with the capability `Typicality`, what its run keeps of that is a sixth argument.
    """
    example: Callable[[Any, Path], Example]
    """(data, folder) → inputs to show `use` with; files that it needs go into the folder as `input-….png`."""
    parts: Callable[[Networks], Networks] = lambda _networks: {}
    """(networks) → further networks of the same layers by name, such as all up to one; `run` gets them too."""


@dataclass(frozen=True)
class SharedRun:
    """What a study makes its part of a page from."""

    networks: Networks
    """Those that the run answers with; of them only `predict_on_batch` may be asked. Empty where it has no graphs."""
    info: Any
    settings: Any
    data: Any | None
    """The run's data; None where it was not found, or is private and may not be put into a page."""
    folder: Path
    """The run's."""
    with_pictures: bool
    """Whether private pictures, or texts, may be put into the page."""
    build: Callable[[], Networks]
    """Builds the networks in Keras; raises `UserError` where there is no backend."""


@dataclass(frozen=True)
class Share:
    """What a study puts into the page of a run; how it is shown is in `page.ts` of its folder."""

    networks: Callable[[Any, Any], Sequence[str]]
    """(info, settings) → the networks whose graphs and weights the page holds, in the order of their journeys."""
    content: Callable[[SharedRun], Mapping[str, Any]]
    """→ what `page.ts` calls `Content`, for JSON. Must not use Keras but through `SharedRun.build`."""
    is_private: Callable[[Any, Any], bool]
    """(info, settings) → whether the data is a person's own."""
    quoting: Sequence[str] = ()
    """How the titles of those tables of `evaluate` begin that quote the data."""


@dataclass(frozen=True)
class InspectOptions:
    """What `inspect` accepts: the fields of a subclass are the flags of `etudes inspect`.

    With its defaults an inspection takes seconds; anything longer, such as training more networks, is an option.
    """

    def check(self, info: Any, settings: Any) -> None:
        """Raise `UserError` for what cannot be inspected. Called before data and backend are loaded."""

    def check_data(self, data: Any, settings: Any) -> None:
        """Raise `UserError` for what this data does not have. Called before a backend is loaded."""

    @property
    def needs_data(self) -> bool:
        """Whether more than `data.info` is needed."""
        return True

    def base_run(self, info: Any, settings: Any) -> Any | None:  # noqa: ARG002
        """Another run whose networks the inspection needs, or None."""
        return None


@dataclass(frozen=True)
class Inspect:
    """How one looks inside a trained study."""

    run: Callable[..., Result]
    """(networks, data, settings, options) → pictures and tables of what was learned.

    Where `options.base_run` names a run, that run, loaded, is a fifth argument. The action adds the layer tables.
    """
    options: type[InspectOptions] = InspectOptions


@dataclass(frozen=True)
class DataInfoOnly:
    """Takes the place of the data in an inspection that needs only `info`."""

    info: Any


@dataclass(frozen=True)
class Compare:
    """What several runs of one study show together."""

    run: Callable[[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]], Result]
    """(`settings.toml` of each run, `results.json` of each run) → tables and pictures. Must not use Keras."""


@dataclass(frozen=True)
class BaseNetwork:
    """The network comes trained, from another run or a file, so `use` and `inspect` work without a run of one's own.

    `make_networks` of such a study takes a third argument: the networks of the run that `run` names, or None.
    """

    resolve: Callable[[Any], Any]
    """settings → settings that name the network which an unset choice stands for now. Must not use Keras."""
    run: Callable[[Any, Any], Any | None]
    """(info, settings) → the run whose networks are needed, or None. Must not use Keras.

    Raises `UserError` where that run is no longer the one that `info` names.
    """
    settings_for: Callable[[Any], Any]
    """options of use or inspect → settings, where there is no run to take them from."""


@dataclass(frozen=True)
class Typicality:
    """What examples are like those of the training: measured once at its end, then used in every answer."""

    measure: Callable[[Networks, Any, Any], dict[str, Array]]
    """(networks, data, settings) → arrays that the run keeps; empty where there is too little data held back.

    `Use.run` of such a study gets them as a sixth argument; empty where a run has none.
    """


Capability = Compare | BaseNetwork | Typicality
"""What only some studies have."""

C = TypeVar("C", Compare, BaseNetwork, Typicality)


@dataclass(frozen=True)
class Experiment:
    """The table of contents of one study: `experiment` in its folder's `__init__.py`.

    `S` stands for the study's settings, `I` for what its data is (`ImageInfo` or a class of its own), `D` for the
    data itself, which has an attribute `info` and a method `sizes()`.
    """

    summary: str
    """What the study does, in one line that continues its name, for `etudes list`."""
    headline: str
    """Name of the metric of `evaluate` that counts most."""
    presets: Mapping[str, Settings]
    """At least `classic`, `tuned` (the default), `demo` (embedded data, about a minute) and `tiny` (seconds)."""
    info: type[Any]
    """The dataclass I of `describe_data`; it is written into the run and read back from there."""
    describe_data: Callable[[Any], Any]
    """S → I. Must not read a built-in data set."""
    load_data: Callable[[Any], Any]
    """S → D. Raises `UserError` where the data was not found."""
    make_networks: Callable[..., Networks]
    """(S, I) → networks with new weights drawn from `settings.seed`."""
    io_spec: Callable[[Any, Any], Mapping[str, IOSpec]]
    """(I, S) → inputs and outputs of each network by name. Must not use Keras."""
    train: Callable[[Any, Any, Any, Any], None]
    """(networks, D, S, session) → None; trains the networks in place, through `etudes.training.session.Session`."""
    evaluate: Callable[[Any, Any, Any], Result]
    """(networks, D, S) → metrics, tables and pictures on the test set."""
    use: Use
    inspect: Inspect
    capabilities: tuple[Capability, ...] = ()
    share: Share | None = None
    """What the page of a run holds; without this, `etudes share` says that the study has no page."""
    load_test_data: Callable[[str, Any, Any, Any], Any] | None = None
    """(path or name, I, S, the run's D if it was found) → D whose test set is all labelled data there, classes as in I.

    A study without this has no labelled data.
    """

    @property
    def settings(self) -> type[Settings]:
        """The frozen dataclass S, of which the presets are values."""
        return type(self.presets["tuned"])

    def headline_of(self, metrics: Mapping[str, Any]) -> str:
        """The metric that counts most among these: the headline or, where classes are unequal, balanced accuracy."""
        return "balanced_accuracy" if "balanced_accuracy" in metrics else self.headline

    def capability(self, kind: type[C]) -> C | None:
        """The study's capability of a kind, or None."""
        return next((found for found in self.capabilities if isinstance(found, kind)), None)
