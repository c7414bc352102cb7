"""Deep dream: change a photograph, by gradient ascent, until chosen layers of a trained network respond more strongly.

Training changes the weights of a network and leaves the pictures alone. Here the weights stay and the picture changes:

    loss = Σ over layers of coefficient × mean square of the layer's output
    picture = picture + step × gradient of the loss with respect to the picture / its mean magnitude

again and again, at several sizes ("octaves") from small to large. For a photograph of 427×640 and `classic`:

    octave 1   217×326   shrink the photograph; take 20 steps
    octave 2   305×457   enlarge the result; take 20 steps; put back the detail that the photograph lost at 217×326
    octave 3   427×640   enlarge, take 20 steps, put back lost detail: this is the dream

What a layer was trained to respond to then appears everywhere. `classic` is the example of 2017 with the default layers
of Inception-v3 (objectives.py): mixed2 (coefficient 0.2), mixed3 (0.5), mixed4 (2.0), mixed5 (1.5). `tuned` shifts the
picture before each step, balances bands of detail, puts lost detail back before the steps, and has more octaves.

Source: A. Mordvintsev and others, *Inceptionism*, 2015; F. Chollet, `deep_dream.py` of Keras's examples, 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Interval
from PIL import Image

from etudes.contract import Array, Networks
from etudes.errors import UserError
from etudes.experiments.deep_dream.flat_edges import BORDER, up_to_the_edges
from etudes.experiments.deep_dream.laplacian_pyramid import equalize_bands, mean_magnitude
from etudes.experiments.deep_dream.networks import load_network
from etudes.experiments.deep_dream.objectives import Objective, check_layers, gradient_with_noise, objective_for
from etudes.experiments.deep_dream.photographs import open_mask, open_photo, photo_to_dream_on
from etudes.experiments.deep_dream.pictures import keep_step, octave_strip
from etudes.experiments.deep_dream.regularisers import confined, total_variation_gradient
from etudes.experiments.deep_dream.resizing import Picture, resize_image, resize_mask
from etudes.experiments.deep_dream.tiling import Gradient, check_tile, tiled_gradient
from etudes.experiments.deep_dream.weights import UNTRAINED, find_weights, no_network_error, recorded_weights
from etudes.schema import Settings
from etudes.training.backend import keras
from etudes.training.rng import rng
from etudes.training.session import Session


@dataclass(frozen=True)
class DreamSettings(Settings):
    """The settings of a dream."""

    data: str = "china"
    """The picture to dream on: a file, or one of the photographs china and flower."""
    weights: str = ""
    """The network: inception_v3, inception_v3_2015, a weights file, a run, a study, or untrained; empty finds one."""
    layers: tuple[str, ...] = ()
    """What to excite: mixed4, its channel mixed4:97, its neuron mixed4:97:8:12 or mixed4:97:centre, class:cat."""
    coefficients: tuple[float, ...] = ()
    """How much each of these layers counts; empty: all the same."""
    max_size: Annotated[int, Ge(0)] = 640
    """Pixels of the longer side; a larger picture is shrunk to it. 0 sets no limit."""
    octaves: Annotated[int, Interval(ge=1, le=9)] = 6
    """Number of sizes to dream at; the last is the picture's own."""
    octave_scale: Annotated[float, Gt(1)] = 1.4
    """Each size is this many times the one before."""
    iterations: Annotated[int, Ge(1)] = 36
    """Steps in each octave."""
    step: Annotated[float, Ge(0)] = 0.0
    """Mean change of a value in one step, values being in -1..1; 0: 0.02 with Inception-v3, 0.012 with others."""
    max_loss: Annotated[float, Ge(0)] = 0.0
    """An octave ends when the loss is above this; 0 sets no limit."""
    jitter: Annotated[int, Ge(0)] = 8
    """Shift the picture by up to this many pixels at random before each step, and back after it."""
    bands: Annotated[int, Interval(ge=0, le=8)] = 3
    """Bands of detail that count alike in the gradient (a Laplacian pyramid); 0 leaves the gradient as it is."""
    detail: Literal["after", "before"] = "before"
    """When to put back the detail that shrinking took: after the steps of an octave, or before them."""
    clip: bool = True
    """Keep the values in -1..1 after each step."""
    total_variation: Annotated[float, Interval(ge=0, le=10)] = 0.0
    """Smooth the picture: subtract this times the gradient of its total variation from each step."""
    blur: Annotated[float, Interval(ge=0, le=20)] = 0.0
    """Blur the picture after each step; the standard deviation of the Gaussian in pixels."""
    guide: str = ""
    """A picture whose features to amplify, instead of whatever the layers respond to."""
    mask: str = ""
    """A grey picture of the same proportions: the dream changes nothing where it is black, everything where white."""
    application: str = ""
    """Which network of keras.applications the weights file holds, such as VGG16; empty: Inception-v3."""
    tile: Annotated[int, Ge(0)] = 640
    """Side in pixels of the overlapping tiles in which a larger picture is computed; 0: never in tiles."""

    def check(self) -> None:
        """Layers and coefficients must belong together; a tile must be large enough."""
        check_layers(self.layers, self.coefficients, self.guide)
        check_tile(self.tile)


