"""The commands: each parses its words, calls one action, and prints the result.

`COMMANDS` in `__init__.py` names them, `flags.py` holds their flags.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from etudes.cli import flags
from etudes.cli.parsing import parse
from etudes.errors import UserError

if TYPE_CHECKING:
    from etudes.contract import Result


def train_command(words: Sequence[str]) -> int:
    """`etudes train ETUDE [flags]`; the flags are the étude's settings, their defaults the preset's."""
    from etudes import experiments
    from etudes.actions.loading import preset_of
    from etudes.actions.train import train_with

    name = _named(words, "train")
    experiment = experiments.load(name)
    preset = _value_of(words, "--preset") or "tuned"
    start = flags.Train(settings=preset_of(name, preset), preset=preset)
    given = parse(flags.Train[experiment.settings], words[1:], f"etudes train {name}", default=start)  # type: ignore[name-defined]
    from etudes.schema import validate
    from etudes.views.progress import progress_for

    validate(given.settings)
    progress = progress_for(Console(stderr=given.json), given.quiet)
    run = train_with(name, given.settings, given.preset, given.out, given.backend, progress, given.log)
    return _show_run(run, given.quiet, given.json)


def resume_command(words: Sequence[str]) -> int:
    """`etudes resume RUN`."""
    from etudes.actions.train import resume
    from etudes.views.progress import progress_for

    given = parse(flags.Resume, words, "etudes resume")
    progress = progress_for(Console(stderr=given.json), given.quiet)
    return _show_run(resume(given.run, data=given.data, progress=progress, log=given.log), given.quiet, given.json)


def finish_command(words: Sequence[str]) -> int:
    """`etudes finish RUN`."""
    from etudes.actions.train import finish
    from etudes.views.progress import progress_for

    given = parse(flags.Finish, words, "etudes finish")
    run = finish(given.run, data=given.data, progress=progress_for(Console(stderr=given.json), given.quiet))
    return _show_run(run, given.quiet, given.json)


def reproduce_command(words: Sequence[str]) -> int:
    """`etudes reproduce RUN`."""
    from etudes.actions.reproduce import reproduce
    from etudes.views.progress import progress_for

    given = parse(flags.Reproduce, words, "etudes reproduce")
    progress = progress_for(Console(stderr=given.json), given.quiet)
    result = reproduce(given.reference, out=given.out, data=given.data, progress=progress)
    _show(result, given.json)
    return 0 if result.metrics["same"] else 1


def _show_run(run: Any, quiet: bool, as_json: bool) -> int:
    results = run.results()
    if as_json:
        _print_json({"run": str(run), **results})
        return 0
    if not quiet:
        from etudes.contract import Result, Table
        from etudes.runs import read_metrics
        from etudes.views.terminal import print_history, print_result

        early = [results["finished_early"]] if "finished_early" in results else []
        print_history(Console(), read_metrics(run.folder))
        classes = [table for table in results.get("tables", []) if table["title"].startswith("by class")]
        tables = [Table(**table) for table in classes] if "balanced_accuracy" in results["metrics"] else []
        print_result(Console(), Result(metrics=results["metrics"], lines=early, tables=tables))
    print(run)
    return 0


def evaluate_command(words: Sequence[str]) -> int:
    """`etudes evaluate RUN`."""
    from etudes.actions.evaluate import evaluate

    given = parse(flags.Evaluate, words, "etudes evaluate")
    result = evaluate(given.reference, backend=given.backend, data=given.data, test_data=given.test_data)
    return _show(result, given.json)


def use_command(words: Sequence[str]) -> int:
    """`etudes use RUN|ETUDE INPUT ...`; the flags are the étude's options of use."""
    from etudes.actions.use import use_as_asked
    from etudes.training.computing import computing

    reference = _named(words, "use", "RUN|ETUDE")
    experiment, target = _study_and_target(reference)
    options = experiment.use.options
    accepted: Any = flags.UseFlags
    given = parse(accepted[flags.shown_options(options)], words[1:], f"etudes use {reference}")
    chosen = {field.name: getattr(given.options, field.name) for field in dataclasses.fields(options) if field.init}
    inputs = chosen.pop("inputs")
    with computing():  # also while answers are shown, which may be made only then
        return _show(use_as_asked(target, *inputs, backend=given.backend, **chosen), given.json)


