"""What the studies of the transfer found, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from etudes.analysis.intervals import Interval
from etudes.views.plotting import COLOURS, figure, picture


def depth_picture(found: Mapping[str, Mapping[str, Interval]], looks: Sequence[str]) -> Image.Image:
    """Errors on the second task, seconds an epoch, and what is left of the first task, for each way of learning.

    Args:
        found: way → figure → its mean over the seeds, with bounds.
        looks: the metrics that say what is left.
    """
    places = np.arange(len(found))[::-1]
    with figure(11.0, 0.42 * len(found) + 1.6) as drawn:
        target, seconds, left = drawn.subplots(1, 3, sharey=True, width_ratios=(5, 3, 5))
        for place, metrics in zip(places, found.values(), strict=True):
            _bar(target, metrics["accuracy"], place, COLOURS[0])
            seconds.barh(place, metrics["seconds"].estimate, 0.5, color=COLOURS[4])
        for number, look in enumerate(looks):
            values = [
                metrics[look].estimate if name != "from scratch" or look == "linear" else np.nan
                for name, metrics in found.items()
            ]
            colour, mark = COLOURS[number], "osD"[number]
            left.plot(values, places, mark, color=colour, label=look, markersize=8 - 1.5 * number, alpha=0.8)
        target.set_yticks(places, list(found))
        target.set_title("second task: accuracy, 95 % over seeds", fontsize=10)
        seconds.set_title("seconds an epoch", fontsize=10)
        left.set_title("left of the first task: accuracy", fontsize=10)
        left.set_xlim(-0.03, 1.03)
        drawn.legend(*left.get_legend_handles_labels(), loc="outside lower right", ncols=3, frameon=False, fontsize=9)
        return picture(drawn)


def _bar(axes: Any, found: Interval, place: float, colour: str) -> None:
    """A point with its interval, as far as that is finite and within 0..1."""
    axes.plot(found.estimate, place, "o", color=colour)
    if np.isfinite(found.low):
        axes.plot((max(found.low, 0), min(found.high, 1)), (place, place), color=colour, linewidth=2)


def shots_picture(found: Mapping[int, Mapping[str, Interval]]) -> Image.Image:
    """Accuracy over pictures of each class, for each way of learning.

    Args:
        found: pictures of each class → way → its mean over the seeds, with bounds.
    """
    counts = sorted(found)
    with figure(6.4, 4.2) as drawn:
        axes = drawn.add_subplot()
        for number, way in enumerate(found[counts[0]]):
            line = [found[count][way] for count in counts]
            colour = COLOURS[number]
            axes.plot(counts, [each.estimate for each in line], "os"[number] + "-", color=colour, label=way)
            low, high = (np.clip([getattr(each, end) for each in line], 0, 1) for end in ("low", "high"))
            if all(np.isfinite(each.low) for each in line):
                axes.fill_between(counts, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.set_xscale("log")
        axes.set_xticks(counts, [str(count) for count in counts])
        axes.minorticks_off()
        axes.set_xlabel("pictures of each class to learn from")
        axes.set_ylabel("accuracy on the test pictures")
        axes.set_title("band: 95 % interval over seeds", fontsize=10)
        axes.legend(frameon=False, loc="lower right")
        return picture(drawn)
