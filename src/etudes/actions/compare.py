"""compare: runs side by side, and what several of one study show together."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from etudes import experiments
from etudes.analysis.intervals import mean_ci
from etudes.contract import Compare, Result, Table
from etudes.errors import UserError, user_path
from etudes.extras import check_plots
from etudes.runs import Run, columns_of, find_run, read_metrics
from etudes.training.computing import computing
from etudes.views.curves import Band, learning_curves
from etudes.views.pictures import check_place, save_pictures

SIDE_BY_SIDE = 4
"""So many runs have a column each; more have a row each."""


@computing()
def compare(runs: Sequence[str | Path | Run], *, out: str | Path | None = None, overwrite: bool = False) -> Result:
    """Put runs side by side: the settings that differ, the results, and their curves in one picture.

    Runs that differ in nothing but their seed are drawn as their mean with its 95 % interval, which a table has for
    each metric. Where all are runs of one étude, it may have more to say of them together, as the antirectifier has of
    its baselines. Folders that hold no finished run are left out, as a pattern such as runs/* has them, and counted.

    Args:
        runs: two or more run folders.
        out: where the picture of the curves goes, others beside it; by default no picture is saved.
        overwrite: whether `out` may be a file that Études did not write.

    Raises:
        UserError: fewer than two runs, or no picture can be saved there.
    """
    check_plots("compare")
    if not isinstance(runs, list | tuple) or len(runs) < 2:
        raise UserError("compare needs two runs or more: etudes compare RUN RUN ...")
    if out is not None:
        check_place(out, overwrite=overwrite)
    result = Result()
    chosen = _finished(runs, result)
    headers, found = [run.header() for run in chosen], [run.results() for run in chosen]
    labels = [str(run) for run in chosen]
    flat = [{"etude": h["etude"], "preset": h["preset"], **h["settings"]} for h in headers]
    keys = columns_of(flat)
    rows = [[key, *(str(entry.get(key, "")) for entry in flat)] for key in keys]
    differing = [row for row in rows if len(set(row[1:])) > 1]
    others = ("training_seconds", "finished_early")
    results = [{**r["metrics"], **{name: r[name] for name in others if name in r}} for r in found]
    metrics = columns_of(results)
    rows = [[name, *(result.get(name, "") for result in results)] for name in metrics]
    result.tables += [
        _beside_each_other("settings that differ", "setting", labels, differing),
        _beside_each_other("results", "metric", labels, rows),
    ]
    alike = [{**one, "finished_early": r.get("finished_early")} for one, r in zip(flat, found, strict=True)]
    groups = _but_for_the_seed(alike)
    names = distinguishing([f"{run.folder.absolute()}" for run in chosen])
    curves = {name: read_metrics(run.folder) for name, run in zip(names, chosen, strict=True)}
    bands: dict[str, Band] = {}
    for members in groups:
        several = [names[member] for member in members]
        if len(several) > 1:
            name = _group_name(several, curves)
            title = f"over {len(several)} seeds" + (f": {name}" if len(groups) > 1 else "")
            result.tables.append(_over_seeds(title, [found[member]["metrics"] for member in members]))
            curves[name], bands[name] = _mean_history([curves.pop(one) for one in several])
    result.pictures = {"curves": learning_curves(curves, bands)}
    together = experiments.load(headers[0]["etude"]).capability(Compare)
    if together is not None and len({header["etude"] for header in headers}) == 1:
        result.extend(together.run(headers, found))
    if out is not None:
        result.files = save_pictures(result.pictures, user_path(out), overwrite=overwrite)
    return result


def _finished(references: Sequence[str | Path | Run], result: Result) -> list[Run]:
    """The finished runs among what was named; folders and files that are something else are counted in a line.

    Raises:
        UserError: fewer than two are runs, or something that was named is not there at all.
    """
    chosen: list[Run] = []
    others: list[tuple[str, UserError]] = []
    for reference in references:
        try:
            run = reference if isinstance(reference, Run) else find_run(reference, experiments.names())
            run.header(), run.results()
        except UserError as error:
            if not isinstance(reference, str | Path) or not Path(reference).exists():
                raise
            others.append((str(reference), error))
        else:
            chosen.append(run)
    if len(chosen) < 2:
        raise others[0][1]
    if others:
        named = ", ".join(name for name, _ in others[:3]) + (", …" if len(others) > 3 else "")
        result.lines.append(f"{len(others)} left out, as they hold no finished run: {named}")
    return chosen


def distinguishing(paths: Sequence[str]) -> list[str]:
    """Short names that tell paths apart: without the words that all begin or end with; numbered where they are equal.

    A number alone keeps the word before it: cifar10_cnn-tuned-1 and -2 are tuned-1 and tuned-2.
    """
    parts = [re.split(r"([/\\\-])", path) for path in paths]
    shortest = min(map(len, parts))
    first = next((place for place in range(shortest) if len({part[place] for part in parts}) > 1), shortest - 1)
    last = next((place for place in range(shortest - first) if len({part[-1 - place] for part in parts}) > 1), 0)
    names = ["".join(part[first : len(part) - last]) for part in parts]
    if first > 1 and any(not re.search("[^0-9]", name) for name in names) and parts[0][first - 1] == "-":
        names = [f"{parts[0][first - 2]}-{name}" for name in names]
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        names[index] = f"{name} ({seen[name]})" if seen[name] > 1 else name
    return names


def _group_name(names: Sequence[str], taken: Container[str]) -> str:
    """A name for runs that differ in their seed: what their names begin with, and how many they are."""
    same = [len(set(letters)) == 1 for letters in zip(*names, strict=False)]
    begin = names[0][: (*same, False).index(False)].rstrip("-_0123456789/ ")
    begin = begin.removesuffix("seed").rstrip("-_ ")
    name = f"{begin} ({len(names)} seeds)" if begin else f"{len(names)} seeds"
    return name if name not in taken else f"{name}, {names[0]} …"


def _but_for_the_seed(flat: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    """Indices of the runs in groups: those of a group differ in their seed, and in nothing else."""
    groups: dict[str, list[int]] = {}
    for index, settings in enumerate(flat):
        recipe = repr(sorted((key, value) for key, value in settings.items() if key != "seed"))
        members = groups.setdefault(recipe, [])
        if all(flat[member].get("seed") != settings.get("seed") for member in members):
            members.append(index)
        else:  # the same run again
            groups[f"{recipe} {index}"] = [index]
    return list(groups.values())


def _mean_history(histories: Sequence[Sequence[Mapping[str, Any]]]) -> tuple[list[dict[str, Any]], Band]:
    """The mean of each metric at each epoch that all runs have, and its 95 % interval."""
    means: list[dict[str, Any]] = []
    low: list[dict[str, Any]] = []
    high: list[dict[str, Any]] = []
    for records in zip(*histories, strict=False):
        head = {"phase": records[0]["phase"], "epoch": records[0]["epoch"]}
        names = [name for name in records[0] if name not in head and all(name in record for record in records)]
        found = {name: mean_ci(np.array([record[name] for record in records], np.float64)) for name in names}
        means.append(head | {name: one.estimate for name, one in found.items()})
        low.append(head | {name: one.low for name, one in found.items()})
        high.append(head | {name: one.high for name, one in found.items()})
    return means, Band(low, high)


def _beside_each_other(title: str, what: str, labels: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table with a column for each run or, of many runs, with a row for each."""
    if len(labels) <= SIDE_BY_SIDE:
        return Table(title, [what, *labels], rows)
    names, *columns = zip(*rows, strict=True) if rows else [(), *((),) * len(labels)]
    return Table(title, ["run", *names], [[label, *cells] for label, cells in zip(labels, columns, strict=True)])


def _over_seeds(title: str, results: Sequence[Mapping[str, Any]]) -> Table:
    """Mean and 95 % interval (t) of every metric that all runs have."""
    rows = []
    for name, first in results[0].items():
        values = [result.get(name) for result in results]
        if all(isinstance(value, int | float) for value in (first, *values)):
            found = mean_ci(np.array(values, dtype=np.float64))
            rows.append((name, found.estimate, found.low, found.high))
    return Table(title, ("metric", "mean", "95 % from", "95 % to"), rows)