def inspect_command(words: Sequence[str]) -> int:
    """`etudes inspect RUN|ETUDE [--table --preset NAME]`; the flags are the étude's options of inspect."""
    from etudes import experiments
    from etudes.actions.inspect import inspect, layer_tables, layer_tables_of, network_asked_for
    from etudes.actions.loading import load
    from etudes.contract import Result

    reference = _named(words, "inspect", "RUN|ETUDE")
    experiment, target = _study_and_target(reference)
    options = experiment.inspect.options
    accepted: Any = flags.InspectFlags
    given = parse(accepted[flags.shown_options(options)], words[1:], f"etudes inspect {reference}")
    if given.preset and not (given.table and reference in experiments.names()):
        raise UserError("--preset goes with --table and an etude's name; a run has its own settings")
    if given.table and reference in experiments.names():
        asked = network_asked_for(experiment, given.options)
        tables = layer_tables(reference, preset=given.preset or "tuned", backend=given.backend, **asked)
        return _show(Result(tables=tables), given.json)
    if given.table:
        networks = load(target, backend=given.backend).networks
        return _show(Result(tables=layer_tables_of(networks)), given.json)
    chosen = {field.name: getattr(given.options, field.name) for field in dataclasses.fields(options)}
    return _show(inspect(target, backend=given.backend, data=given.data, **chosen), given.json)


def export_command(words: Sequence[str]) -> int:
    """`etudes export RUN`."""
    from etudes.actions.export import export

    given = parse(flags.Export, words, "etudes export")
    return _show(export(given.reference, format=given.format, out=given.out, backend=given.backend), given.json)


def report_command(words: Sequence[str]) -> int:
    """`etudes report RUN`."""
    from etudes.actions.report import report

    given = parse(flags.Report, words, "etudes report")
    page = report(given.reference, out=given.out, as_is=given.as_is, overwrite=given.overwrite, data=given.data)
    print(page)
    return 0


def share_command(words: Sequence[str]) -> int:
    """`etudes share RUN`."""
    from etudes.actions.share import share

    given = parse(flags.Share, words, "etudes share")
    page = share(
        given.reference, out=given.out, overwrite=given.overwrite, with_pictures=given.with_pictures,
        large=given.large, data=given.data,
    )  # fmt: skip
    print(page)
    return 0


def compare_command(words: Sequence[str]) -> int:
    """`etudes compare RUN RUN ...`."""
    from etudes.actions.compare import compare
    from etudes.runs import runs_folder

    given = parse(flags.Compare, words, "etudes compare")
    out = given.out or runs_folder() / "compared" / "curves.png"
    overwrite = given.overwrite or given.out is None  # that place is our own
    return _show(compare(given.runs, out=out, overwrite=overwrite), given.json)


def list_command(words: Sequence[str]) -> int:
    """`etudes list`."""
    from etudes.actions.studies import etudes_table

    given = parse(flags.List, words, "etudes list")
    return _show_table(etudes_table(), given.json)


def card_command(words: Sequence[str]) -> int:
    """`etudes card ETUDE`."""
    from etudes.cli.listing import card_text
    from etudes.views.markdown_page import Card

    given = parse(flags.Card, words, "etudes card")
    Console().print(Card(card_text(given.etude)))
    return 0


def data_command(words: Sequence[str]) -> int:
    """`etudes data list | fetch NAME | verify`."""
    from etudes.cli.listing import data_table
    from etudes.data.downloads import fetch

    given = parse(flags.Data, words, "etudes data")
    if given.what == "fetch":
        if not given.name:
            raise UserError("name the set to fetch: etudes data fetch mnist")
        print(fetch(given.name))
        return 0
    return _show_table(data_table(verified=given.what == "verify"), given.json)