PRESETS = {
    "classic": DreamSettings(
        octaves=3, iterations=20, step=0.01, max_loss=10.0, jitter=0, bands=0, detail="after", clip=False
    ),
    "tuned": DreamSettings(),
    "demo": DreamSettings(data="flower", max_size=320, octaves=4, iterations=20, step=0.008, jitter=32, bands=0),
    "tiny": DreamSettings(weights=UNTRAINED, max_size=96, octaves=2, iterations=2, jitter=2, bands=2),
}

# --- data -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DreamInfo:
    """The picture, and the network that dreams."""

    source: str
    """The name of an embedded photograph, or the path that was given."""
    height: Annotated[int, Interval(ge=1, le=65_535)]
    width: Annotated[int, Interval(ge=1, le=65_535)]
    weights: str = field(compare=False)  # the network is no part of the data: `recorded_weights` compares it
    """A published set, a file, a run folder or "untrained"; empty where no trained network was found."""
    weights_sha256: str = field(compare=False)


@dataclass(frozen=True)
class DreamData:
    """The picture, (height, width, 3) in [-1, 1]; where to dream, (height, width, 1) in [0, 1]; a guide of any size."""

    info: DreamInfo
    picture: Picture
    mask: Picture | None = None
    guide: Picture | None = None

    def sizes(self) -> dict[str, int]:
        """One picture: the dream begins with it, and is measured against it."""
        return {"train": 1, "validation": 0, "test": 0}


def preprocess(image: Image.Image) -> Picture:
    """A picture of 0..255 as (x / 255 - 0.5) · 2; a grey one gets three equal channels."""
    return (np.array(image.convert("RGB"), np.float32) / np.float32(255) - np.float32(0.5)) * np.float32(2)


def deprocess(picture: Picture) -> Image.Image:
    """The inverse of `preprocess`; values outside [-1, 1] are clipped."""
    return Image.fromarray(np.clip(np.round((picture / 2 + 0.5) * 255), 0, 255).astype(np.uint8))


def describe_data(settings: DreamSettings) -> DreamInfo:
    """The size of the picture, and the trained network that was found."""
    image, weights = open_photo(settings.data, settings.max_size), find_weights(settings.weights, settings.application)
    return DreamInfo(settings.data, image.height, image.width, weights.name, weights.sha256)


def load_data(settings: DreamSettings) -> DreamData:
    """The picture, its mask and its guide."""
    return read_pictures(settings, describe_data(settings))


def read_pictures(settings: DreamSettings, info: DreamInfo, frame: Image.Image | None = None) -> DreamData:
    """The pictures that the settings name, or a frame of a film; `info` is of any picture, and names the network."""
    if not info.weights:
        raise no_network_error()
    image = frame or photo_to_dream_on(settings, info.weights)
    mask = open_mask(settings.mask, image) if settings.mask else None
    guide = preprocess(open_photo(settings.guide, 1024)) if settings.guide else None
    info = replace(info, source=settings.data, height=image.height, width=image.width)
    return DreamData(info, preprocess(image), mask, guide)


# --- network ----------------------------------------------------------------------------------------------------------


def make_networks(settings: DreamSettings, info: DreamInfo, base: Networks | None = None) -> Networks:
    """The trained network that dreams, for pictures of any size, with layers like "mixed4", and room for the dream."""
    network = load_network(recorded_weights(info, settings.application), settings.application, base)
    objective_for(network, settings, info)  # raises for a layer that the network does not have
    return {"network": network, "dream": np.zeros((info.height, info.width, 3), np.float32)}


def position_weights(objective: Objective, size: tuple[int, int]) -> list[Array]:
    """How much each position of each layer's map counts, float32 (rows, columns), for a picture (height, width)."""
    weights = []
    for number, (rows, columns, channels) in enumerate(objective.map_sizes(size)):
        weight, coefficient = np.zeros((rows, columns), np.float32), objective.coefficients[number]
        if neuron := objective.neuron(number, (rows, columns)):
            weight[neuron] = coefficient
        else:  # nothing in a border of 2: padding makes artefacts there
            weight[BORDER:-BORDER, BORDER:-BORDER] = coefficient / (rows * columns * channels)
        weights.append(weight)
    return weights


def loss_gradient(objective: Objective) -> Gradient:
    """The function that takes a picture and gives its loss, and the gradient with respect to the picture."""

    def loss(outputs: list[Any], *weights: Any) -> Any:
        total = 0.0
        for number, (output, weight) in enumerate(zip(outputs, weights, strict=True)):
            output = keras.ops.cast(output, "float32")  # (1, rows, columns, channels)
            if objective.is_whole_layer(number):
                strength = keras.ops.sum(keras.ops.square(output), axis=-1)  # (1, rows, columns)
            else:
                strength = objective.strength(number, output)  # of a channel, a neuron, a class, or like a guide
            total = total + keras.ops.sum(strength * weight)
        return total

    return tiled_gradient(objective, loss, position_weights)


# --- training ---------------------------------------------------------------------------------------------------------


