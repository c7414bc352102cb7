"""Matplotlib without a window: one style for all plots, each returned as a Pillow picture."""

from __future__ import annotations

import io
import logging
import math
import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageFont

from etudes.extras import can_plot, check_plots

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
    # Text from people is literal: "$" begins no mathematics, and TeX is not asked, whatever a matplotlibrc says.
    "text.parse_math": False,
    "text.usetex": False,
}

MAX_PIXELS = 16_000_000
"""Pixels of a plot; a larger one is drawn with fewer dots per inch. Matplotlib takes some 20 bytes for each."""

MAX_INCHES = 18.0
"""Side of a plot that grows with the number of classes."""

MAX_NAME = 28
"""Characters of a name in a plot; a longer one ends in "…", or it would leave no room for what is drawn."""

FALLBACKS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei"),
    *("Droid Sans Fallback", "Microsoft YaHei", "SimHei", "PingFang SC", "PingFang HK", "Hiragino Sans GB"),
    *("Heiti TC", "Yu Gothic", "Malgun Gothic", "Nanum Gothic", "Noto Sans Arabic", "Noto Sans Devanagari"),
    *("Noto Sans Thai", "Nirmala UI", "Leelawadee UI", "Arial Unicode MS", "Noto Emoji", "Segoe UI Emoji", "Symbola"),
)
"""Fonts for the letters that matplotlib's own DejaVu Sans lacks, where they are installed."""


# Without a home folder, matplotlib prints at import that its cache lies elsewhere.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


DARK = 0.715
"""From this value of the colour map "Blues" on, white text is easier to read on it than black."""


def ink(shade: float) -> str:
    """The colour of text on a value, 0..1, of the colour map "Blues"."""
    return "white" if shade > DARK else "black"


@cache
def installed_fallbacks() -> dict[str, str]:
    """The installed ones of `FALLBACKS`: name → file."""
    from matplotlib.font_manager import fontManager

    files = {entry.name: entry.fname for entry in fontManager.ttflist}
    return {name: files[name] for name in FALLBACKS if name in files}


@cache
def _letters(file: str) -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(file).get_charmap())


_OWN_FONT = str(Path(__file__).parent / "fonts" / "DejaVuSans.ttf")
"""The one that matplotlib brings, for writing on pictures without matplotlib."""


def writing(size: int, text: str = "") -> Any:
    """The font for text on pictures, that of the plots: Pillow's own has no ü, and spaces of two pixels.

    Args:
        size: in pixels.
        text: what is to be written; where a letter is missing, the installed font that has most of them is taken,
            if there is matplotlib to find it.
    """
    wanted = set(map(ord, text))
    if text.isascii() or not can_plot() or wanted <= _letters(_OWN_FONT):
        return _font(_OWN_FONT, size)
    return _font(max([_OWN_FONT, *installed_fallbacks().values()], key=lambda file: len(wanted & _letters(file))), size)


@cache
def _font(file: str, size: int) -> Any:
    return ImageFont.truetype(file, size)


def one_line(text: str, most: int = MAX_NAME) -> str:
    """Text from a person as one line to be drawn: a line break and its like are spelled out, and it is cut with "…"."""
    shown = "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char
        for char in text[: most + 1]
    )
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def harmless(text: str) -> str:
    """Text from a person to be printed: its lines stay, but no sign in it moves a terminal's cursor or colours."""
    return "\n".join(one_line(line, len(line) * 12) for line in text.split("\n"))


def name_ticks(axis: Any, names: Sequence[str], inches: float, **style: Any) -> int:
    """Write names beside a plot's rows or columns, or, where they do not all fit, beside every so-manieth.

    Args:
        axis: `axes.xaxis` or `axes.yaxis`, with a row or column at 0, 1, 2, ….
        names: one for each.
        inches: length of the axis.
        **style: of the text.

    Returns:
        1 where all are named, 2 where every second is, ….
    """
    step = max(1, math.ceil(0.16 * len(names) / inches))
    places = range(0, len(names), step)
    axis.set_ticks(places, [one_line(names[place]) for place in places], **style)
    return step


@cache
def _figure_class() -> type[Figure]:
    from matplotlib.figure import Figure as Base

    class ShownFigure(Base):
        def _repr_png_(self) -> bytes:
            """For a notebook, also where pyplot was never imported."""
            memory = io.BytesIO()
            picture(self).save(memory, "PNG")
            return memory.getvalue()

    return ShownFigure


@contextmanager
def figure(width: float, height: float) -> Iterator[Figure]:
    """A new figure of so many inches in the project's style; draw on it in the block, then call `picture`."""
    check_plots("a plot")
    import matplotlib
    from cycler import cycler
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # what a person's matplotlibrc says is for that person's own plots
        fonts = ["DejaVu Sans", *installed_fallbacks()]
        style: dict[Any, Any] = {**STYLE, "font.family": fonts, "axes.prop_cycle": cycler(color=COLOURS)}
        matplotlib.rcParams.update(style)
        drawn = _figure_class()(figsize=(width, height))
        FigureCanvasAgg(drawn)
        yield drawn


def laid_out(drawn: Figure) -> Figure:
    """The figure, whose ticks and texts have the project's style from now on."""
    write_powers(drawn)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # as in `picture`
        drawn.canvas.draw()
    return drawn


def picture(drawn: Figure) -> Image.Image:
    """The figure as an RGB picture."""
    width, height = drawn.get_size_inches()
    dpi = min(STYLE["savefig.dpi"], math.sqrt(MAX_PIXELS / (width * height)))
    write_powers(drawn)
    memory = io.BytesIO()
    with warnings.catch_warnings():
        # Letters that no font has are drawn as boxes; where names leave little room, the plot is as good as it gets.
        warnings.simplefilter("ignore", UserWarning)
        drawn.savefig(memory, format="png", facecolor="white", dpi=dpi)
    memory.seek(0)
    return Image.open(memory).convert("RGB")


def write_powers(drawn: Figure) -> None:
    """Write the powers of a figure's logarithmic axes without matplotlib's mathematics: 10⁻³."""
    for axes in drawn.axes:
        _write_powers(axes.xaxis)
        _write_powers(axes.yaxis)


def _write_powers(axis: Any) -> None:
    from matplotlib.ticker import LogFormatterSciNotation

    class Powers(LogFormatterSciNotation):
        def __call__(self, x: float, pos: int | None = None) -> str:
            text = super().__call__(x, pos).removeprefix(r"$\mathdefault{").removesuffix("}$")
            text = text.replace(r"\times", "×")
            return re.sub(r"\^\{(.*?)\}", lambda power: power[1].translate(_RAISED), text)

    for formatter, set_formatter in (
        (axis.get_major_formatter(), axis.set_major_formatter),
        (axis.get_minor_formatter(), axis.set_minor_formatter),
    ):
        if isinstance(formatter, LogFormatterSciNotation):
            set_formatter(Powers(labelOnlyBase=formatter.labelOnlyBase))


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
