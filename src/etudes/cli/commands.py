"""The commands: each parses its words, calls one action, and prints what that gave."""

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


def train(words: Sequence[str]) -> int:
    """`etudes train ETUDE [flags]`; the flags are the étude's settings, their defaults the preset's."""
    from etudes import actions, experiments

    name = _named(words, "train")
    experiment = experiments.load(name)
    preset = _value_of(words, "--preset") or "tuned"
    start = flags.Train(settings=actions.preset_of(name, preset), preset=preset)
    given = parse(flags.Train[experiment.settings], words[1:], f"etudes train {name}", default=start)  # type: ignore[name-defined]
    from etudes.settings import as_dict
    from etudes.views.progress import watch_for

    watch = watch_for(Console(stderr=given.json), given.quiet)
    chosen = {"preset": given.preset, "out": given.out, "backend": given.backend, "log": given.log}
    run = actions.train(name, watch=watch, **chosen, **as_dict(given.settings))
    return _show_run(run, given.quiet, given.json)


def resume(words: Sequence[str]) -> int:
    """`etudes resume RUN`."""
    from etudes import actions
    from etudes.views.progress import watch_for

    given = parse(flags.Resume, words, "etudes resume")
    run = actions.resume(given.run, watch=watch_for(Console(stderr=given.json), given.quiet), log=given.log)
    return _show_run(run, given.quiet, given.json)


def reproduce(words: Sequence[str]) -> int:
    """`etudes reproduce RUN`."""
    from etudes import actions
    from etudes.views.progress import watch_for

    given = parse(flags.Reproduce, words, "etudes reproduce")
    watch = watch_for(Console(stderr=given.json), given.quiet)
    result = actions.reproduce(given.reference, out=given.out, watch=watch)
    _show(result, given.json)
    return 0 if result.figures["same"] else 1


def _show_run(run: Any, quiet: bool, as_json: bool) -> int:
    results = run.results()
    if as_json:
        _print_json({"run": str(run), **results})
        return 0
    if not quiet:
        from etudes.contract import Result
        from etudes.runs import read_metrics
        from etudes.views.terminal import print_history, print_result

        print_history(Console(), read_metrics(run.folder))
        print_result(Console(), Result(figures=results["figures"]))
    print(run)
    return 0


def evaluate(words: Sequence[str]) -> int:
    """`etudes evaluate RUN`."""
    from etudes import actions

    given = parse(flags.Evaluate, words, "etudes evaluate")
    return _show(actions.evaluate(given.reference, backend=given.backend), given.json)


def use(words: Sequence[str]) -> int:
    """`etudes use RUN|ETUDE INPUT ...`; the flags are the étude's options of use."""
    from etudes import actions, experiments

    reference = _named(words, "use", "RUN|ETUDE")
    options = experiments.load(actions.etude_of(reference)).options
    accepted: Any = flags.UseFlags
    given = parse(accepted[flags.shown_options(options)], words[1:], f"etudes use {reference}")
    chosen = {field.name: getattr(given.options, field.name) for field in dataclasses.fields(options) if field.init}
    inputs = chosen.pop("inputs")
    return _show(actions.use(reference, *inputs, backend=given.backend, **chosen), given.json)


def inspect(words: Sequence[str]) -> int:
    """`etudes inspect RUN|ETUDE [--table --preset NAME]`; the flags are the étude's options of inspect."""
    from etudes import actions, experiments
    from etudes.contract import Result

    reference = _named(words, "inspect", "RUN|ETUDE")
    options = experiments.load(actions.etude_of(reference)).inspection
    accepted: Any = flags.InspectFlags
    given = parse(accepted[flags.shown_options(options)], words[1:], f"etudes inspect {reference}")
    if given.preset and not (given.table and reference in experiments.names()):
        raise UserError("--preset goes with --table and an etude's name; a run has its own settings")
    if given.table and reference in experiments.names():
        tables = actions.layer_tables(reference, preset=given.preset or "tuned", backend=given.backend)
        return _show(Result(tables=tables), given.json)
    if given.table:
        networks = actions.load(reference, backend=given.backend).networks
        return _show(Result(tables=actions.layer_tables_of(networks)), given.json)
    chosen = {field.name: getattr(given.options, field.name) for field in dataclasses.fields(options)}
    return _show(actions.inspect(reference, backend=given.backend, **chosen), given.json)


