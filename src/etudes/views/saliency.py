"""Saliency maps, drawn beside the pictures that they explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from etudes.contract import Array
from etudes.views.plotting import figure, picture


@dataclass(frozen=True)
class Explanation:
    """One picture, a class, and its saliency maps."""

    picture: Array
    """uint8 (height, width, channels)."""
    caption: str
    gradient: NDArray[np.float32]
    """Largest absolute gradient among the channels of each pixel, (height, width)."""
    integrated: NDArray[np.float32]
    """Attribution of each pixel to the score, summed over channels, (height, width)."""
    cam: NDArray[np.float32] | None
    """Grad-CAM, (rows, columns) of the last feature maps; None without convolutions."""
    centres: tuple[Array, Array] | None
    """The pixel row at the centre of each map row's receptive field, and so for columns; from 0."""


def saliency_sheet(rows: Sequence[Explanation]) -> Image.Image:
    """A row for each picture: itself, gradient, integrated gradients and, over the grey picture, Grad-CAM.

    Each map has its own scale, from zero to its largest value.
    """
    with_cam = any(row.cam is not None for row in rows)
    titles = ["input", "gradient", "integrated gradients"] + ["Grad-CAM"] * with_cam
    with figure(2.1 * len(titles) + 0.2, 2.4 * len(rows) + 0.8) as drawn:
        panels = drawn.subplots(len(rows) + 1, len(titles), squeeze=False, height_ratios=[*[1.0] * len(rows), 0.05])
        for axes, row in zip(panels, rows, strict=False):
            _draw_row(axes, row)
            for each in axes:
                each.set_xticks([])
                each.set_yticks([])
                each.grid(visible=False)
                each.spines[:].set_visible(False)
        for each, title in zip(panels[0], titles, strict=True):
            each.set_title(title, fontsize=10)
        _legend(drawn, panels[-1])
        return picture(drawn)


def _draw_row(axes: Any, row: Explanation) -> None:
    seen = row.picture[..., 0] if row.picture.shape[-1] == 1 else row.picture
    axes[0].imshow(seen, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes[0].set_xlabel(row.caption, fontsize=9, loc="left")
    # The scale ends at the 99th percentile, or a few pixels would make all others look empty.
    largest, reach = (max(float(np.quantile(np.abs(each), 0.99)), 1e-12) for each in (row.gradient, row.integrated))
    axes[1].imshow(row.gradient, cmap="inferno", vmin=0, vmax=largest, interpolation="nearest")
    axes[2].imshow(row.integrated, cmap="PuOr_r", vmin=-reach, vmax=reach, interpolation="nearest")
    if row.cam is not None and row.centres is not None:
        height, width = row.picture.shape[:2]
        grey = row.picture.mean(axis=-1)
        extent = (0, width, height, 0)
        axes[3].imshow(grey, cmap="gray", vmin=0, vmax=255, interpolation="nearest", extent=extent)
        cam = _enlarged(row.cam, row.centres, height, width)
        axes[3].imshow(cam, cmap="inferno", vmin=0, alpha=0.6, extent=extent)


def _enlarged(cam: Array, centres: tuple[Array, Array], height: int, width: int) -> Array:
    """A map interpolated to the size of the picture, each point at the centre of its receptive field.

    Convolutions without padding do not reach the border. A map stretched over the whole picture would be drawn some
    pixels away from where it belongs.
    """
    rows, columns = (_weights(where, size) for where, size in zip(centres, (height, width), strict=True))
    return np.asarray(rows @ cam @ columns.T)


def _weights(centres: Array, size: int) -> Array:
    """Interpolation weights of some points for each of so many pixels, (pixels, points); zero beyond them."""
    half = (centres[-1] - centres[0]) / max(len(centres) - 1, 1) / 2 or size
    known = np.concatenate([[centres[0] - half], centres, [centres[-1] + half]])
    each = np.pad(np.eye(len(centres)), ((0, 0), (1, 1)), mode="edge")
    return np.stack([np.interp(np.arange(size), known, one, left=0, right=0) for one in each], axis=1)


def _legend(drawn: Any, panels: Any) -> None:
    """A colour bar below each column of maps, labelled in words, as each row has its own scale."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    panels[0].set_axis_off()
    columns = (("inferno", ("none", "most")), ("PuOr_r", ("against", "for")), ("inferno", ("none", "for")))
    for axes, (colours, words) in zip(panels[1:], columns, strict=False):
        bar = drawn.colorbar(ScalarMappable(Normalize(0, 1), colours), cax=axes, orientation="horizontal")
        bar.set_ticks([0, 1], labels=words)
        axes.tick_params(labelsize=8, length=0)
        first, last = axes.get_xticklabels()
        first.set_ha("left")
        last.set_ha("right")
