"""The networks of a page: graphs, what is known of their layers, and weights in as few bytes as change no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from etudes.actions.loading import LoadedRun
from etudes.contract import Array, IOSpec, TensorSpec
from etudes.errors import UserError
from etudes.graphs import GraphNetwork
from etudes.pages.weights import exact_dtype, rounded
from etudes.runs import Run

TRIALS = 64
"""Inputs, drawn at random, with which weights in half precision are tried."""

TOLERATED = {"picture": 0.5, "probability": 1e-3}
"""The largest difference of an output that weights in half precision may make: half a grey level, or a thousandth."""


Layers = Mapping[str, list[dict[str, Any]]]
"""What `read_layers` returns."""


def shared_graphs(
    run: Run, everything: Mapping[str, GraphNetwork], layers: Layers, names: Sequence[str]
) -> dict[str, GraphNetwork]:
    """The graphs of the page, of everything that the run has.

    Raises:
        UserError: one is missing, or does not say what is inside.
    """
    if not set(names) <= set(everything) & set(layers):
        raise UserError(f"{run} has no graphs that say what is inside: `etudes evaluate {run.quoted}` writes them")
    return {name: everything[name] for name in names}


def describe_networks(graphs: Mapping[str, GraphNetwork], layers: Layers) -> dict[str, Any]:
    """What the page knows of its networks, as `NetworkData` of its script."""
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


def shared_weights(loaded: LoadedRun, graphs: Mapping[str, GraphNetwork]) -> dict[str, Array]:
    """The weights of the page: rounded to half precision where that changes no answer."""
    specs = loaded.experiment.io_spec(loaded.info, loaded.settings)
    found: dict[str, Array] = {}
    for name, graph in graphs.items():
        arrays = {key: array for key, array in graph.arrays.items() if key not in found and _is_asked_for(key, graph)}
        if any(exact_dtype(np.ascontiguousarray(array, np.float32)) == "float32" for array in arrays.values()):
            short = {key: rounded(np.asarray(array, np.float32)) for key, array in arrays.items()}
            if answers_equal(graph, GraphNetwork(graph.content, short), specs[name]):
                arrays = short
        found |= arrays
    return found


def _is_asked_for(name: str, graph: GraphNetwork) -> bool:
    return bytes([len(name)]) + name.encode() in graph.content


def answers_equal(graph: GraphNetwork, short: GraphNetwork, spec: IOSpec) -> bool:
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
