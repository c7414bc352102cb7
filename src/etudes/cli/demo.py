"""The main job, embedded: all six trained, used and looked into on data that comes with the package, as one page.

Nothing is canned: every picture and figure of the page comes from the runs in its folder.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rich.rule import Rule

from etudes import experiments
from etudes.actions.report import glance, report, summary
from etudes.actions.train import train
from etudes.contract import BaseNetwork, ProgressCallback
from etudes.errors import UserError
from etudes.runs import Run
from etudes.training.environment import cores, processor
from etudes.views.report import Page, report_page

BASE_STUDY = "cifar10_cnn"
"""The étude whose network is lent to those that build upon another's run."""

INTRO = (
    "Six classic deep-learning studies, trained from nothing on this machine within a few minutes, on data that comes "
    "with the package: handwritten digits, synthetic shapes, sums, a photograph. The full data sets give better "
    "metrics; these show that everything works, and what each étude is about."
)


def run_demo(out: str | Path, progress: ProgressCallback) -> Path:
    """Train every étude's preset `demo`, use it, look inside, and write `report.html`.

    Args:
        out: the folder of the runs and the report; finished runs in it are kept, interrupted ones gone on with.
        progress: who is shown the progress.

    Returns:
        The path of the report.
    """
    began = time.monotonic()
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    # Those that need another's network come last.
    names = sorted(
        experiments.names(), key=lambda name: (experiments.load(name).capability(BaseNetwork) is not None, name)
    )
    runs = []
    for number, name in enumerate(names, start=1):
        progress.message(Rule(f"{number}/{len(names)} {name}: {experiments.load(name).summary}", align="left"))
        runs.append(_lived(name, folder, progress))
    minutes = (time.monotonic() - began) / 60
    footer = f"Written by `etudes demo` in {minutes:.1f} minutes on {processor()}, {cores()} cores. Runs: {folder}"
    report = folder / "report.html"
    page = Page("Études", INTRO, [summary(run) for run in runs], footer, glance(runs))
    report.write_text(report_page(page), encoding="utf-8")
    progress.message(f"all of it in {minutes:.1f} minutes")
    return report


def _lived(name: str, folder: Path, progress: ProgressCallback) -> Run:
    """An étude trained, used and looked into."""
    experiment = experiments.load(name)
    borrowed: dict[str, Any] = {"weights": str(folder / BASE_STUDY)} if experiment.capability(BaseNetwork) else {}
    try:
        run = train(name, preset="demo", out=folder / name, progress=progress, **borrowed)
    except UserError as error:
        raise UserError(f"{error} (or choose another --out for the demo)") from error
    report(run)
    figure = run.results()["metrics"][experiment.headline]
    progress.message(f"{experiment.headline.replace('_', ' ')}: {figure:.4g}")
    return run
