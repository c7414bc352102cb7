"""report: a run as one HTML page with its pictures inside, written from the run's files."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from etudes import experiments
from etudes.actions.artifacts import KINDS, command_of, keep_result, read_results, writable, write_card, write_page
from etudes.actions.loading import LoadedRun, Reference, open_run
from etudes.actions.run_data import RunDataError
from etudes.contract import BaseNetwork, Result, Table
from etudes.data.notes import note
from etudes.errors import UserError, user_path
from etudes.runs import Run, columns_of, read_metrics
from etudes.schema import as_dict, describe
from etudes.training.backend import BackendError, usable_backend
from etudes.training.computing import computing
from etudes.views.card import Look, answer_line, looks_of
from etudes.views.confusion import confusion_page
from etudes.views.pictures import check_new_file
from etudes.views.report import Page, Part, Section, report_page

HEADINGS = {"evaluate": "On the test set", "inspect": "Inside", "use": "Used"}
"""The section of each kind of result that a run keeps."""

INTRODUCTIONS = {
    "evaluate": "What the trained networks make of pictures or questions that they never learned from.",
    "inspect": "What was learned, drawn; the layer tables are below the pictures.",
    "use": "The étude's own example of use, and what it gave.",
}

UNTESTED = {
    "evaluate": "Afterwards",
    "result": "Measured on what it was made of, once, at the end: there is nothing to be tested on.",
    "about": "What came out, held against what it was made of.",
}
"""The same of a run that has no test set, such as a dream."""


@computing()
def report(
    reference: Reference,
    *,
    out: str | Path | None = None,
    as_is: bool = False,
    overwrite: bool = False,
    data: str | Path | None = None,
) -> Path:
    """Write a run's report: one HTML page with its pictures inside, which fetches nothing when it is opened.

    The results of evaluate, inspect and the study's example of use are part of it; those that the run does not have
    yet are computed first, all with the same networks and data.

    Args:
        reference: as in `use`.
        out: the page; by default `report.html` in the run folder, or, of a bundled run, in the runs folder.
        as_is: write what is there, and compute nothing first.
        overwrite: whether `out` may be a file that Études did not write.
        data: as in `load`; what is open already stays as it is.

    Returns:
        Where the page is.

    Raises:
        UserError: as in `evaluate`, or the page cannot be written.
    """
    if out is not None:
        check_new_file(out, overwrite=overwrite)
    loaded = open_run(reference, place=data)
    assert loaded.run is not None
    missing = [] if as_is else [kind for kind in KINDS if not read_results(loaded.run, kind)]
    if missing:
        try:
            usable_backend(loaded.backend)  # before a folder is made
        except BackendError as error:
            raise BackendError(f"{error}; {_AS_IS}") from error
    with writable(loaded.run, needed=out is None) as run:
        if run is not loaded.run:
            loaded = dataclasses.replace(loaded, target=dataclasses.replace(loaded.target, run=run))
        return _report(loaded, user_path(out) if out else None, missing)


_AS_IS = "--as-is shows what there is"


def _report(loaded: LoadedRun, out: Path | None, missing: Sequence[str]) -> Path:
    assert loaded.run is not None
    if missing:
        from etudes.actions.evaluate import evaluate
        from etudes.actions.inspect import inspect

        steps: dict[str, Callable[[LoadedRun], Any]] = {"evaluate": evaluate, "inspect": inspect, "use": _use_example}
        try:
            for kind in missing:
                steps[kind](loaded)
        except RunDataError as error:
            raise RunDataError(f"{error}; {_AS_IS}") from error
    if not (loaded.run.bundled or (loaded.run.folder / "card.md").exists()):  # who finished the run came no further
        with suppress(OSError):
            write_card(loaded.run)
    return write_report(loaded.run, out)


def _use_example(loaded: LoadedRun) -> None:
    """Use a run as its study's example says, and keep the result."""
    from etudes.actions.use import use

    assert loaded.run is not None
    example = loaded.experiment.use.example(loaded.data, loaded.run.pictures)
    if "out" in example.options:  # a picture of the run, maybe of a version that did not sign its pictures
        Path(example.options["out"]).unlink(missing_ok=True)
    result = use(loaded, *example.inputs, **example.options)
    options = {name: value for name, value in example.options.items() if name != "out"}
    keep_result(loaded.run, "use", result, command_of(loaded.run, "use", example.inputs, options))


