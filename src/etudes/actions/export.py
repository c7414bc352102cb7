"""export: trained networks as files for other programs, with a sheet that says what goes in and comes out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from etudes.actions.loading import LoadedRun, Reference, open_run
from etudes.contract import BaseNetwork, Result, Table
from etudes.errors import UserError, unknown
from etudes.exports import FORMATS, Exported, Format, write_network
from etudes.runs.files import write_atomically
from etudes.settings import as_dict
from etudes.training.backend import usable_backend
from etudes.training.computing import computing


@computing()
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
    if opened.experiment.capability(BaseNetwork):
        raise UserError(f"{opened.etude} trains no network: export the run or file that its network comes from")
    exact = dataclasses.replace(opened.settings, precision="float32")
    loaded = dataclasses.replace(opened, settings=exact, backend=backend or chosen.backend)
    assert loaded.run is not None
    place = Path(out) if out is not None else loaded.run.place / "export"
    written = {name: write_network(network, name, chosen, place) for name, network in loaded.networks.items()}
    return _result(loaded, format, chosen, place, written)


def _result(trained: LoadedRun, name: str, chosen: Format, place: Path, written: dict[str, Exported]) -> Result:
    """The result, and export-FORMAT.json beside the files."""
    experiment, run = trained.experiment, trained.run
    specs = experiment.io_spec(trained.info, trained.settings)
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
                "what": str(specs[network]),
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
        lines=[*(f"{network}: {specs[network]}" for network in written), "", *snippet.splitlines()],
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
