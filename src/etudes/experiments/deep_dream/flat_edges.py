"""Pictures that are flat at their edges: dreamed on up to the edge, so that no frame is left where nothing grew.

The outer positions of a layer's map do not count, as padding makes artefacts there; so little grows at the edges, and
in small octaves the edges are wide. A photograph hides it. A flat picture, or a thing on white, would have a frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from etudes.experiments.deep_dream.resizing import Picture

if TYPE_CHECKING:
    from etudes.experiments.deep_dream.objectives import Objective
    from etudes.experiments.deep_dream.tiling import Gradient

BORDER = 2
"""Rows and columns at each edge of a layer's map that do not count."""

FLAT = 0.02
"""Standard deviation of the values at the edges, in [-1, 1], up to which they are flat."""


def is_flat_at_edges(picture: Picture) -> bool:
    """Whether the outer sixteenth of a picture is of one colour."""
    width = max(2, min(picture.shape[:2]) // 16)
    inside = np.zeros(picture.shape[:2], bool)
    inside[width:-width, width:-width] = True
    return bool(picture[~inside].std(axis=0).max() < FLAT)


def up_to_the_edges(gradient: Gradient, picture: Picture, objective: Objective) -> Gradient:
    """The gradient for dreams on a picture: where that is flat at its edges, of the picture mirrored beyond them.

    Args:
        gradient: of a picture of any size.
        picture: the one to dream on; others have the gradient that they had.
        objective: what is to grow; a single neuron has a place of its own, and stays where it is.
    """
    if any(target.position for target in objective.targets) or not is_flat_at_edges(picture):
        return gradient
    beyond = objective.least_side()

    def mirrored(inner: Picture) -> tuple[float, Picture]:
        loss, slope = gradient(np.pad(inner, ((beyond, beyond), (beyond, beyond), (0, 0)), mode="symmetric"))
        return loss, np.ascontiguousarray(slope[beyond:-beyond, beyond:-beyond])

    return mirrored