def write_report(run: Run, out: Path | None = None) -> Path:
    """Write the page of what a run's folder holds.

    Args:
        run: a finished run.
        out: the page; by default `report.html` in the run's `place`.

    Returns:
        Where the page is.

    Raises:
        UserError: a file of the run is damaged, or the page cannot be written.
    """
    page = report_page(_page(run, run.results()))
    place = out or run.place / "report.html"
    write_page(place, page)
    return place


def summary(run: Run) -> Section:
    """A finished run as one section of a page about several: metrics, what use gave, all pictures."""
    header, results = run.header(), run.results()
    experiment = experiments.load(header["etude"])
    headline = experiment.headline_of(results["metrics"])
    notes = [(kind, command, result) for kind in KINDS for command, result in read_results(run, kind)]
    used = [(command, result) for kind, command, result in notes if kind == "use"]
    files = {path for _, _, result in notes for path in result.files.values()}
    pictures = [picture for _, result in used for picture in _captioned(result)]
    pictures += [("learning curves", path) for path in _curves(run, read_metrics(run.folder))]
    pictures += _drawn(run, files)
    pictures += [picture for kind, _, result in notes if kind != "use" for picture in _captioned(result)]
    return Section(
        name=header["etude"],
        about=experiment.summary,
        headline=(headline, results["metrics"][headline]),
        parts=[
            Part("", tables=[_test_metrics_table(results["metrics"], headline)]),
            *(Part("Used", command=command, lines=said_of(result)) for command, result in used),
            Part("Pictures", pictures=pictures, fragment=_confusion(run, header["etude"])),
            Part("", folded=[table for kind, _, result in notes if kind == "inspect" for table in result.tables]),
        ],
    )


def glance(runs: Sequence[Run], origins: Sequence[str]) -> Table:
    """A line for each run: its study, the metric that counts most, data, seconds, and where its weights come from."""
    rows = []
    for run, origin in zip(runs, origins, strict=True):
        header, results = run.header(), run.results()
        headline = experiments.load(header["etude"]).headline_of(results["metrics"])
        data = header["data"].get("source", header["settings"].get("data", ""))
        value = results["metrics"][headline]
        rows.append((header["etude"], headline.replace("_", " "), value, data, results["training_seconds"], origin))
    return Table("At a glance", ("study", "headline", "metric", "trained on", "seconds of training", "weights"), rows)


def _page(run: Run, results: dict[str, Any]) -> Page:
    header = run.header()
    experiment = experiments.load(header["etude"])
    notes = {kind: read_results(run, kind) for kind in KINDS}
    taken = {path for found in notes.values() for _, result in found for path in result.files.values()}
    sections = [
        _result_section(experiment.headline_of(results["metrics"]), results, tested=_tested(header)),
        _training_section(run, header, taken),
        *(_kept_section(run, kind, found, header) for kind, found in notes.items() if found),
        *_more_section(run, header["etude"], {command for found in notes.values() for command, _ in found}),
    ]
    environment = run.read_json("environment.json")
    versions = _named(environment.get("versions"))
    made_with = ", ".join(f"{name} {version}" for name, version in versions.items())
    missing = [_heading(kind, header).lower() for kind, found in notes.items() if not found]
    early = f"; {results['finished_early']}" if "finished_early" in results else ""
    lacks = f" Not there yet: {', '.join(missing)}; `etudes report {run.quoted}` adds it." if missing else ""
    return Page(
        title=run.folder.name,
        intro=f"A run of {header['etude']}, which {experiment.summary}; preset {header['preset']}{early}.{lacks}",
        sections=sections,
        footer=f"Written by `etudes report {run.quoted}` from the files of the run. {made_with}",
    )


