"""Matplotlib without a window: one style for all plots, each returned as a Pillow picture."""

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


# Without a home folder, matplotlib prints at import that its cache lies elsewhere.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


DARK = 0.715
"""From this value of the colour map "Blues" on, white text is easier to read on it than black."""


def ink(shade: float) -> str:
    """The colour of text on a value, 0..1, of the colour map "Blues"."""
    return "white" if shade > DARK else "black"


@cache
def writing(size: int) -> Any:
    """The font of the plots, for text on pictures; Pillow's own has no ü, and spaces of two pixels."""
    import matplotlib

    try:
        return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), size)
    except OSError:  # a matplotlib with its fonts elsewhere
        return ImageFont.load_default(size)


@contextmanager
def figure(width: float, height: float) -> Iterator[Figure]:
    """A new figure of so many inches in the project's style; draw on it in the block, then call `picture`."""
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
        # Letters that the font does not have are drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        drawn.savefig(memory, format="png", facecolor="white")
    memory.seek(0)
    return Image.open(memory).convert("RGB")
