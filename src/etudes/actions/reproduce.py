"""reproduce: train a run again from its own settings, and show everything in which the two differ."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from etudes import experiments
from etudes.actions.loading import Reference, resolve
from etudes.actions.train import run_training
from etudes.contract import ProgressCallback, Result, Table
from etudes.errors import UserError, user_path
from etudes.runs import Run, read_metrics
from etudes.schema import from_dict
from etudes.training.environment import differences
from etudes.views.progress import progress_for


def reproduce(
    reference: Reference,
    *,
    out: str | Path | None = None,
    data: str | Path | None = None,
    quiet: bool = False,
    progress: ProgressCallback | None = None,
) -> Result:
    """Train a finished run again, on its backend, from its settings and seed, and compare the ends bit for bit.

    Args:
        reference: a finished run, or a study's name for its newest one or, where there is none, the bundled one.
        out: the folder of the second run, which stays and can be resumed; by default a folder that is removed.
        data: where the data of the run is now; by default it is looked for where it was.
        quiet: show no progress.
        progress: shows the progress instead of the terminal.

    Returns:
        `metrics["same"]` says whether weights, logged and test metrics are all the same; the tables name
        what is not, and what differs between the environments.

    Raises:
        UserError: the run is not finished, or was finished early, or its data was not found or changed.
    """
    target = resolve(reference)
    run, header, progress = target.run, target.header, progress or progress_for(Console(), quiet)
    if run is None:
        raise UserError(f"no finished run of {target.etude}: run `etudes train {target.etude}` first")
    if not run.finished:
        raise UserError(f"{run} is not finished: there is nothing to compare with; first `etudes resume {run.quoted}`")
    if early := run.finished_early:
        raise UserError(f"{run} {early}: only a run that was trained to its end can be reproduced")
    place = user_path(out) if out else Path(tempfile.mkdtemp(prefix="etudes-")) / run.folder.name
    try:
        again = _train_again(run, header, place, progress, str(data) if data is not None else None)
        return _compare(run, again)
    finally:
        if out is None:
            shutil.rmtree(place.parent, ignore_errors=True)


def _train_again(run: Run, header: dict[str, Any], place: Path, progress: ProgressCallback, data: str | None) -> Run:
    settings = from_dict(experiments.load(header["etude"]).settings, header["settings"])
    backend = run.read_json("environment.json").get("backend")
    again = Run(place)
    if again.started and again.header()["settings"] != header["settings"]:
        raise UserError(f"{again} holds a run with other settings: choose another --out")
    if not again.started and again.holds_something_else():
        raise UserError(f"{again} is not a run folder and not empty: choose another --out")
    return run_training(again, header["etude"], header["preset"], settings, backend, progress, like=run, place=data)


def _compare(run: Run, again: Run) -> Result:
    first, second = run.results(), again.results()
    same_weights = first["weights_sha256"] == second["weights_sha256"]
    logged = _different_metrics(read_metrics(run.folder), read_metrics(again.folder))
    named = sorted({*first["metrics"], *second["metrics"]})
    metrics = [
        ("test", "", name, first["metrics"].get(name), second["metrics"].get(name))
        for name in named
        if first["metrics"].get(name) != second["metrics"].get(name)
    ]
    changed = differences(run.read_json("environment.json"), again.read_json("environment.json"))
    if run.header().get("fingerprint") != again.header().get("fingerprint"):
        changed["data"] = ("as it was then", "changed")
    same = same_weights and not logged and not metrics
    result = Result(
        metrics={
            "same": same,
            "same_weights": same_weights,
            "different_metrics": len(logged),
            "different_test_metrics": len(metrics),
            "weights_sha256": first["weights_sha256"],
            "weights_sha256_again": second["weights_sha256"],
        },
        lines=[f"{run}: {'the same, bit for bit' if same else 'not the same'}"],
    )
    if changed:
        rows = [(name, str(old), str(new)) for name, (old, new) in changed.items()]
        result.tables.append(Table("environments differ in", ("what", "then", "now"), rows))
    if logged or metrics:
        columns = ("phase", "epoch", "metric", "then", "now")
        result.tables.append(Table("the first metrics that differ", columns, [*metrics, *logged][:20]))
    return result


def _different_metrics(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Every logged metric that is not the same: (phase, epoch, name, first, second); times do not count."""
    found = []
    for place in range(max(len(first), len(second))):
        one = first[place] if place < len(first) else {}
        other = second[place] if place < len(second) else {}
        where = one or other
        for name in {**one, **other}:
            if name not in ("seconds", "samples_per_second") and one.get(name) != other.get(name):
                found.append((where["phase"], where["epoch"], name, one.get(name), other.get(name)))
    return found
