"""share: a run as one HTML file in which its network runs, and shows every value on its way."""

from __future__ import annotations

import math
import platform
import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from markdown_it import MarkdownIt

from etudes import __version__, experiments
from etudes.actions.loading import LoadedRun, Reference, open_run, resolve
from etudes.actions.studies import committed_results, recipe
from etudes.contract import Array, BaseNetwork, IOSpec, Share, SharedRun, Table, TensorSpec
from etudes.data.notes import note
from etudes.data.storage import is_on_this_machine
from etudes.errors import UserError, user_path
from etudes.graphs import GraphNetwork, load_graphs, read_layers
from etudes.pages import page_html, page_parts
from etudes.pages.private import without_folders, without_quotes
from etudes.pages.weights import exact_dtype, pack_weights, rounded
from etudes.runs import bundled_dream, read_metrics
from etudes.runs.files import write_atomically
from etudes.schema import as_dict
from etudes.training.computing import computing
from etudes.views.pictures import check_new_file

LARGE = 50_000_000
"""Bytes of weights from which on a page is made only if asked for."""

TRIALS = 64
"""Inputs, drawn at random, with which weights in half precision are tried."""

TOLERATED = {"picture": 0.5, "probability": 1e-3}
"""The largest difference of an output that weights in half precision may make: half a grey level, or a thousandth."""

TASK = ("digits", "operator")
"""Settings by which generated data is other data; records of other tasks are not compared with a run."""


@computing()
def share(
    reference: Reference,
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    with_pictures: bool = False,
    large: bool = False,
    data: str | Path | None = None,
) -> Path:
    """Write a run as one HTML file that explains itself: its network runs in the browser, without any connection.

    The worst mistakes on the test split are part of it where the run's data is on this machine.

    Args:
        reference: as in `use`.
        out: the page; by default `page.html` in the run folder, or, of a bundled run, in the runs folder.
        overwrite: whether `out` may be a file that Études did not write.
        with_pictures: whether pictures, or texts, of the run's data may be put into the page where that is your own.
        large: whether the page may be larger than 50 MB.
        data: as in `load`.

    Returns:
        Where the page is.

    Raises:
        UserError: the run is not finished; the page cannot be built or written, or is too large.
    """
    if out is not None:
        check_new_file(out, overwrite=overwrite)
    loaded = _open(reference, data)
    assert loaded.run is not None
    place = user_path(out) if out is not None else loaded.run.place / "page.html"
    content = share_page(loaded, with_pictures=with_pictures, large=large)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, content.encode())
    except OSError as error:
        raise UserError(f"cannot write {place}: {error.strerror or error}") from error
    return place


@computing()
def share_page(reference: Reference, *, with_pictures: bool = False, large: bool = False) -> str:
    """The page that `share` writes, as text.

    Args:
        reference: as in `share`, and so are the other arguments.
        with_pictures: whether private pictures or texts may be in it.
        large: whether it may be larger than 50 MB.

    Raises:
        UserError: as in `share`.
    """
    loaded = _open(reference)
    assert loaded.run is not None
    kind = loaded.experiment.share
    if kind is None:
        raise UserError(f"{loaded.etude} has no page yet: `etudes report {loaded.run}` writes what there is")
    parts = page_parts(loaded.etude)
    graphs = _graphs(loaded, kind.networks(loaded.info, loaded.settings))
    arrays = _arrays(loaded, graphs)
    weights, entries = pack_weights(arrays)
    if len(weights) > LARGE and not large:
        raise UserError(
            f"a page of {loaded.run} would have {len(weights) / 1e6:.0f} MB of weights: --large makes it all the same"
        )
    blobs = {"weights": weights, **{f"graph-{name}": graph.content for name, graph in graphs.items()}}
    content = {
        **_said(loaded, kind, with_pictures),
        "networks": _networks(loaded, graphs),
        "weights": entries,
        "content": kind.content(_shared(loaded, kind, with_pictures)),
        "licences": [{"name": name, "text": text} for name, text in parts.licences],
    }
    return page_html(
        etude=loaded.etude,
        title=f"{loaded.etude} · {content['run']}",
        description=f"{loaded.etude}: {loaded.experiment.summary}",
        data=_plain(content),
        blobs=blobs if graphs else {},
        parts=parts,
    )


def _open(reference: Reference, data: str | Path | None = None) -> LoadedRun:
    """The run, opened; a dream without its network, which its page does not hold, and perhaps of the package."""
    if isinstance(reference, LoadedRun):
        return reference
    target = resolve(reference)
    if target.run is None:
        target = resolve(bundled_dream(target.etude) or target)
    return open_run(target, place=data, weights=not target.experiment.capability(BaseNetwork))


