"""The baselines over several seeds: what `compare` says of runs that differ in nothing else. It reads results, no more."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from etudes.analysis.intervals import Interval, mean_ci
from etudes.contract import ImageInfo, Result, Table
from etudes.errors import UserError
from etudes.experiments.antirectifier.settings import BASELINES, AntirectifierSettings
from etudes.settings import check_fields, from_dict, validate
from etudes.views.plotting import COLOURS, figure, picture

GREY = "#999999"

Accuracies = dict[str, dict[int, float]]
"""Network → seed → accuracy on the test pictures."""


@dataclass
class Group:
    """Runs that differ in nothing but their seed and in which baselines they trained."""

    info: ImageInfo
    accuracies: Accuracies

    def label(self, network: str) -> str:
        """A network's name and below it how many parameters it has."""
        return f"{network}\n{parameters(network, self.info):,}"

    def seeds(self) -> list[int]:
        """All seeds, in order."""
        return sorted({seed for seeds in self.accuracies.values() for seed in seeds})

    def pairs(self) -> list[tuple[str, str, NDArray[np.float64]]]:
        """Of every two networks that share a seed: their names, and first minus second for each such seed."""
        found = []
        for (first, one), (second, other) in combinations(self.accuracies.items(), 2):
            gain = np.array([one[seed] - other[seed] for seed in sorted(one.keys() & other.keys())])
            if len(gain):
                found.append((first, second, gain))
        return found


