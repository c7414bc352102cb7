"""What is inside a convolutional network: its first filters, and the maps that each convolution makes of a picture."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from etudes.contract import Array
from etudes.views.grids import picture_grid


def _stretched(values: Array) -> Array:
    """Each of n arrays (n, h, w, c) stretched to 0..255 by itself."""
    axes = tuple(range(1, values.ndim))
    low, high = values.min(axis=axes, keepdims=True), values.max(axis=axes, keepdims=True)
    stretched: Array = ((values - low) / np.maximum(high - low, 1e-12) * 255).astype(np.uint8)
    return stretched


def filter_grid(kernel: Array) -> Image.Image:
    """The kernels of a convolution as pictures, each stretched to full contrast.

    Args:
        kernel: float (height, width, inputs, outputs). With 1 or 3 inputs drawn as it is, else their mean.
    """
    kernels = kernel.astype(np.float32).transpose(3, 0, 1, 2)
    if kernels.shape[-1] not in (1, 3):
        kernels = kernels.mean(axis=-1, keepdims=True)
    # Apart, and on a colour that no kernel has, so that one sees where a kernel of nine pixels ends.
    return picture_grid(_stretched(kernels), 8, scale=14, gap=10, background="#b8d4ea")


def feature_maps(picture: Array, outputs: dict[str, Array], maps: int = 16) -> Image.Image:
    """The first maps of every convolution for one picture.

    Args:
        picture: uint8 (height, width, channels).
        outputs: layer name → what the layer makes of the picture, float (height, width, maps).
        maps: how many to show for each layer.
    """
    strips = [picture_grid(picture[None], 1, scale=max(1, 64 // picture.shape[1]))]
    captions = ["input"]
    for name, output in outputs.items():
        shown = output.transpose(2, 0, 1)[:maps, :, :, None]
        strips.append(picture_grid(_stretched(shown), maps, scale=max(1, 64 // shown.shape[1])))
        captions.append(f"{name} {output.shape}: {shown_of(len(shown), output.shape[-1])}")
    return stacked(strips, captions)


def shown_of(shown: int, there_are: int) -> str:
    """How many maps are shown of those that there are."""
    return f"all {there_are} maps" if shown == there_are else f"the first {shown} of {there_are} maps"


def stacked(strips: list[Image.Image], captions: list[str]) -> Image.Image:
    """Pictures one below the other, each with its caption above it."""
    line, font = 14, ImageFont.load_default(11)
    height = sum(strip.height + line for strip in strips)
    sheet = Image.new("RGB", (max(strip.width for strip in strips), height), "white")
    draw, top = ImageDraw.Draw(sheet), 0
    for strip, caption in zip(strips, captions, strict=True):
        draw.text((2, top), caption, fill="black", font=font)
        sheet.paste(strip, (0, top + line))
        top += strip.height + line
    return sheet
