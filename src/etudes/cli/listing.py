"""The tables of `card`, `data` and `doctor`. Imports no Keras."""

from __future__ import annotations

import platform

from etudes import experiments
from etudes.actions.studies import committed_results, recipe
from etudes.contract import BaseNetwork, Table
from etudes.data import list_sets
from etudes.errors import UserError
from etudes.extras import EXTRAS, install, named
from etudes.runs import run_of, runs_folder
from etudes.schema import describe
from etudes.training.accelerators import FOR_CUDA, backends_for_cuda, nvidia_cards
from etudes.training.backend import default_backend, has_bfloat16, usable_backend
from etudes.training.environment import cores, processor, versions
from etudes.views.card import markdown_table, show


def card_text(etude: str) -> str:
    """A study's card in Markdown: its page, then its presets and results as tables."""
    experiment = experiments.load(etude)
    page = (experiments.folder(etude) / "README.md").read_text(encoding="utf-8")
    presets = {name: preset for name, preset in experiment.presets.items() if name in ("classic", "tuned")}
    rows = [
        (setting.name, *(show(getattr(preset, setting.name)) for preset in presets.values()), setting.help)
        for setting in describe(experiment.settings)
    ]
    settings = markdown_table(Table("Settings", ("setting", *presets, "what it is"), rows))
    results = [
        (recipe(record), record["data"], record["epochs"], record["precision"], name.replace("_", " "), show(value))
        for record in committed_results(etude)
        for name, value in record["metrics"].items()
    ]
    measured = markdown_table(Table("Measured", ("preset", "data", "epochs", "precision", "metric", "value"), results))
    return "\n\n".join([page.rstrip(), settings, *([measured] if results else [])]) + "\n"


def data_table(verified: bool = False) -> Table:
    """The data sets: what, where, size and state.

    Args:
        verified: compute the checksum of every file, which takes seconds.
    """
    sets = list_sets(check=verified)
    rows = [(s.name, s.state, f"{s.bytes / 1e6:.1f} MB" if s.bytes else "", s.what, s.where) for s in sets]
    return Table("data sets", ("name", "state", "size", "what", "where"), rows)


def _backend() -> tuple[str, str, str]:
    """The backend that a training would start, or what is in its way."""
    try:
        return "backend", usable_backend(), ""
    except UserError as error:
        state, _, fix = str(error).partition(": ")
        return "backend", state, fix


def _gpu() -> tuple[str, str, str]:
    """The graphics cards, which installed backends are for them, and how to install one that is."""
    cards, ready = nvidia_cards(), backends_for_cuda()
    if not cards or ready:
        return "GPU", "; for ".join(filter(None, (", ".join(cards) or "none seen", ", ".join(ready)))), ""
    return "GPU", f"{', '.join(cards)}; no installed backend is for it", FOR_CUDA[default_backend() or "jax"]


def _extras() -> list[tuple[str, str, str]]:
    """Every extra: whether it is installed, and the line that installs it."""
    rows = []
    for name, extra in EXTRAS.items():
        missing = extra.missing
        state = "installed"
        if missing:
            state = "not installed" if extra.modules[0] in missing else f"incomplete without {named(missing)}"
        rows.append((f"extra {name}", f"{state} ({extra.what})", install(name) if missing else ""))
    complete = not any(extra.missing for extra in EXTRAS.values())
    return [*rows, ("extra all", "installed" if complete else "all of these", "" if complete else install("all"))]


def doctor_table() -> Table:
    """What this machine has, what is missing, and how to fix it."""
    rows = [
        ("Python", platform.python_version(), ""),
        ("machine", f"{processor()}, {cores()} cores", ""),
        _backend(),
        _gpu(),
        ("bfloat16 in hardware", "yes" if has_bfloat16() else "no", ""),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions().items()), ""),
    ]
    rows += _extras()
    for entry in list_sets():
        fix = f"etudes data fetch {entry.name}" if entry.state in ("missing", "damaged") else ""
        rows.append((f"data {entry.name}", entry.state, fix))
    for name in experiments.names():
        run, ready = run_of(name), experiments.load(name).capability(BaseNetwork)
        state = "not needed" if ready else f"no finished run in {runs_folder()}"
        if run:
            state = "bundled" if run.bundled else str(run)
        rows.append((f"weights {name}", state, "" if run or ready else f"etudes train {name}"))
    return Table("doctor", ("what", "state", "how to fix it"), rows)
