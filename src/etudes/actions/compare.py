"""compare: runs side by side, and what several of one study show together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from etudes import experiments
from etudes.analysis.intervals import mean_ci
from etudes.contract import Compare, Result, Table
from etudes.errors import UserError
from etudes.runs import Run, columns_of, find_run, read_metrics
from etudes.views.curves import learning_curves
from etudes.views.pictures import check_place, save_pictures

SIDE_BY_SIDE = 4
"""So many runs have a column each; more have a row each."""


def compare(runs: Sequence[str | Path | Run], *, out: str | Path | None = None, overwrite: bool = False) -> Result:
    """Put runs side by side: the settings that differ, the results, and their curves in one picture.

    Where they differ in nothing but their seed, their metrics have a mean with its 95 % interval. Where all are runs
    of one étude, it may have more to say of them together, as the antirectifier has of its baselines.

    Args:
        runs: two or more run folders.
        out: where the picture of the curves goes, others beside it; by default no picture is saved.
        overwrite: whether `out` may be a file that Études did not write.

    Raises:
        UserError: fewer than two runs, a folder that is no run, or no picture can be saved there.
    """
    if len(runs) < 2:
        raise UserError("compare needs two runs or more: etudes compare RUN RUN ...")
    if out is not None:
        check_place(out, overwrite=overwrite)
    chosen = [run if isinstance(run, Run) else find_run(run, experiments.names()) for run in runs]
    headers, found = [run.header() for run in chosen], [run.results() for run in chosen]
    labels = [str(run) for run in chosen]
    flat = [{"etude": h["etude"], "preset": h["preset"], **h["settings"]} for h in headers]
    keys = columns_of(flat)
    rows = [[key, *(str(entry.get(key, "")) for entry in flat)] for key in keys]
    differing = [row for row in rows if len(set(row[1:])) > 1]
    results = [{**r["metrics"], "training_seconds": r["training_seconds"]} for r in found]
    metrics = columns_of(results)
    rows = [[name, *(result.get(name, "") for result in results)] for name in metrics]
    result = Result(
        tables=[
            _beside_each_other("settings that differ", "setting", labels, differing),
            _beside_each_other("results", "metric", labels, rows),
        ]
    )
    if {row[0] for row in differing} == {"seed"}:
        result.tables.append(_over_seeds([one["metrics"] for one in found]))
    result.pictures = {"curves": learning_curves({run.folder.name: read_metrics(run.folder) for run in chosen})}
    together = experiments.load(headers[0]["etude"]).capability(Compare)
    if together is not None and len({header["etude"] for header in headers}) == 1:
        result.extend(together.run(headers, found))
    if out is not None:
        result.files = save_pictures(result.pictures, Path(out), overwrite=overwrite)
    return result


def _beside_each_other(title: str, what: str, labels: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table with a column for each run or, of many runs, with a row for each."""
    if len(labels) <= SIDE_BY_SIDE:
        return Table(title, [what, *labels], rows)
    names, *columns = zip(*rows, strict=True) if rows else [(), *((),) * len(labels)]
    return Table(title, ["run", *names], [[label, *cells] for label, cells in zip(labels, columns, strict=True)])


def _over_seeds(results: Sequence[Mapping[str, Any]]) -> Table:
    """Mean and 95 % interval (t) of every metric that all runs have."""
    rows = []
    for name, first in results[0].items():
        values = [result.get(name) for result in results]
        if all(isinstance(value, int | float) for value in (first, *values)):
            found = mean_ci(np.array(values, dtype=np.float64))
            rows.append((name, found.estimate, found.low, found.high))
    return Table(f"over {len(results)} seeds", ("metric", "mean", "95 % from", "95 % to"), rows)
