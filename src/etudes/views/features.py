"""Filters of a convolution, and the feature maps that convolutions compute from a picture."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from etudes.contract import Array
from etudes.views.grids import picture_grid
from etudes.views.plotting import writing

GAP_COLOUR = "#56B4E9"
"""Between kernels: not a grey, so that one sees where each ends."""


def _stretched(values: Array) -> Array:
    """Each of n arrays (n, h, w, c), stretched to 0..255 on its own."""
    axes = tuple(range(1, values.ndim))
    low, high = values.min(axis=axes, keepdims=True), values.max(axis=axes, keepdims=True)
    stretched: Array = ((values - low) / np.maximum(high - low, 1e-12) * 255).astype(np.uint8)
    return stretched


def filter_grid(kernel: Array) -> Image.Image:
    """The kernels of a convolution as pictures, each at full contrast, with a caption.

    Args:
        kernel: float (height, width, inputs, outputs). With 1 or 3 inputs it is drawn as it is, else as their mean.
    """
    kernels = kernel.astype(np.float32).transpose(3, 0, 1, 2)
    drawn = kernels if kernels.shape[-1] in (1, 3) else kernels.mean(axis=-1, keepdims=True)
    height, width, inputs, outputs = kernel.shape
    what = f"{outputs} kernels {height} by {width}, each from its smallest weight (black) to its largest (white)"
    if inputs == 3:
        what = f"{outputs} kernels {height} by {width}, red, green and blue, each at full contrast"
    elif inputs > 1:
        what = f"{what}, mean of {inputs} inputs"
    return stacked([picture_grid(_stretched(drawn), 16, scale=12, background=GAP_COLOUR, gap=8)], [what])


def feature_maps(picture: Array, outputs: dict[str, Array], maps: int = 16) -> Image.Image:
    """The first maps of every convolution for one picture.

    Args:
        picture: uint8 (height, width, channels).
        outputs: layer name → the layer's output for the picture, float (height, width, maps).
        maps: how many to show for each layer.
    """
    strips = [picture_grid(picture[None], 1, scale=max(1, 64 // picture.shape[1]))]
    captions = ["input; each map below from its smallest value (black) to its largest (white)"]
    for name, output in outputs.items():
        shown = output.transpose(2, 0, 1)[:maps, :, :, None]
        strips.append(picture_grid(_stretched(shown), maps, scale=max(1, 64 // shown.shape[1])))
        of, count = " by ".join(map(str, output.shape[:2])), output.shape[2]
        captions.append(f"{name}: {f'the first {maps} of ' if count > maps else 'all '}{count} maps of {of}")
    return stacked(strips, captions)


def stacked(strips: list[Image.Image], captions: list[str]) -> Image.Image:
    """Pictures one below the other, each with its caption above it."""
    line, font = 15, writing(11)
    height = sum(strip.height + line for strip in strips)
    longest = max(int(font.getlength(caption)) + 4 for caption in captions)
    sheet = Image.new("RGB", (max(longest, *(strip.width for strip in strips)), height), "white")
    draw, top = ImageDraw.Draw(sheet), 0
    for strip, caption in zip(strips, captions, strict=True):
        draw.text((2, top), caption, fill="black", font=font)
        sheet.paste(strip, (0, top + line))
        top += strip.height + line
    return sheet
