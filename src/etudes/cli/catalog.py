"""What is there: the études with their results, the data sets, the machine. Imports no Keras."""

from __future__ import annotations

import importlib.util
import json
import platform
from statistics import mean
from typing import Any

from etudes import experiments
from etudes.contract import BaseNetwork, Table
from etudes.data import list_sets, verify
from etudes.runs import Run, bundled_runs, run_of, runs_folder
from etudes.settings import describe
from etudes.training.backend import BACKENDS, default_backend, has_bfloat16
from etudes.training.environment import cores, processor, versions
from etudes.views.card import markdown_table, show


def committed_results(etude: str) -> list[dict[str, Any]]:
    """The measured results that come with the package, one record a run; `docs/results.md` shows them all."""
    path = experiments.folder(etude) / "results.json"
    return list(json.loads(path.read_bytes())) if path.exists() else []


def best_result(etude: str) -> str:
    """The headline figure of the best committed training in words, its mean over seeds, or "not measured yet".

    The mean, as the best of several seeds would be the luckiest; on the étude's own data where there is one, as others
    may be easier.
    """
    experiment = experiments.load(etude)
    headline, own = experiment.headline, experiment.presets["tuned"].data
    seeds: dict[tuple[str, str, str, str], list[float]] = {}
    for record in committed_results(etude):
        if headline in record["metrics"]:
            training = (_recipe(record), record["data"], record["epochs"], record["precision"])
            seeds.setdefault(training, []).append(record["metrics"][headline])
    if not seeds:
        return "not measured yet"
    # Of equals the one with the shortest recipe, which is that of the preset alone.
    best = max(seeds, key=lambda training: (training[1] == own, mean(seeds[training]), -len(training[0])))
    several = f", mean of {len(seeds[best])} seeds" if len(seeds[best]) > 1 else ""
    return f"{headline.replace('_', ' ')} {show(mean(seeds[best]))} ({', '.join(best)}{several})"


def _recipe(record: dict[str, Any]) -> str:
    """The preset of a committed training, with what was told beside it."""
    return " ".join(filter(None, (record["preset"], record["flags"])))


def bundled_in_words(run: Run) -> str:
    """That a run came with the package, or its name, and the headline figure that its weights were measured to have."""
    headline, record = experiments.load(run.header()["etude"]).headline, run.read_json("bundle.json")
    name = run.folder.name if "@" in run.folder.name else "bundled"
    return f"{name}: {headline.replace('_', ' ')} {show(record['measured'][record['stored']][headline])}"


def etudes_table() -> Table:
    """The études, a line each."""
    rows = []
    for name in experiments.names():
        run, experiment = run_of(name), experiments.load(name)
        ready = "needs none of its own" if experiment.capability(BaseNetwork) else "no"
        if run:
            ready = bundled_in_words(run) if run.bundled else str(run)
        further = [bundled_in_words(more) for more in bundled_runs() if more.folder.name.startswith(f"{name}@")]
        ready = "; ".join([ready, *further])
        rows.append((name, experiment.summary, best_result(name), ready))
    return Table("etudes", ("etude", "learns", "best result", "trained weights"), rows)


def card_text(etude: str) -> str:
    """An étude's card in Markdown: its page, then its presets and results as tables."""
    experiment = experiments.load(etude)
    page = (experiments.folder(etude) / "README.md").read_text(encoding="utf-8")
    presets = {name: preset for name, preset in experiment.presets.items() if name in ("classic", "tuned")}
    rows = [
        (setting.name, *(show(getattr(preset, setting.name)) for preset in presets.values()), setting.help)
        for setting in describe(experiment.settings)
    ]
    settings = markdown_table(Table("Settings", ("setting", *presets, "what it is"), rows))
    results = [
        (_recipe(record), record["data"], record["epochs"], record["precision"], name.replace("_", " "), show(value))
        for record in committed_results(etude)
        for name, value in record["metrics"].items()
    ]
    measured = markdown_table(Table("Measured", ("preset", "data", "epochs", "precision", "figure", "value"), results))
    return "\n\n".join([page.rstrip(), settings, *([measured] if results else [])]) + "\n"


def data_table(verified: bool = False) -> Table:
    """The data sets: what, where, size, and whether their check sums are right.

    Args:
        verified: check every file's sum now, which takes seconds.
    """
    sets = verify() if verified else list_sets()
    rows = [(s.name, s.state, f"{s.bytes / 1e6:.1f} MB" if s.bytes else "", s.what, str(s.where)) for s in sets]
    return Table("data sets", ("name", "state", "size", "what", "where"), rows)


def doctor_table() -> Table:
    """What this machine has, what is missing, and the command that mends it."""
    installed = [name for name in BACKENDS if importlib.util.find_spec(name)]
    rows = [
        ("Python", platform.python_version(), ""),
        ("machine", f"{processor()}, {cores()} cores", ""),
        ("backend", f"{default_backend()} (installed: {', '.join(installed) or 'none'})", ""),
        ("bfloat16 in hardware", "yes" if has_bfloat16() else "no", ""),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions().items()), ""),
    ]
    rows += [
        (f"backend {name}", "not installed", f"pip install 'etudes[{name}]'")
        for name in BACKENDS
        if name not in installed
    ]
    for entry in list_sets():
        mend = f"etudes data fetch {entry.name}" if entry.state in ("missing", "damaged") else ""
        rows.append((f"data {entry.name}", entry.state, mend))
    for name in experiments.names():
        run, ready = run_of(name), experiments.load(name).capability(BaseNetwork)
        state = "needs none of its own" if ready else f"no finished run in {runs_folder()}"
        if run:
            state = "bundled" if run.bundled else str(run)
        rows.append((f"weights {name}", state, "" if run or ready else f"etudes train {name}"))
    return Table("doctor", ("what", "state", "to mend it"), rows)
