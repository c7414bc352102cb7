"""What a person may say to `use` and to `inspect`, and what they bring: opened and checked before any network is."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Literal

from annotated_types import Ge, Interval

from etudes.contract import InspectOptions, UseOptions
from etudes.errors import UserError, unknown
from etudes.experiments.deep_dream.films import check_film
from etudes.experiments.deep_dream.photographs import DreamData, DreamInfo, data_of
from etudes.experiments.deep_dream.settings import PRESETS, DreamSettings
from etudes.experiments.deep_dream.weights import missing
from etudes.settings import override
from etudes.views.pictures import check_place


@dataclass(frozen=True)
class Use(UseOptions):
    """Dream on a picture: `etudes use deep_dream photo.jpg dream.png`."""

    inputs: tuple[str, ...]
    """A picture file, and where its dream goes."""
    out: str | None = None
    """Where the dream goes, if it is not named after the picture."""
    weights: str | None = None
    """The network: inception_v3, inception_v3_2015, a weights file, a run, an etude, or untrained."""
    application: str | None = None
    """Which network of keras.applications the weights file holds, such as VGG16; without: Inception-v3."""
    layers: tuple[str, ...] | None = None
    """What to excite: mixed4, its channel mixed4:97, its neuron mixed4:97:8:12 or mixed4:97:centre, class:cat."""
    coefficients: tuple[float, ...] | None = None
    """How much each of these counts."""
    guide: str | None = None
    """A picture whose features are looked for, instead of whatever the layers fire at."""
    mask: str | None = None
    """A grey picture of the same proportions: where it is black, nothing is dreamed; where it is white, everything."""
    preset: Literal["classic", "tuned", "demo"] | None = None
    """Dream as this preset does: classic, tuned or demo; what else is said here comes before it."""
    max_size: int | None = None
    """Pixels of the longer side at most; 0 sets no limit."""
    octaves: int | None = None
    """At how many sizes to dream."""
    octave_scale: float | None = None
    """Each size is so many times the one before."""
    iterations: int | None = None
    """Steps in each octave."""
    step: float | None = None
    """Mean change of a value in one step; values are in -1..1."""
    max_loss: float | None = None
    """An octave ends where the loss is above it; 0 sets no limit."""
    detail: Literal["after", "before"] | None = None
    """When an octave gets back the detail that shrinking took: after it was dreamed on, or before."""
    clip: bool | None = None
    """Keep the values in -1..1 after each step."""
    seed: int | None = None
    """Draws the jitter."""
    jitter: int | None = None
    """Move the picture by up to so many pixels at random before each step, and back after it."""
    bands: int | None = None
    """Bands of detail that count alike in the gradient (a Laplacian pyramid); 0 leaves the gradient as it is."""
    total_variation: float | None = None
    """Pull neighbours together: this share of the gradient of total variation is taken from each step."""
    blur: float | None = None
    """Blur the picture after each step, with a standard deviation of so many pixels."""
    tile: int | None = None
    """A larger picture goes through the network in overlapping windows of so many pixels a side; 0: whole."""
    preview: str | None = None
    """A picture that is replaced as the dream grows: open it in a viewer that looks again."""
    preview_every: Annotated[int, Ge(1)] = 10
    """Steps from one preview to the next."""
    film: str | None = None
    """Also a film of flying into the dream: an .mp4 (needs etudes[film]) or a .gif."""
    frames: Annotated[int, Interval(ge=2, le=10_000)] = 48
    """Frames of the film, 12 a second."""
    zoom: Annotated[float, Interval(ge=1, le=2)] = 1.03
    """Each frame shows the one before it so many times larger; 1 dreams on in place."""
    frame_steps: Annotated[int, Ge(1)] = 4
    """Steps in each frame."""

    @property
    def picture_path(self) -> str | None:
        """Where the dream goes."""
        return self.out

    def __post_init__(self) -> None:
        """The second input is the result's path."""
        if self.out is None and len(self.inputs) > 1:
            object.__setattr__(self, "out", self.inputs[1])


@dataclass(frozen=True)
class Inspect(InspectOptions):
    """Look at what a dream changed, or at what single channels dream of."""

    sheet: bool = False
    """A contact sheet: some channels of every layer of the network (a minute or two with Inception-v3)."""
    layer: str | None = None
    """A contact sheet of this layer's channels."""
    channels: tuple[int, ...] | None = None
    """Which of its channels; without: eight of them."""
    size: Annotated[int, Interval(ge=16, le=512)] = 128
    """Pixels of a channel's dream along each side."""
    steps: Annotated[int, Interval(ge=1, le=1000)] = 24
    """Steps of a channel's dream."""
    weights: str | None = None
    """Another network than that of the newest dream, as in `etudes use deep_dream`."""
    application: str | None = None
    """Which network of keras.applications the weights file holds."""

    def __post_init__(self) -> None:
        """Channels are those of a layer; a sheet is of one layer or of the network."""
        if self.sheet and self.layer is not None:
            raise UserError("--sheet shows every layer, --layer one: say only one of them")
        if self.channels is not None and self.layer is None:
            raise UserError("--channels goes with --layer: say whose channels they are")


def settings_for(options: Any) -> DreamSettings:
    """Settings of the preset tuned, with what the options of use or inspect change."""
    names = {setting.name for setting in fields(DreamSettings)}
    return replace(
        PRESETS["tuned"],
        **{name: value for name, value in vars(options).items() if name in names and value is not None},
    )


@dataclass(frozen=True)
class Request:
    """What a person brought, and how to dream on it."""

    data: DreamData
    settings: DreamSettings


def read(info: DreamInfo, settings: DreamSettings, options: Use) -> Request:
    """The pictures, and the settings of the run with what the options change."""
    if not 1 <= len(options.inputs) <= 2:
        raise UserError("name a picture file and where its dream goes: photo.jpg dream.png")
    _check_company(options)
    if options.out:
        check_place(options.out)
    if options.preview:
        check_place(options.preview)
    if options.film:
        check_film(options.film)
    brought = {"photograph": options.inputs[0], "mask": options.mask, "guide": options.guide}
    for what, path in brought.items():
        for place in (options.out, options.preview, options.film):
            if place and path and os.path.realpath(place) == os.path.realpath(path):
                raise UserError(f"{place} is the {what} itself, which would be lost: name another file for the dream")
    if options.weights not in (None, settings.weights) or options.application not in (None, settings.application):
        raise UserError("a run dreams with its own network; for other --weights: `etudes use deep_dream`")
    if not info.weights:
        raise missing()
    if options.preset is not None:
        if options.preset not in PRESETS:
            raise unknown("preset", options.preset, PRESETS)
        kept = {name: getattr(settings, name) for name in ("weights", "application", "seed", "precision")}
        settings = replace(PRESETS[options.preset], **kept)
    names = {setting.name for setting in fields(settings)}
    given = {name: value for name, value in vars(options).items() if name in names and value is not None}
    chosen = override(settings, {**given, "data": options.inputs[0]})
    return Request(data_of(chosen, info), chosen)


def _check_company(options: Use) -> None:
    """Raise `UserError` for an option that says something only beside another one, which is missing."""
    goes_with = {"frames": "film", "zoom": "film", "frame_steps": "film", "preview_every": "preview"}
    usual: dict[str, Any] = {option.name: option.default for option in fields(Use)}
    for name, other in goes_with.items():
        if getattr(options, name) != usual[name] and not getattr(options, other):
            raise UserError(f"--{name.replace('_', '-')} says something of a {other}: add --{other} FILE")
