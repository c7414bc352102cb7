"""export: trained networks as files for other programs, with a sheet that says what goes in and comes out."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from etudes import __version__
from etudes.actions.loading import LoadedRun, Reference, open_run
from etudes.contract import BaseNetwork, IOSpec, Result, Table, TensorSpec
from etudes.errors import UserError, unknown, user_path
from etudes.exports import FORMATS, Exported, Format, Tensor, check_place, write_networks
from etudes.extras import check_extra
from etudes.runs.files import write_atomically
from etudes.schema import as_dict
from etudes.training.backend import standard_error_to_file, usable_backend
from etudes.training.computing import computing


@computing()
def export(
    reference: Reference, *, format: str = "keras", out: str | Path | None = None, backend: str | None = None
) -> Result:
    """Write the networks of a run as files that other programs load; each is run by its own runtime and compared.

    They compute in float32, whatever the run was trained in. Names, types, shapes and ranges in the description are
    read from the written files.

    Args:
        reference: as in `use`.
        format: "keras", "saved-model", "onnx" or "litert".
        out: the folder; by default `export` in the run's folder, of a bundled run in the runs folder.
        backend: as in `load`; saved-model and litert are written by TensorFlow.

    Returns:
        A table of files with what goes in and comes out; `files` names them, and `export-FORMAT.json`, which says so.

    Raises:
        UserError: an unknown format, or what writes it is not installed; the étude trains no network; a file of that
            name is not an earlier export; one cannot be written, or is not what is said of it: then none is kept.
    """
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    chosen = FORMATS[format]
    if chosen.backend and backend not in (None, chosen.backend):
        raise UserError(f"--format {format} is written by {chosen.backend}: leave out --backend {backend}")
    if chosen.backend is None:  # else the extra brings the backend
        usable_backend(backend)
    if chosen.extra:
        check_extra(chosen.extra, f"--format {format}")
    usable_backend(backend or chosen.backend)
    opened = open_run(reference)
    if opened.experiment.capability(BaseNetwork):
        raise UserError(f"{opened.etude} trains no network: export the run or file that its network comes from")
    exact = dataclasses.replace(opened.settings, precision="float32")
    loaded = dataclasses.replace(opened, settings=exact, backend=backend or chosen.backend)
    assert loaded.run is not None
    place, sheet = user_path(out) if out is not None else loaded.run.place / "export", f"export-{format}.json"
    specs = loaded.experiment.io_spec(loaded.info, loaded.settings)
    trained = [name for name in specs if any(array.startswith(f"{name}/") for array in loaded.arrays)]
    check_place(place, sheet, [f"{name}{chosen.suffix}" for name in trained])
    about = describe_run(opened)
    metadata = {name: {**about, "network": name, **specs[name].metadata} for name in loaded.networks}
    with standard_error_to_file():
        written = write_networks(loaded.networks, specs, chosen, place, metadata)
    described = {
        name: {**_described(one, place, specs[name]), "snippet": _snippet(chosen, one, place, loaded.networks[name])}
        for name, one in written.items()
    }
    content = {**about, "format": format, "networks": described}
    write_atomically(place / sheet, json.dumps(content, indent=1, ensure_ascii=False).encode())
    return _result(chosen, place, sheet, written, described)


def describe_run(opened: LoadedRun) -> dict[str, Any]:
    """Where an exported network comes from: version, study, run, digests of its settings and weights, its data."""
    assert opened.run is not None
    settings = json.dumps(as_dict(opened.settings), sort_keys=True, ensure_ascii=False)
    return {
        "etudes_version": __version__,
        "etude": opened.etude,
        "run": str(opened.run),
        "settings_sha256": hashlib.sha256(settings.encode()).hexdigest(),
        "weights_sha256": opened.run.results().get("weights_sha256", ""),
        "data": as_dict(opened.info),
    }


def _described(one: Exported, place: Path, spec: IOSpec) -> dict[str, Any]:
    """What the sheet says of a network: what the file has, and what it means."""
    meant = {part.name: part for part in (*spec.outputs, *spec.inputs)}
    inputs = {name: _tensor(tensor, meant[name]) for name, tensor in one.inputs.items()}
    outputs = {name: _tensor(tensor, meant[name]) for name, tensor in one.outputs.items()}
    return {
        "file": one.path.relative_to(place).as_posix(),
        "sha256": one.sha256,
        "inputs": inputs,
        "outputs": {name: {**about, "observed": list(one.observed[name])} for name, about in outputs.items()},
        "what": str(spec),
        **spec.metadata,
        "largest_difference": one.difference,
        "file_says": one.about,
    }


def _tensor(tensor: Tensor, part: TensorSpec) -> dict[str, Any]:
    shape = {"shape": list(tensor.shape), "dtype": tensor.dtype}
    return {**shape, "meaning": part.meaning, "range": [part.low, part.high]}


def _result(chosen: Format, place: Path, sheet: str, written: dict[str, Exported], described: dict[str, Any]) -> Result:
    rows = [(str(one.path), _tensors(one.inputs), _tensors(one.outputs), one.difference) for one in written.values()]
    snippet = next(iter(described.values()))["snippet"]
    return Result(
        tables=[Table(f"exported: {chosen.what}", ("file", "in", "out", "largest difference"), rows)],
        lines=[
            *(f"{name}: {about['what']}" for name, about in described.items()),
            f"In {place}:",
            "",
            *snippet.splitlines(),
        ],
        files={**{name: str(one.path) for name, one in written.items()}, "export": str(place / sheet)},
    )


def _tensors(named: dict[str, Tensor]) -> str:
    return ", ".join(f"{name} ({', '.join(map(str, one.shape))}) {one.dtype}" for name, one in named.items())


def _snippet(chosen: Format, one: Exported, place: Path, network: Any) -> str:
    """Python lines that load a file from the folder that it lies in and run it once, on zeros."""
    zeros = [f"{name!r}: np.zeros({(1, *tensor.shape[1:])}, {tensor.dtype!r})" for name, tensor in one.inputs.items()]
    # A layer of our own must be known to Keras before a model that has one is loaded.
    rooms = sorted({type(layer).__module__ for layer in network.layers if type(layer).__module__.startswith("etudes.")})
    imports = "".join(f"\nimport {room}  # pip install keras-etudes: a layer of its own" for room in rooms)
    path = one.path.relative_to(place).as_posix()
    return chosen.snippet.format(imports=imports, path=path, inputs=", ".join(zeros))
