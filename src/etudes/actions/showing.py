"""What shows a finished run: pictures, card and report. They come after the results; none of them can cost a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from etudes.actions.artifacts import command_of, save_result, write_card
from etudes.actions.report import write_report
from etudes.contract import ProgressCallback, Result
from etudes.runs import Run, read_metrics
from etudes.views.curves import learning_curves


def show_finished(
    run: Run, result: Result, progress: ProgressCallback, further: Mapping[str, Callable[[], object]]
) -> None:
    """Save the pictures of the test set and of the curves, card and report of a run whose results are written.

    `further` are more such steps, by the name of what they save.

    What cannot be drawn or written is one line: the run is finished, and `etudes evaluate` draws again.
    """
    failed = result.draw()
    result.lines += failed
    steps: dict[str, Callable[[], object]] = {
        **further,
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
        progress.message(f"{line}; the run is finished, `etudes evaluate {run.quoted}` tries again")


def _save_curves(run: Run) -> None:
    history = read_metrics(run.folder)
    if history:
        learning_curves({run.folder.name: history}).save(run.pictures / "learning-curves.png")
