"""The terminal's door: turns words into calls of `etudes.actions`, and results into text. No Keras is imported here."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

import tyro
from rich.console import Console

from etudes.errors import UserError, unknown

if TYPE_CHECKING:
    from etudes.contract import Result

S = TypeVar("S")
Reference = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN|ETUDE")]
Backend = Annotated[str | None, tyro.conf.arg(metavar="NAME")]
Folder = Annotated[str | None, tyro.conf.arg(metavar="DIR")]
File = Annotated[str | None, tyro.conf.arg(metavar="FILE")]


@dataclass(frozen=True)
class Train(Generic[S]):
    """Train an etude in a run folder; its path is printed last."""

    settings: tyro.conf.OmitArgPrefixes[S]
    preset: str = "tuned"
    """Named settings to start from; the flags below change single ones."""
    out: Folder = None
    """The run folder; by default the next free one in runs/."""
    backend: Backend = None
    """tensorflow, jax or torch; by default KERAS_BACKEND, else what fits the machine."""
    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Show no progress, only the run folder."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the results as JSON on standard output, progress on standard error."""


@dataclass(frozen=True)
class Resume:
    """Go on with an interrupted training."""

    run: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """The run folder."""
    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Show no progress, only the run folder."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the results as JSON."""


@dataclass(frozen=True)
class Evaluate:
    """The figures of a run on its test set."""

    reference: Reference
    """A run folder, or an etude's name for its newest finished run."""
    backend: Backend = None
    """tensorflow, jax or torch."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the result as JSON."""


@dataclass(frozen=True)
class Inspect:
    """The layer table with shapes and parameters, then pictures of what was learned."""

    reference: Reference
    """A run folder, or an etude's name for its newest finished run."""
    table: tyro.conf.FlagCreatePairsOff[bool] = False
    """Only the layer tables; of an etude's name they need neither run nor data."""
    preset: str | None = None
    """With --table and an etude's name: the preset whose networks to show."""
    backend: Backend = None
    """tensorflow, jax or torch."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the result as JSON."""


@dataclass(frozen=True)
class Compare:
    """Put runs side by side: settings that differ, results, and their curves in one picture."""

    runs: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Two or more run folders."""
    out: File = "compare.png"
    """The picture of the curves."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the result as JSON."""


@dataclass(frozen=True)
class List:
    """The etudes, a line each: what it learns, best result, whether trained weights are at hand."""

    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print as JSON."""


@dataclass(frozen=True)
class Card:
    """An etude's card: idea, layer table, data, process, presets, results."""

    etude: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="ETUDE")]
    """Its name; see `etudes list`."""


