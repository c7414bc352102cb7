"""Tables about recipes: the same recipe with several seeds, in both precisions, and with changes that were tried."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

from etudes import experiments
from etudes.analysis.intervals import mean_ci
from etudes.runs import read_metrics
from etudes.views.card import show
from recipes import flags_of

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
BEGIN, END = "<!-- what was tried: from benchmarks/ablations -->", "<!-- end of what was tried -->"
RECIPE = "study | preset | data | trained for"
BESIDE = "baselines"
"""The setting that lists the networks trained beside the main one; it changes none of its bits."""


def recipe_cells(run: dict[str, Any]) -> list[str]:
    """A run's cells under the headings of RECIPE."""
    flags = flags_of(run["changed"])
    return [run["etude"], f"{run['preset']} `{flags}`" if flags else run["preset"], run["data"], run["epochs"]]


def seeds_table(runs: list[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: mean and spread of the metrics of runs that differ only in their seed."""
    alike: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        recipe = {name: value for name, value in run["settings"].items() if name not in ("seed", BESIDE)}
        made = run["environment"]
        alike.setdefault(repr((run["etude"], recipe, made["backend"], made["precision"])), []).append(run)
    lines = []
    for group in alike.values():
        first = group[0]
        headline = experiments.load(first["etude"]).headline
        shown = {**first, "changed": {name: value for name, value in first["changed"].items() if name != BESIDE}}
        for name in dict.fromkeys(name for run in group for name in run["metrics"]):
            by_seed = {run["seed"]: run["metrics"][name] for run in group if name in run["metrics"]}
            found = list(by_seed.values())
            if len(found) < 2 or not (name == headline or "accuracy" in name or "errors" in name):
                continue
            label = f"**{name.replace('_', ' ')}**" if name == headline else name.replace("_", " ")
            average = f"{mean(found):.5g}"
            cells = [*recipe_cells(shown), first["environment"]["precision"], len(found)]
            cells += [label, average, f"{stdev(found):.2g}", show(min(found)), show(max(found))]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    if not lines:
        return []
    heading = f"| {RECIPE} | precision | seeds | metric | mean | standard deviation | min | max |"
    return [
        "",
        "## Several seeds",
        "",
        "The same command with several seeds: initial weights, order, augmentation and validation split all differ.",
        "",
        heading,
        "|" + " --- |" * 11,
        *lines,
    ]


def precision_table(runs: list[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: runs that differ only in their precision, seed by seed."""
    alike: dict[str, dict[int, dict[str, dict[str, Any]]]] = {}
    for run in runs:
        recipe = {name: value for name, value in run["settings"].items() if name not in ("seed", "precision")}
        made = run["environment"]
        seeds = alike.setdefault(repr((run["etude"], recipe, made["backend"])), {})
        seeds.setdefault(run["seed"], {})[made["precision"]] = run
    lines = []
    for seeds in alike.values():
        pairs = [(both["float32"], both["bfloat16"]) for both in seeds.values() if len(both) == 2]
        if not pairs:
            continue
        first = pairs[0][0]
        headline = experiments.load(first["etude"]).headline
        full, half = (np.array([pair[place]["metrics"][headline] for pair in pairs]) for place in (0, 1))
        difference, factor = mean_ci(half - full), 100 if full.max() <= 1 else 1
        bounds = "one seed" if len(pairs) == 1 else f"{difference.low * factor:+.2f} to {difference.high * factor:+.2f}"
        cells = [*recipe_cells(first), len(pairs), headline.replace("_", " ")]
        cells += [f"{full.mean() * factor:.2f}", f"{half.mean() * factor:.2f}"]
        cells += [f"{difference.estimate * factor:+.2f} ({bounds})"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    if not lines:
        return []
    heading = f"| {RECIPE} | seeds | metric | float32 | bfloat16 | difference (95 %) |"
    return [
        "",
        "## bfloat16 beside float32",
        "",
        "Pairs of runs with the same command and seed that differ only in `--precision`; accuracies in percent. The",
        "difference is bfloat16 minus float32: the mean over the pairs with its 95 % interval (Student's t). How much",
        "faster bfloat16 is: see [performance.md](performance.md).",
        "",
        heading,
        "|" + " --- |" * 9,
        *lines,
    ]


def ablation_table(tried: dict[str, Any]) -> list[str]:
    """Lines of Markdown for one file of `benchmarks/ablations`.

    The file says how it was measured (`about`), names the metric (`figure`, `split`), and lists what was `tried`: what
    changed, the flags of `etudes train`, and the folders of the runs in `benchmarks`, one for each seed.
    """
    lines = [tried["about"].strip(), ""]
    for part in tried["part"]:
        metric, split = part["figure"], part["split"]
        lines += [
            f"`{part['command']}`, plus the flags of each row:",
            "",
            f"| what changes | flags | {metric.replace('_', ' ')} ({split}) | seeds |",
            "| --- | --- | --- | --- |",
        ]
        for row in part["tried"]:
            values = [metric_of(BENCHMARKS / run, metric) for run in row["runs"]]
            lines.append(f"| {row['what']} | {flags(row['flags'])} | {spread(values)} | {len(values)} |")
        lines.append("")
    return lines[:-1]


def metric_of(run: Path, name: str) -> float:
    """A metric of a run: from its results, else from its last epoch."""
    metrics = json.loads((run / "results.json").read_bytes())["metrics"]
    return float(metrics[name] if name in metrics else read_metrics(run)[-1][name])


def flags(words: str) -> str:
    """Flags as code, or a dash for none."""
    return f"`{words}`" if words else "–"


def spread(values: Sequence[float]) -> str:
    """The mean of some values and, of several, the lowest and the highest."""
    if len(values) == 1:
        return show(values[0])
    return f"{mean(values):.5g} ({show(min(values))} to {show(max(values))})"


def card_with_ablation(card: str, tried: dict[str, Any]) -> str:
    """A card's text with a new table between its two markers."""
    before, rest = card.split(BEGIN)
    after = rest.split(END)[1]
    return "\n".join([before + BEGIN, "", *ablation_table(tried), "", END + after])
