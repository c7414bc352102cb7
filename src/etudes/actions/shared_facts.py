"""What the page of a run says of it: settings, data, metrics, history, records, environment, source and card."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

from markdown_it import MarkdownIt

from etudes import __version__, experiments
from etudes.actions.loading import LoadedRun
from etudes.actions.studies import committed_results, recipe
from etudes.contract import Share, Table
from etudes.pages.private import without_folders, without_quotes
from etudes.runs import read_metrics
from etudes.schema import as_dict

TASK = ("digits", "operator")
"""Settings by which generated data is other data; records of other tasks are not compared with a run."""


def facts(loaded: LoadedRun, kind: Share, with_pictures: bool) -> dict[str, Any]:
    """What the page says of the run, without what is private."""
    found = _facts(loaded)
    said = {name: found[name] for name in ("settings", "info", "command")}
    found |= without_folders(said, found["settings"])
    if kind.is_private(loaded.info, loaded.settings) and not with_pictures:
        found["tables"] = without_quotes(found["tables"], kind.quoting)
    return found


def _facts(loaded: LoadedRun) -> dict[str, Any]:
    """What the page says of the run: settings, data, metrics, history, environment, source and card."""
    assert loaded.run is not None
    run, folder = loaded.run, experiments.folder(loaded.etude)
    header, results = run.header(), run.results()
    environment = run.read_json("environment.json")
    return {
        "etude": loaded.etude,
        "run": str(run.folder.name if not run.bundled else run),
        "version": __version__,
        "preset": header["preset"],
        "settings": header["settings"],
        "info": as_dict(loaded.info),
        "split": header["split"],
        "metrics": {name: value for name, value in results["metrics"].items() if isinstance(value, int | float)},
        "headline": loaded.experiment.headline_of(results["metrics"]),
        "tables": results.get("tables", []),
        "history": read_metrics(run.folder),
        "records": _records(loaded),
        "environment": _environment(environment, results),
        "command": str(environment.get("command", "")),
        "weights_sha256": str(results.get("weights_sha256", "")),
        "source": (folder / "study.py").read_text(encoding="utf-8"),
        "card": _html(folder / "README.md"),
    }


def _environment(environment: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, str]:
    """Where and with what the run was trained, in words."""
    versions = environment.get("versions", {})
    found = {
        "processor": environment.get("processor", platform.processor()),
        "backend": environment.get("backend", ""),
        "precision": environment.get("precision", ""),
        "seconds": results.get("training_seconds", ""),
        "python": environment.get("python", ""),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    return {name: str(value) for name, value in found.items() if value != ""}


def _html(card: Path) -> str:
    """A study's card as HTML; what it links to is not in the page, so only the words of links stay."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink"])
    return str(reader.render(card.read_text(encoding="utf-8"))) if card.exists() else ""


def _records(loaded: LoadedRun) -> list[Table]:
    """The committed results of the study on the same data: recipes, seeds, and their spread."""
    headline = loaded.experiment.headline_of(loaded.run.results()["metrics"]) if loaded.run else ""
    found: dict[tuple[str, str], list[float]] = {}
    for record in committed_results(loaded.etude):
        if _is_same_task(record, loaded) and headline in record["metrics"]:
            found.setdefault((recipe(record), record["epochs"]), []).append(float(record["metrics"][headline]))
    rows = [(*names, len(values), mean(values), min(values), max(values)) for names, values in found.items()]
    columns = ("recipe", "trained for", "seeds", f"{headline.replace('_', ' ')}, mean", "lowest", "highest")
    return [Table("committed results", columns, rows)] if rows else []


def _is_same_task(record: Mapping[str, Any], loaded: LoadedRun) -> bool:
    """Whether a committed result was measured on the data of a run."""
    words = shlex.split(record["flags"].replace("=", " "))
    given, settings = dict(pairwise(words)), vars(loaded.settings)
    preset = vars(loaded.experiment.presets[record["preset"]])
    return record["data"] == loaded.target.header["settings"]["data"] and all(
        given.get(f"--{name}", str(preset[name])) == str(settings[name]) for name in TASK if name in settings
    )