@dataclass(frozen=True)
class Data:
    """Data sets: list them, fetch one, verify what is there."""

    what: Annotated[Literal["list", "fetch", "verify"], tyro.conf.Positional] = "list"
    """list: where they are and how large; fetch: download one; verify: check every file's sum."""
    name: Annotated[str | None, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")] = None
    """The set to fetch."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print as JSON."""


@dataclass(frozen=True)
class Doctor:
    """What this machine has and what is missing, with the command that mends it."""

    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print as JSON."""


@dataclass(frozen=True)
class Demo:
    """Train, use and look inside all six on embedded data; ends in one report.html."""

    out: Annotated[str, tyro.conf.arg(metavar="DIR")] = "runs/demo"
    """Where the runs and the report go; runs that are finished are kept."""
    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Show no progress, only the report's path."""


@dataclass(frozen=True)
class UseFlags(Generic[S]):
    """Apply a trained etude to your own input."""

    options: tyro.conf.OmitArgPrefixes[S]
    backend: Backend = None
    """tensorflow, jax or torch."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the result as JSON."""


def parse(cls: Any, words: Sequence[str], prog: str, **kwargs: Any) -> Any:
    """Parse words into a dataclass with tyro, whose boxed errors become one line.

    Raises:
        UserError: the words do not fit.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(cls, args=list(words), prog=prog, **kwargs)
    except SystemExit as leave:
        if not leave.code:
            raise
    lines = [line.strip("╭╮╰╯│─┄ \n") for line in re.sub(r"\x1b\[[0-9;]*m", "", said.getvalue()).split("\n")]
    lines = [line for line in lines[1:] if line]
    message = lines[0].removeprefix("Error parsing ") if lines else "these words do not fit"
    near = next((b for a, b in zip(lines, lines[1:], strict=False) if a.startswith("Perhaps you meant")), "")
    hint = f"did you mean {near.split()[0]}?" if near else f"see `{prog} --help`"
    raise UserError(f"{message}: {hint}"[:200])


def train(words: Sequence[str]) -> int:
    """`etudes train ETUDE [flags]`; the flags are the étude's settings, their defaults the preset's."""
    from etudes import actions, experiments

    name = _named(words, "train")
    experiment = experiments.load(name)
    preset = _value_of(words, "--preset") or "tuned"
    start = Train(settings=actions.preset_of(name, preset), preset=preset)
    given = parse(Train[experiment.settings], words[1:], f"etudes train {name}", default=start)  # type: ignore[name-defined]
    from etudes.settings import as_dict
    from etudes.views.progress import watch_for

    watch = watch_for(Console(stderr=given.json), given.quiet)
    run = actions.train(
        name, preset=given.preset, out=given.out, backend=given.backend, watch=watch, **as_dict(given.settings)
    )
    return _show_run(run, given.quiet, given.json)


def resume(words: Sequence[str]) -> int:
    """`etudes resume RUN`."""
    from etudes import actions
    from etudes.views.progress import watch_for

    given = parse(Resume, words, "etudes resume")
    run = actions.resume(given.run, watch=watch_for(Console(stderr=given.json), given.quiet))
    return _show_run(run, given.quiet, given.json)


def _show_run(run: Any, quiet: bool, as_json: bool) -> int:
    results = run.read_json("results.json")
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

    given = parse(Evaluate, words, "etudes evaluate")
    return _show(actions.evaluate(given.reference, backend=given.backend), given.json)


def use(words: Sequence[str]) -> int:
    """`etudes use RUN|ETUDE INPUT ...`; the flags are the étude's options of use."""
    from etudes import actions, experiments

    reference = _named(words, "use", "RUN|ETUDE")
    options = experiments.load(actions.etude_of(reference)).options
    positional = tyro.conf.Positional[tuple[str, ...]]  # type: ignore[misc]
    cls = dataclasses.make_dataclass("Use", [("inputs", positional)], bases=(options,), frozen=True)
    cls.__doc__ = options.__doc__
    given = parse(UseFlags[cls], words[1:], f"etudes use {reference}")  # type: ignore[valid-type]
    chosen = {field.name: getattr(given.options, field.name) for field in dataclasses.fields(options) if field.init}
    inputs = chosen.pop("inputs")
    return _show(actions.use(reference, *inputs, backend=given.backend, **chosen), given.json)


def inspect(words: Sequence[str]) -> int:
    """`etudes inspect RUN|ETUDE [--table --preset NAME]`."""
    from etudes import actions, experiments
    from etudes.contract import Result

    given = parse(Inspect, words, "etudes inspect")
    if given.preset and not (given.table and given.reference in experiments.names()):
        raise UserError("--preset goes with --table and an etude's name; a run has its own settings")
    if given.table and given.reference in experiments.names():
        tables = actions.layer_tables(given.reference, preset=given.preset or "tuned", backend=given.backend)
        return _show(Result(tables=tables), given.json)
    if given.table:
        networks = actions.load(given.reference, backend=given.backend).networks
        return _show(Result(tables=actions.layer_tables_of(networks)), given.json)
    return _show(actions.inspect(given.reference, backend=given.backend), given.json)


def compare(words: Sequence[str]) -> int:
    """`etudes compare RUN RUN ...`."""
    from etudes import actions

    given = parse(Compare, words, "etudes compare")
    return _show(actions.compare(given.runs, out=given.out), given.json)


def list_etudes(words: Sequence[str]) -> int:
    """`etudes list`."""
    from etudes.overview import etudes_table

    given = parse(List, words, "etudes list")
    return _show_table(etudes_table(), given.json)


def card(words: Sequence[str]) -> int:
    """`etudes card ETUDE`."""
    from rich.markdown import Markdown

    from etudes.overview import card_text

    given = parse(Card, words, "etudes card")
    Console().print(Markdown(card_text(given.etude)))
    return 0


def data(words: Sequence[str]) -> int:
    """`etudes data list | fetch NAME | verify`."""
    from etudes.data import fetch
    from etudes.overview import data_table

    given = parse(Data, words, "etudes data")
    if given.what == "fetch":
        if not given.name:
            raise UserError("name the set to fetch: etudes data fetch mnist")
        print(fetch(given.name))
        return 0
    return _show_table(data_table(verified=given.what == "verify"), given.json)


def doctor(words: Sequence[str]) -> int:
    """`etudes doctor`."""
    from etudes.overview import doctor_table

    given = parse(Doctor, words, "etudes doctor")
    return _show_table(doctor_table(), given.json)


def demo(words: Sequence[str]) -> int:
    """`etudes demo`."""
    from etudes.demo import run_demo
    from etudes.views.progress import watch_for

    given = parse(Demo, words, "etudes demo")
    print(run_demo(given.out, watch_for(Console(), given.quiet)))
    return 0


COMMANDS: dict[str, tuple[Callable[[Sequence[str]], int], str]] = {
    "demo": (demo, "train, use and look inside all six on embedded data; ends in one report.html"),
    "list": (list_etudes, "the etudes, a line each"),
    "card": (card, "an etude's card: idea, layer table, data, process, presets, results"),
    "train": (train, "train an etude; its settings are the flags (etudes train ETUDE --help)"),
    "resume": (resume, "go on with an interrupted training"),
    "evaluate": (evaluate, "the figures of a run on its test set"),
    "use": (use, "apply a trained etude to your own input (etudes use ETUDE --help)"),
    "inspect": (inspect, "layer tables, then pictures of what was learned"),
    "compare": (compare, "runs side by side, their curves in one picture"),
    "data": (data, "built-in sets: list | fetch NAME | verify"),
    "doctor": (doctor, "what this machine has, what is missing, and the command that mends it"),
}

HELP = """usage: etudes COMMAND [...]

Six classic deep-learning studies to train, use and look inside.

{commands}

etudes COMMAND --help tells more. ETUDE is a name from `etudes list`, RUN a run folder.
"""


def help_text() -> str:
    """What `etudes --help` prints."""
    return HELP.format(commands="\n".join(f"  {name:<9} {text}" for name, (_, text) in COMMANDS.items()))


def run(words: Sequence[str]) -> int:
    """Run a command line.

    Returns:
        The exit code: 0, or 2 with one line on standard error for what a person can mend, or 130 after Ctrl-C.
    """
    if not words or words[0] in ("-h", "--help", "help"):
        print(help_text())
        return 0
    if words[0] == "--version":
        from etudes import __version__

        print(f"etudes {__version__}")
        return 0
    try:
        if words[0] not in COMMANDS:
            raise unknown("command", words[0], COMMANDS)
        return COMMANDS[words[0]][0](words[1:])
    except UserError as error:
        print(f"etudes: {error}", file=sys.stderr)
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        print(f"etudes: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("etudes: interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 2


def _named(words: Sequence[str], command: str, what: str = "ETUDE") -> str:
    """The first word, which must be a name."""
    if not words or words[0] in ("-h", "--help"):
        from etudes import experiments

        known = "\n".join(f"  {name}" for name in experiments.names())
        print(f"usage: etudes {command} {what} [...]\n\nThe flags depend on the etude:\n{known}")
        print(f"\netudes {command} {experiments.names()[0]} --help shows those of one.")
        raise SystemExit(0 if words else 2)
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
    return 0


def _show_table(table: Any, as_json: bool) -> int:
    if as_json:
        _print_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])
    else:
        from etudes.views.terminal import print_table

        print_table(Console(), table)
    return 0


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False))
