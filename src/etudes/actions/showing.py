"""What shows a finished run: pictures, card and report. They come after the results; none of them can cost a run."""

from __future__ import annotations

from collections.abc import Callable

from etudes.actions.artifacts import command_of, save_result
from etudes.actions.report import write_report
from etudes.contract import ProgressCallback, Result, Table
from etudes.runs import Run, read_metrics
from etudes.views.card import run_card
from etudes.views.curves import learning_curves


def show_finished(run: Run, result: Result, progress: ProgressCallback) -> None:
    """Save the pictures of the test set and of the curves, card and report of a run whose results are written.

    What cannot be drawn or written is one line: the run is finished, and `etudes evaluate` draws again.
    """
    failed = result.draw()
    result.lines += failed
    steps: dict[str, Callable[[], object]] = {
        "pictures": lambda: save_result(run, "evaluate", result, command_of(run, "evaluate")),
        "learning curves": lambda: _save_curves(run),
        "card": lambda: write_card(run),
        "report": lambda: write_report(run),
    }
    for name, step in steps.items():
        try:
            step()
        except Exception as error:
            failed.append(f"{name} could not be written: {type(error).__name__}: {str(error)[:100]}")
    for line in failed:
        progress.message(f"{line}; the run is finished, `etudes evaluate {run}` tries again")


def _save_curves(run: Run) -> None:
    history = read_metrics(run.folder)
    if history:
        learning_curves({run.folder.name: history}).save(run.pictures / "learning-curves.png")


def write_card(run: Run) -> None:
    """Write `card.md` of a finished run, from its files alone."""
    header, results = run.header(), run.results()
    pictures = sorted(path.name for path in run.pictures.iterdir() if path.suffix in (".png", ".gif"))
    title = f"{run.folder.name}: {header['etude']}, preset {header['preset']}"
    tables = [Table(table["title"], table["columns"], table["rows"]) for table in results.get("tables", [])]
    text = run_card(title, header, run.read_json("environment.json"), results, Result(tables=tables), pictures)
    (run.folder / "card.md").write_text(text, encoding="utf-8")
