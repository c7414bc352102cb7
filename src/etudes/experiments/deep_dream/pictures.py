"""What a dream looks like: before and after, octave by octave, what the layers answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from etudes.experiments.deep_dream.dreaming import deprocess
from etudes.experiments.deep_dream.objectives import Objective
from etudes.experiments.deep_dream.regularisers import Picture
from etudes.views.plotting import figure, picture, writing

_LINE, _GAP = 20, 6


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


def before_after(original: Picture, dream: Picture) -> Image.Image:
    """The picture and its dream side by side."""
    return strip([deprocess(original), deprocess(dream)], ["before", "after"], min(480, original.shape[0]))


def octave_strip(octaves: Sequence[Image.Image]) -> Image.Image:
    """The picture at the end of each octave, all at one height; the caption says the real size."""
    captions = [f"{image.width}x{image.height}" for image in octaves]
    return strip(octaves, captions, min(260, octaves[-1].height))


def answers(objective: Objective, original: Picture, dream: Picture) -> Image.Image:
    """How strongly each layer answers at each place, before and after: root mean square over the channels.

    Both maps of a layer have the same scale of colours.
    """
    names = [target.layer for target in objective.targets]
    rows = [("before", original), ("after", dream)]
    strength = [[np.sqrt(np.square(o).mean(axis=-1)) for o in objective.outputs(values)] for _, values in rows]
    aspect = original.shape[0] / original.shape[1]
    with figure(2.6 * (len(names) + 1), 4.4 * aspect + 0.9) as drawn:
        for row, (caption, values) in enumerate(rows):
            axes = drawn.add_subplot(2, len(names) + 1, row * (len(names) + 1) + 1)
            axes.imshow(deprocess(values))
            axes.set_title(caption)
            axes.axis("off")
            for column, name in enumerate(names):
                axes = drawn.add_subplot(2, len(names) + 1, row * (len(names) + 1) + column + 2)
                top = max(float(strength[k][column].max()) for k in (0, 1))
                shown = axes.imshow(strength[row][column], cmap="viridis", vmin=0, vmax=top)
                axes.set_title(f"{name}, {caption}")
                axes.axis("off")
                drawn.colorbar(shown, ax=axes, shrink=0.7)
        return picture(drawn)
