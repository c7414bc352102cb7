"""Learning curves: every metric of `metrics.jsonl` over the epochs, training and validation in one panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from PIL import Image

from etudes.extras import check_plots
from etudes.views.plotting import COLOURS, figure, laid_out, one_line, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NOT_DRAWN = {"phase", "epoch", "seconds", "samples_per_second", "learning_rate"}
_MAX_NAME = 44
"""Characters of a name in the legend."""
_MAX_NAMED = 60
"""Curves that the legend names."""

T = TypeVar("T")

History = Sequence[Mapping[str, Any]]


def _panels(histories: Mapping[str, History]) -> list[str]:
    names = [name for history in histories.values() for record in history for name in record]
    drawn = [name.removeprefix("validation_") for name in names if name not in _NOT_DRAWN]
    numeric = [name for name in dict.fromkeys(drawn) if not name.startswith("_")]
    # Accuracy and the like come first.
    return sorted(numeric, key=lambda name: "loss" in name)


@dataclass(frozen=True)
class Band:
    """Bounds of each metric of a history, line by line."""

    low: History
    high: History


def learning_curves(histories: Mapping[str, History], bands: Mapping[str, Band] = MappingProxyType({})) -> Image.Image:
    """Draw the metrics of one run, or of several to compare.

    Args:
        histories: label → lines of `metrics.jsonl`. Each phase of a run has a curve of its own.
        bands: of those that are means of several runs: label → the bounds of its lines.
    """
    return _curves(histories, bands, picture)


def learning_curves_figure(
    histories: Mapping[str, History], bands: Mapping[str, Band] = MappingProxyType({})
) -> Figure:
    """As `learning_curves`, as a figure of matplotlib."""
    return _curves(histories, bands, laid_out)


def _curves(histories: Mapping[str, History], bands: Mapping[str, Band], finish: Callable[[Figure], T]) -> T:
    """Draw, and finish the figure as long as its style holds."""
    check_plots("a plot")
    from matplotlib.ticker import MaxNLocator

    panels = _panels(histories)[:6] or ["loss"]
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    series = _series(histories, bands)
    inside = len(series) == 1 and not bands
    beside = 0.0 if inside else 0.9 + 0.065 * min(_MAX_NAME, max(map(len, series), default=0))
    height = max(3.0 * rows + 0.4, 0 if inside else 0.16 * min(len(series), _MAX_NAMED) + 1)
    with figure(4.2 * columns + beside, height) as drawn:
        for index, name in enumerate(panels, start=1):
            axes = drawn.add_subplot(rows, columns, index)
            axes.set_title(name.replace("_", " "))
            axes.set_xlabel("epoch")
            for number, curve in enumerate(series.values()):
                _draw(axes, name, *curve, _style(number, len(series)))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            if inside and axes.lines:
                axes.legend(fontsize=7, frameon=False)
        if not inside:
            _legend(drawn, list(series), bool(bands))
        return finish(drawn)


def _draw(axes: Any, name: str, history: History, band: Band | None, style: dict[str, Any]) -> None:
    """A metric in training and in validation, with the bounds of a mean."""
    for key, line, what in ((name, "-", "training"), (f"validation_{name}", "--", "validation")):
        lines = [number for number, record in enumerate(history) if key in record]
        if not lines:
            continue
        epochs, mark = [history[number]["epoch"] for number in lines], "o" if len(lines) < 3 else style["marker"]
        values = [history[number][key] for number in lines]
        more = {**style, "linestyle": line, "marker": mark, "markevery": max(1, len(lines) // 8)}
        axes.plot(epochs, values, **more, markersize=3, label=what)
        if band is not None:
            low, high = ([side[number].get(key) for number in lines] for side in (band.low, band.high))
            axes.fill_between(epochs, low, high, color=style["color"], alpha=0.18, linewidth=0)


def _style(number: int, count: int) -> dict[str, Any]:
    """Colour and marker of a curve: the project's colours, again and again, each time with another marker."""
    marks = ("", *"os^vDPX*<>") if count > len(COLOURS) else ("",)
    return {"color": COLOURS[number % len(COLOURS)], "marker": marks[number // len(COLOURS) % len(marks)]}


def _legend(drawn: Any, names: Sequence[str], bands: bool) -> None:
    """Beside the panels, as it would hide curves in them: what each colour stands for, and each kind of line."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown = names[:_MAX_NAMED]
    handles: list[Any] = [
        Line2D([], [], **_style(number, len(names)), markersize=3, label=_short(name))
        for number, name in enumerate(shown)
    ]
    if len(names) > len(shown):
        handles.append(Line2D([], [], linestyle="", label=f"… and {len(names) - len(shown)} more"))
    handles += [Line2D([], [], color="grey", linestyle="-", label="training")]
    handles += [Line2D([], [], color="grey", linestyle="--", label="validation")]
    handles += [Patch(color="grey", alpha=0.3, label="95 % interval")] * bands
    drawn.legend(handles=handles, loc="outside right upper", fontsize=7, frameon=False)


def _short(name: str) -> str:
    """A name for the legend; a long one loses its middle, as its end tells it apart too."""
    text = one_line(name, len(name) * 12)
    return text if len(text) <= _MAX_NAME else f"{text[: _MAX_NAME // 2]}…{text[1 - _MAX_NAME // 2 :]}"


def _series(histories: Mapping[str, History], bands: Mapping[str, Band]) -> dict[str, tuple[History, Band | None]]:
    """A curve for each phase of each run, named by what differs."""
    series: dict[str, tuple[History, Band | None]] = {}
    for label, history in histories.items():
        phases = list(dict.fromkeys(record["phase"] for record in history))
        for phase in phases:
            name = " ".join([label] * (len(histories) > 1 or label in bands) + [phase] * (len(phases) > 1))
            lines = [number for number, record in enumerate(history) if record["phase"] == phase]
            part, band = [history[number] for number in lines], bands.get(label)
            if band is not None:
                band = Band([band.low[number] for number in lines], [band.high[number] for number in lines])
            series[name] = part, band
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
