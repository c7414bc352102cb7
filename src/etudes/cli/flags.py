"""The flags of each command, as dataclasses for tyro."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar, cast, get_args, get_type_hints

import tyro
from tyro.conf import FlagCreatePairsOff, Positional, arg

S = TypeVar("S")
_RUN = "A run folder, ETUDE@bundled, or the name of an etude: its newest finished run, else the bundled one."
_LOG = "Also log the metrics to TensorBoard or MLflow; may be repeated."

Reference = Annotated[str, Positional, arg(metavar="RUN|ETUDE", help=_RUN)]
RunFolder = Annotated[str, Positional, arg(metavar="RUN", help="The run folder.")]
Backend = Annotated[
    str | None, arg(metavar="NAME", help="tensorflow, jax or torch; default: the best for this machine.")
]
Folder = Annotated[str | None, arg(metavar="DIR")]
File = Annotated[str | None, arg(metavar="FILE")]
Log = Annotated[
    tyro.conf.UseAppendAction[tuple[Literal["tensorboard", "mlflow"], ...]],
    arg(metavar="tensorboard|mlflow", help=_LOG),
]
Quiet = Annotated[FlagCreatePairsOff[bool], arg(help="Show no progress, only the result.")]
RunData = Annotated[
    str | None, arg(metavar="PLACE", help="Where the data of the run is now; default: it is looked for where it was.")
]
Overwrite = Annotated[FlagCreatePairsOff[bool], arg(help="Replace an existing file that Études did not write.")]
Json = Annotated[FlagCreatePairsOff[bool], arg(help="Print JSON on standard output, progress on standard error.")]


@dataclass(frozen=True)
class Train(Generic[S]):
    """Train an etude in a run folder, whose path is printed last."""

    settings: tyro.conf.OmitArgPrefixes[S]
    preset: str = "tuned"
    """Named settings to start from; the flags below change individual settings."""
    out: Folder = None
    """The run folder; by default the next free one in the runs folder."""
    backend: Backend = None
    log: Log = ()
    quiet: Quiet = False
    json: Json = False


@dataclass(frozen=True)
class Resume:
    """Resume an interrupted run."""

    run: RunFolder
    data: RunData = None
    log: Log = ()
    quiet: Quiet = False
    json: Json = False


@dataclass(frozen=True)
class Finish:
    """Finish a stopped run as it is, for good: it is evaluated, usable, and marked as finished early."""

    run: RunFolder
    data: RunData = None
    quiet: Quiet = False
    json: Json = False


@dataclass(frozen=True)
class Reproduce:
    """Train a run again from its settings and seed, and compare the two bit for bit; exit code 1 if they differ."""

    reference: Reference
    out: Folder = None
    """Keep the second run here; by default it is removed afterwards."""
    data: RunData = None
    quiet: Quiet = False
    json: Json = False


@dataclass(frozen=True)
class Evaluate:
    """The metrics of a run on its test set, or on all of some other labelled data."""

    reference: Reference
    data: RunData = None
    test_data: Annotated[str | None, arg(metavar="PLACE")] = None
    """Labelled data to test on instead, all of it: what --data of `etudes train` takes. Classes are matched by name."""
    backend: Backend = None
    json: Json = False


@dataclass(frozen=True)
class UseFlags(Generic[S]):
    """Apply a trained etude to your own input."""

    options: tyro.conf.OmitArgPrefixes[S]
    backend: Backend = None
    json: Json = False


@dataclass(frozen=True)
class InspectFlags(Generic[S]):
    """The layer tables with shapes and parameters, then pictures of what the network has learned."""

    options: tyro.conf.OmitArgPrefixes[S]
    table: FlagCreatePairsOff[bool] = False
    """Only the layer tables; with the name of an etude they need neither run nor data."""
    preset: Annotated[str | None, arg(metavar="NAME")] = None
    """With --table and the name of an etude: the preset whose networks to show."""
    data: RunData = None
    backend: Backend = None
    json: Json = False


@dataclass(frozen=True)
class Export:
    """Write the trained networks of a run as files for other programs; each is run and compared after writing."""

    reference: Reference
    format: Literal["keras", "saved-model", "onnx", "litert"] = "keras"
    """A Keras model, a TensorFlow SavedModel, ONNX, or LiteRT (TensorFlow Lite)."""
    out: Folder = None
    """The folder; default: `export` in the run folder, or in the runs folder for a bundled run."""
    backend: Backend = None
    json: Json = False


@dataclass(frozen=True)
class Report:
    """Write a run as one HTML page, pictures included: settings, curves, results of evaluate, inspect and use."""

    reference: Reference
    out: File = None
    """The page; by default report.html in the run folder, or in the runs folder for a bundled run."""
    overwrite: Overwrite = False
    as_is: FlagCreatePairsOff[bool] = False
    """Compute nothing: show only existing results. Without this, missing ones are computed first."""
    data: RunData = None


@dataclass(frozen=True)
class Share:
    """Write a run as one HTML file for anybody: its network runs in the browser, offline, and shows all it computes."""

    reference: Reference
    out: File = None
    """The page; by default page.html in the run folder, or in the runs folder for a bundled run."""
    overwrite: Overwrite = False
    with_pictures: FlagCreatePairsOff[bool] = False
    """Your own data may be in the page: some of its pictures, or texts. Data sets that are public always may."""
    large: FlagCreatePairsOff[bool] = False
    """The page may be larger than 50 MB."""
    data: RunData = None


@dataclass(frozen=True)
class Compare:
    """Compare runs: settings that differ, results, and all curves in one picture."""

    runs: Annotated[tuple[str, ...], Positional, arg(metavar="RUN")]
    """Two or more run folders."""
    out: File = None
    """File for the curves; other pictures go beside it; default: compared/curves.png in the runs folder."""
    overwrite: Overwrite = False
    json: Json = False


@dataclass(frozen=True)
class List:
    """The etudes, a line each: what it does, best result, available weights."""

    json: Json = False


@dataclass(frozen=True)
class Card:
    """The card of an etude: idea, layer table, data, process, presets, results."""

    etude: Annotated[str, Positional, arg(metavar="ETUDE")]
    """Its name; see `etudes list`."""


@dataclass(frozen=True)
class Data:
    """Data sets: list them, download one, or verify the files."""

    what: Annotated[Literal["list", "fetch", "verify"], Positional] = "list"
    """list: where they are and how large; fetch: download one; verify: check every checksum."""
    name: Annotated[str | None, Positional, arg(metavar="NAME")] = None
    """The set to download."""
    json: Json = False


@dataclass(frozen=True)
class Doctor:
    """What this machine has, what is missing, and how to fix it."""

    json: Json = False


@dataclass(frozen=True)
class Demo:
    """All six in a few minutes: four are trained on embedded data, two use bundled weights; one report.html."""

    out: Folder = None
    """The folder of runs and report; default: `demo` in the runs folder. Finished runs are kept."""
    quiet: Quiet = False


@dataclass(frozen=True)
class Studio:
    """All six in the browser: use, train and inspect them. Needs `pip install 'keras-etudes[studio]'`."""

    host: Annotated[str, arg(metavar="ADDRESS")] = "127.0.0.1"
    """The address to listen on; one that other machines can reach needs a password."""
    port: int = 7860
    """The port of the page; 0 for any that is free, which is printed."""
    password_file: File = None
    """A file with the password in one line; or set ETUDES_STUDIO_PASSWORD."""
    public_host: Annotated[str | None, arg(metavar="NAME")] = None
    """The name of the proxy before the studio, as browsers know it."""
    root_path: Annotated[str | None, arg(metavar="PATH")] = None
    """What the proxy puts before every path, such as /lab/etudes; or set GRADIO_ROOT_PATH."""


def shown_options(options: type[Any]) -> type[Any]:
    """A study's options of use or inspect, for tyro: inputs have no flag, and texts are shown as FILE, TEXT or NAME."""
    shown: list[tuple[str, Any, Any]] = []
    hints, annotated = get_type_hints(options, include_extras=True), cast("Any", Annotated)
    for option in dataclasses.fields(options):
        hint = hints[option.name]
        if option.name == "inputs":
            shown.append((option.name, annotated[hint, Positional, arg(metavar="INPUT ...")], dataclasses.field()))
        elif str in get_args(hint) and option.default is None:
            named = arg(metavar=_METAVARS.get(option.name, "NAME"))
            shown.append((option.name, annotated[hint, named], dataclasses.field(default=None)))
    cls = dataclasses.make_dataclass(options.__name__, shown, bases=(options,), frozen=True)
    cls.__doc__ = options.__doc__
    return cls


_FILES = ("file", "film", "guide", "mask", "out", "picture", "preview", "seen")
_METAVARS = {"question": "TEXT"} | dict.fromkeys(_FILES, "FILE")
"""What stands for the value of a text option in help, by the option's name."""
