"""Compare runs that differ only in their seed: mean accuracies and paired differences, read from their results."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from etudes.analysis.intervals import ConfidenceInterval, mean_ci
from etudes.contract import ImageInfo, Result, Table
from etudes.errors import UserError
from etudes.experiments.antirectifier.study import BASELINES, AntirectifierSettings
from etudes.schema import check_fields, from_dict, validate
from etudes.views.plotting import COLOURS, figure, picture

GREY = "#999999"


@dataclass
class Group:
    """Runs that differ only in their seed and their baselines."""

    info: ImageInfo
    accuracies: dict[str, dict[int, float]]
    """Network → seed → test accuracy."""

    def seeds(self) -> list[int]:
        """All seeds, in order."""
        return sorted({seed for seeds in self.accuracies.values() for seed in seeds})

    def pairs(self) -> list[tuple[str, str, NDArray[np.float64]]]:
        """For every two networks that share seeds: their names, and first minus second for each shared seed."""
        found = []
        for (first, one), (second, other) in combinations(self.accuracies.items(), 2):
            gain = np.array([one[seed] - other[seed] for seed in sorted(one.keys() & other.keys())])
            if len(gain):
                found.append((first, second, gain))
        return found


def compare(headers: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> Result:
    """Accuracy of each network over seeds, and the differences within each seed, with 95 % intervals (Student's t).

    Networks of one seed were trained on the same batches, so their difference is paired. The test pictures are the
    same for all: the intervals are about other seeds, not about other pictures.

    Args:
        headers: the content of each run's `settings.toml`.
        results: the content of its `results.json`.
    """
    result = Result()
    groups = {name: group for name, group in group_by_recipe(headers, results).items() if len(group.seeds()) > 1}
    for name, group in groups.items():
        rows: list[tuple[Any, ...]] = []
        for network, seeds in group.accuracies.items():
            mean = _mean_and_bounds(np.array([*seeds.values()]))
            rows.append((network, parameters(network, group.info), len(seeds), *mean))
        columns: tuple[str, ...] = ("network", "parameters", "seeds", "mean accuracy", "95 % from", "95 % to")
        result.tables.append(Table(f"baselines over seeds: {name}", columns, rows))
        rows = []
        for first, second, gain in group.pairs():
            wins = f"{int((gain > 0).sum())} of {len(gain)}"
            rows.append((f"{first} - {second}", len(gain), wins, *_mean_and_bounds(gain)))
        columns = ("difference of accuracy", "seeds", "first is better in", "mean", "95 % from", "95 % to")
        result.tables.append(Table(f"differences within seeds: {name}", columns, rows))
    if groups:
        result.pictures["baselines"] = baselines_picture(groups)
    return result


def group_by_recipe(headers: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> dict[str, Group]:
    """Runs that differ only in their seed and their baselines, by a name such as "mnist, tuned, 40 epochs"."""
    groups: dict[tuple[AntirectifierSettings, ImageInfo], Group] = {}
    named: dict[str, Group] = {}
    for header, content in zip(headers, results, strict=True):
        settings, info = from_dict(AntirectifierSettings, header["settings"]), from_dict(ImageInfo, header["data"])
        validate(settings)
        check_fields(info)
        recipe = (dataclasses.replace(settings, seed=0, baselines=()), info)
        if recipe not in groups:
            groups[recipe] = Group(info, {})
            name = f"{settings.data}, {header['preset']}, {settings.epochs} epochs"
            number = sum(other == name or other.startswith(f"{name} (") for other in named)
            named[f"{name} ({number + 1})" if number else name] = groups[recipe]
        for network, accuracy in accuracies(settings, content["metrics"]).items():
            # The same recipe and seed always give the same network, so it counts once.
            groups[recipe].accuracies.setdefault(network, {}).setdefault(settings.seed, accuracy)
    return named


def accuracies(settings: AntirectifierSettings, metrics: Mapping[str, Any]) -> dict[str, float]:
    """Test accuracy of each network of a run, by the network's name.

    Raises:
        UserError: the results lack one of them.
    """
    keys = {baseline: f"accuracy_{baseline.replace('-', '_')}" for baseline in settings.baselines}
    found = {}
    for network, key in {"antirectifier": "accuracy", **keys}.items():
        value = metrics.get(key)
        if not isinstance(value, int | float):
            raise UserError(f"results.json of a run of antirectifier has no {key}: copy the run again, or train again")
        found[network] = float(value)
    return found


def parameters(network: str, info: ImageInfo) -> int:
    """Weights and biases of a network's three dense layers."""
    kind, units = BASELINES.get(network, ("antirectifier", 256))
    outputs = units if kind == "relu" else 2 * units
    inputs, classes = info.height * info.width * info.channels, len(info.class_names)
    return (inputs + 1) * units + (outputs + 1) * units + (outputs + 1) * classes


def _mean_and_bounds(values: NDArray[np.float64]) -> tuple[float | str, ...]:
    """Mean and 95 % interval, as cells of a table; a single value has no bounds."""
    found = mean_ci(values)
    return (found.estimate, found.low, found.high) if len(values) > 1 else (found.estimate, "", "")


def baselines_picture(groups: Mapping[str, Group]) -> Image.Image:
    """For each group of runs: the accuracies, one line per seed, and the differences within seeds."""
    with figure(12.5, 0.9 + 3.3 * len(groups)) as drawn:
        panels = drawn.subplots(len(groups), 2, squeeze=False, width_ratios=(1, 1.15))
        for (left, right), (name, group) in zip(panels, groups.items(), strict=True):
            for seed in group.seeds():
                points = [(k, 100 * seeds[seed]) for k, seeds in enumerate(group.accuracies.values()) if seed in seeds]
                left.plot(*zip(*points, strict=True), "o-", color=GREY, linewidth=0.8, markersize=4, zorder=1)
            for k, seeds in enumerate(group.accuracies.values()):
                _draw_interval(left, k + 0.12, mean_ci(100 * np.array([*seeds.values()])), COLOURS[k], vertical=True)
            names = [f"{network}\n{parameters(network, group.info):,}" for network in group.accuracies]
            left.set_xticks(range(len(names)), names, fontsize=9)
            left.margins(x=0.12)
            left.set_xlabel("network, and its parameters")
            left.set_ylabel("accuracy on test pictures, %")
            left.set_title(f"{name}: a grey line is a seed", fontsize=10)
            pairs = group.pairs()
            for row, (first, _, gain) in enumerate(pairs):
                right.plot(100 * gain, np.full(len(gain), row + 0.2), "o", color=GREY, markersize=4)
                colour = COLOURS[list(group.accuracies).index(first)]
                _draw_interval(right, row, mean_ci(100 * gain), colour, vertical=False)
            right.axvline(0, color="black", linewidth=1)
            right.set_yticks(range(len(pairs)), [f"{first} - {second}" for first, second, _ in pairs], fontsize=9)
            right.set_ylim(len(pairs) - 0.4, -0.6)
            right.set_xlabel("percentage points; right of the line, the first is better")
            right.set_title("differences within seeds: mean and 95 % interval", fontsize=10)
        return picture(drawn)


def _draw_interval(axes: Any, position: float, found: ConfidenceInterval, colour: str, *, vertical: bool) -> None:
    """A mean with its interval; only the mean for a single seed."""
    reach = found.high - found.estimate if np.isfinite(found.high) else 0.0
    x, y = (position, found.estimate) if vertical else (found.estimate, position)
    bars = {"yerr" if vertical else "xerr": reach}
    axes.errorbar(x, y, **bars, fmt="s", color=colour, markersize=7, capsize=4, linewidth=1.8, zorder=2)
