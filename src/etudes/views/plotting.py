"""Matplotlib without a window: one style for every plot, each handed out as a Pillow picture."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageFont

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart with any colour vision. https://jfly.uni-koeln.de/color/
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")

STYLE: dict[str, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.axisbelow": True,
    "figure.constrained_layout.use": True,
    "savefig.dpi": 110,
}


# Where there is no home to write to, matplotlib says at length, when imported, that it keeps its notes elsewhere.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


DARK = 0.715
"""From this share of the colour map "Blues" on, white is read more easily upon it than black."""


def ink(shade: float) -> str:
    """The colour of writing upon a share, 0..1, of the colour map "Blues"."""
    return "white" if shade > DARK else "black"


@cache
def writing(size: int) -> Any:
    """The font of the plots for writing on pictures with Pillow, whose own has no ü, and spaces two pixels wide."""
    import matplotlib

    try:
        return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), size)
    except OSError:  # a matplotlib whose fonts were put elsewhere
        return ImageFont.load_default(size)


@contextmanager
def figure(width: float, height: float) -> Iterator[Figure]:
    """A new figure of so many inches in the project's style; draw on it within the block, then call `picture`."""
    from cycler import cycler
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as NewFigure

    style: dict[Any, Any] = {**STYLE, "axes.prop_cycle": cycler(color=COLOURS)}
    with rc_context(style):
        drawn = NewFigure(figsize=(width, height))
        FigureCanvasAgg(drawn)
        yield drawn


def picture(drawn: Figure) -> Image.Image:
    """The figure as an RGB picture."""
    memory = io.BytesIO()
    with warnings.catch_warnings():
        # A name in letters that the font does not have is drawn as boxes, and that is all to be said of it.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        drawn.savefig(memory, format="png", facecolor="white")
    memory.seek(0)
    return Image.open(memory).convert("RGB")
