"""What speaks for a class, pixel by pixel, drawn beside the picture that it is in."""

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
    """One picture, a class, and what speaks for it."""

    picture: Array
    """uint8 (height, width, channels)."""
    caption: str
    gradient: NDArray[np.float32]
    """Largest slope among the channels of each pixel, without its sign, (height, width)."""
    integrated: NDArray[np.float32]
    """What each pixel adds to the score, its channels together, (height, width)."""
    cam: NDArray[np.float32] | None
    """Grad-CAM, (rows, columns) of the last maps; None without convolutions."""
    centres: tuple[Array, Array] | None
    """The row of the picture that each row of these maps looks at, and the column of each column; pixels from 0."""
    score: float
    """The score of the class for the picture."""
    baseline: float
    """Its score for a picture that shows nothing."""
    gap: float
    """What the attributions add up to, minus the difference of the two scores."""


def saliency_sheet(rows: Sequence[Explanation]) -> Image.Image:
    """A row for each picture: it, its gradient, its integrated gradients and, over the grey picture, Grad-CAM.

    Each map is drawn by itself, from nothing to its own strongest value.
    """
    with_cam = any(row.cam is not None for row in rows)
    titles = ["what the network sees", "gradient", "integrated gradients"] + ["Grad-CAM"] * with_cam
    with figure(2.1 * len(titles) + 0.2, 2.4 * len(rows) + 0.8) as drawn:
        places = drawn.subplots(len(rows) + 1, len(titles), squeeze=False, height_ratios=[*[1.0] * len(rows), 0.05])
        for axes, row in zip(places, rows, strict=False):
            _draw_row(axes, row)
            for each in axes:
                each.set_xticks([])
                each.set_yticks([])
                each.grid(visible=False)
                each.spines[:].set_visible(False)
        for each, title in zip(places[0], titles, strict=True):
            each.set_title(title, fontsize=10)
        _legend(drawn, places[-1])
        return picture(drawn)


def _draw_row(axes: Any, row: Explanation) -> None:
    seen = row.picture[..., 0] if row.picture.shape[-1] == 1 else row.picture
    axes[0].imshow(seen, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes[0].set_xlabel(row.caption, fontsize=9, loc="left")
    # A few pixels would make all others look empty: the strongest percent is drawn alike.
    strongest, reach = (max(float(np.quantile(np.abs(each), 0.99)), 1e-12) for each in (row.gradient, row.integrated))
    axes[1].imshow(row.gradient, cmap="inferno", vmin=0, vmax=strongest, interpolation="nearest")
    axes[2].imshow(row.integrated, cmap="PuOr_r", vmin=-reach, vmax=reach, interpolation="nearest")
    if row.cam is not None and row.centres is not None:
        height, width = row.picture.shape[:2]
        grey = row.picture.mean(axis=-1)
        place = (0, width, height, 0)
        axes[3].imshow(grey, cmap="gray", vmin=0, vmax=255, interpolation="nearest", extent=place)
        cam = _enlarged(row.cam, row.centres, height, width)
        axes[3].imshow(cam, cmap="inferno", vmin=0, alpha=0.6, extent=place)


def _enlarged(cam: Array, centres: tuple[Array, Array], height: int, width: int) -> Array:
    """A map as large as the picture, in between its points smooth, each point where it looks.

    Convolutions without padding do not look at the rim. Stretched over the whole picture, what their maps show would be
    drawn pixels away from where it is.
    """
    rows, columns = (_weights(where, size) for where, size in zip(centres, (height, width), strict=True))
    return np.asarray(rows @ cam @ columns.T)


def _weights(centres: Array, size: int) -> Array:
    """How much each of some points counts for each of so many pixels, (pixels, points); nothing beyond them."""
    half = (centres[-1] - centres[0]) / max(len(centres) - 1, 1) / 2 or size
    known = np.concatenate([[centres[0] - half], centres, [centres[-1] + half]])
    each = np.pad(np.eye(len(centres)), ((0, 0), (1, 1)), mode="edge")
    return np.stack([np.interp(np.arange(size), known, one, left=0, right=0) for one in each], axis=1)


def _legend(drawn: Any, places: Any) -> None:
    """A bar of colours below each column of maps, in words: the rows have scales of their own."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    places[0].set_axis_off()
    columns = (("inferno", ("none", "moves it most")), ("PuOr_r", ("against", "for")), ("inferno", ("none", "for")))
    for place, (colours, words) in zip(places[1:], columns, strict=False):
        bar = drawn.colorbar(ScalarMappable(Normalize(0, 1), colours), cax=place, orientation="horizontal")
        bar.set_ticks([0, 1], labels=words)
        place.tick_params(labelsize=8, length=0)
        first, last = place.get_xticklabels()
        first.set_ha("left")
        last.set_ha("right")
