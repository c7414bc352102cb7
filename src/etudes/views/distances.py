"""Distributions of distances, one above the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import Image

from etudes.contract import Array
from etudes.views.plotting import COLOURS, figure, picture


def distances_histogram(distances: Mapping[str, Array], axis: str) -> Image.Image:
    """A histogram of distances for each set, with its median as a dashed line.

    Args:
        distances: numbers ≥ 0 by the name of their set.
        axis: what the distance is.
    """
    edges = np.linspace(0, max(float(np.max(values)) for values in distances.values()) * 1.02 or 1, 41)
    with figure(6.4, 1.4 + 1.5 * len(distances)) as drawn:
        panels = drawn.subplots(len(distances), 1, sharex=True, squeeze=False)[:, 0]
        for index, (panel, (name, values)) in enumerate(zip(panels, distances.items(), strict=True)):
            middle = float(np.median(values))
            panel.hist(values, edges, color=COLOURS[index], edgecolor="white", linewidth=0.5)
            panel.axvline(middle, color="black", linestyle="--", linewidth=1)
            panel.set_title(f"{len(values)} {name}, median {middle:.4g}", fontsize=10, loc="left")
            panel.set_ylabel("count")
        panels[-1].set_xlim(0, edges[-1])
        panels[-1].set_xlabel(axis)
        return picture(drawn)
