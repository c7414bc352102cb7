"""Drawings on paper or on a board: which side is the ink, and the drawing alone, prepared as MNIST's digits were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from etudes.contract import Array
from etudes.data.filters import closing, distance_outside, grown, opening, parts, smoothed

Ink = Literal["light", "dark", ""]
"""Whether strokes are lighter or darker than what they are drawn on; empty where a picture is no drawing."""

BOX = 20 / 28
"""Part of MNIST's pictures that the longer side of a digit has; its centre of mass is in the middle."""

_LARGE = 64
"""Pixels of the shorter side from which on a picture may have a shadow with an edge."""
_WORKING_SIDE = 320
"""Pixels of the longer side in which ink is looked for."""
_RING = 0.06
"""Part of each side that is taken for the edge, where a drawing has its background."""
_THINNEST = 0.11
"""Thickness that thinner strokes are brought to, as a part of the drawing's longer side; MNIST's are 0.1 to 0.15."""
_SAMPLE = 200
"""Pictures of a set that are looked at."""


@dataclass(frozen=True)
class Drawing:
    """The strokes of a picture without what they are drawn on."""

    strokes: NDArray[np.float32]
    """(height, width) of the strokes' box; from 0, none, to 1, full ink."""
    ink: Ink
    """"light" or "dark"."""
    like_mnist: bool
    """Whether the picture has the proportions of MNIST's already: a square, its digit as large and in its middle."""


def ink_of(pixels: Array) -> Ink:
    """Whether a picture is drawn dark on light or light on dark; empty if it is no drawing.

    Strokes are what differs from the edge, in one sense only; light that falls off smoothly is no difference. Where a
    shadow with an edge crosses a large picture, they are the smaller part of what is dark and light close together.

    Args:
        pixels: uint8 (height, width) or (height, width, channels).
    """
    grey = pixels.astype(np.float32) if pixels.ndim == 2 else pixels.mean(axis=2, dtype=np.float32)
    difference, noise = _from_the_edge(grey)
    strokes = np.abs(difference) > max(24.0, 4 * noise)
    share = float(strokes.mean())
    signed = float(difference[strokes].sum()) / max(float(np.abs(difference[strokes]).sum()), 1.0)
    found: Ink = "" if not 0.002 <= share <= 0.6 or abs(signed) < 0.5 else "light" if signed > 0 else "dark"
    clean = min(grey.shape) < _LARGE or (found and noise < 1)
    return found if clean else _ink_within_shadows(grey, found)


