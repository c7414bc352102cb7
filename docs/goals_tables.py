"""Tables that put the committed runs beside what was to be reached, and beside what was said in 2017."""

from fnmatch import fnmatch
from statistics import mean
from typing import Any

from etudes.views.card import show
from recipe_tables import spread


def found(runs: list[dict[str, Any]], pattern: str, figure: str) -> list[tuple[str, float]]:
    """(name of the run, value) of a figure in each run that fits a pattern."""
    return [
        (run["name"], run["metrics"][figure])
        for run in runs
        if fnmatch(run["name"], pattern) and figure in run["metrics"]
    ]


def found_after(runs: list[dict[str, Any]], pattern: str, figure: str, epoch: int) -> list[tuple[str, float]]:
    """As `found`, of a figure on the way: after so many epochs of longer trainings, as their metrics have it."""
    return [
        (run["name"], record[figure])
        for run in runs
        if fnmatch(run["name"], pattern)
        for record in run.get("history", [])
        if record["epoch"] == epoch
    ]


def measured_in_words(values: list[float]) -> str:
    """The mean and the spread, and how many seeds they are of."""
    return f"{spread(values)}, {len(values)} {'seed' if len(values) == 1 else 'seeds'}" if values else "–"


def verdict(goal: dict[str, Any], values: list[float]) -> str:
    """Whether a goal is reached by the mean of the seeds that there are."""
    if not values:
        return "not measured"

    def reaches(value: float) -> bool:
        return bool(value >= goal["at_least"] if "at_least" in goal else value <= goal["at_most"])

    if not reaches(mean(values)):
        some = sum(map(reaches, values))
        return "**not reached**" + (f" by the mean; by {some} of {len(values)} seeds" if some else "")
    wanted = goal.get("seeds", 1)
    reach = "reached" if len(values) >= wanted else f"reached by {len(values)} of {wanted} seeds"
    return f"{reach}, but {goal['but']}" if "but" in goal else reach


def goals_table(runs: list[dict[str, Any]], goals: list[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: each goal, what was measured, and whether it is reached."""
    lines = [
        "",
        "## Goals",
        "",
        "On the test split unless it says otherwise, by the mean over seeds; the runs of a figure are named.",
        "",
        "| étude | goal | measured | reached | from |",
        "| --- | --- | --- | --- | --- |",
    ]
    for goal in goals:
        where = (runs, goal["runs"], goal["figure"])
        measured = found_after(*where, goal["epoch"]) if "epoch" in goal else found(*where)
        values = [value for _, value in measured]
        cells = [goal["etude"], goal["what"], measured_in_words(values), verdict(goal, values)]
        source = f"`{goal['runs']}`" if values else "–"
        note = f"; {goal['note']}" if "note" in goal else ""
        lines.append("| " + " | ".join([*cells, source + note]) + " |")
    return lines


def table_of_2017(runs: list[dict[str, Any]], metrics: list[dict[str, Any]]) -> list[str]:
    """Lines of Markdown: what the scripts of 2017 said, what they measured by it, and what `classic` gives here."""
    lines = [
        "",
        "## The figures of 2017",
        "",
        "What the scripts said of themselves, what they measured, and what the same recipe gives here on pictures",
        "and pairs that it was neither trained nor chosen by.",
        "",
        "| étude | said | what was measured | here |",
        "| --- | --- | --- | --- |",
    ]
    for figure in metrics:
        here = [
            f"{name.replace('_', ' ')} {show(value)} (`{run}`)"
            for name in figure["figures"]
            for run, value in found(runs, figure["runs"], name)
        ]
        cells = (figure["etude"], figure["said"], figure["really"], "; ".join(here) or "not measured")
        lines.append("| " + " | ".join(cells) + " |")
    return lines
