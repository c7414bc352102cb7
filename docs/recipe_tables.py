"""Tables about recipes: what the same gives with several seeds and in both precisions, and what was tried."""

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
RECIPE = "étude | preset | data | trained for"
BESIDE = "baselines"
"""The setting that says what is trained beside a network, which changes none of its bits."""


def recipe_cells(run: dict[str, Any]) -> list[str]:
    """What a run was, under the headings of RECIPE."""
    flags = flags_of(run["changed"])
    return [run["etude"], f"{run['preset']} `{flags}`" if flags else run["preset"], run["data"], run["epochs"]]


def seeds_table(runs: list[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: mean and spread of the metrics of trainings that differ by nothing but their seed."""
    alike: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        recipe = {name: value for name, value in run["settings"].items() if name not in ("seed", BESIDE)}
        made = run["environment"]
        alike.setdefault(repr((run["etude"], recipe, made["backend"], made["precision"])), []).append(run)
    lines = []
    for group in alike.values():
        first = group[0]
        headline = experiments.load(first["etude"]).headline
        told = {**first, "changed": {name: value for name, value in first["changed"].items() if name != BESIDE}}
        for name in dict.fromkeys(name for run in group for name in run["metrics"]):
            by_seed = {run["seed"]: run["metrics"][name] for run in group if name in run["metrics"]}
            found = list(by_seed.values())
            if len(found) < 2 or not (name == headline or "accuracy" in name or "errors" in name):
                continue
            label = f"**{name.replace('_', ' ')}**" if name == headline else name.replace("_", " ")
            average = f"{mean(found):.5g}"
            cells = [*recipe_cells(told), first["environment"]["precision"], len(found)]
            cells += [label, average, f"{stdev(found):.2g}", show(min(found)), show(max(found))]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    if not lines:
        return []
    heading = f"| {RECIPE} | precision | seeds | figure | mean | standard deviation | least | most |"
    return [
        "",
        "## Several seeds",
        "",
        "The same command with several seeds: fresh weights, order, augmentation and what is held back all differ.",
        "",
        heading,
        "|" + " --- |" * 11,
        *lines,
    ]


def precision_table(runs: list[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: trainings that differ by nothing but their precision, seed by seed."""
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
    heading = f"| {RECIPE} | seeds | figure | float32 | bfloat16 | difference (95 %) |"
    return [
        "",
        "## bfloat16 beside float32",
        "",
        "Pairs of trainings with the same command and seed, which differ by nothing but `--precision`; shares in",
        "percent. The difference is that of bfloat16, the mean over the pairs, with its 95 % interval by Student's t.",
        "By how much bfloat16 is faster stands in performance.md, measured in turn.",
        "",
        heading,
        "|" + " --- |" * 9,
        *lines,
    ]


def ablation_table(tried: dict[str, Any]) -> list[str]:
    """Lines of Markdown for one file of `benchmarks/ablations`.

    The file says how it was measured (`about`), which figure counts (`figure`, `split`), and lists what was `tried`:
    what changed, the flags to `etudes train`, and the folders of the runs, one a seed, below `benchmarks`.
    """
    lines = [tried["about"].strip(), ""]
    for part in tried["part"]:
        figure, split = part["figure"], part["split"]
        lines += [
            f"`{part['command']}`, and what each row adds:",
            "",
            f"| what changes | flags | {figure.replace('_', ' ')} ({split}) | seeds |",
            "| --- | --- | --- | --- |",
        ]
        for row in part["tried"]:
            values = [figure_of(BENCHMARKS / run, figure) for run in row["runs"]]
            lines.append(f"| {row['what']} | {flags(row['flags'])} | {spread(values)} | {len(values)} |")
        lines.append("")
    return lines[:-1]


def figure_of(run: Path, name: str) -> float:
    """A figure of a run's records: of its results, or of its last epoch."""
    metrics = json.loads((run / "results.json").read_bytes())["metrics"]
    return float(metrics[name] if name in metrics else read_metrics(run)[-1][name])


def flags(words: str) -> str:
    """Flags as code, or a dash for none."""
    return f"`{words}`" if words else "–"


def spread(values: Sequence[float]) -> str:
    """The mean of some metrics, and the least and the most of several."""
    if len(values) == 1:
        return show(values[0])
    return f"{mean(values):.5g} ({show(min(values))} to {show(max(values))})"


def card_with_ablation(card: str, tried: dict[str, Any]) -> str:
    """A card's text with the table between its two marks written anew."""
    before, rest = card.split(BEGIN)
    after = rest.split(END)[1]
    return "\n".join([before + BEGIN, "", *ablation_table(tried), "", END + after])