def _tested(header: dict[str, Any]) -> bool:
    return bool(_named(header.get("split")).get("test", 1))


def _heading(kind: str, header: dict[str, Any]) -> str:
    return (HEADINGS if _tested(header) else HEADINGS | UNTESTED)[kind]


def _result_section(headline: str, results: dict[str, Any], *, tested: bool) -> Section:
    metrics = results["metrics"]
    value = metrics.get(headline)
    table = _test_metrics_table({**metrics, "training_seconds": results["training_seconds"]}, headline)
    return Section(
        name="Result",
        about="Measured on the test split, once, at the end of the training." if tested else UNTESTED["result"],
        parts=[Part("", lines=[results["finished_early"]] if "finished_early" in results else [], tables=[table])],
        headline=(headline, value) if value is not None else None,
    )


def _training_section(run: Run, header: dict[str, Any], taken: set[str]) -> Section:
    """Command, settings, data, environment and curves."""
    environment = run.read_json("environment.json")
    history = read_metrics(run.folder)
    curves = [("every metric over the epochs", path) for path in _curves(run, history)]
    data = {name: value for name, value in header["data"].items() if value != ""}
    data |= {f"{name} examples": n for name, n in _named(header.get("split")).items()}
    machine = {name: value for name, value in environment.items() if name not in ("command", "versions")}
    changed, all_settings = _settings_tables(header)
    return Section(
        name="Training",
        about="How it was made: everything that is needed to make it again (`etudes reproduce` does).",
        parts=[
            Part("Command", command=str(environment.get("command", ""))),
            Part("Learning curves", pictures=curves, folded=[_history_table(history)] if history else []),
            *([Part("Drawn while it learned", pictures=drawn)] if (drawn := _drawn(run, taken)) else []),
            Part("", tables=[changed], folded=[all_settings]),
            Part("", tables=[Table("Data", ("what", "value"), _rows(data))]),
            Part(
                "",
                tables=[Table("Environment", ("what", "value"), _rows(machine))],
                folded=[Table("Versions", ("package", "version"), _rows(_named(environment.get("versions"))))],
            ),
        ],
    )


def _drawn(run: Run, taken: set[str]) -> list[tuple[str, Path]]:
    """Pictures and films that the training itself left; single frames of a film are left out."""
    return [
        (path.stem.replace("-", " "), path)
        for path in sorted(run.pictures.iterdir())
        if path.suffix in (".png", ".gif")
        and not path.stem.startswith(("epoch-", "input-"))
        and path.stem != "learning-curves"
        and str(path) not in taken
    ]


def _test_metrics_table(metrics: Mapping[str, Any], headline: str = "") -> Table:
    rows = [(name.replace("_", " "), value) for name, value in metrics.items() if name != headline]
    return Table("", ("metric", "value"), rows)


def said_of(result: Result) -> list[str]:
    """The sentences of a result, else its answers, as the terminal shows them."""
    return list(result.lines) or [answer_line(answer) for answer in result.answers]


def _curves(run: Run, history: list[dict[str, Any]]) -> list[Path]:
    """The picture of the learning curves; drawn now where it is not there, as in a bundled run."""
    place = run.pictures / "learning-curves.png"
    if history and not place.exists():
        from etudes.views.curves import learning_curves

        try:
            learning_curves({run.folder.name: history}).save(place)
        except UserError as error:
            note(f"the learning curves of {run} are not on the page: {error}")
        except Exception as error:  # a picture that cannot be drawn costs no page
            note(f"the learning curves of {run} are not on the page: {type(error).__name__}: {str(error)[:80]}")
    return [place] if place.exists() else []


def _settings_tables(header: dict[str, Any]) -> tuple[Table, Table]:
    """The settings that are not the preset's, then all of them with what they are."""
    experiment = experiments.load(header["etude"])
    preset = experiment.presets.get(header["preset"])
    usual = as_dict(preset) if preset is not None else {}
    given = header["settings"]
    helps = {setting.name: setting.help for setting in describe(experiment.settings)}
    differing = [(name, _said(value), _said(usual.get(name, ""))) for name, value in given.items()]
    differing = [row for row in differing if row[1] != row[2]]
    title = f"Settings that are not those of the preset {header['preset']}"
    rows = [(name, _said(value), helps.get(name, "")) for name, value in given.items()]
    return (
        Table(title, ("setting", "value", "in the preset"), differing or [("none", "", "")]),
        Table("All settings", ("setting", "value", "what it is"), rows),
    )


