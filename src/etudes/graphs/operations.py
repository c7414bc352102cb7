"""How each of Keras's layers and operations is written in ONNX. Values keep Keras's shapes, with the channels last.

Sources: the ONNX operator specification, https://onnx.ai/onnx/operators/, and the sources of `keras.layers`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from etudes.graphs.building import GraphBuilder, NoGraphError

FIRST, LAST = (0, 3, 1, 2), (0, 2, 3, 1)
"""Permutations that bring the channels to the front, and to the end."""


def _nothing(graph: GraphBuilder, layer: Any, x: str) -> str:  # noqa: ARG001
    """What a layer does that acts in training only."""
    return x


def _activation(graph: GraphBuilder, layer: Any, x: str) -> str:
    return graph.activation(layer.activation, x)


def _relu(graph: GraphBuilder, layer: Any, x: str) -> str:
    if layer.max_value is not None or layer.negative_slope or layer.threshold:
        raise NoGraphError("a ReLU with a limit, a slope or a threshold")
    return graph.add("Relu", x)


def _leaky_relu(graph: GraphBuilder, layer: Any, x: str) -> str:
    return graph.add("LeakyRelu", x, alpha=float(layer.negative_slope))


def _rescaling(graph: GraphBuilder, layer: Any, x: str) -> str:
    x = graph.add("Mul", x, graph.constant(layer.scale, np.float32))
    return graph.add("Add", x, graph.constant(layer.offset, np.float32))


def _flatten(graph: GraphBuilder, layer: Any, x: str) -> str:  # noqa: ARG001
    return graph.add("Flatten", x, axis=1)


def _reshape(graph: GraphBuilder, layer: Any, x: str) -> str:
    return graph.add("Reshape", x, graph.constant([0, *layer.target_shape]))


def _repeat_vector(graph: GraphBuilder, layer: Any, x: str) -> str:
    return graph.add("Tile", graph.add("Unsqueeze", x, graph.constant([1])), graph.constant([1, layer.n, 1]))


def _embedding(graph: GraphBuilder, layer: Any, x: str) -> str:
    return graph.add("Gather", graph.weight(layer.embeddings), x, axis=0)


def _multiply(graph: GraphBuilder, layer: Any, *inputs: str) -> str:  # noqa: ARG001
    product = inputs[0]
    for factor in inputs[1:]:
        product = graph.add("Mul", product, factor)
    return product


def _concatenate(graph: GraphBuilder, layer: Any, *inputs: str) -> str:
    return graph.add("Concat", *inputs, axis=layer.axis)


def _negative(graph: GraphBuilder, operation: Any, x: str) -> str:  # noqa: ARG001
    return graph.add("Neg", x)


def _dense(graph: GraphBuilder, layer: Any, x: str) -> str:
    x = graph.add("MatMul", x, graph.weight(layer.kernel))
    if layer.use_bias:
        x = graph.add("Add", x, graph.weight(layer.bias))
    return graph.activation(layer.activation, x)


def _time_distributed(graph: GraphBuilder, layer: Any, x: str) -> str:
    if type(layer.layer).__name__ != "Dense":
        raise NoGraphError(f"the layer TimeDistributed({type(layer.layer).__name__})")
    return _dense(graph, layer.layer, x)  # which acts on the last axis, so at every step alike


def _conv2d(graph: GraphBuilder, layer: Any, x: str) -> str:
    if layer.data_format != "channels_last":
        raise NoGraphError(f"the layer Conv2D with {layer.data_format}")
    return convolution(
        graph, x, graph.weight(layer.kernel), graph.weight(layer.bias) if layer.use_bias else None, layer.activation,
        padding=layer.padding, strides=list(layer.strides), dilations=list(layer.dilation_rate), group=layer.groups,
    )  # fmt: skip


def convolution(
    graph: GraphBuilder, x: str, kernel: str, bias: str | None, activation: Any, padding: str, **attributes: Any
) -> str:
    """A convolution of (batch, height, width, channels) with a kernel (rows, columns, channels, filters)."""
    inputs = [graph.add("Transpose", x, perm=FIRST), graph.add("Transpose", kernel, perm=(3, 2, 0, 1))]
    padding = "SAME_UPPER" if padding == "same" else "VALID"
    found = graph.add("Conv", *inputs, *([bias] if bias else []), auto_pad=padding, **attributes)
    return graph.activation(activation, graph.add("Transpose", found, perm=LAST))


def _conv2d_transpose(graph: GraphBuilder, layer: Any, x: str) -> str:
    if layer.padding != "same" or tuple(layer.dilation_rate) != (1, 1) or layer.output_padding is not None:
        raise NoGraphError("the layer Conv2DTranspose unless its padding is same")
    # With padding same, the output is `strides` times as large as the input: the rest is cut off on both sides.
    cut = [max(size - stride, 0) for size, stride in zip(layer.kernel_size, layer.strides, strict=True)]
    missing = [max(stride - size, 0) for size, stride in zip(layer.kernel_size, layer.strides, strict=True)]
    pads = [*(n // 2 for n in cut), *(n - n // 2 for n in cut)]
    kernel = graph.add("Transpose", graph.weight(layer.kernel), perm=(3, 2, 0, 1))
    inputs = [graph.add("Transpose", x, perm=FIRST), kernel, *([graph.weight(layer.bias)] if layer.use_bias else [])]
    found = graph.add("ConvTranspose", *inputs, strides=list(layer.strides), pads=pads, output_padding=missing)
    return graph.activation(layer.activation, graph.add("Transpose", found, perm=LAST))


def _max_pooling(graph: GraphBuilder, layer: Any, x: str) -> str:
    padding = "SAME_UPPER" if layer.padding == "same" else "VALID"
    sizes = {"kernel_shape": list(layer.pool_size), "strides": list(layer.strides)}
    pooled = graph.add("MaxPool", graph.add("Transpose", x, perm=FIRST), auto_pad=padding, **sizes)
    return graph.add("Transpose", pooled, perm=LAST)


def _upsampling(graph: GraphBuilder, layer: Any, x: str) -> str:
    if layer.interpolation != "nearest":
        raise NoGraphError(f"the layer UpSampling2D with {layer.interpolation}")
    return upsample(graph, x, *layer.size)


def upsample(graph: GraphBuilder, x: str, rows: int, columns: int) -> str:
    """Repeat every row and every column of (batch, height, width, channels) so many times."""
    scales = graph.constant([1, 1, rows, columns], np.float32)
    how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return graph.add(
        "Transpose", graph.add("Resize", graph.add("Transpose", x, perm=FIRST), "", scales, **how), perm=LAST
    )


def _lstm(graph: GraphBuilder, layer: Any, x: str) -> str:
    functions = layer.activation.__name__, layer.recurrent_activation.__name__
    if functions != ("tanh", "sigmoid") or layer.go_backwards or layer.stateful or layer.return_state:
        raise NoGraphError("an LSTM with other activations than Keras's own, or one that keeps its state")
    kernels = [_gates(graph, graph.weight(kernel)) for kernel in (layer.cell.kernel, layer.cell.recurrent_kernel)]
    inputs = [graph.add("Transpose", x, perm=(1, 0, 2)), *kernels]  # (steps, batch, values)
    if layer.use_bias:
        bias = _in_order(graph, graph.weight(layer.cell.bias), axis=0)
        zeros = graph.constant(np.zeros(4 * layer.units), np.float32)  # ONNX adds a second one
        inputs.append(graph.add("Unsqueeze", graph.add("Concat", bias, zeros, axis=0), graph.constant([0])))
    states, last, _ = graph.add_many("LSTM", inputs, 3, hidden_size=layer.units)
    after_each = graph.add("Transpose", graph.add("Squeeze", states, graph.constant([1])), perm=(1, 0, 2))
    if layer.return_sequences:
        return after_each
    graph.show(after_each, "states")  # (batch, steps, units)
    return graph.add("Squeeze", last, graph.constant([0]))  # (1, batch, units)


def _gates(graph: GraphBuilder, kernel: str) -> str:
    """Keras's kernel (values, 4·units) as ONNX has it: (1, 4·units, values)."""
    rows = graph.add("Transpose", _in_order(graph, kernel, axis=1), perm=(1, 0))
    return graph.add("Unsqueeze", rows, graph.constant([0]))


def _in_order(graph: GraphBuilder, array: str, axis: int) -> str:
    """Keras's gates are input, forget, cell, output; ONNX's input, output, forget, cell."""
    i, f, c, o = graph.add_many("Split", [array], 4, axis=axis, num_outputs=4)
    return graph.add("Concat", i, o, f, c, axis=axis)


RULES: dict[str, Callable[..., str]] = {
    "Activation": _activation,
    "Concatenate": _concatenate,
    "Conv2D": _conv2d,
    "Conv2DTranspose": _conv2d_transpose,
    "Dense": _dense,
    "Dropout": _nothing,
    "Embedding": _embedding,
    "Flatten": _flatten,
    "Identity": _nothing,
    "LSTM": _lstm,
    "LeakyReLU": _leaky_relu,
    "MaxPooling2D": _max_pooling,
    "Multiply": _multiply,
    "Negative": _negative,
    "ReLU": _relu,
    "RepeatVector": _repeat_vector,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "TimeDistributed": _time_distributed,
    "UpSampling2D": _upsampling,
}
"""By the name of the class: the graph, the operation and the names of its inputs → the name of its output."""