def export(words: Sequence[str]) -> int:
    """`etudes export RUN`."""
    from etudes import actions

    given = parse(flags.Export, words, "etudes export")
    return _show(actions.export(given.reference, format=given.format, out=given.out, backend=given.backend), given.json)


def report(words: Sequence[str]) -> int:
    """`etudes report RUN`."""
    from etudes import actions

    given = parse(flags.Report, words, "etudes report")
    print(actions.report(given.reference, out=given.out, as_is=given.as_is))
    return 0


def compare(words: Sequence[str]) -> int:
    """`etudes compare RUN RUN ...`."""
    from etudes import actions
    from etudes.runs import runs_folder

    given = parse(flags.Compare, words, "etudes compare")
    out = given.out or runs_folder() / "compared" / "curves.png"
    return _show(actions.compare(given.runs, out=out), given.json)


def list_etudes(words: Sequence[str]) -> int:
    """`etudes list`."""
    from etudes.overview import etudes_table

    given = parse(flags.List, words, "etudes list")
    return _show_table(etudes_table(), given.json)


def card(words: Sequence[str]) -> int:
    """`etudes card ETUDE`."""
    from etudes.overview import card_text
    from etudes.views.terminal import Card

    given = parse(flags.Card, words, "etudes card")
    Console().print(Card(card_text(given.etude)))
    return 0


def data(words: Sequence[str]) -> int:
    """`etudes data list | fetch NAME | verify`."""
    from etudes.data import fetch
    from etudes.overview import data_table

    given = parse(flags.Data, words, "etudes data")
    if given.what == "fetch":
        if not given.name:
            raise UserError("name the set to fetch: etudes data fetch mnist")
        print(fetch(given.name))
        return 0
    return _show_table(data_table(verified=given.what == "verify"), given.json)


def doctor(words: Sequence[str]) -> int:
    """`etudes doctor`."""
    from etudes.overview import doctor_table

    given = parse(flags.Doctor, words, "etudes doctor")
    return _show_table(doctor_table(), given.json)


def demo(words: Sequence[str]) -> int:
    """`etudes demo`."""
    from etudes.demo import run_demo
    from etudes.runs import runs_folder
    from etudes.views.progress import watch_for

    given = parse(flags.Demo, words, "etudes demo")
    print(run_demo(given.out or runs_folder() / "demo", watch_for(Console(), given.quiet)))
    return 0


def studio(words: Sequence[str]) -> int:
    """`etudes studio`."""
    from etudes.studio import server

    given = parse(flags.Studio, words, "etudes studio")
    password = server.password_for(given.host, given.password_file)
    server.check_port(given.host, given.port)
    server.serve(given.host, given.port, password)
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


def _value_of(words: Sequence[str], flag: str) -> str | None:
    """The value of a flag that must be known before the others can be parsed."""
    for place, word in enumerate(words):
        if word == flag and place + 1 < len(words):
            return words[place + 1]
        if word.startswith(f"{flag}="):
            return word.split("=", 1)[1]
    return None


def _show(result: Result, as_json: bool) -> int:
    if as_json:
        _print_json(result.as_json())
    else:
        from etudes.views.terminal import print_result

        print_result(Console(), result)
        if result.run:  # beside the answers, not among them
            Console(stderr=True).print(f"weights: {result.run}", style="dim", soft_wrap=True, highlight=False)
    return 0


def _show_table(table: Any, as_json: bool) -> int:
    if as_json:
        _print_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])
    else:
        from etudes.views.terminal import print_table

        print_table(Console(), table)
    return 0


def _print_json(value: Any) -> None:
    # Where the terminal cannot take every letter, JSON can still name it.
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(value, indent=1, ensure_ascii=not unicode))
