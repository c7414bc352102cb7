"""Learning curves: every metric of `metrics.jsonl` over the epochs, training and validation in one panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from etudes.views.plotting import COLOURS, figure, picture

_NOT_DRAWN = {"phase", "epoch", "seconds", "samples_per_second", "learning_rate"}
_MAX_NAMED = 16
"""Curves of a panel that still have a legend; a longer one would hide them."""

History = Sequence[Mapping[str, Any]]


def _panels(histories: Mapping[str, History]) -> list[str]:
    names = [name for history in histories.values() for record in history for name in record]
    drawn = [name.removeprefix("validation_") for name in names if name not in _NOT_DRAWN]
    numeric = [name for name in dict.fromkeys(drawn) if not name.startswith("_")]
    # Accuracy and the like come first.
    return sorted(numeric, key=lambda name: "loss" in name)


def learning_curves(histories: Mapping[str, History]) -> Image.Image:
    """Draw the metrics of one run, or of several to compare.

    Args:
        histories: label → lines of `metrics.jsonl`. Each phase of a run has a curve of its own.
    """
    from matplotlib.ticker import MaxNLocator

    panels = _panels(histories)[:6] or ["loss"]
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    series = _series(histories)
    with figure(4.2 * columns, 3.0 * rows + 0.4) as drawn:
        for index, name in enumerate(panels, start=1):
            axes = drawn.add_subplot(rows, columns, index)
            axes.set_title(name.replace("_", " "))
            axes.set_xlabel("epoch")
            for number, (label, history) in enumerate(series.items()):
                colour = COLOURS[number % len(COLOURS)]
                for key, line, what in ((name, "-", "training"), (f"validation_{name}", "--", "validation")):
                    points = [(r["epoch"], r[key]) for r in history if key in r]
                    if points:
                        mark = "o" if len(points) < 3 else ""
                        text = f"{label} {what}".strip()
                        axes.plot(*zip(*points, strict=True), line, color=colour, marker=mark, markersize=3, label=text)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            if 0 < len(axes.lines) <= _MAX_NAMED:
                axes.legend(fontsize=7, frameon=False)
        return picture(drawn)


def _series(histories: Mapping[str, History]) -> dict[str, History]:
    """A curve for each phase of each run, named by what differs."""
    series: dict[str, History] = {}
    for label, history in histories.items():
        phases = list(dict.fromkeys(record["phase"] for record in history))
        for phase in phases:
            parts = [label] * (len(histories) > 1) + [phase] * (len(phases) > 1)
            series[" ".join(parts)] = [record for record in history if record["phase"] == phase]
    return series


SPARKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """A row of block characters for a row of numbers, at most `width` of them."""
    if not values:
        return ""
    step = max(1, -(-len(values) // width))
    shown = [values[min(i + step, len(values)) - 1] for i in range(0, len(values), step)]
    low, high = min(shown), max(shown)
    scale = (len(SPARKS) - 1) / (high - low) if high > low else 0.0
    return "".join(SPARKS[round((value - low) * scale)] for value in shown)
