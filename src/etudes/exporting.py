"""Taking trained networks out: files for other programs, with a page that says what goes in and comes out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from etudes.contract import Result, Table
from etudes.errors import UserError, unknown
from etudes.exports import FORMATS, Exported, Format, write_network
from etudes.runs.files import write_atomically
from etudes.settings import as_dict
from etudes.trained import Reference, Trained, bring_to_life, open_run
from etudes.training.backend import usable_backend

PICTURES = (
    "in: pictures (height, width, channels) of values 0 to 255, scaled inside; out: a probability for each class, in "
    "the order of their names"
)
"""What a network takes and gives, of an étude that does not say it."""


def export(
    reference: Reference, *, format: str = "keras", out: str | Path | None = None, backend: str | None = None
) -> Result:
    """Write the networks of a run as files that other programs load; each is run by its own runtime and compared.

    They compute in float32, whatever the run was trained in.

    Args:
        reference: as in `use`.
        format: "keras", "saved-model" or "onnx".
        out: the folder; by default `export` in the run's folder, of a bundled run in the runs folder.
        backend: as in `load`; saved-model and onnx are written by TensorFlow.

    Returns:
        A table of files with what goes in and comes out; `files` names them, and `export-FORMAT.json`, which says so.

    Raises:
        UserError: an unknown format, or what writes it is not installed; the étude trains no network; a file cannot be
            written, or gives other values than the network: then it is not kept.
    """
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    chosen = FORMATS[format]
    if chosen.backend and backend not in (None, chosen.backend):
        raise UserError(f"--format {format} is written by {chosen.backend}: leave out --backend {backend}")
    chosen.check(format)
    usable_backend(backend or chosen.backend)
    opened = open_run(reference)
    if opened.experiment.trains:
        raise UserError(f"{opened.etude} trains no network: export the run or file whose network it borrows")
    exact = dataclasses.replace(opened.settings, precision="float32")
    trained = bring_to_life(dataclasses.replace(opened, settings=exact), backend or chosen.backend)
    assert trained.run is not None
    place = Path(out) if out is not None else trained.run.place / "export"
    written = {name: write_network(network, name, chosen, place) for name, network in trained.networks.items()}
    return _told(trained, format, chosen, place, written)


def _told(trained: Trained, name: str, chosen: Format, place: Path, written: dict[str, Exported]) -> Result:
    """The result, and export-FORMAT.json beside the files."""
    experiment, run = trained.experiment, trained.run
    wiring = experiment.wiring(trained.info, trained.settings) if experiment.wiring else {}
    about: dict[str, Any] = {
        "etude": trained.etude,
        "run": str(run),
        "weights_sha256": run.results().get("weights_sha256") if run else None,
        "format": name,
        "data": as_dict(trained.info),
        "networks": {
            network: {
                "file": one.path.name,
                "inputs": one.inputs,
                "outputs": one.outputs,
                "what": wiring.get(network, PICTURES),
                "largest_difference": one.difference,
            }
            for network, one in written.items()
        },
    }
    sheet = place / f"export-{name}.json"
    write_atomically(sheet, json.dumps(about, indent=1, ensure_ascii=False).encode())
    rows = [
        (
            str(one.path),
            ", ".join(map(_shape, one.inputs.values())),
            ", ".join(map(_sizes, one.outputs)),
            one.difference,
        )
        for one in written.values()
    ]
    first = next(iter(written))
    snippet = _snippet(chosen, written[first], trained.networks[first])
    return Result(
        tables=[Table(f"exported: {chosen.what}", ("file", "in", "out", "largest difference"), rows)],
        lines=[*(f"{network}: {wiring.get(network, PICTURES)}" for network in written), "", *snippet.splitlines()],
        files={**{network: str(one.path) for network, one in written.items()}, "export": str(sheet)},
    )


def _shape(described: dict[str, Any]) -> str:
    return f"{_sizes(described['shape'])} {described['dtype']}"


def _sizes(shape: list[int | None]) -> str:
    return "(" + ", ".join("n" if extent is None else str(extent) for extent in shape) + ")"


def _snippet(chosen: Format, one: Exported, network: Any) -> str:
    """Python lines that load a file and ask it once, with zeros."""
    zeros = {
        name: f"np.zeros({tuple(extent or 1 for extent in described['shape'])}, {described['dtype']!r})"
        for name, described in one.inputs.items()
    }
    several = len(zeros) > 1
    # A layer of our own must be known to Keras before a model that has one is loaded.
    rooms = sorted({type(layer).__module__ for layer in network.layers if type(layer).__module__.startswith("etudes.")})
    filled = chosen.snippet.format(
        imports="".join(f"\nimport {room}" for room in rooms),
        path=str(one.path),
        inputs=f"[{', '.join(zeros.values())}]" if several else next(iter(zeros.values())),
        feed="{" + ", ".join(f"{name!r}: {value}" for name, value in zeros.items()) + "}",
    )
    return filled.replace("\n\n", "\nimport numpy as np\n\n", 1)
