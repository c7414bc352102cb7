"""From a Keras network to an ONNX graph: one operation after another, with its weights named and left outside.

The values between have the names of their operations, such as "03_conv2d", and Keras's shapes (batch, height, width,
channels): so whoever looks inside finds them. ONNX Runtime removes what is only there for that.

Importing this file loads neither Keras nor ONNX.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from etudes.contract import Array

OPSET = 18
"""The version of ONNX's operators."""

IR_VERSION = 9
"""The version of ONNX's file format."""

WEIGHTS = "weights.safetensors"
"""Where a graph says that its weights are."""


CONFIG = (
    "activation", "filters", "kernel_size", "n", "negative_slope", "offset", "output_dim", "padding", "pool_size",
    "recurrent_activation", "return_sequences", "scale", "size", "strides", "target_shape", "units", "use_bias",
)  # fmt: skip
"""What is kept of a layer's configuration: what says how its values are computed."""


@dataclass(frozen=True)
class BuiltGraph:
    """An ONNX model without weights, and what its values are."""

    content: bytes
    layers: list[dict[str, Any]]
    """Each layer or operation that computes something, in order: `name` of its output, `kind`, the class; names of its
    `inputs`; `shape` without the batch; number of `parameters`; `weights` by Keras's name for them; `config`; whether
    it is `trainable`; and `inside`, names of values on the way that are worth seeing."""


class NoGraphError(Exception):
    """A network has an operation that no graph can be made of; the text names it."""


class GraphBuilder:
    """An ONNX graph that grows by nodes."""

    def __init__(self, weights: Mapping[int, str]) -> None:
        """`weights` has the names of the network's variables, by `id`."""
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.used: dict[str, Any] = {}
        """The variables that occur, by name."""
        self.layers: list[dict[str, Any]] = []
        """See `BuiltGraph.layers`."""
        self._weights = weights
        self._count = 0
        self._inside: dict[str, str] = {}

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of one output; returns the name of that."""
        return self.add_many(kind, inputs, 1, **attributes)[0]

    def add_many(self, kind: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        """Add a node of several outputs; returns their names."""
        import onnx

        names = [self._name(kind) for _ in range(outputs)]
        self.nodes.append(onnx.helper.make_node(kind, inputs, names, **attributes))
        return names

    def constant(self, values: Any, dtype: Any = np.int64) -> str:
        """Add an array that belongs to the graph itself."""
        import onnx

        name = self._name("constant")
        self.constants.append(onnx.numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def weight(self, variable: Any) -> str:
        """The name of a variable of the network, `weights.safetensors`'s own."""
        name = self._weights[id(variable)]
        self.used[name] = variable
        return name

    def activation(self, function: Any, x: str) -> str:
        """Apply one of Keras's activation functions.

        Raises:
            NoGraphError: it is none of those that are known here.
        """
        name = str(function.__name__)
        if name == "linear":
            return x
        if name == "softmax":
            return self.add("Softmax", x, axis=-1)
        if name not in ("relu", "sigmoid", "tanh"):
            raise NoGraphError(f"the activation {name}")
        return self.add(name.capitalize(), x)

    def show(self, value: str, word: str) -> str:
        """Let people see a value inside a layer, such as "states": it gets the name "03_lstm.states"."""
        self._inside[value] = word
        return value

    def name_values(self, output: str, name: str) -> list[str]:
        """Name the output of a layer and what is inside; returns the names of the latter."""
        self.rename(output, name)
        inside = {value: f"{name}.{word}" for value, word in self._inside.items()}
        self._inside = {}
        for value, new in inside.items():
            self.rename(value, new)
        return list(inside.values())

    def role_names(self, layer: Any) -> dict[str, str]:
        """The names of a layer's weights by Keras's: kernel, bias, recurrent_kernel, embeddings."""
        return {str(variable.name): self._weights[id(variable)] for variable in layer.weights}

    def rename(self, old: str, new: str) -> None:
        """Give a value of the last nodes another name."""
        for node in self.nodes:
            for names in (node.input, node.output):
                for index, name in enumerate(names):
                    if name == old:
                        names[index] = new

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind.lower()}.{self._count}"


@runtime_checkable
class HasGraph(Protocol):
    """A layer of a study's own that adds its nodes itself."""

    def add_to_graph(self, graph: GraphBuilder, x: str) -> str:
        """Add nodes that compute from the value `x` what `call` does; returns the name of the output."""