def octave_sizes(height: int, width: int, settings: DreamSettings) -> list[tuple[int, int]]:
    """(height, width) of each octave, from the smallest to the picture's own."""
    scales = [settings.octave_scale**k for k in reversed(range(settings.octaves))]
    return [(int(height / scale), int(width / scale)) for scale in scales]


def lost_detail(original: Picture, smaller: tuple[int, int], size: tuple[int, int]) -> Picture:
    """What the original has at `size` and loses when it is shrunk to `smaller` and enlarged again."""
    return resize_image(original, size) - resize_image(resize_image(original, smaller), size)


def ascend(
    picture: Picture, gradient: Gradient, settings: DreamSettings, jitter: np.random.Generator, mask: Picture | None
) -> tuple[Picture, float, float]:
    """One step: the new picture, the loss before the step, and the mean magnitude of the gradient."""
    shift = jitter.integers(-settings.jitter, settings.jitter + 1, 2)  # so that the network's grid does not show
    loss, slope = gradient(np.roll(picture, shift, (0, 1)))
    if settings.max_loss and loss > settings.max_loss:
        return picture, loss, 0.0
    if not slope.any():  # nothing responds to this picture: try it with some noise, which the dream does not keep
        slope = gradient_with_noise(np.roll(picture, shift, (0, 1)), gradient, jitter)
    slope = np.roll(slope, -shift, (0, 1))
    magnitude = mean_magnitude(slope)
    change = equalize_bands(slope, settings.bands) if settings.bands else slope
    change = change / np.float32(max(mean_magnitude(change), 1e-7))
    if settings.total_variation:
        change -= np.float32(settings.total_variation) * total_variation_gradient(picture)
    change *= np.float32(settings.step)
    return confined(np.add(picture, change, out=change), picture, settings.blur, settings.clip, mask), loss, magnitude


def dream(
    original: Picture, objective: Objective, settings: DreamSettings, session: Session, mask: Picture | None = None
) -> Picture:
    """Gradient ascent over octaves. For the session, an octave is a phase and a step an epoch."""
    height, width = original.shape[:2]
    settings, objective = replace(settings, step=settings.step or objective.step), objective.at((height, width))
    octaves = objective.visible_octaves(octave_sizes(height, width, settings), session.message, settings.max_size)
    masks = [None if mask is None else resize_mask(mask, size) for _, size in octaves]
    arrays, gradient, stopped = session.arrays, up_to_the_edges(loss_gradient(objective), original, objective), False
    arrays.setdefault("steps", np.zeros(len(octaves), np.int64))

    def put_back(picture: Picture, index: int, moment: str) -> Picture:
        size, where = octaves[index][1], masks[index]
        if index and settings.detail == moment:
            picture = picture + lost_detail(original, octaves[index - 1][1], size)
        return picture if where is None else np.where(where > 0, picture, resize_image(original, size))

    def finish(index: int) -> Picture:
        picture = put_back(arrays["picture"], index, "after")
        session.save_picture(f"octave-{octaves[index][0]}", lambda: deprocess(picture))
        return picture

    for index, (number, size) in enumerate(octaves):
        stopped = False
        for iteration in session.epochs(f"octave-{number}", settings.iterations):
            if iteration == 0:
                before = finish(index - 1) if index else original
                arrays["picture"] = put_back(resize_image(before, size), index, "before")
            if stopped:
                continue  # a phase is done when all its epochs were taken
            session.progress.on_epoch_begin(iteration, 1)
            keep_step(session, number, iteration, settings.iterations, lambda: deprocess(arrays["picture"]))
            jitter = rng(settings.seed, "jitter", number, iteration)
            picture, loss, magnitude = ascend(arrays["picture"], gradient, settings, jitter, masks[index])
            if stopped := 0 < settings.max_loss < loss:
                session.message(f"octave-{number} ends: loss {loss:.4g} is above {settings.max_loss:g}")
                continue
            if not math.isfinite(loss):
                raise UserError(f"the loss became {loss} in octave-{number}: choose a smaller --step")
            arrays["picture"] = picture
            arrays["steps"][index] += magnitude > 0
            session.log({"loss": loss, "gradient": magnitude}, 1)
            session.end_epoch({"loss": loss, "gradient": magnitude}, samples=1)
        if arrays["picture"].shape[0] < size[0]:  # finished early: what is left to dream is only enlarged
            arrays["picture"] = put_back(resize_image(finish(index - 1), size), index, "before")
    if not arrays["steps"].any():
        raise objective.no_step_error(stopped, settings.max_loss)
    return finish(len(octaves) - 1)


def train(networks: Networks, data: DreamData, settings: DreamSettings, session: Session) -> None:
    """The dream; it ends up in `networks["dream"]`, values in [-1, 1]."""
    objective = objective_for(networks["network"], settings, data.info, data.guide)
    session.message(f"dreaming with {data.info.weights}: {objective}")
    networks["dream"][...] = np.clip(dream(data.picture, objective, settings, session, data.mask), -1, 1)
    session.save_picture("octaves", lambda: octave_strip(session.saved_pictures("octave-*")))
