"""Pictures of a dream: before and after, octave by octave, where its layers respond."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from etudes.experiments.deep_dream.resizing import Picture
from etudes.views.plotting import figure, picture, writing

if TYPE_CHECKING:
    from etudes.training.session import Session

STEPS_KEPT, STEP_SIDE = 6, 640
"""Of the way through an octave about so many pictures are kept, at most so many pixels on the longer side."""

_LINE, _GAP = 20, 6


def keep_step(session: Session, octave: int, step: int, steps: int, draw: Callable[[], Image.Image]) -> None:
    """Keep the picture before a step of an octave, if it is one of about `STEPS_KEPT` in equal distances.

    They cost a run some hundred kilobytes, and the dream not a bit; to compute them later would be to dream again.

    Args:
        session: of the run.
        octave: its number, from 1.
        step: from 0.
        steps: of the octave.
        draw: draws the picture.
    """

    def small() -> Image.Image:
        image = draw()
        image.thumbnail((STEP_SIDE, STEP_SIDE), Image.Resampling.LANCZOS)
        return image

    if step % math.ceil(steps / STEPS_KEPT) == 0:
        session.save_picture(f"steps/octave-{octave}-{step:03}.webp", small)


def strip(images: Sequence[Image.Image], captions: Sequence[str], height: int) -> Image.Image:
    """Pictures side by side, each scaled to `height` pixels, with a caption below each."""
    scaled = [
        image.resize((max(1, round(image.width * height / image.height)), height), Image.Resampling.BICUBIC)
        for image in images
    ]
    sheet = Image.new("RGB", (sum(s.width + _GAP for s in scaled) - _GAP, height + _LINE), "white")
    draw, font, left = ImageDraw.Draw(sheet), writing(12), 0
    for image, caption in zip(scaled, captions, strict=True):
        sheet.paste(image, (left, 0))
        draw.text((left, height + 2), caption, fill="black", font=font)
        left += image.width + _GAP
    return sheet


def before_after(original: Image.Image, dream: Image.Image) -> Image.Image:
    """The picture and its dream side by side."""
    return strip([original, dream], ["before", "after"], min(480, original.height))


def octave_strip(octaves: Sequence[Image.Image]) -> Image.Image:
    """The picture at the end of each octave, all at one height; the caption gives the real size."""
    captions = [f"{image.width}x{image.height}" for image in octaves]
    return strip(octaves, captions, min(260, octaves[-1].height))


def responses(
    layers: Sequence[str], pictures: Sequence[Image.Image], outputs: Sequence[Sequence[Picture]]
) -> Image.Image:
    """How strongly each layer responds at each position, before and after: root mean square over the channels.

    Args:
        layers: their names.
        pictures: before and after.
        outputs: of each layer for each of the two pictures, float32 (rows, columns, channels); both maps of a layer
            have the same colour scale.
    """
    strength = [[np.sqrt(np.square(output).mean(axis=-1)) for output in found] for found in outputs]
    columns, aspect = len(layers) + 1, pictures[0].height / pictures[0].width
    with figure(2.6 * columns, 4.4 * aspect + 0.9) as drawn:
        for row, caption in enumerate(("before", "after")):
            axes = drawn.add_subplot(2, columns, row * columns + 1)
            axes.imshow(pictures[row])
            axes.set_title(caption)
            axes.axis("off")
            for number, name in enumerate(layers):
                axes = drawn.add_subplot(2, columns, row * columns + number + 2)
                top = max(float(found[number].max()) for found in strength)
                shown = axes.imshow(strength[row][number], cmap="viridis", vmin=0, vmax=top)
                axes.set_title(f"{name}, {caption}")
                axes.axis("off")
                drawn.colorbar(shown, ax=axes, shrink=0.7)
        return picture(drawn)