# --- networks ---------------------------------------------------------------------------------------------------------


def _graphs(loaded: LoadedRun, names: Sequence[str]) -> dict[str, GraphNetwork]:
    """The graphs of the page, of all that the run has."""
    assert loaded.run is not None
    found = load_graphs(loaded.run.folder, loaded.arrays)
    if not set(names) <= set(found) or not set(names) <= set(read_layers(loaded.run.folder)):
        raise UserError(
            f"{loaded.run} has no graphs that say what is inside: `etudes evaluate {loaded.run.quoted}` writes them"
        )
    return {name: found[name] for name in names}


def _networks(loaded: LoadedRun, graphs: Mapping[str, GraphNetwork]) -> dict[str, Any]:
    """What the page knows of its networks, as `NetworkData` of its script."""
    assert loaded.run is not None
    layers = read_layers(loaded.run.folder)
    kinds = {"tensor(float)": "float32", "tensor(int32)": "int32"}
    return {
        name: {
            "inputs": [
                {"name": one.name, "shape": one.shape[1:], "dtype": kinds[one.type]}
                for one in graph.session.get_inputs()
            ],
            "outputs": [one.name for one in graph.session.get_outputs()],
            "layers": layers[name],
            "parameters": sum(layer["parameters"] for layer in layers[name]),
        }
        for name, graph in graphs.items()
    }


def _arrays(loaded: LoadedRun, graphs: Mapping[str, GraphNetwork]) -> dict[str, Array]:
    """The weights of the page: rounded to half precision where that changes no answer."""
    specs = loaded.experiment.io_spec(loaded.info, loaded.settings)
    found: dict[str, Array] = {}
    for name, graph in graphs.items():
        arrays = {key: array for key, array in graph.arrays.items() if key not in found and _is_asked_for(key, graph)}
        if any(exact_dtype(np.ascontiguousarray(array, np.float32)) == "float32" for array in arrays.values()):
            short = {key: rounded(np.asarray(array, np.float32)) for key, array in arrays.items()}
            if _answers_equal(graph, GraphNetwork(graph.content, short), specs[name]):
                arrays = short
        found |= arrays
    return found


def _is_asked_for(name: str, graph: GraphNetwork) -> bool:
    return bytes([len(name)]) + name.encode() in graph.content


def _answers_equal(graph: GraphNetwork, short: GraphNetwork, spec: IOSpec) -> bool:
    """Whether two networks answer alike on inputs drawn at random: the same classes, the same pictures."""
    rng = np.random.default_rng(0)
    drawn = [
        _draw(rng, part, [TRIALS, *shape.shape[1:]], "int" in shape.type)
        for part, shape in zip(spec.inputs, graph.session.get_inputs(), strict=True)
    ]
    given: Any = drawn if len(drawn) > 1 else drawn[0]
    for part, one, other in zip(spec.outputs, *(_listed(each.predict_on_batch(given)) for each in (graph, short)),
                                strict=True):  # fmt: skip
        kind = "picture" if part.high > 1 else "probability"
        if float(np.abs(one - other).max()) > TOLERATED[kind]:
            return False
        if kind == "probability" and (one.argmax(-1) != other.argmax(-1)).any():
            return False
    return True


def _draw(rng: np.random.Generator, part: TensorSpec, shape: list[int], whole: bool) -> Array:
    drawn: Array = rng.integers(int(part.low), int(part.high) + 1, shape) if whole else rng.uniform(
        part.low, part.high, shape)  # fmt: skip
    return drawn.astype(np.int32 if whole else np.float32)


def _listed(outputs: Any) -> list[Array]:
    return list(outputs) if isinstance(outputs, list) else [outputs]


# --- what is said -----------------------------------------------------------------------------------------------------


def _said(loaded: LoadedRun, kind: Share, with_pictures: bool) -> dict[str, Any]:
    """`facts`, without what is private."""
    found = facts(loaded)
    said = {name: found[name] for name in ("settings", "info", "command")}
    found |= without_folders(said, found["settings"])
    if kind.is_private(loaded.info, loaded.settings) and not with_pictures:
        found["tables"] = without_quotes(found["tables"], kind.quoting)
    return found


