"""The words that each command accepts, as dataclasses that tyro turns into flags."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

import tyro

S = TypeVar("S")
Reference = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN|ETUDE")]
Backend = Annotated[str | None, tyro.conf.arg(metavar="NAME")]
Folder = Annotated[str | None, tyro.conf.arg(metavar="DIR")]
Log = Annotated[
    tyro.conf.UseAppendAction[tuple[Literal["tensorboard", "mlflow"], ...]], tyro.conf.arg(metavar="tensorboard|mlflow")
]
File = Annotated[str | None, tyro.conf.arg(metavar="FILE")]


@dataclass(frozen=True)
class Train(Generic[S]):
    """Train an etude in a run folder; its path is printed last."""

    settings: tyro.conf.OmitArgPrefixes[S]
    preset: str = "tuned"
    """Named settings to start from; the flags below change single ones."""
    out: Folder = None
    """The run folder; by default the next free one in the runs folder."""
    backend: Backend = None
    """tensorflow, jax or torch; by default KERAS_BACKEND, else what fits the machine."""
    log: Log = ()
    """Write the metrics there too: event files for TensorBoard, or to MLflow; may be given twice."""
    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Show no progress, only the run folder."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the results as JSON on standard output, progress on standard error."""


@dataclass(frozen=True)
class Resume:
    """Go on with an interrupted training."""

    run: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """The run folder."""
    log: Log = ()
    """Write the metrics there too: event files for TensorBoard, or to MLflow; may be given twice."""
    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Show no progress, only the run folder."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the results as JSON."""


@dataclass(frozen=True)
class Reproduce:
    """Train a run again from its settings and seed, and say whether it ends in the same bits; exit code 1 if not."""

    reference: Reference
    """A run folder, ETUDE@bundled, or an etude's name: its newest finished run, else the bundled one."""
    out: Folder = None
    """Keep the second training here; by default it is removed afterwards."""
    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Show no progress, only the comparison."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the comparison as JSON on standard output, progress on standard error."""


@dataclass(frozen=True)
class Evaluate:
    """The metrics of a run on its test set."""

    reference: Reference
    """A run folder, ETUDE@bundled, or an etude's name: its newest finished run, else the bundled one."""
    backend: Backend = None
    """tensorflow, jax or torch."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the result as JSON."""


@dataclass(frozen=True)
class InspectFlags(Generic[S]):
    """The layer table with shapes and parameters, then pictures of what was learned."""

    options: tyro.conf.OmitArgPrefixes[S]
    table: tyro.conf.FlagCreatePairsOff[bool] = False
    """Only the layer tables; of an etude's name they need neither run nor data."""
    preset: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """With --table and an etude's name: the preset whose networks to show."""
    backend: Backend = None
    """tensorflow, jax or torch."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the result as JSON."""


@dataclass(frozen=True)
class Export:
    """The trained networks of a run as files that other programs load; each is run and compared after writing."""

    reference: Reference
    """A run folder, ETUDE@bundled, or an etude's name: its newest finished run, else the bundled one."""
    format: Literal["keras", "saved-model", "onnx"] = "keras"
    """A Keras model; a TensorFlow SavedModel; ONNX."""
    out: Folder = None
    """The folder; by default export in the run folder, of a bundled run in the runs folder."""
    backend: Backend = None
    """tensorflow, jax or torch."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the result as JSON."""


@dataclass(frozen=True)
class Report:
    """A run as one HTML page, pictures inside: settings, curves, and what evaluate, inspect and use gave."""

    reference: Reference
    """A run folder, ETUDE@bundled, or an etude's name: its newest finished run, else the bundled one."""
    out: File = None
    """The page; by default report.html in the run folder, of a bundled run in the runs folder."""
    as_is: tyro.conf.FlagCreatePairsOff[bool] = False
    """Write what is there; else evaluate, inspect and the example of use are done first where they were not."""


@dataclass(frozen=True)
class Compare:
    """Put runs side by side: settings that differ, results, and their curves in one picture."""

    runs: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Two or more run folders."""
    out: File = None
    """The picture of the curves, others beside it; by default compared/curves.png in the runs folder."""
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

    out: Folder = None
    """Where the runs and the report go, by default demo in the runs folder; runs that are finished are kept."""
    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Show no progress, only the report's path."""


@dataclass(frozen=True)
class Studio:
    """All six in the browser: use them, train them, look inside. Needs `pip install 'etudes[studio]'`."""

    host: Annotated[str, tyro.conf.arg(metavar="ADDRESS")] = "127.0.0.1"
    """Where to listen; an address that other machines reach needs a password."""
    port: int = 7860
    """The port of the page."""
    password_file: Annotated[str | None, tyro.conf.arg(metavar="FILE")] = None
    """A file with the password in one line; or set ETUDES_STUDIO_PASSWORD."""


@dataclass(frozen=True)
class UseFlags(Generic[S]):
    """Apply a trained etude to your own input."""

    options: tyro.conf.OmitArgPrefixes[S]
    backend: Backend = None
    """tensorflow, jax or torch."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the result as JSON."""


def shown_options(options: type[Any]) -> type[Any]:
    """An étude's options of use or inspect, as tyro is to show them: inputs without a flag, optional ones as FILE, INT.

    Tyro alone would show `{None}|INT` for one that may be left out, and `{None,True,False}` for --clip | --no-clip.
    """
    shown: list[tuple[str, Any, Any]] = []
    hints, annotated = get_type_hints(options, include_extras=True), cast("Any", Annotated)
    for option in dataclasses.fields(options):
        hint = hints[option.name]
        if option.name == "inputs":
            hint = annotated[hint, tyro.conf.Positional, tyro.conf.arg(metavar="INPUT ...")]
            shown.append((option.name, hint, dataclasses.field()))
        elif option.default is None:
            if bool in get_args(hint):
                told = tyro.conf.arg(constructor=bool)
            else:
                told = tyro.conf.arg(metavar=_METAVAR_OF.get(option.name) or _metavar(hint))
            shown.append((option.name, annotated[hint, told], dataclasses.field(default=None)))
    cls = dataclasses.make_dataclass(options.__name__, shown, bases=(options,), frozen=True)
    cls.__doc__ = options.__doc__
    return cls


def _metavar(hint: Any) -> str:
    """What stands for a value of `int | None`, `tuple[float, ...] | None` and the like."""
    (kind,) = (part for part in get_args(hint) if part is not type(None))
    if get_origin(kind) is tuple:
        return f"{_METAVARS[get_args(kind)[0]]} ..."
    if get_origin(kind) is Literal:
        words = "|".join(get_args(kind))  # long ones would leave the help no room for its columns
        return words if len(words) <= 16 else "NAME"
    return _METAVARS[kind]


_METAVAR_OF = {"question": "TEXT"} | dict.fromkeys(
    ("file", "film", "guide", "mask", "out", "picture", "preview"), "FILE"
)
"""What stands for the value of an option by this name, where its type does not say it."""
_METAVARS = {int: "INT", float: "FLOAT", str: "NAME"}
