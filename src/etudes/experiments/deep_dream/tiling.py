"""A large picture in overlapping windows, so that memory does not grow with it.

Every place of a layer's map belongs to one window, the one that shows most of what is around it. The loss of a window
counts the places that belong to it, and its gradient goes to all pixels of the window; the sum over the windows is the
gradient of the whole picture, but for what lies further from a place than the margin. So there is no seam to hide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from etudes.contract import Array

MARGIN, MARGIN_PLACES = 96, 6
"""Pixels, and places of the coarsest map, that a window shows around what belongs to it, at least."""


@dataclass(frozen=True)
class Span:
    """Pixels of a window along one axis, and which of them belong to it."""

    start: int
    """The first pixel."""
    length: int
    """Pixels in the window."""
    first: float
    """Where what belongs to it begins; minus infinity in the first window."""
    last: float
    """Where it ends (exclusive); infinity in the last window."""

    @property
    def cut(self) -> slice:
        """The pixels of the window."""
        return slice(self.start, self.start + self.length)


Window = tuple[Span, Span]
"""Rows and columns of a window."""


def spans(length: int, most: int, margin: int, grid: int) -> list[Span]:
    """Cut an axis into overlapping windows of one length.

    Args:
        length: pixels of the axis.
        most: pixels of a window at most; 0: as many as there are.
        margin: by how much each window goes, at least, past what belongs to it.
        grid: windows start at multiples of it: the network's total stride, so that a window's map has its places
            where the whole map has them.

    Returns:
        The windows from first to last. The last ends where the axis ends.
    """
    if not most or length <= most:
        return [Span(0, length, -math.inf, math.inf)]
    # As long as the whole axis modulo the grid: so the last start is a multiple of it, too, and zeros that are put
    # around a map to make it even fall on the same side.
    least = 2 * margin + 2 * grid
    size = max(most, least) - (max(most, least) - length) % grid
    if size >= length:
        return [Span(0, length, -math.inf, math.inf)]
    count = 1 + math.ceil((length - size) / ((size - 2 * margin) // grid * grid))
    starts = [round(k * (length - size) / (count - 1) / grid) * grid for k in range(count)]
    # Half-way through the overlap, between two pixels.
    borders = [(after + before + size) / 2 - 0.5 for before, after in pairwise(starts)]
    edges = [-math.inf, *borders, math.inf]
    return [Span(start, size, edges[k], edges[k + 1]) for k, start in enumerate(starts)]


def windows_of(height: int, width: int, most: int, margin: int, grid: int) -> list[Window]:
    """The windows of a picture, row by row; as `spans`."""
    return list(product(spans(height, most, margin, grid), spans(width, most, margin, grid)))


def own_places(span: Span, pixels: int, places: int, shown: int, stride: int) -> tuple[Array, Array]:
    """Which places of a layer's map a window shows, and which of them belong to it, along one axis.

    Args:
        span: the window.
        pixels: of the whole axis.
        places: of the whole map along it.
        shown: places of the window's map.
        stride: pixels from one place to the next.

    Returns:
        The numbers that the shown places have in the whole map, int (shown,), and bool (shown,).
    """
    numbers = np.arange(shown) + span.start // stride
    # What a place sees lies around its centre; the first and the last are as far from the edges as each other.
    centres = numbers * stride + (pixels - 1 - (places - 1) * stride) / 2
    return numbers, (centres >= span.first) & (centres < span.last)
