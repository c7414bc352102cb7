"""Grids of pictures with captions, and confusion matrices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw

from etudes.contract import Array
from etudes.views.plotting import MAX_INCHES, figure, ink, name_ticks, picture, writing

MAX_NUMBERED = 20
"""Classes of a confusion matrix whose cells still have room for their numbers."""

MAX_CELLS = 1000
"""Rows of a confusion matrix; where there are more classes, some share a row."""


def to_image(pixels: Array) -> Image.Image:
    """A uint8 array (height, width, channels) with 1 or 3 channels as a picture."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def picture_grid(
    pictures: Array,
    columns: int,
    *,
    captions: Sequence[str] = (),
    scale: int = 2,
    colours: Sequence[str] = (),
    gap: int = 2,
    background: str = "white",
) -> Image.Image:
    """Pictures in rows from left to right.

    Args:
        pictures: uint8 (n, height, width, channels), channels 1 or 3.
        columns: pictures in a row.
        captions: a short text of one line or more below each; none if empty.
        scale: whole number by which each picture is enlarged.
        colours: colour of each caption; black if empty.
        gap: pixels between the pictures and around them.
        background: colour of the gaps.
    """
    count, height, width = pictures.shape[:3]
    rows = -(-count // columns)
    line = 13 * max((text.count("\n") + 1 for text in captions), default=0)
    cell_width, cell_height = width * scale + gap, height * scale + gap + line
    sheet = Image.new("RGB", (columns * cell_width + gap, rows * cell_height + gap), background)
    draw = ImageDraw.Draw(sheet)
    for index in range(count):
        left, top = gap + index % columns * cell_width, gap + index // columns * cell_height
        tile = to_image(pictures[index]).resize((width * scale, height * scale), Image.Resampling.NEAREST)
        sheet.paste(tile, (left, top))
        if captions:
            fill = colours[index] if colours else "black"
            for number, text in enumerate(captions[index].split("\n")):
                font = writing(10, text)
                fitting = shortened(text, cell_width - gap, font.getlength)
                draw.text((left, top + height * scale + 13 * number), fitting, fill=fill, font=font)
    return sheet


def shortened(text: str, room: float, length: Callable[[str], float]) -> str:
    """The text, cut to the room with "…" where it is longer."""
    if length(text) <= room:
        return text
    while text and length(text + "…") > room:
        text = text[:-1]
    return text + "…" if text else ""


def confusion_matrix(truth: Array, guess: Array, class_names: Sequence[str], title: str) -> Image.Image:
    """Counts of (true class, predicted class), rows normalised for the colour.

    Args:
        truth: int (n,) in 0..classes-1.
        guess: int (n,).
        class_names: one for each class.
        title: above the matrix.
    """
    from matplotlib import colormaps

    size = len(class_names)
    together = math.ceil(size / MAX_CELLS)  # classes that share a row and a column, where there are very many
    cells = math.ceil(size / together)
    places = np.asarray(truth) // together * cells + np.asarray(guess) // together
    matrix = np.bincount(places, minlength=cells**2).reshape(cells, cells)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    inches = min(max(4.0, 0.55 * size + 1.5), MAX_INCHES)
    with figure(inches + 0.6, inches) as drawn:
        axes = drawn.add_subplot()
        axes.grid(visible=False)
        axes.imshow(colormaps["Blues"](share, bytes=True), interpolation="nearest")  # half the memory of numbers
        names = class_names[::together]
        name_ticks(axes.xaxis, names, inches - 1.5, rotation=45, ha="right", rotation_mode="anchor")
        step = together * name_ticks(axes.yaxis, names, inches - 1.5)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        axes.set_title(title if step == 1 else f"{title}: {size:,} classes, one of {step} named")
        for row, column in np.argwhere(matrix) if size <= MAX_NUMBERED else ():
            text, colour = str(matrix[row, column]), ink(share[row, column])
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
        return picture(drawn)