def facts(loaded: LoadedRun) -> dict[str, Any]:
    """What the page says of the run: settings, data, metrics, history, environment, source and card."""
    assert loaded.run is not None
    run, folder = loaded.run, experiments.folder(loaded.etude)
    header, results = run.header(), run.results()
    environment = run.read_json("environment.json")
    return {
        "etude": loaded.etude,
        "run": str(run.folder.name if not run.bundled else run),
        "version": __version__,
        "preset": header["preset"],
        "settings": header["settings"],
        "info": as_dict(loaded.info),
        "split": header["split"],
        "metrics": {name: value for name, value in results["metrics"].items() if isinstance(value, int | float)},
        "headline": loaded.experiment.headline_of(results["metrics"]),
        "tables": results.get("tables", []),
        "history": read_metrics(run.folder),
        "records": _records(loaded),
        "environment": _environment(environment, results),
        "command": str(environment.get("command", "")),
        "weights_sha256": str(results.get("weights_sha256", "")),
        "source": (folder / "study.py").read_text(encoding="utf-8"),
        "card": _html(folder / "README.md"),
    }


def _environment(environment: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, str]:
    """Where and with what the run was trained, in words."""
    versions = environment.get("versions", {})
    found = {
        "processor": environment.get("processor", platform.processor()),
        "backend": environment.get("backend", ""),
        "precision": environment.get("precision", ""),
        "seconds": results.get("training_seconds", ""),
        "python": environment.get("python", ""),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    return {name: str(value) for name, value in found.items() if value != ""}


def _html(card: Path) -> str:
    """A study's card as HTML; what it links to is not in the page, so only the words of links stay."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink"])
    return str(reader.render(card.read_text(encoding="utf-8"))) if card.exists() else ""


def _records(loaded: LoadedRun) -> list[Table]:
    """The committed results of the study on the same data: recipes, seeds, and their spread."""
    headline = loaded.experiment.headline_of(loaded.run.results()["metrics"]) if loaded.run else ""
    found: dict[tuple[str, str], list[float]] = {}
    for record in committed_results(loaded.etude):
        if _is_same_task(record, loaded) and headline in record["metrics"]:
            found.setdefault((recipe(record), record["epochs"]), []).append(float(record["metrics"][headline]))
    rows = [(*names, len(values), mean(values), min(values), max(values)) for names, values in found.items()]
    columns = ("recipe", "trained for", "seeds", f"{headline.replace('_', ' ')}, mean", "lowest", "highest")
    return [Table("committed results", columns, rows)] if rows else []


def _is_same_task(record: Mapping[str, Any], loaded: LoadedRun) -> bool:
    """Whether a committed result was measured on the data of a run."""
    words = shlex.split(record["flags"].replace("=", " "))
    given, settings = dict(pairwise(words)), vars(loaded.settings)
    preset = vars(loaded.experiment.presets[record["preset"]])
    return record["data"] == loaded.target.header["settings"]["data"] and all(
        given.get(f"--{name}", str(preset[name])) == str(settings[name]) for name in TASK if name in settings
    )


def _shared(loaded: LoadedRun, kind: Share, with_pictures: bool) -> SharedRun:
    """What the study's `content` is given; the data only where it is here and may be shown."""
    assert loaded.run is not None
    if loaded.experiment.capability(BaseNetwork):
        return _shared_dream(loaded, with_pictures)
    data = None
    named = [value for value in vars(loaded.settings).values() if isinstance(value, str)]
    if kind.is_private(loaded.info, loaded.settings) and not with_pictures:
        note("your own data stays out of the page: no mistakes are shown (--with-pictures puts some of it in)")
    elif not all(map(is_on_this_machine, named)):
        note(f"the page shows no mistakes, as the data is not here: `etudes data fetch {loaded.settings.data}`")
    else:
        try:
            data = loaded.data
        except UserError as error:
            note(f"the page shows no mistakes: {error}")
    networks = dict(load_graphs(loaded.run.folder, loaded.arrays))
    return SharedRun(
        networks, loaded.info, loaded.settings, data, loaded.run.folder, with_pictures, lambda: loaded.networks
    )


def _shared_dream(loaded: LoadedRun, with_pictures: bool) -> SharedRun:
    """A dream as its study's `content` is given it; its network is looked for when that asks for it."""
    assert loaded.run is not None
    try:
        data = loaded.data
    except UserError:  # the page is of the pictures that the run keeps
        data = None
    info, settings, run = loaded.info, loaded.settings, loaded.run
    return SharedRun({}, info, settings, data, run.folder, with_pictures, lambda: open_run(run).networks)


def _plain(value: Any) -> Any:
    """What JSON can hold: arrays as lists, tables as objects, numbers that are none as null."""
    if isinstance(value, Table):
        return _plain({"title": value.title, "columns": value.columns, "rows": value.rows})
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value
