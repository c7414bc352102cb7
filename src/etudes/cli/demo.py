"""demo: all six studies on one page, within minutes, from what comes with the package.

Four are trained here on embedded data; addition_rnn and mnist_acgan, which take longer, are shown with the weights that
come with the package. Every picture and metric of the page comes from the runs in its folder.
"""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from etudes import experiments
from etudes.actions.artifacts import read_results, save_result
from etudes.actions.inspect import inspect
from etudes.actions.loading import load
from etudes.actions.report import glance, report, said_of, summary
from etudes.actions.share import share
from etudes.actions.train import train
from etudes.actions.use import answer
from etudes.contract import Example, ProgressCallback
from etudes.data.notes import collected_notes
from etudes.errors import UserError, user_path
from etudes.runs import Run, bundled_run
from etudes.schema import command_words
from etudes.training.backend import usable_backend
from etudes.training.environment import cores, processor
from etudes.views.card import show
from etudes.views.pictures import check_new_file
from etudes.views.progress import NoProgress
from etudes.views.report import Page, report_page

TRAINED: dict[str, dict[str, Any]] = {
    "antirectifier": {},
    "cifar10_cnn": {"epochs": 2},
    "deep_dream": {"weights": "cifar10_cnn@bundled"},
    "mnist_transfer_cnn": {},
}
"""The studies that the demo trains, with what it changes in their preset `demo`."""

BUNDLED = {
    "addition_rnn": Example(("35+35", "999+1", "123+456")),
    "mnist_acgan": Example(("2026",), {"count": 4}),
}
"""The studies that it shows with bundled weights, and what they are asked."""

INTRO = (
    "Six classic deep-learning studies on data that comes with the package: handwritten digits, synthetic shapes, "
    "sums, a photograph. Four were trained on this machine within minutes; two are shown with the weights that come "
    "with the package. The full data sets give better metrics."
)


def run_demo(out: str | Path, progress: ProgressCallback) -> Path:
    """Train four studies with the preset `demo`, show two with bundled weights, and write `report.html`.

    Args:
        out: the folder of the runs and the report; finished runs in it are kept, interrupted ones resumed.
        progress: shows what is done, a few lines for each study.

    Returns:
        The path of the report.
    """
    usable_backend()
    began = time.monotonic()
    folder, page = user_path(out), user_path(out) / "report.html"
    ours = any((folder / name).is_dir() for name in experiments.names())
    check_new_file(page, overwrite=ours)
    folder.mkdir(parents=True, exist_ok=True)
    runs, origins = [], []
    for number, name in enumerate(experiments.names(), start=1):
        progress.message(f"{number}/{len(experiments.names())} {name}: {experiments.load(name).summary}")
        run = _train(name, folder, progress) if name in TRAINED else _show_bundled(name, folder, progress)
        origin = "trained here" if name in TRAINED else "bundled weights, not trained here"
        headline = experiments.load(name).headline
        progress.message(f"    {headline.replace('_', ' ')} {show(run.results()['metrics'][headline])} ({origin})")
        runs.append(run)
        origins.append(origin)
    pages = _pages(runs, progress)
    minutes = (time.monotonic() - began) / 60
    footer = f"Written by `etudes demo` in {minutes:.1f} minutes on {processor()}, {cores()} cores. Runs: {folder}"
    sections = [replace(summary(run), page=pages.get(run.folder.name, "")) for run in runs]
    content = Page("Études", INTRO, sections, footer, glance(runs, origins))
    page.write_text(report_page(content), encoding="utf-8")
    for shared in pages.values():
        progress.message(f"    {folder / shared}")
    progress.message(f"All six in {minutes:.1f} minutes. Open this page in a browser; it leads to the others:")
    return page


def _pages(runs: Sequence[Run], progress: ProgressCallback) -> dict[str, str]:
    """Share each run: its page by the study's name, relative to the demo's folder; what has none is said once."""
    progress.message("The page of each, in which its network runs and explains itself:")
    pages: dict[str, str] = {}
    problems: list[str] = []
    for run in runs:
        try:
            with collected_notes():
                page = share(run)
        except UserError as error:
            problems.append(str(error))
        else:
            pages[run.folder.name] = f"{run.folder.name}/{page.name}"
    for problem in dict.fromkeys(problems):
        progress.message(f"    {problem}")
    return pages


def _train(name: str, folder: Path, progress: ProgressCallback) -> Run:
    """Train a study with its preset demo, then evaluate, inspect and use it; its epochs are not printed."""
    changes = TRAINED[name]
    words = ["etudes", "train", name, "--preset", "demo", *command_words(changes)]
    progress.message(f"    {shlex.join(words)}")
    try:
        run = train(name, preset="demo", out=folder / name, progress=NoProgress(), **changes)
    except UserError as error:
        raise UserError(f"{error} (or choose another --out for the demo)") from error
    report(run)
    for _, result in read_results(run, "use"):
        for line in said_of(result)[:3]:
            progress.message(f"    {line.replace(f'{run.pictures}/', '')}")
    return run


def _show_bundled(name: str, folder: Path, progress: ProgressCallback) -> Run:
    """Use a copy of a bundled run in the demo's folder; look inside where that needs no data from elsewhere."""
    bundled, run, example = bundled_run(name), Run(folder / name), BUNDLED[name]
    assert bundled is not None
    if not run.finished:
        shutil.copytree(bundled.folder, run.folder, dirs_exist_ok=True)
    loaded = load(run)
    result = answer(loaded, *example.inputs, **example.options)
    words = ["etudes", "use", name, *example.inputs, *command_words(example.options)]
    save_result(run, "use", result, shlex.join(words))
    progress.message(f"    {shlex.join(words)}")
    for line in said_of(result)[:3]:
        progress.message(f"    {line}")
    if loaded.settings.data == "sums":
        inspect(loaded)
    return run
