"""The end of a training run: its results, card and report are written, and its checkpoints removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from etudes.actions.artifacts import command_of, save_result
from etudes.actions.report import write_report
from etudes.contract import Result
from etudes.runs import Run, read_metrics, remove_checkpoints
from etudes.views.card import run_card
from etudes.views.curves import learning_curves


def early_end_of(phases: Mapping[str, tuple[int, int]]) -> str:
    """That a training ended early, in words, from the epochs that each phase took and was to take; else empty."""
    if all(taken >= total for taken, total in phases.values()):
        return ""
    taken, total = (sum(numbers) for numbers in zip(*phases.values(), strict=True))
    each = ", ".join(f"{phase} {some} of {all_}" for phase, (some, all_) in phases.items())
    return f"finished early after {taken} of {total} epochs" + (f" ({each})" if len(phases) > 1 else "")


def early_end(run: Run) -> str:
    """What the results of a run say of its early end; empty where it has none, or is not finished."""
    return str(run.results().get("finished_early", "")) if run.finished else ""


def save_finished(run: Run, result: Result, sha256: str, early: str) -> None:
    """Save the pictures of the test set and of the curves, card and report, and last of all the results.

    Then the checkpoints are no longer needed.
    """
    if early:
        result.lines.insert(0, early)
    save_result(run, "evaluate", result, command_of(run, "evaluate"), weights=sha256)
    history = read_metrics(run.folder)
    if history:
        learning_curves({run.folder.name: history}).save(run.pictures / "learning-curves.png")
    seconds = round(sum(record["seconds"] for record in history), 1)
    finished: dict[str, Any] = {"metrics": result.metrics, "training_seconds": seconds, "weights_sha256": sha256}
    finished |= {"finished_early": early} if early else {}
    header = run.header()
    pictures = sorted(path.name for path in run.pictures.iterdir() if path.suffix in (".png", ".gif"))
    title = f"{run.folder.name}: {header['etude']}, preset {header['preset']}"
    text = run_card(title, header, run.read_json("environment.json"), finished, result, pictures)
    (run.folder / "card.md").write_text(text, encoding="utf-8")
    write_report(run, results=finished)
    run.write_json("results.json", {**finished, "tables": result.as_json().get("tables", [])})
    remove_checkpoints(run.folder)