def study(headers: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> Result:
    """Accuracy of each network over seeds, and the differences of two within each seed, with 95 % intervals (t).

    Networks of one seed were trained on the same batches, so their difference is a paired one. The test pictures are
    the same for all: the intervals are about other trainings, not about other pictures.

    Args:
        headers: what `settings.toml` of each run says.
        results: what its `results.json` says.
    """
    found = Result()
    groups = {name: group for name, group in _groups(headers, results).items() if len(group.seeds()) > 1}
    for name, group in groups.items():
        rows: list[tuple[Any, ...]] = []
        for network, seeds in group.accuracies.items():
            size = parameters(network, group.info)
            rows.append((network, size, len(seeds), *_shares(mean_ci(np.array([*seeds.values()])))))
        columns: tuple[str, ...] = ("network", "parameters", "seeds", "mean accuracy", "95 % from", "95 % to")
        found.tables.append(Table(f"baselines over seeds: {name}", columns, rows))
        rows = []
        for first, second, gain in group.pairs():
            wins = f"{int((gain > 0).sum())} of {len(gain)}"
            rows.append((f"{first} - {second}", len(gain), wins, *_shares(mean_ci(gain))))
        columns = ("difference of accuracy", "seeds", "first is better in", "mean", "95 % from", "95 % to")
        found.tables.append(Table(f"differences within seeds: {name}", columns, rows))
    if groups:
        found.pictures["baselines"] = twins_picture(groups)
    return found


def _groups(headers: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> dict[str, Group]:
    """Runs that differ in nothing but their seed and which baselines they trained, by a name for them."""
    alike: dict[tuple[AntirectifierSettings, ImageInfo], Group] = {}
    names: dict[str, Group] = {}
    for header, found in zip(headers, results, strict=True):
        settings, info = from_dict(AntirectifierSettings, header["settings"]), from_dict(ImageInfo, header["data"])
        validate(settings)
        check_fields(info)
        recipe = (dataclasses.replace(settings, seed=0, baselines=()), info)
        if recipe not in alike:
            alike[recipe] = Group(info, {})
            name = f"{settings.data}, {header['preset']}, {settings.epochs} epochs"
            number = sum(other == name or other.startswith(f"{name} (") for other in names)
            names[f"{name} ({number + 1})" if number else name] = alike[recipe]
        for network, accuracy in accuracies(settings, found["metrics"]).items():
            # A recipe and a seed always give the same network: were it there twice, it would count but once.
            alike[recipe].accuracies.setdefault(network, {}).setdefault(settings.seed, accuracy)
    return names


def accuracies(settings: AntirectifierSettings, metrics: Mapping[str, Any]) -> dict[str, float]:
    """Accuracy of each network of a run on the test pictures, by the network's name.

    Raises:
        UserError: the run does not say one of them.
    """
    keys = {baseline: f"accuracy_{baseline.replace('-', '_')}" for baseline in settings.baselines}
    found = {}
    for network, key in {"antirectifier": "accuracy", **keys}.items():
        value = metrics.get(key)
        if not isinstance(value, int | float):
            raise UserError(f"results.json of a run of the antirectifier names no {key}: copy it again or train again")
        found[network] = float(value)
    return found


def parameters(network: str, info: ImageInfo) -> int:
    """Weights and biases of a network's three dense layers."""
    kind, units = BASELINES.get(network, ("antirectifier", 256))
    outputs = units if kind == "relu" else 2 * units
    inputs, classes = info.height * info.width * info.channels, len(info.class_names)
    return (inputs + 1) * units + (outputs + 1) * units + (outputs + 1) * classes


def _shares(found: Interval) -> tuple[float | str, ...]:
    """Mean and bounds; of a single seed there are no bounds."""
    bounds = (found.low, found.high) if np.isfinite(found.high) else ("", "")
    return (found.estimate, *bounds)


def twins_picture(groups: Mapping[str, Group]) -> Image.Image:
    """For each group of runs the accuracies, the networks of one seed joined, and the differences within seeds."""
    with figure(12.5, 0.9 + 3.3 * len(groups)) as drawn:
        panels = drawn.subplots(len(groups), 2, squeeze=False, width_ratios=(1, 1.15))
        for (left, right), (name, group) in zip(panels, groups.items(), strict=True):
            for seed in group.seeds():
                held = [(k, 100 * seeds[seed]) for k, seeds in enumerate(group.accuracies.values()) if seed in seeds]
                left.plot(*zip(*held, strict=True), "o-", color=GREY, linewidth=0.8, markersize=4, zorder=1)
            for k, seeds in enumerate(group.accuracies.values()):
                _interval(left, k + 0.12, mean_ci(100 * np.array([*seeds.values()])), COLOURS[k], upright=True)
            left.set_xticks(range(len(group.accuracies)), list(map(group.label, group.accuracies)), fontsize=9)
            left.margins(x=0.12)
            left.set_xlabel("network, and its parameters")
            left.set_ylabel("accuracy on test pictures, %")
            left.set_title(f"{name}: a grey line is a seed", fontsize=10)
            pairs = group.pairs()
            for row, (first, _, gain) in enumerate(pairs):
                right.plot(100 * gain, np.full(len(gain), row + 0.2), "o", color=GREY, markersize=4)
                colour = COLOURS[list(group.accuracies).index(first)]
                _interval(right, row, mean_ci(100 * gain), colour, upright=False)
            right.axvline(0, color="black", linewidth=1)
            right.set_yticks(range(len(pairs)), [f"{first} - {second}" for first, second, _ in pairs], fontsize=9)
            right.set_ylim(len(pairs) - 0.4, -0.6)
            right.set_xlabel("percentage points; right of the line, the first is better")
            right.set_title("differences within seeds: mean and 95 % interval", fontsize=10)
        return picture(drawn)


def _interval(axes: Any, place: float, found: Interval, colour: str, *, upright: bool) -> None:
    """A mean with its interval; of a single seed there is only the mean."""
    reach = found.high - found.estimate if np.isfinite(found.high) else 0.0
    x, y = (place, found.estimate) if upright else (found.estimate, place)
    bars = {"yerr" if upright else "xerr": reach}
    axes.errorbar(x, y, **bars, fmt="s", color=colour, markersize=7, capsize=4, linewidth=1.8, zorder=2)
