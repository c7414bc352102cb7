"""The picture of a learning rate's range test."""

from __future__ import annotations

from collections.abc import Mapping

from PIL import Image

from etudes.contract import Array
from etudes.views.plotting import COLOURS, figure, picture


def rates_picture(rates: Array, losses: Array, smooth: Array, marks: Mapping[str, float]) -> Image.Image:
    """The loss over the learning rate.

    Args:
        rates: (steps,), rising.
        losses: of each step, (steps,).
        smooth: the same, smoothed.
        marks: label → a rate to mark, at most four.
    """
    with figure(6.4, 4.0) as drawn:
        axes = drawn.add_subplot()
        axes.plot(rates, losses, color=COLOURS[5], linewidth=0.8, alpha=0.7, label="loss of each step")
        axes.plot(rates, smooth, color=COLOURS[0], linewidth=2, label="smoothed")
        looks = zip(COLOURS[2:], ("-.", "-", "--", ":"), strict=False)
        for (text, rate), (colour, line) in zip(marks.items(), looks, strict=False):
            axes.axvline(rate, color=colour, linestyle=line, linewidth=1.5, label=text)
        axes.set_xscale("log")
        low, top = float(smooth.min()), float(smooth[: int(smooth.argmin()) + 1].max())
        axes.set_ylim(max(0.0, low - 0.1 * (top - low)), top + 0.25 * (top - low) + 1e-6)
        axes.set_xlabel("learning rate")
        axes.set_ylabel("loss")
        drawn.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
        return picture(drawn)
