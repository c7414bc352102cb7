"""Deep dream: gradient ascent on a picture, so that chosen layers of a trained network fire more.

Nothing is learned here but the picture. The loss is a weighted sum of the mean squares of some layers' outputs; its
gradient with respect to the picture, divided by its mean magnitude, is added to the picture again and again, at
several sizes ("octaves") from small to large. `classic` does what the description of 2017 says: Inception-v3, four
layers, 3 octaves of 1.4, 20 steps of 0.01. `tuned` moves the picture a little at random before each step, weighs
coarse and fine detail alike, and takes more and larger steps. The network is Inception-v3 if its file is at hand, else
one that another étude has trained; one such comes with the package.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Interval
from PIL import Image

from etudes.contract import Example, Experiment, Networks, Result, Table
from etudes.data import PHOTOS, embedded_photo, open_picture
from etudes.data.refusal import shown
from etudes.errors import UserError, unknown
from etudes.experiments.deep_dream import inception
from etudes.experiments.deep_dream.dreaming import Picture, deprocess, octaves_of, preprocess
from etudes.experiments.deep_dream.model import convolutional_part, untrained_network
from etudes.experiments.deep_dream.objectives import objective_of
from etudes.experiments.deep_dream.pictures import answers, before_after, channel_dreams, octave_strip
from etudes.experiments.deep_dream.settings import PRESETS, DreamSettings
from etudes.experiments.deep_dream.training import Unrecorded, dream, plan_octaves
from etudes.experiments.deep_dream.weights import UNTRAINED, Weights, find_weights, missing
from etudes.settings import override
from etudes.training.session import Session
from etudes.views.pictures import check_place

# --- data -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DreamInfo:
    """The picture, and the network that dreams."""

    source: str
    """A photograph's name, or the path that was given."""
    height: Annotated[int, Interval(ge=1, le=65_535)]
    width: Annotated[int, Interval(ge=1, le=65_535)]
    weights: str = field(compare=False)
    """A published set, a file, a run folder or "untrained"; empty where no trained network was at hand."""
    weights_sha256: str = field(compare=False)
    """The network is no part of the data: whether it is still the same, `borrow` says."""


@dataclass(frozen=True)
class DreamData:
    """The picture to dream on, float32 (height, width, 3) in [-1, 1]."""

    info: DreamInfo
    picture: Picture

    def sizes(self) -> dict[str, int]:
        """One picture: it is dreamed on, and judged by."""
        return {"train": 1, "validation": 0, "test": 0}


def open_photo(source: str, max_size: int) -> Image.Image:
    """The photograph of that name, or the picture file, no larger than `max_size` (0: as it is)."""
    if source in PHOTOS:
        image = embedded_photo(source)
    elif Path(source).suffix or Path(source).exists():
        image = open_picture(source)
    else:
        raise unknown("photograph", source, PHOTOS)
    if max_size:
        image.thumbnail((max_size, max_size), Image.Resampling.LANCZOS)
    return image


def describe_data(settings: DreamSettings) -> DreamInfo:
    """Size of the picture, and which trained network is at hand for it."""
    image, weights = open_photo(settings.data, settings.max_size), find_weights(settings.weights)
    return DreamInfo(settings.data, image.height, image.width, weights.name, weights.sha256)


def load_data(settings: DreamSettings) -> DreamData:
    """The picture; there must be a trained network to dream with."""
    info = describe_data(settings)
    if not info.weights:
        raise missing()
    return DreamData(info, preprocess(open_photo(settings.data, settings.max_size)))


# --- model ------------------------------------------------------------------------------------------------------------


def network_at_hand(info: DreamInfo) -> Weights:
    """Where the network is that the dream began with; empty where no trained network was at hand.

    Raises:
        UserError: what is there now is another network.
    """
    found = find_weights(info.weights) if info.weights else Weights()
    if found.sha256 != info.weights_sha256:
        raise UserError(f"{shown(found.name)} is no longer the network that this dream began with: dream again")
    return found


def borrow(settings: DreamSettings, info: DreamInfo) -> str | None:
    """The run of another étude that the network is taken from, if it is not Inception-v3."""
    run = network_at_hand(info).run
    return str(run) if run else None


def build(settings: DreamSettings, info: DreamInfo, borrowed: Networks | None = None) -> Networks:
    """The trained network that dreams, and the picture as the dream begins.

    Where no trained network is at hand, it is Inception-v3 with fresh weights: enough to look at, not to dream with.
    """
    if borrowed is not None:
        network = convolutional_part(borrowed)
    else:
        found = network_at_hand(info)
        if found.path:
            network = _published(found.path, found.name)
        else:
            network = untrained_network() if found.name == UNTRAINED else inception.inception_v3()
    network.trainable = False
    objective_of(network, settings.layers, settings.coefficients)  # a wrong layer is said before anything begins
    return {"network": network, "dream": np.zeros((info.height, info.width, 3), np.float32)}


def _published(path: Path, name: str) -> Any:
    if path.suffix == ".h5":
        return inception.keras_inception_v3(str(path))
    return inception.partial_inception_v3(path.read_bytes(), name)


# --- training ---------------------------------------------------------------------------------------------------------


def train(networks: Networks, data: DreamData, settings: DreamSettings, session: Session) -> None:
    """The dream itself; it ends up in `networks["dream"]`, values in [-1, 1]."""
    objective = objective_of(networks["network"], settings.layers, settings.coefficients)
    weighed = ", ".join(f"{n} {c:g}" for n, c in zip(objective.layers, objective.coefficients, strict=True))
    session.watch.say(f"dreaming with {data.info.weights}: {weighed}")
    networks["dream"][...] = np.clip(dream(data.picture, objective, settings, session), -1, 1)
    session.picture("octaves", octave_strip(session.saved_pictures("octave-*")))


