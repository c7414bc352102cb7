"""The graphs of a run: `graphs/NETWORK.onnx` and `graphs/graphs.json`, and the networks that they are.

A graph has no weights: it is derived from the study's code and the run's settings, checked when it is written, and may
be deleted and written again. The weights are handed over by whoever opens it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from etudes.contract import Array
from etudes.errors import UserError
from etudes.graphs.building import WEIGHTS, BuiltGraph
from etudes.graphs.runtime import onnx_runtime
from etudes.runs.files import write_atomically
from etudes.runs.reading import read_object, read_whole
from etudes.runs.weights import settings_digest

FOLDER, MANIFEST = "graphs", "graphs.json"

MAX_BYTES = 1_000_000
"""Bytes that a graph may have."""

_LOCATION = b"\x0a\x08location"
_OURS = _LOCATION + b"\x12" + bytes([len(WEIGHTS)]) + WEIGHTS.encode()
"""How a graph says where an array is that it does not hold: as its bytes, key and value of a protocol buffer."""


PIECE = 125
"""Rows that are computed at a time, whatever the number of cores: so the last bits do not depend on it."""


class GraphNetwork:
    """A network that ONNX Runtime computes on the processor; safe to ask from any thread and after a fork.

    A session has no threads of its own, which would not be in a process that is forked: large batches are cut into
    pieces, and threads compute these side by side until the call ends.
    """

    def __init__(self, content: bytes, arrays: Mapping[str, Array]) -> None:
        """A graph, as `build_graph` gives it, and arrays by name, float32; those that it needs are among them."""
        self.content, self.arrays = content, arrays

    @cached_property
    def session(self) -> Any:
        """The `onnxruntime.InferenceSession`, made when it is first asked for."""
        onnxruntime = onnx_runtime()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False  # which keeps what the largest batch took
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # A string in a protocol buffer follows its length.
        names = [name for name in self.arrays if bytes([len(name)]) + name.encode() in self.content]
        arrays = [np.ascontiguousarray(self.arrays[name]) for name in names]
        options.add_external_initializers(names, list(map(onnxruntime.OrtValue.ortvalue_from_numpy, arrays)))
        return onnxruntime.InferenceSession(self.content, options, providers=["CPUExecutionProvider"])

    @cached_property
    def _inputs(self) -> list[tuple[str, Any]]:
        kinds = {"tensor(float)": np.float32, "tensor(int32)": np.int32}
        return [(one.name, kinds[one.type]) for one in self.session.get_inputs()]

    def predict_on_batch(self, inputs: Any) -> Any:
        """As Keras's: an array, or one for each input, → the output as float32 array, or a list of several."""
        self.session  # noqa: B018 (made here, and not by several threads at once)
        arrays = inputs if isinstance(inputs, list | tuple) else [inputs]
        pieces = [[array[start : start + PIECE] for array in arrays] for start in range(0, len(arrays[0]), PIECE)]
        if len(pieces) == 1:
            outputs = self._compute(pieces[0])
        else:
            with ThreadPoolExecutor(min(len(pieces), os.cpu_count() or 1)) as threads:
                found = list(threads.map(self._compute, pieces))
            outputs = [np.concatenate(parts) for parts in zip(*found, strict=True)]
        return outputs[0] if len(outputs) == 1 else outputs

    def _compute(self, arrays: list[Array]) -> list[Array]:
        given = {name: np.asarray(array, kind) for (name, kind), array in zip(self._inputs, arrays, strict=True)}
        outputs: list[Array] = self.session.run(None, given)
        return outputs


def save_graphs(folder: Path, graphs: Mapping[str, BuiltGraph], differences: Mapping[str, Mapping[str, float]]) -> None:
    """Write the graphs of a run and, last, their manifest.

    Args:
        folder: the run's.
        graphs: by the name of the network.
        differences: what `graphs.json` says of each: the largest difference from the network in Keras.

    Raises:
        OSError: they cannot be written.
    """
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    entries = {}
    for name, graph in graphs.items():
        write_atomically(place / f"{name}.onnx", graph.content)
        digest = hashlib.sha256(graph.content).hexdigest()
        entries[name] = {"sha256": digest, **differences[name], "layers": graph.layers}
    manifest = {"settings_sha256": settings_digest(folder), "graphs": entries}
    write_atomically(place / MANIFEST, json.dumps(manifest).encode())


def read_layers(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What the graphs of a run say of their layers, `BuiltGraph.layers`, by network; older runs say nothing.

    Args:
        folder: the run's, whose graphs `load_graphs` takes.

    Raises:
        UserError: `graphs.json` cannot be read.
    """
    manifest = folder / FOLDER / MANIFEST
    entries = read_object(manifest)["graphs"] if manifest.exists() else {}
    return {name: entry["layers"] for name, entry in entries.items() if "layers" in entry}


def load_graphs(folder: Path, arrays: Mapping[str, Array]) -> dict[str, GraphNetwork]:
    """The networks of a run; none where it has no graphs, as older runs have none.

    Args:
        folder: the run's.
        arrays: its weights, as `load_weights` gives them.

    Raises:
        UserError: the graphs are damaged, or belong to another run.
    """
    place = folder / FOLDER
    if not (place / MANIFEST).exists():
        return {}
    try:
        manifest = read_object(place / MANIFEST)
        fits = manifest["settings_sha256"] == settings_digest(folder)
        contents = {str(name): _read(place, str(name), entry) for name, entry in dict(manifest["graphs"]).items()}
    except (UserError, OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(place, "are damaged") from error
    if not fits:
        raise _damaged(place, "belong to other settings")
    graphs = {name: GraphNetwork(content, _own(name, arrays)) for name, content in contents.items()}
    try:
        for graph in graphs.values():
            graph.session  # noqa: B018 (which opens it)
    except Exception as error:  # of ONNX Runtime: other arrays, an operator that it does not know
        raise _damaged(place, "cannot be opened") from error
    return graphs


def _own(name: str, arrays: Mapping[str, Array]) -> Mapping[str, Array]:
    """The arrays of a network; of all, where it is a part of others and has none of its own name."""
    return {key: array for key, array in arrays.items() if key.startswith(f"{name}/")} or arrays


def _read(place: Path, name: str, entry: Mapping[str, Any]) -> bytes:
    """A graph that is the one of the manifest, and names no file but the run's weights."""
    if Path(name).name != name:
        raise ValueError(name)
    content = read_whole(place / f"{name}.onnx", MAX_BYTES)
    if hashlib.sha256(content).hexdigest() != entry["sha256"] or content.count(b"location") != content.count(_OURS):
        raise ValueError(name)
    return content


def _damaged(place: Path, how: str) -> UserError:
    return UserError(f"the graphs in {place} {how}: `etudes evaluate` writes them anew")