def _ink_within_shadows(grey: NDArray[np.float32], found: Ink) -> Ink:
    """The ink of a large picture, given what its edge shows; empty where much is neither dark nor light."""
    small = Image.fromarray(grey).reduce(max(1, min(grey.shape) // 96))
    values = np.asarray(small)
    window = round(0.7 * min(values.shape))
    dark = opening(values, window)
    contrast = closing(values, window) - dark
    weights = np.where(contrast > 24, contrast**2, 0)
    if not weights.any():
        return found
    level = (values - dark) / np.maximum(contrast, 1)  # 0 where it is as dark as anything near, 1 where as light
    light = float(np.average(level, weights=weights))
    between = float(np.average((level > 0.2) & (level < 0.8), weights=weights))
    if between > (0.5 if found else 0.35):
        return ""
    if abs(light - 0.5) < 0.1:
        return found
    return "dark" if light > 0.5 else "light"


def _from_the_edge(grey: Array) -> tuple[NDArray[np.float32], float]:
    """How each pixel differs from a surface of second degree through the edge, and how far the edge itself is off it.

    The noise is infinite where the edge is not even, as it is in most photographs of anything but paper.
    """
    height, width = grey.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    powers = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    edge = np.ones(grey.shape, bool)
    rows, columns = max(1, round(_RING * height)), max(1, round(_RING * width))
    edge[rows:-rows, columns:-columns] = False
    values, known = grey[edge], powers[edge]
    kept = np.ones(len(values), bool)
    for _ in range(4):  # strokes that reach the edge are left out
        surface, *_ = np.linalg.lstsq(known[kept], values[kept], rcond=None)
        off = np.abs(values - known @ surface)
        kept = off <= max(12.0, 2.5 * float(np.median(off)))
    noise = 1.48 * float(np.median(off))
    return np.asarray(grey - powers @ surface, np.float32), noise if kept.mean() > 0.6 and noise < 20 else np.inf


def ink_of_set(pictures: Array) -> Ink:
    """Whether nine in ten pictures of a set are drawn light on dark, or dark on light; empty if neither, or in colours.

    Args:
        pictures: uint8 (n, height, width, channels).
    """
    sample = pictures[:: max(1, len(pictures) // _SAMPLE)][:_SAMPLE]
    if float(np.ptp(sample.astype(np.int16), axis=-1).mean()) > 8:
        return ""
    found = [ink_of(picture) for picture in sample]
    for ink in ("light", "dark"):
        if found.count(ink) >= 0.9 * len(found) > 0:
            return ink
    return ""


def find_drawing(image: Image.Image) -> Drawing | None:
    """The strokes of a drawing that was scanned or photographed; None where there are none, or it is no drawing.

    The background is what is left where no stroke is: a morphological closing, smoothed. So shadows, the tone of the
    paper and its texture go; specks and what comes in from the edge go too.

    Args:
        image: in mode "L" or "RGB", as `open_picture` gives it.
    """
    pixels = _small(image)
    ink = ink_of(pixels)
    if not ink:
        return None
    planes = pixels.reshape(*pixels.shape[:2], -1).transpose(2, 0, 1).astype(np.float32)
    covered = np.max([_coverage(plane if ink == "dark" else 255 - plane) for plane in planes], axis=0)
    smooth = smoothed(covered, max(pixels.shape[:2]) / 400)
    full = float(np.sort(smooth, axis=None)[-max(1, smooth.size // 500) :].mean())
    mask = _largest(smooth > 0.45 * full)
    if full < 0.08 or not mask.any():
        return None
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    strokes = np.where(grown(mask, 2), np.clip(smooth / (0.9 * full), 0, 1), 0)
    whole = max(pixels.shape[:2])
    middle = [
        float(np.average(np.arange(n) + 0.5, weights=covered.sum(axis=1 - axis) + 1e-9)) / n - 0.5
        for axis, n in enumerate(covered.shape)
    ]
    sized = abs(max(mask[box].shape) / whole - BOX) < 0.04 and pixels.shape[0] == pixels.shape[1]
    thick = np.asarray(_thick_enough(strokes[box], mask[box]), np.float32)
    return Drawing(thick, ink, sized and max(map(abs, middle)) < 0.03)


def ink_in(image: Image.Image) -> Ink:
    """As `ink_of`, for a picture of any size."""
    return ink_of(_small(image))


def _small(image: Image.Image) -> Array:
    small = image.copy()
    small.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
    return np.asarray(small)


def _coverage(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of the light is missing where there is a dark stroke, 0 to 1."""
    window = max(3, min(plane.shape) // 3)
    background = smoothed(closing(smoothed(plane, 1), window), window / 4, "nearest")
    return np.asarray(np.clip(1 - plane / np.maximum(background, 1), 0, 1), np.float32)


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The parts of a mask that belong to the drawing: its largest part, and others that are not specks beside it."""
    labels = parts(grown(mask, 1))
    sizes = np.bincount(labels.ravel(), mask.ravel())
    return np.asarray(mask & (sizes >= 0.08 * sizes.max())[labels])


def _thick_enough(strokes: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Thin strokes made thicker, with their soft edges: those of a fine pen would vanish in a small picture."""
    thickness = 4 * float(distance_outside(~np.pad(mask, 1))[1:-1, 1:-1][mask].mean())  # of a long strip
    missing = (_THINNEST * max(mask.shape) - thickness) / 2
    if missing < 0.5:
        return strokes
    room = int(np.ceil(missing))
    distance = distance_outside(np.pad(mask, room))
    return np.asarray(np.maximum(np.pad(strokes, room), np.clip(missing + 0.5 - distance, 0, 1)), np.float32)


def like_mnist(drawing: Drawing, height: int, width: int) -> NDArray[np.uint8]:
    """A drawing as MNIST's digits were prepared: scaled into a box with its proportions, centred by its mass.

    Returns:
        uint8 (height, width), light on dark.

    Source: Y. LeCun, C. Cortes, C. Burges, the MNIST database, 1998: a box of 20×20 in 28×28, anti-aliased.
    """
    scale = BOX * min(height, width) / max(drawing.strokes.shape)
    size = tuple(max(1, round(side * scale)) for side in drawing.strokes.shape[::-1])
    grey = Image.fromarray(np.round(drawing.strokes * 255).astype(np.uint8))
    small = np.asarray(grey.resize((size[0], size[1]), Image.Resampling.BOX), np.float32)
    small *= 255 / max(float(small.max()), 1.0)
    page = np.zeros((height, width), np.uint8)
    top, left = (
        min(max(round(whole / 2 - float(small.sum(axis=1 - axis) @ (np.arange(part) + 0.5)) / float(small.sum())), 0),
            whole - part)
        for axis, (whole, part) in enumerate(zip(page.shape, small.shape, strict=True))
    )  # fmt: skip
    page[top : top + small.shape[0], left : left + small.shape[1]] = np.round(small).astype(np.uint8)
    return page
