"""The graphs of a run: its networks for ONNX Runtime, each compared with the one in Keras before it is kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from etudes.actions.loading import LoadedRun, build_networks
from etudes.contract import Array, BaseNetwork, Experiment, IOSpec, Networks, TensorSpec
from etudes.errors import UserError
from etudes.graphs import BuiltGraph, GraphNetwork, NoGraphError, build_graph, load_graphs, read_layers, save_graphs
from etudes.runs import Run
from etudes.schema import Settings
from etudes.training.backend import outputs_of, resolve_precision
from etudes.training.state import named_weights, put_weights, weights_of

TOLERANCE = 1e-5
"""The largest difference of an output, relative to the largest output where that is above 1, in float32."""

TRIALS = 4
"""Examples that a graph is tried with, together and then one by itself."""


def write_graphs(run: Run, experiment: Experiment, networks: Networks, info: Any, settings: Settings) -> None:
    """Write the graphs of a run's networks, and of the parts that `use` needs; none if one has an unusual layer.

    Args:
        run: the finished run.
        experiment: its study.
        networks: trained, of any precision.
        info: what the data is.
        settings: of the run.

    Raises:
        ValueError: a graph computes something else than the network; then none is written.
        OSError: the folder cannot be written to.
    """
    if experiment.capability(BaseNetwork):  # whose networks are another run's, and answer with gradients
        return
    specs = experiment.io_spec(info, settings)
    saved = {name: network for name, network in networks.items() if specs[name].saved}
    arrays, exact = weights_of(saved), saved
    if resolve_precision(settings.precision) != "float32":
        exact = _in_float32(experiment, settings, info, arrays)
    names = {id(weight): name for network in saved for name, weight in named_weights(network, exact[network])}
    ranges = {
        id(tensor): part
        for name, network in exact.items()
        for tensor, part in zip(network.inputs, specs[name].inputs, strict=True)
    }
    trained, wanted = ({**found, **experiment.use.parts(found)} for found in (saved, exact))
    graphs: dict[str, BuiltGraph] = {}
    differences: dict[str, dict[str, float]] = {}
    with suppress(NoGraphError):
        for name, network in wanted.items():
            graphs[name] = build_graph(network, *_names(network, specs.get(name)), names)
            graph, given = GraphNetwork(graphs[name].content, arrays), _trial(network, ranges)
            differences[name] = {"difference": _difference(graph, network, given)}
            if not differences[name]["difference"] <= TOLERANCE:
                raise ValueError(f"the graph of {name} differs by {differences[name]['difference']:.2g}")
            if exact is not saved:
                differences[name]["difference_from_bfloat16"] = _difference(graph, trained[name], given)
        save_graphs(run.folder, graphs, differences)


def _names(network: Any, spec: IOSpec | None) -> tuple[list[str], list[str]]:
    """Names for the inputs and the outputs: those of its spec; numbered ones for a part, which has none."""
    if spec is not None:
        return [part.name for part in spec.inputs], [part.name for part in spec.outputs]
    return [f"input_{n}" for n in range(len(network.inputs))], [f"output_{n}" for n in range(len(network.outputs))]


def _in_float32(experiment: Experiment, settings: Settings, info: Any, arrays: dict[str, Array]) -> Networks:
    """The networks of which these are the weights, built to compute in float32."""
    built = build_networks(experiment, dataclasses.replace(settings, precision="float32"), info, None)
    found = {name: network for name, network in built.items() if any(array.startswith(f"{name}/") for array in arrays)}
    put_weights(found, arrays)
    return found


def _trial(network: Any, ranges: Mapping[int, TensorSpec]) -> list[Array]:
    """An array for each input, uniformly distributed over its range."""
    rng, drawn = np.random.default_rng(0), []
    for tensor in network.inputs:
        part = ranges.get(id(tensor))
        low, high = (part.low, part.high) if part else (-1.0, 1.0)
        shape = (TRIALS, *tensor.shape[1:])
        whole = "int" in str(tensor.dtype)
        values: Array = rng.integers(int(low), int(high) + 1, shape) if whole else rng.uniform(low, high, shape)
        drawn.append(values.astype(tensor.dtype))
    return drawn


def _difference(graph: GraphNetwork, network: Any, given: list[Array]) -> float:
    """The largest difference of any output, of all examples at once and of the first by itself; infinite for shapes."""
    largest = 0.0
    for count in (TRIALS, 1):
        arrays = [array[:count] for array in given]
        inputs: Any = arrays if len(arrays) > 1 else arrays[0]
        found, wanted = (_listed(outputs_of(one, inputs, TRIALS)) for one in (graph, network))
        for one, other in zip(found, wanted, strict=True):
            if one.shape != other.shape:
                return float("inf")
            scale = max(1.0, float(np.abs(other).max()))
            largest = max(largest, float(np.abs(one.astype(np.float64) - other).max()) / scale)
    return largest if np.isfinite(largest) else float("inf")


def _listed(outputs: Any) -> list[Array]:
    return [np.asarray(one) for one in (outputs if isinstance(outputs, list | tuple) else [outputs])]


def complete_graphs(loaded: LoadedRun) -> None:
    """Write the graphs of a run that has none, as older ones, or damaged ones; nothing where that cannot be done."""
    if loaded.run is not None and loaded.run.place == loaded.run.folder:
        with suppress(UserError):
            if load_graphs(loaded.run.folder, loaded.arrays) and read_layers(loaded.run.folder):
                return
        with suppress(OSError, ValueError):
            write_graphs(loaded.run, loaded.experiment, loaded.networks, loaded.info, loaded.settings)
