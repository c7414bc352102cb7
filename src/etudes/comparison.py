"""Runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from etudes import experiments
from etudes.contract import Result, Table
from etudes.errors import UserError
from etudes.runs import Run, find_run, read_metrics
from etudes.views.curves import learning_curves
from etudes.views.pictures import save_pictures


def compare(runs: Sequence[str | Path | Run], *, out: str | Path | None = None) -> Result:
    """Put runs side by side: the settings that differ, the results, and their curves in one picture.

    Args:
        runs: two or more run folders.
        out: where the picture of the curves goes; by default no picture is saved.

    Raises:
        UserError: fewer than two runs, or a folder that is no run.
    """
    if len(runs) < 2:
        raise UserError("compare needs two runs or more: etudes compare RUN RUN ...")
    chosen = [run if isinstance(run, Run) else find_run(run, experiments.names()) for run in runs]
    headers = [run.header() for run in chosen]
    labels = [str(run) for run in chosen]
    flat = [{"etude": h["etude"], "preset": h["preset"], **h["settings"]} for h in headers]
    keys = list(dict.fromkeys(key for entry in flat for key in entry))
    rows = [[key, *(str(entry.get(key, "")) for entry in flat)] for key in keys]
    differing = [row for row in rows if len(set(row[1:])) > 1]
    results = [{**r["figures"], "training_seconds": r["training_seconds"]} for r in [run.results() for run in chosen]]
    figures = list(dict.fromkeys(key for result in results for key in result))
    side_by_side = [[name, *(result.get(name, "") for result in results)] for name in figures]
    result = Result(
        tables=[
            Table("settings that differ", ["setting", *labels], differing),
            Table("results", ["figure", *labels], side_by_side),
        ]
    )
    histories = {str(run): read_metrics(run.folder) for run in chosen}
    result.pictures = {"curves": learning_curves(histories)}
    if out is not None:
        result.files = save_pictures(result.pictures, Path(out))
    return result