# --- evaluate, read, use, inspect -------------------------------------------------------------------------------------


def evaluate(networks: Networks, data: DreamData, settings: DreamSettings) -> Result:
    """By how much the loss grew at the picture's full size, layer by layer; the picture before and after."""
    objective = objective_of(networks["network"], settings.layers, settings.coefficients)
    before, after = objective.losses(data.picture), objective.losses(networks["dream"])
    rows = [
        (name, coefficient, b, a, a / max(b, 1e-12))
        for name, coefficient, b, a in zip(objective.layers, objective.coefficients, before, after, strict=True)
    ]
    _, too_small = plan_octaves(objective, (data.info.height, data.info.width), settings)
    octaves = [
        (octave.number, f"{octave.width}×{octave.height}", "too small for the layers" if octave in too_small else "yes")
        for octave in octaves_of(data.info.height, data.info.width, settings.octaves, settings.octave_scale)
    ]
    figures = {
        "loss_ratio": sum(after) / max(sum(before), 1e-12),
        "loss_before": sum(before),
        "loss_after": sum(after),
        "mean_change": float(np.abs(networks["dream"] - data.picture).mean() * 127.5),
    }
    return Result(
        figures=figures,
        tables=[
            Table("loss by layer", ("layer", "coefficient", "before", "after", "ratio"), rows),
            Table("octaves", ("octave", "size", "dreamed"), octaves),
        ],
        pictures={
            "dream": deprocess(networks["dream"]),
            "before-after": before_after(data.picture, networks["dream"]),
        },
    )


@dataclass(frozen=True)
class Use:
    """Dream on a picture: `etudes use deep_dream photo.jpg dream.png`."""

    inputs: tuple[str, ...]
    """A picture file, and where its dream goes."""
    out: str | None = None
    """Where the dream goes, if it is not named after the picture."""
    weights: str | None = None
    """The network: inception_v3, inception_v3_2015, a weights file, a run, an etude, or untrained."""
    layers: tuple[str, ...] | None = None
    """Layers to excite, such as mixed4, conv3 or dense1."""
    coefficients: tuple[float, ...] | None = None
    """How much each of these layers counts."""
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
    seed: int | None = None
    """Draws the jitter."""

    def __post_init__(self) -> None:
        """The second input is the result's path."""
        if self.out is None and len(self.inputs) > 1:
            object.__setattr__(self, "out", self.inputs[1])


@dataclass(frozen=True)
class Request:
    """The picture that a person brought, float32 (height, width, 3) in [-1, 1], and how to dream on it."""

    picture: Picture
    settings: DreamSettings


def read(info: DreamInfo, settings: DreamSettings, options: Use) -> Request:
    """The picture, and the settings of the run with what the options change."""
    if not 1 <= len(options.inputs) <= 2:
        raise UserError("name a picture file and where its dream goes: photo.jpg dream.png")
    if options.out:
        check_place(options.out)
    if options.out and os.path.realpath(options.out) == os.path.realpath(options.inputs[0]):
        raise UserError(f"{options.out} is the photograph itself, which would be lost: name another file for the dream")
    if options.weights not in (None, settings.weights):
        raise UserError("a run dreams with its own network; for other --weights: `etudes use deep_dream`")
    if not info.weights:
        raise missing()
    names = {setting.name for setting in fields(settings)}
    given = {name: value for name, value in vars(options).items() if name in names and value is not None}
    chosen = override(settings, given)
    return Request(preprocess(open_photo(options.inputs[0], chosen.max_size)), chosen)


def use(networks: Networks, info: DreamInfo, settings: DreamSettings, options: Use, request: Request) -> Result:
    """Dream on a person's picture with the network of the run."""
    original, chosen = request.picture, request.settings
    objective = objective_of(networks["network"], chosen.layers, chosen.coefficients)
    result = np.clip(dream(original, objective, chosen, Unrecorded()), -1, 1)
    before, after = sum(objective.losses(original)), sum(objective.losses(result))
    answer = {
        "picture": options.inputs[0],
        "width": original.shape[1],
        "height": original.shape[0],
        "network": info.weights,
        "layers": list(objective.layers),
        "loss_before": round(before, 4),
        "loss_after": round(after, 4),
    }
    line = (
        f"{options.inputs[0]}: {', '.join(objective.layers)} of {info.weights} fire {after / max(before, 1e-12):.1f}×"
    )
    return Result(answers=[answer], lines=[line], pictures={"dream": deprocess(result)})


def inspect(networks: Networks, data: DreamData, settings: DreamSettings, chosen: Any) -> Result:
    """Where the layers fire, before and after; and what single channels of the deepest layer dream of."""
    objective = objective_of(networks["network"], settings.layers, settings.coefficients)
    sheet = channel_dreams(networks["network"], objective.layers[-1], settings.seed, 128, 24)
    return Result(pictures={"answers": answers(objective, data.picture, networks["dream"]), "channels": sheet})


def example(data: DreamData, folder: Path) -> Example:
    """The other photograph, small."""
    path, out = folder / "input-photo.png", folder / "dream-of-input.png"
    open_photo(next(name for name in PHOTOS if name != data.info.source), 240).save(path)
    return Example((str(path),), {"out": str(out)})


experiment = Experiment(
    learns="makes a photograph excite the layers of a trained network: a dream",
    headline="loss_ratio",
    settings=DreamSettings,
    presets=PRESETS,
    info=DreamInfo,
    options=Use,
    describe_data=describe_data,
    load_data=load_data,
    build=build,
    train=train,
    evaluate=evaluate,
    read=read,
    use=use,
    inspect=inspect,
    example=example,
    borrow=borrow,
    trains=("dream",),
    ready=True,
)
