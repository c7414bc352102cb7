"""The settings of a dream and their presets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Interval

from etudes.errors import UserError
from etudes.experiments.deep_dream.targets import read_target
from etudes.experiments.deep_dream.weights import UNTRAINED
from etudes.settings import Settings

LEAST_TILE = 256
"""Pixels of the smallest window: most of a smaller one would be its margin."""


@dataclass(frozen=True)
class DreamSettings(Settings):
    """What can be set."""

    data: str = "china"
    """The picture to dream on: a file, or one of the photographs china and flower."""
    weights: str = ""
    """The network: inception_v3, inception_v3_2015, a weights file, a run, an etude, or untrained; empty finds one."""
    layers: tuple[str, ...] = ()
    """What to excite: mixed4, its channel mixed4:97, its neuron mixed4:97:8:12 or mixed4:97:centre, class:cat."""
    coefficients: tuple[float, ...] = ()
    """How much each of these layers counts; empty: all the same."""
    max_size: Annotated[int, Ge(0)] = 640
    """The longer side of a larger picture is shrunk to so many pixels; 0 sets no limit."""
    octaves: Annotated[int, Interval(ge=1, le=9)] = 6
    """At how many sizes to dream, the last of them the picture's own."""
    octave_scale: Annotated[float, Gt(1)] = 1.4
    """Each size is so many times the one before."""
    iterations: Annotated[int, Ge(1)] = 36
    """Steps in each octave."""
    step: Annotated[float, Ge(0)] = 0.0
    """Mean change of a value in one step, values being in -1..1; 0: 0.02 with Inception-v3, 0.012 with others."""
    max_loss: Annotated[float, Ge(0)] = 0.0
    """An octave ends where the loss is above it; 0 sets no limit."""
    jitter: Annotated[int, Ge(0)] = 8
    """Move the picture by up to so many pixels at random before each step, and back after it."""
    bands: Annotated[int, Interval(ge=0, le=8)] = 3
    """Bands of detail that count alike in the gradient; 0 leaves the gradient as it is."""
    detail: Literal["after", "before"] = "before"
    """When an octave gets back the detail that shrinking took: after it was dreamed on, or before."""
    clip: bool = True
    """Keep the values in -1..1 after each step."""
    total_variation: Annotated[float, Interval(ge=0, le=10)] = 0.0
    """Pull neighbours together: this share of the gradient of total variation is taken from each step."""
    blur: Annotated[float, Interval(ge=0, le=20)] = 0.0
    """Blur the picture after each step, with a standard deviation of so many pixels."""
    guide: str = ""
    """A picture whose features are looked for, instead of whatever the layers fire at."""
    mask: str = ""
    """A grey picture of the same proportions: where it is black, nothing is dreamed; where it is white, everything."""
    application: str = ""
    """Which network of keras.applications the weights file holds, such as VGG16; empty: Inception-v3."""
    tile: Annotated[int, Ge(0)] = 640
    """A larger picture goes through the network in overlapping windows of so many pixels a side; 0: whole."""

    def check(self) -> None:
        """Layers and coefficients belong together, and each layer must be one that can be read."""
        for words in self.layers:
            read_target(words)
        if self.coefficients and len(self.coefficients) != len(self.layers):
            counts = f"{len(self.coefficients)} coefficients for {len(self.layers)} layers"
            raise UserError(f"{counts}: --coefficients needs one for each of --layers")
        if not all(np.isfinite(value) and value > 0 for value in self.coefficients):
            raise UserError("--coefficients must be greater than 0")
        if 0 < self.tile < LEAST_TILE:
            raise UserError(f"--tile {self.tile}: a window needs {LEAST_TILE} pixels or more; 0 takes pictures whole")


CLASSIC = DreamSettings(
    octaves=3, iterations=20, step=0.01, max_loss=10.0, jitter=0, bands=0, detail="after", clip=False
)
PRESETS = {
    "classic": CLASSIC,
    "tuned": DreamSettings(),
    "demo": DreamSettings(data="flower", max_size=320, octaves=4, iterations=20, step=0.008, jitter=32, bands=0),
    "tiny": DreamSettings(weights=UNTRAINED, max_size=96, octaves=2, iterations=2, jitter=2, bands=2),
}
