"""A run trained again from its own settings, and everything in which the two differ."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from etudes import experiments
from etudes.contract import Result, Table
from etudes.errors import UserError
from etudes.running import carry_out
from etudes.runs import Run, read_metrics
from etudes.settings import from_dict
from etudes.training.environment import differences
from etudes.views.progress import Watch


def reproduce(run: Run, out: Path | None, watch: Watch) -> Result:
    """Train a finished run again, on its backend, from its settings and seed, and compare the ends bit for bit.

    Args:
        run: a finished run.
        out: where the second training goes and stays, to be gone on with if it is interrupted; None for a folder that
            is removed afterwards.
        watch: who is shown the progress.

    Returns:
        `figures["same"]` says whether weights, logged metrics and test figures are all the same; the tables name
        what is not, and what differs between the environments.

    Raises:
        UserError: the run is not finished, or its data changed.
    """
    header = run.header()
    if not run.finished:
        raise UserError(f"{run} is not finished: there is nothing to compare with; `etudes resume {run}` goes on")
    place = out or Path(tempfile.mkdtemp(prefix="etudes-")) / run.folder.name
    try:
        again = _train_again(run, header, place, watch)
        return _compare(run, again)
    finally:
        if out is None:
            shutil.rmtree(place.parent, ignore_errors=True)


def _train_again(run: Run, header: dict[str, Any], place: Path, watch: Watch) -> Run:
    settings = from_dict(experiments.load(header["etude"]).settings, header["settings"])
    backend = run.read_json("environment.json").get("backend")
    again = Run(place)
    if again.started and again.header()["settings"] != header["settings"]:
        raise UserError(f"{again} holds a run with other settings: choose another --out")
    if not again.started and again.holds_something_else():
        raise UserError(f"{again} is no run and not empty: choose another --out")
    return carry_out(again, header["etude"], header["preset"], settings, backend, watch)


def _compare(run: Run, again: Run) -> Result:
    first, second = run.results(), again.results()
    same_weights = first["weights_sha256"] == second["weights_sha256"]
    metrics = _different_metrics(read_metrics(run.folder), read_metrics(again.folder))
    named = sorted({*first["figures"], *second["figures"]})
    figures = [
        ("test", "", name, first["figures"].get(name), second["figures"].get(name))
        for name in named
        if first["figures"].get(name) != second["figures"].get(name)
    ]
    changed = differences(run.read_json("environment.json"), again.read_json("environment.json"))
    if run.header().get("fingerprint") != again.header().get("fingerprint"):
        changed["data"] = ("as it was then", "changed")
    same = same_weights and not metrics and not figures
    result = Result(
        figures={
            "same": same,
            "same_weights": same_weights,
            "different_metrics": len(metrics),
            "different_test_figures": len(figures),
            "weights_sha256": first["weights_sha256"],
            "weights_sha256_again": second["weights_sha256"],
        },
        lines=[f"{run}: {'the same, bit for bit' if same else 'not the same'}"],
    )
    if changed:
        rows = [(name, str(old), str(new)) for name, (old, new) in changed.items()]
        result.tables.append(Table("environments differ in", ("what", "then", "now"), rows))
    if metrics or figures:
        columns = ("phase", "epoch", "figure", "then", "now")
        result.tables.append(Table("the first figures that differ", columns, [*figures, *metrics][:20]))
    return result


def _different_metrics(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Every logged figure that is not the same: (phase, epoch, name, first, second); times do not count."""
    found = []
    for place in range(max(len(first), len(second))):
        one = first[place] if place < len(first) else {}
        other = second[place] if place < len(second) else {}
        where = one or other
        for name in {**one, **other}:
            if name not in ("seconds", "samples_per_second") and one.get(name) != other.get(name):
                found.append((where["phase"], where["epoch"], name, one.get(name), other.get(name)))
    return found
