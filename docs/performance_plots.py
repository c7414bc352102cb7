"""The plots of docs/performance.md, as SVG; the same metrics give the same file."""

from __future__ import annotations

import io
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from etudes.views.plotting import COLOURS, STYLE, write_powers


def svg(drawn: Figure) -> str:
    """A figure as the text of an SVG file."""
    memory = io.StringIO()
    write_powers(drawn)
    drawn.savefig(memory, format="svg", facecolor="white", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in memory.getvalue().splitlines()) + "\n"


def style() -> Any:
    """The style of all plots, with text as text and identifiers that are the same each time."""
    return rc_context({**STYLE, "svg.fonttype": "none", "svg.hashsalt": "etudes", "font.family": "DejaVu Sans"})


def dots(ratios: dict[str, dict[str, float]]) -> str:
    """A row for each ratio: a dot at the median, a line from minimum to maximum, and a line at 1."""
    with style():
        drawn = Figure(figsize=(8, 0.8 + 0.34 * len(ratios)))
        axes = drawn.add_subplot()
        axes.axvline(1, color="black", linewidth=1)
        for row, value in enumerate(reversed(ratios.values())):
            axes.plot([value["min"], value["max"]], [row, row], color=COLOURS[0], linewidth=2)
            axes.plot(value["median"], row, "o", color=COLOURS[0])
            axes.annotate(
                f"{value['median']:.2g}×", (value["max"], row), (7, 0), textcoords="offset points", va="center", size=8
            )
        axes.set_yticks(range(len(ratios)), list(reversed(ratios)))
        axes.set_xscale("log")
        axes.margins(x=0.12)
        least = min(value["min"] for value in ratios.values())
        most = max(value["max"] for value in ratios.values())
        ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if least / 2 <= tick <= most * 2]
        axes.set_xticks(ticks, [f"{tick:g}×" for tick in ticks])
        axes.set_xticks([], minor=True)
        axes.set_xlabel("speed of Études in float32 against each")
        return svg(drawn)


def work_plot(metrics: dict[str, Any]) -> str:
    """For each kind of work: time (above, logarithmic) and memory (below, from zero)."""
    with style():
        drawn = Figure(figsize=(10, 5.6))
        for column, (name, found) in enumerate(metrics.items(), start=1):
            work = [point["work"] for point in found["points"]]
            for row, key, unit in ((0, "value", found["unit"]), (1, "peak_megabytes", "peak memory, MB")):
                axes = drawn.add_subplot(2, len(metrics), row * len(metrics) + column)
                values = [point[key] for point in found["points"]]
                axes.plot(work, values, "-", color=COLOURS[row], marker="os"[row])
                axes.set_xscale("log")
                axes.set_ylabel(unit)
                if row:
                    axes.set_ylim(0, 1.1 * max(values))
                    axes.set_xlabel(name)
                else:
                    axes.set_yscale("log")
        return svg(drawn)


def race_plot(races: dict[str, Any]) -> str:
    """The validation metric of both over seconds of training (logarithmic), a line for each seed, and the target."""
    with style():
        drawn = Figure(figsize=(10, 3.2))
        for place, (etude, found) in enumerate(races.items(), start=1):
            axes = drawn.add_subplot(1, len(races), place)
            for one in found["rounds"]:
                first = one is found["rounds"][0]
                for by, name, colour, marker in (("peer", "as in 2017", 1, "s"), ("etudes", "Études", 0, "o")):
                    seconds, values = zip(*one[by]["curve"], strict=True)
                    label = name if first else None
                    axes.plot(seconds, values, marker + "-", color=COLOURS[colour], markersize=3, label=label)
                axes.axhline(one["target"], color="black", linewidth=0.8, linestyle=":")
            axes.set_xscale("log")
            least, most = axes.get_xlim()
            ticks = [tick for tick in (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000) if least <= tick <= most]
            axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
            axes.set_xticks([], minor=True)
            axes.set_title(etude, size=9)
            axes.set_xlabel("seconds of training")
            if place == 1:
                axes.set_ylabel("validation accuracy")
                drawn.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=8)
        return svg(drawn)


def growth(metrics: dict[str, Any]) -> str:
    """Throughput over each axis."""
    with style():
        drawn = Figure(figsize=(10, 3))
        for place, (name, found) in enumerate(metrics.items(), start=1):
            axes = drawn.add_subplot(1, len(metrics), place)
            work = [point["work"] for point in found["points"]]
            axes.plot(work, [point["value"] for point in found["points"]], "o-", color=COLOURS[0])
            if max(work) > 8 * min(work):
                axes.set_xscale("log", base=2)
            axes.set_xticks(work, [f"{size:g}" for size in work])
            axes.set_xticks([], minor=True)
            axes.set_ylim(bottom=0)
            axes.set_xlabel(name)
            axes.set_ylabel(found["unit"])
        return svg(drawn)
