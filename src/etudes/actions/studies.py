"""What there is: the studies, their presets and their settings, for a person who looks round. Imports no Keras."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from statistics import mean
from typing import Any, TypeVar

from etudes import experiments
from etudes.actions.loading import preset_of
from etudes.contract import BaseNetwork, Table
from etudes.errors import UserError
from etudes.runs import Run, bundled_runs, run_of
from etudes.schema import Setting, Settings, describe
from etudes.views.card import show

T = TypeVar("T")


class Listing(dict[str, T]):
    """Things by name, which a console and a notebook show as a table."""

    def __init__(self, things: Mapping[str, T], table: Table) -> None:
        """`table` is what is shown."""
        super().__init__(things)
        self.table = table

    def __repr__(self) -> str:
        """The table."""
        return str(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def list() -> Listing[dict[str, str]]:
    """The studies: name → what it does, its best committed result, and which trained weights there are."""
    table = etudes_table()
    return Listing({row[0]: dict(zip(table.columns[1:], row[1:], strict=True)) for row in table.rows}, table)


def presets(etude: str) -> Listing[Settings]:
    """The presets of a study: name → its settings; the table shows those in which they differ.

    Raises:
        UserError: there is no such study.
    """
    found = experiments.load(etude).presets
    differing = [
        (setting.name, *values)
        for setting in describe(found["tuned"])
        if len(set(values := [show(vars(preset)[setting.name]) for preset in found.values()])) > 1
    ]
    return Listing(found, Table(f"presets of {etude}", ("setting", *found), differing))


def settings(etude: str, *, preset: str = "tuned") -> Listing[Setting]:
    """The settings of a study, with the values of a preset: name → its kind, default, range and help.

    Raises:
        UserError: there is no such study or preset.
    """
    found = describe(preset_of(etude, preset))
    rows = [(one.name, show(one.default), one.range or one.kind, one.help) for one in found]
    return Listing({one.name: one for one in found}, Table(f"{etude}, preset {preset}", _COLUMNS, rows))


_COLUMNS = ("setting", "value", "allowed", "what it is")


def committed_results(etude: str) -> Sequence[dict[str, Any]]:
    """The measured results that come with the package, one record for each run; `docs/results.md` has them all."""
    path = experiments.folder(etude) / "results.json"
    return [*json.loads(path.read_bytes())] if path.exists() else []


def best_result(etude: str) -> str:
    """The headline metric of the best committed run as text, or "not measured yet".

    It is the mean over seeds, as the best of several would be the luckiest, and on the study's own data where that was
    measured, as other data may be easier.
    """
    experiment = experiments.load(etude)
    headline, own = experiment.headline, experiment.presets["tuned"].data
    seeds: dict[tuple[str, str, str, str], Any] = {}
    for record in committed_results(etude):
        if headline in record["metrics"]:
            training = (recipe(record), record["data"], record["epochs"], record["precision"])
            seeds.setdefault(training, []).append(record["metrics"][headline])
    if not seeds:
        return "not measured yet"
    # Of equals, the one with the fewest flags.
    best = max(seeds, key=lambda training: (training[1] == own, mean(seeds[training]), -len(training[0])))
    several = f", mean of {len(seeds[best])} seeds" if len(seeds[best]) > 1 else ""
    return f"{headline.replace('_', ' ')} {show(mean(seeds[best]))} ({', '.join(best)}{several})"


def recipe(record: dict[str, Any]) -> str:
    """The preset of a committed run, with its flags."""
    return " ".join(filter(None, (record["preset"], record["flags"])))


def describe_bundled(run: Run) -> str:
    """The name of a bundled run, and the headline metric that was measured with its weights."""
    headline, record = experiments.load(run.header()["etude"]).headline, run.read_json("bundle.json")
    name = run.folder.name if "@" in run.folder.name else "bundled"
    return f"{name}: {headline.replace('_', ' ')} {show(record['measured'][record['stored']][headline])}"


def _describe_own(run: Run) -> str:
    early = ""
    with suppress(UserError):  # of a damaged run the name is still said
        early = run.finished_early
    return f"{run} ({early})" if early else str(run)


def etudes_table() -> Table:
    """The studies, a line each."""
    rows = []
    for name in experiments.names():
        run, experiment = run_of(name), experiments.load(name)
        ready = "not needed" if experiment.capability(BaseNetwork) else "no"
        if run:
            ready = describe_bundled(run) if run.bundled else _describe_own(run)
        further = [describe_bundled(more) for more in bundled_runs() if more.folder.name.startswith(f"{name}@")]
        ready = "; ".join([ready, *further])
        rows.append((name, experiment.summary, best_result(name), ready))
    return Table("etudes", ("etude", "what it does", "best result", "trained weights"), rows)
