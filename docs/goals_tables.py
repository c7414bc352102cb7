"""Tables that compare the committed runs with the goals, and with what the scripts of 2017 reported."""

from fnmatch import fnmatch
from statistics import mean
from typing import Any

from etudes.views.card import show
from recipe_tables import spread


def found(runs: list[dict[str, Any]], pattern: str, metric: str) -> list[tuple[str, float]]:
    """(name of the run, value) of a metric in each run whose name matches a pattern."""
    return [
        (run["name"], run["metrics"][metric])
        for run in runs
        if fnmatch(run["name"], pattern) and metric in run["metrics"]
    ]


def measured(runs: list[dict[str, Any]], goal: dict[str, Any]) -> list[float]:
    """The values of a goal's metric, one for each run; with `epoch`, those after so many epochs of longer runs."""
    if "epoch" not in goal:
        return [value for _, value in found(runs, goal["runs"], goal["figure"])]
    return [
        record[goal["figure"]]
        for run in runs
        if fnmatch(run["name"], goal["runs"])
        for record in run.get("history", [])
        if record["epoch"] == goal["epoch"]
    ]


def mean_and_seeds(values: list[float]) -> str:
    """The mean and the spread, and the number of seeds."""
    return f"{spread(values)}, {len(values)} {'seed' if len(values) == 1 else 'seeds'}" if values else "–"


def reaches(goal: dict[str, Any], value: float) -> bool:
    """Whether a value reaches the goal."""
    return bool(value >= goal["at_least"] if "at_least" in goal else value <= goal["at_most"])


def verdict(goal: dict[str, Any], values: list[float]) -> str:
    """Whether the mean over the seeds reaches the goal."""
    if not values:
        return "not measured"
    if not reaches(goal, mean(values)):
        count = sum(reaches(goal, value) for value in values)
        return "**not reached**" + (f" by the mean; by {count} of {len(values)} seeds" if count else "")
    wanted = goal.get("seeds", 1)
    reached = "reached" if len(values) >= wanted else f"reached by {len(values)} of {wanted} seeds"
    return f"{reached}, but {goal['but']}" if "but" in goal else reached


def goals_table(runs: list[dict[str, Any]], goals: list[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: each goal, what was measured, and whether it is reached."""
    lines = [
        "",
        "## Goals",
        "",
        "Means over seeds, with the lowest and the highest, on the test split unless the row says otherwise. *From*",
        "names the runs.",
        "",
        "| study | goal | measured | reached | from |",
        "| --- | --- | --- | --- | --- |",
    ]
    for goal in goals:
        values = measured(runs, goal)
        cells = [goal["etude"], goal["what"], mean_and_seeds(values), verdict(goal, values)]
        source = f"`{goal['runs']}`" if values else "–"
        note = f"; {goal['note']}" if "note" in goal else ""
        lines.append("| " + " | ".join([*cells, source + note]) + " |")
    return lines


def table_of_2017(runs: list[dict[str, Any]], reports: list[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: what the scripts of 2017 reported, how they measured it, and what `classic` reaches here."""
    lines = [
        "",
        "## The figures of 2017",
        "",
        "What the scripts reported, how they measured it, and what the same recipe reaches here on examples that were",
        "used neither for training nor for any choice.",
        "",
        "| study | reported | measured how | here |",
        "| --- | --- | --- | --- |",
    ]
    for report in reports:
        here = [
            f"{name.replace('_', ' ')} {show(value)} (`{run}`)"
            for name in report["figures"]
            for run, value in found(runs, report["runs"], name)
        ]
        cells = (report["etude"], report["said"], report["really"], "; ".join(here) or "not measured")
        lines.append("| " + " | ".join(cells) + " |")
    return lines
