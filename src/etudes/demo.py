"""The main job, embedded: all six trained, used and looked into on data that comes with the package, as one page.

Nothing is canned: every picture and figure of the page comes from the runs in its folder.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rich.rule import Rule

from etudes import actions, experiments
from etudes.errors import UserError
from etudes.runs import Run
from etudes.training.environment import cores, processor
from etudes.views.progress import Watch
from etudes.views.report import Section, report_page

LENDER = "cifar10_cnn"
"""The étude whose network is lent to those that build upon another's run."""

INTRO = (
    "Six classic deep-learning studies, trained from nothing on this machine within a few minutes, on data that comes "
    "with the package: handwritten digits, synthetic shapes, sums, a photograph. The full data sets give better "
    "figures; these show that everything works, and what each étude is about."
)


def run_demo(out: str | Path, watch: Watch) -> Path:
    """Train every étude's preset `demo`, use it, look inside, and write `report.html`.

    Args:
        out: the folder of the runs and the report; finished runs in it are kept, interrupted ones gone on with.
        watch: who is shown the progress.

    Returns:
        The path of the report.
    """
    began = time.monotonic()
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    # Those that need another's network come last.
    names = sorted(experiments.names(), key=lambda name: (experiments.load(name).borrow is not None, name))
    sections = []
    for number, name in enumerate(names, start=1):
        watch.say(Rule(f"{number}/{len(names)} {name}: {experiments.load(name).learns}", align="left"))
        sections.append(_section(name, folder, watch))
    minutes = (time.monotonic() - began) / 60
    footer = f"Written by `etudes demo` in {minutes:.1f} minutes on {processor()}, {cores()} cores. Runs: {folder}"
    report = folder / "report.html"
    report.write_text(report_page("Études", INTRO, sections, footer), encoding="utf-8")
    watch.say(f"all of it in {minutes:.1f} minutes")
    return report


def _section(name: str, folder: Path, watch: Watch) -> Section:
    experiment = experiments.load(name)
    borrowed: dict[str, Any] = {"weights": str(folder / LENDER)} if experiment.borrow else {}
    try:
        run = actions.train(name, preset="demo", out=folder / name, watch=watch, **borrowed)
    except UserError as error:
        raise UserError(f"{error} (or choose another --out for the demo)") from error
    trained = actions.load(run)
    data = experiment.load_data(trained.settings)
    example = experiment.example(data, run.pictures)
    used = actions.use(run, *example.inputs, **example.options)
    inside = actions.inspect(run)
    results = run.results()
    watch.say(f"{experiment.headline.replace('_', ' ')}: {results['figures'][experiment.headline]:.4g}")
    shown = [*example.inputs, *(f"--{key} {value}" for key, value in example.options.items() if key != "out")]
    return Section(
        name=name,
        learns=experiment.learns,
        headline=experiment.headline,
        figures=results["figures"],
        data=str(getattr(trained.info, "source", trained.settings.data)),
        seconds=results["training_seconds"],
        command=f"etudes use {run} {' '.join(shown)}",
        lines=used.lines,
        tables=inside.tables,
        pictures=_pictures(run, list(used.files.values())),
    )


def _pictures(run: Run, used: list[str]) -> list[tuple[str, Path]]:
    """Every picture and film of a run, those of use first; single frames of a film are left out."""
    chosen = {Path(path): "what use gave" for path in used}
    for path in sorted(run.pictures.iterdir()):
        if path.suffix in (".png", ".gif") and not path.stem.startswith(("epoch-", "input-")):
            chosen.setdefault(path, path.stem)
    return [(name.replace("-", " "), path) for path, name in chosen.items()]
