"""The dream itself, in NumPy: octaves, resizing, and one step up the slope of the loss.

A picture is float32 (height, width, 3) with values in [-1, 1], as Inception-v3 takes it. All that differs between
backends is inside the `gradient` function that is passed in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from etudes.contract import Array
from etudes.experiments.deep_dream.regularisers import Picture, blurred, total_variation_gradient
from etudes.experiments.deep_dream.settings import DreamSettings

Gradient = Callable[[Array], tuple[float, Array]]
"""Pictures (n, height, width, 3) → the loss, and its gradient of the same shape."""


WAKING = (0.05, 0.1, 0.2, 0.4)
"""Standard deviations of the noise that wakes a channel or neuron which is silent on a picture."""


@dataclass(frozen=True)
class Octave:
    """One size at which the picture is dreamed on; `number` counts from 1, the smallest."""

    number: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    @property
    def name(self) -> str:
        """The name of its phase and of its picture in the run."""
        return f"octave-{self.number}"


def octaves_of(height: int, width: int, count: int, scale: float) -> list[Octave]:
    """The sizes from the smallest to the picture's own, each `scale` times the one before."""
    sizes = [(int(height / scale**k), int(width / scale**k)) for k in reversed(range(count))]
    return [Octave(number, *size) for number, size in enumerate(sizes, start=1)]


def preprocess(image: Image.Image) -> Picture:
    """A picture of 0..255 as (x / 255 - 0.5) · 2; grey ones get three equal channels."""
    pixels = np.array(image.convert("RGB"), dtype=np.float32)
    pixels /= 255
    pixels -= 0.5
    pixels *= 2
    return pixels


def deprocess(picture: Picture) -> Image.Image:
    """Back to 0..255; what the dream drove out of range is clipped."""
    values = picture / 2
    values += 0.5
    values *= 255
    np.round(values, out=values)
    return Image.fromarray(np.clip(values, 0, 255, out=values).astype(np.uint8))


def resize_image(picture: Picture, shape: tuple[int, int]) -> Picture:
    """Bicubic, each channel in 32-bit floats; Pillow does it, so that every backend gets the same bytes."""
    if picture.shape[:2] == shape:
        return picture.copy()
    resized = np.empty((*shape, picture.shape[2]), np.float32)
    for channel in range(picture.shape[2]):  # one at a time: a large picture is most of the memory
        plane = Image.fromarray(np.ascontiguousarray(picture[..., channel]))
        resized[..., channel] = np.asarray(plane.resize(shape[::-1], Image.Resampling.BICUBIC))
    return resized


def lost_detail(original: Picture, smaller: tuple[int, int], shape: tuple[int, int]) -> Picture:
    """What the original has at `shape` and loses on the way through the `smaller` shape."""
    detail = resize_image(original, shape)
    detail -= resize_image(resize_image(original, smaller), shape)
    return detail


def normalised(slope: Picture, bands: int) -> Picture:
    """A gradient of mean magnitude 1.

    Args:
        slope: the gradient, (height, width, 3).
        bands: 0 leaves its proportions as they are; with more, it is split into so many bands of detail, each half as
            fine as the one before, and each counts as much as the others. Otherwise the finest drowns the rest.

    Source: Keras's example of 2017 (no bands); "Laplacian pyramid gradient normalization", Mordvintsev, DeepDreaming
    with TensorFlow, 2016.
    """
    if bands:
        total, rest = np.zeros_like(slope), slope
        for _ in range(bands - 1):
            height, width = rest.shape[:2]
            if min(height, width) < 8:
                break
            coarse = resize_image(rest, (height // 2, width // 2))
            fine = resize_image(coarse, (height, width))
            np.subtract(rest, fine, out=fine)
            total += _unit(fine if fine.shape == slope.shape else resize_image(fine, slope.shape[:2]))
            rest = coarse
        slope = total
        slope += _unit(resize_image(rest, slope.shape[:2]))
    return slope / np.float32(max(mean_magnitude(slope), 1e-7))


def _slope_nearby(picture: Picture, gradient: Gradient, random: np.random.Generator) -> Array:
    """The gradient of a picture with the least noise that makes something fire; zeros if none does."""
    slopes: Array = np.zeros_like(picture[None])
    for amplitude in WAKING:
        noise = random.standard_normal(picture.shape, dtype=np.float32)
        slopes = gradient((picture + np.float32(amplitude) * noise)[None])[1]
        if slopes.any():
            break
    return slopes


def mean_magnitude(values: Picture) -> float:
    """Mean of the absolute values, row by row: a second array of a large picture's size would be most of the memory."""
    return sum(float(np.abs(row).sum(dtype=np.float64)) for row in values) / values.size


def _unit(band: Picture) -> Picture:
    """The band, changed in place, with mean square 1."""
    mean_square = sum(float(np.square(row).sum(dtype=np.float64)) for row in band) / band.size
    band /= np.float32(max(math.sqrt(mean_square), 1e-7))
    return band


def ascend(
    picture: Picture,
    gradient: Gradient,
    settings: DreamSettings,
    random: np.random.Generator,
    mask: Picture | None = None,
) -> tuple[Picture, float, float]:
    """One step up the slope of the loss.

    Args:
        picture: where to start.
        gradient: loss and gradient of a batch of pictures.
        settings: step, jitter, bands, what keeps the picture smooth, clipping, and `max_loss`, above which no step
            is made.
        random: draws the jitter.
        mask: float32 (height, width, 1) in [0, 1]: the share of the step that each pixel takes; None: all of it.

    Returns:
        The new picture, the loss before the step, and the mean magnitude of the gradient. Where nothing fires there is
        no gradient: then it is that of the picture with some noise on it, which itself does not get into the picture.
    """
    shift = random.integers(-settings.jitter, settings.jitter + 1, 2)
    loss, slopes = gradient(np.roll(picture, shift, (0, 1))[None])
    if settings.max_loss and loss > settings.max_loss:
        return picture, loss, 0.0
    if not slopes.any():
        slopes = _slope_nearby(np.roll(picture, shift, (0, 1)), gradient, random)
    slope = np.roll(slopes[0], -shift, (0, 1))
    del slopes
    magnitude = mean_magnitude(slope)
    moved = normalised(slope, settings.bands)
    del slope
    if settings.total_variation:
        moved -= np.float32(settings.total_variation) * total_variation_gradient(picture)
    moved *= np.float32(settings.step)
    moved += picture
    if settings.blur:
        moved = blurred(moved, settings.blur)
    if settings.clip:
        np.clip(moved, -1, 1, out=moved)
    if mask is not None:
        moved -= picture
        moved *= mask
        moved += picture
    return moved, loss, magnitude