def _history_table(history: list[dict[str, Any]]) -> Table:
    columns = columns_of(history)
    rows = [[record.get(name, "") for name in columns] for record in history]
    return Table(f"Metrics of {len(history)} epochs", [name.replace("_", " ") for name in columns], rows)


def _kept_section(run: Run, kind: str, found: list[tuple[str, Result]], header: dict[str, Any]) -> Section:
    parts = []
    # The first row counts: later ones show the same picture of something else.
    looks = reversed(_looks(header["etude"]))
    shows = {look.names[0]: look.shows.replace("`", "") for look in looks if len(look.names) == 1}
    for command, result in found:
        layers = [table for table in result.tables if list(table.columns[:1]) == ["layer"]]
        others = [table for table in result.tables if list(table.columns[:1]) != ["layer"]]
        metrics = _test_metrics_table(result.metrics)
        parts.append(
            Part(
                "",
                command=command,
                lines=said_of(result),
                pictures=[*_inputs(run, kind), *_captioned(result, shows)],
                fragment=_confusion(run) if kind == "evaluate" else "",
                tables=[*([metrics] if metrics.rows and kind != "evaluate" else []), *others],
                folded=layers,
            )
        )
    about = INTRODUCTIONS[kind] if kind != "evaluate" or _tested(header) else UNTESTED["about"]
    return Section(name=_heading(kind, header), about=about, parts=parts)


def _looks(etude: str) -> list[Look]:
    return looks_of((experiments.folder(etude) / "README.md").read_text(encoding="utf-8"))


def _more_section(run: Run, etude: str, done: set[str]) -> list[Section]:
    """What the étude's card has to look at that was not done, as commands for this run."""
    rows = []
    for look in _looks(etude):
        kind, named, *words = shlex.split(look.command)[1:]
        if kind not in ("evaluate", "inspect", "use") or not words:
            continue
        # An étude that is ready uses the network that the card's words fit, not that of a run.
        other = kind == "use" and experiments.load(etude).capability(BaseNetwork)
        command = shlex.join(["etudes", kind, named if other else str(run), *words])
        if command not in done:
            rows.append((command, look.shows.replace("`", "")))
    about = "Not on this page: studies, films, single pictures. Put your own files and words in place of the examples."
    table = Table("", ("command", "what it shows"), rows)
    return [Section(name="More to look at", about=about, parts=[Part("", tables=[table])])] if rows else []


def _captioned(result: Result, shows: Mapping[str, str] = MappingProxyType({})) -> list[tuple[str, Path]]:
    """Caption and file of each picture of a result; a set of pictures ("SET/NAME") has a fragment of its own.

    `shows` says what is to be seen in a picture whose result does not say it.
    """
    files = {name: path for name, path in result.files.items() if "/" not in name}
    usual = {name: ": ".join([name.replace("-", " "), *([shows[name]] if name in shows else [])]) for name in files}
    return [(result.captions.get(name, usual[name]), Path(path)) for name, path in files.items()]


def _inputs(run: Run, kind: str) -> list[tuple[str, Path]]:
    """The pictures that the example of use was given."""
    return [(path.stem.replace("-", " "), path) for path in sorted(run.pictures.glob("input-*.png"))] * (kind == "use")


def _confusion(run: Run, prefix: str = "") -> str:
    """The confusion matrix whose cells open their pictures, where a classifier's evaluate left one."""
    return confusion_page(run.pictures, prefix)


def _named(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _said(value: Any) -> str:
    """A setting or what is known of data and machine, in full; of a list its items."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _rows(named: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name.replace("_", " "), _said(value)) for name, value in named.items()]