def build_graph(network: Any, inputs: Sequence[str], outputs: Sequence[str], names: Mapping[int, str]) -> BuiltGraph:
    """An ONNX model of a network in float32, without its weights.

    Args:
        network: a `keras.Model`, Sequential or functional, of any precision.
        inputs: names for its inputs, in their order.
        outputs: names for its outputs.
        names: the names of its variables, by `id`.

    Raises:
        NoGraphError: it has an operation for which there is no rule.
    """
    from onnx import TensorProto, helper

    graph = GraphBuilder(names)
    for value, name in zip(_add_operations(graph, network, inputs), outputs, strict=True):
        graph.nodes.append(helper.make_node("Identity", [value], [name]))
    given = [_value(name, tensor) for name, tensor in zip(inputs, network.inputs, strict=True)]
    found = [_value(name, tensor, TensorProto.FLOAT) for name, tensor in zip(outputs, network.outputs, strict=True)]
    weights = [_outside(name, variable) for name, variable in sorted(graph.used.items())]
    made = helper.make_graph(graph.nodes, "network", given, found, [*weights, *graph.constants])
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(made, producer_name="etudes", opset_imports=[opset], ir_version=IR_VERSION)
    return BuiltGraph(model.SerializeToString(deterministic=True), graph.layers)


def _add_operations(graph: GraphBuilder, network: Any, given: Sequence[str]) -> list[str]:
    """Add the nodes of every operation; from the names of the network's inputs to those of its outputs."""
    if type(network).__name__ != "Sequential":
        return _add_functional(graph, network, given)
    value = given[0]
    for number, layer in enumerate(network.layers):
        value = _add_operation(graph, number, layer, [value])
    return [value]


def _add_functional(graph: GraphBuilder, network: Any, given: Sequence[str]) -> list[str]:
    import keras

    values = {id(tensor): name for tensor, name in zip(network.inputs, given, strict=True)}
    called = itertools.count()
    tensors: list[Any] = []  # kept, as `values` knows them by `id`

    def call(operation: Any, *args: Any, **options: Any) -> Any:
        found = operation(*args, **options)
        inputs = [values[id(tensor)] for tensor in keras.tree.flatten((args, options)) if id(tensor) in values]
        values[id(found)] = _add_operation(graph, next(called), operation, inputs)
        tensors.append(found)
        return found

    same = keras.Model(network.input, network.output)  # not compiled: only what it computes is of interest
    walked = keras.models.clone_model(same, network.input, lambda layer: layer, call_function=call)
    return [values[id(tensor)] for tensor in walked.outputs]


def _add_operation(graph: GraphBuilder, number: int, operation: Any, given: list[str]) -> str:
    """Add the nodes of one operation; returns the name of its output, such as "03_conv2d"."""
    from etudes.graphs.operations import RULES

    kind = type(operation).__name__
    if isinstance(operation, HasGraph):
        output = operation.add_to_graph(graph, given[0])
    elif kind in RULES:
        output = RULES[kind](graph, operation, *given)
    else:
        raise NoGraphError(f"the layer {kind}")
    if output in given:  # it does nothing outside training
        return output
    name = f"{number:02d}_{_snake(kind)}"
    inside = graph.name_values(output, name)
    graph.layers.append(_described(graph, operation, name, given, inside))
    return name


def _described(graph: GraphBuilder, operation: Any, name: str, given: list[str], inside: list[str]) -> dict[str, Any]:
    """An entry of `BuiltGraph.layers`."""
    import keras

    layer = operation if isinstance(operation, keras.layers.Layer) else None
    config = (operation.layer if type(operation).__name__ == "TimeDistributed" else operation).get_config()
    return {
        "name": name,
        "kind": type(operation).__name__,
        "inputs": given,
        "shape": list(operation.output.shape[1:]),
        "parameters": layer.count_params() if layer else 0,
        "weights": graph.role_names(layer) if layer else {},
        "config": {key: config[key] for key in CONFIG if key in config},
        "trainable": bool(layer and layer.trainable_weights),
        "inside": inside,
    }


def _snake(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()


def _value(name: str, tensor: Any, kind: int | None = None) -> Any:
    from onnx import TensorProto, helper

    kind = kind or (TensorProto.INT32 if "int" in str(tensor.dtype) else TensorProto.FLOAT)
    return helper.make_tensor_value_info(name, kind, ["batch", *tensor.shape[1:]])


def _outside(name: str, variable: Any) -> Any:
    """A weight that is not in the graph: shape, dtype, and the file that has it."""
    from onnx import StringStringEntryProto, TensorProto

    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=list(variable.shape))
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.append(StringStringEntryProto(key="location", value=WEIGHTS))
    return tensor


def embedded(content: bytes, arrays: Mapping[str, Array]) -> Any:
    """A graph with its weights inside, an `onnx.ModelProto` that any program can run.

    Args:
        content: of what `build_graph` returned.
        arrays: the weights, by the names in it.
    """
    import onnx

    model = onnx.load_from_string(content)
    for tensor in model.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.asarray(arrays[tensor.name], np.float32), tensor.name))
    return model
