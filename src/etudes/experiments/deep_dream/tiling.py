"""A large picture in overlapping tiles, so that memory does not grow with it.

Every position of a layer's map belongs to one tile, the one that shows most of what is around it. The loss of a tile
counts the positions that belong to it, and its gradient goes to all pixels of the tile. The sum over the tiles is the
gradient of the whole picture, except for what is further from a position than the margin. So there are no seams.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np

from etudes.contract import Array
from etudes.errors import UserError
from etudes.experiments.deep_dream.batch_norm_folding import fold_batch_norm
from etudes.experiments.deep_dream.objectives import Objective
from etudes.experiments.deep_dream.resizing import Picture
from etudes.training.backend import input_gradient

MARGIN, MARGIN_POSITIONS = 96, 6
"""Pixels, and positions of the coarsest map, that a tile shows around what belongs to it, at least."""

MIN_TILE = 256
"""Side of the smallest tile in pixels: most of a smaller one would be its margin."""

Gradient = Callable[[Picture], tuple[float, Picture]]
"""A picture → its loss, and the gradient with respect to the picture, of the same shape."""

Weights = Callable[[Objective, tuple[int, int]], list[Array]]
"""Objective, (height, width) → how much each position of each layer's map counts, float32 (rows, columns)."""


def check_tile(tile: int) -> None:
    """Raise `UserError` for a tile that is too small."""
    if 0 < tile < MIN_TILE:
        raise UserError(f"--tile {tile}: a tile needs {MIN_TILE} pixels or more; 0 computes pictures whole")


@dataclass(frozen=True)
class Span:
    """The pixels of a tile along one axis, and which of them belong to it."""

    start: int
    """The first pixel."""
    length: int
    """Pixels in the tile."""
    first: float
    """Where what belongs to it begins; minus infinity in the first tile."""
    last: float
    """Where it ends (exclusive); infinity in the last tile."""

    @property
    def cut(self) -> slice:
        """The pixels of the tile."""
        return slice(self.start, self.start + self.length)


Tile = tuple[Span, Span]
"""Rows and columns of a tile."""


def spans(length: int, max_length: int, margin: int, grid: int) -> list[Span]:
    """Cut an axis into overlapping spans of one length, from first to last; the last ends where the axis ends.

    Args:
        length: pixels of the axis.
        max_length: pixels of a span at most; 0: as many as there are.
        margin: by how much each span extends, at least, beyond what belongs to it.
        grid: spans start at multiples of it: the network's total stride, so that the positions of a tile's map are
            positions of the whole map.
    """
    if not max_length or length <= max_length:
        return [Span(0, length, -math.inf, math.inf)]
    # As long as the whole axis modulo the grid: so the last start is a multiple of it, too, and zeros that pad a map
    # to an even size are added on the same side.
    room = max(max_length, 2 * margin + 2 * grid)
    size = room - (room - length) % grid
    if size >= length:
        return [Span(0, length, -math.inf, math.inf)]
    count = 1 + math.ceil((length - size) / ((size - 2 * margin) // grid * grid))
    starts = [round(k * (length - size) / (count - 1) / grid) * grid for k in range(count)]
    borders = [(after + before + size) / 2 - 0.5 for before, after in pairwise(starts)]  # middle of the overlap
    edges = [-math.inf, *borders, math.inf]
    return [Span(start, size, edges[k], edges[k + 1]) for k, start in enumerate(starts)]


def own_positions(span: Span, pixels: int, positions: int, shown: int, stride: int) -> tuple[Array, Array]:
    """Which positions of a layer's map a tile shows, and which of them belong to it, along one axis.

    Args:
        span: of the tile.
        pixels: of the whole axis.
        positions: of the whole map along it.
        shown: positions of the tile's map.
        stride: pixels from one position to the next.

    Returns:
        The numbers of the shown positions in the whole map, int (shown,), and bool (shown,).
    """
    numbers = np.arange(shown) + span.start // stride
    # What a position sees is around its centre; the first and the last are as far from the edges as each other.
    centres = numbers * stride + (pixels - 1 - (positions - 1) * stride) / 2
    return numbers, (numbers < positions) & (centres >= span.first) & (centres < span.last)


def tile_weights(objective: Objective, weights: Weights, size: tuple[int, int]) -> Iterator[tuple[Tile, list[Array]]]:
    """The tiles of a picture (height, width), and how much each position of each layer's map counts in them."""
    maps, strides = objective.map_sizes(size), objective.strides()
    # What is cut off at the edge of a map must not be missing in the middle of the picture.
    lost = max((size[0] - (rows - 1) * stride) // 2 for (rows, *_), stride in zip(maps, strides, strict=True))
    margin = max(MARGIN, MARGIN_POSITIONS * max(strides), lost + 1)
    rows, columns = (spans(length, objective.tile, margin, math.lcm(*strides)) for length in size)
    tiles = list(product(rows, columns))
    whole = weights(objective, size)
    if len(tiles) == 1:
        yield tiles[0], whole
        return
    shown = objective.map_sizes((tiles[0][0].length, tiles[0][1].length))
    for tile in tiles:
        parts = []
        for k, weight in enumerate(whole):
            found = [own_positions(tile[i], size[i], maps[k][i], shown[k][i], strides[k]) for i in (0, 1)]
            numbers = [np.minimum(numbers, maps[k][i] - 1) for i, (numbers, _) in enumerate(found)]
            parts.append(weight[np.ix_(*numbers)] * np.outer(found[0][1], found[1][1]))
        yield tile, parts


def tiled_gradient(objective: Objective, loss: Callable[..., Any], weights: Weights) -> Gradient:
    """The gradient of a loss with respect to a picture, summed over its tiles.

    Args:
        objective: what is to grow; a picture larger than its `tile` is computed in tiles.
        loss: (outputs of the objective's layers, *weights of their positions) → a number, written in `keras.ops`; it
            must follow from the objective, which keeps what is compiled.
        weights: how much each position counts.
    """
    if not objective.compiled:  # the loss follows from the objective, whatever the size
        network = fold_batch_norm(objective.probe)
        objective.compiled.append(input_gradient(network, loss, (2,) * len(objective.targets)))
    compute = objective.compiled[0]
    plans: dict[tuple[int, ...], list[tuple[Tile, list[Array]]]] = {}

    def gradient(picture: Picture) -> tuple[float, Picture]:
        height, width = picture.shape[:2]
        if (height, width) not in plans:
            plans[height, width] = list(tile_weights(objective, weights, (height, width)))
        plan = plans[height, width]
        if len(plan) == 1:
            value, slope = compute(picture[None], *plan[0][1])
            return value, slope[0]
        total, slopes = 0.0, np.zeros_like(picture)
        for (rows, columns), parts in plan:
            if any(part.any() for part in parts):
                value, slope = compute(picture[None, rows.cut, columns.cut], *parts)
                total += value
                slopes[rows.cut, columns.cut] += slope[0]
        return total, slopes

    return gradient