def doctor_command(words: Sequence[str]) -> int:
    """`etudes doctor`."""
    from etudes.cli.listing import doctor_table

    given = parse(flags.Doctor, words, "etudes doctor")
    return _show_table(doctor_table(), given.json)


def demo_command(words: Sequence[str]) -> int:
    """`etudes demo`."""
    from etudes.cli.demo import run_demo
    from etudes.runs import runs_folder
    from etudes.views.progress import progress_for

    given = parse(flags.Demo, words, "etudes demo")
    print(run_demo(given.out or runs_folder() / "demo", progress_for(Console(), given.quiet)))
    return 0


def studio_command(words: Sequence[str]) -> int:
    """`etudes studio`."""
    from etudes.studio import server

    given = parse(flags.Studio, words, "etudes studio")
    address = server.public_address(given.root_path, given.public_host)
    password = server.password_for(given.host, given.password_file, behind_proxy=address.behind_proxy)
    server.check_port(given.host, given.port)
    server.serve(given.host, given.port, password, address)
    return 0


def _named(words: Sequence[str], command: str, what: str = "ETUDE") -> str:
    """The first word, which must be a name."""
    from etudes import experiments

    if not words:
        raise UserError(f"name an etude: etudes {command} {what}; one of {', '.join(experiments.names())}")
    if words[0] in ("-h", "--help"):
        known = "\n".join(f"  {name}" for name in experiments.names())
        print(f"usage: etudes {command} {what} [...]\n\nThe flags depend on the etude:\n{known}")
        print(f"\netudes {command} {experiments.names()[0]} --help shows those of one.")
        raise SystemExit(0)
    return words[0]


def _study_and_target(reference: str) -> tuple[Any, Any]:
    """The study whose flags a command accepts, and what to pass on: a run that was looked up is not looked up again."""
    from etudes import experiments
    from etudes.actions.loading import resolve

    if reference in experiments.names():
        return experiments.load(reference), reference
    target = resolve(reference)
    return target.experiment, target


def _value_of(words: Sequence[str], flag: str) -> str | None:
    """The value of a flag that must be known before the others can be parsed."""
    for place, word in enumerate(words):
        if word == flag and place + 1 < len(words):
            return words[place + 1]
        if word.startswith(f"{flag}="):
            return word.split("=", 1)[1]
    return None


def _show(result: Result, as_json: bool) -> int:
    if as_json and result.stream:
        _print_stream(result)
    elif as_json:
        _print_json(result.as_json())
    else:
        from etudes.views.terminal import print_result

        print_result(Console(), result)
        if result.run:  # beside the answers, not among them
            console = Console(stderr=True, highlight=False, markup=False, emoji=False)
            console.print(f"weights: {result.run}", style="dim", soft_wrap=True)
    if result.unsaved:
        from etudes.cli import one_line

        print(one_line(f"etudes: warning: {result.unsaved}"), file=sys.stderr)
    return 0


def _show_table(table: Any, as_json: bool) -> int:
    if as_json:
        _print_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])
    else:
        from etudes.views.terminal import print_table

        print_table(Console(), table)
    return 0


def _print_stream(result: Result) -> None:
    """One JSON object, an answer a line as they come; its other parts follow, as some are known only then."""
    print('{"answers": [', end="")
    for number, (_, record) in enumerate(result.stream):
        print("," if number else "", _json(record, None), sep="\n", end="")
    rest = _json(result.as_json()).removeprefix("{")
    print("\n]", rest, sep="" if rest == "}" else ",")


def _print_json(value: Any) -> None:
    print(_json(value))


def _json(value: Any, indent: int | None = 1) -> str:
    # Where the terminal cannot take every letter, JSON can still name it.
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    return json.dumps(value, indent=indent, ensure_ascii=not unicode)
