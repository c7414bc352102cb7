"""The antirectifier: a layer that replaces normalisation and activation.

Its base class comes from Keras, so importing this file loads Keras; `study.py` imports it when it builds a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from etudes.graphs import GraphBuilder


@keras.saving.register_keras_serializable(package="etudes")
class Antirectifier(keras.layers.Layer):  # type: ignore[misc]
    """Subtract each sample's mean, divide by its L2 norm, and concatenate the positive and the negative part.

        y = x - mean(x);  y = y / |y|;  output = [relu(y), relu(-y)]

    It has no weights and treats each sample by itself. Outputs are not negative, their L2 norm is one, and both halves
    have the same sum. `a·x + c` gives the same output as `x` for every `a > 0`; `-x` swaps the halves. A sample of
    equal values gives zeros.

    Input: (batch, n), n ≥ 1. Output: (batch, 2n), values in 0..1.

    Raises:
        ValueError: the input does not have two dimensions.

    Source: F. Chollet, `antirectifier.py` among the Keras examples, 2016.
    """

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, int | None]:
        """(batch, n) → (batch, 2n)."""
        if len(input_shape) != 2:
            raise ValueError(f"Antirectifier takes inputs of shape (batch, n), not {tuple(input_shape)}: flatten first")
        batch, size = input_shape
        return (batch, None if size is None else 2 * size)

    def call(self, inputs: Any) -> Any:
        """A float tensor (batch, n) → (batch, 2n), of the layer's dtype."""
        self.compute_output_shape(inputs.shape)
        # Half precision is too coarse for sums of squares.
        x = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        # An offset does not change the output. With the first value subtracted, equal values are exactly zero:
        # otherwise the rounding error of their mean would be scaled up to norm one.
        x = x - ops.stop_gradient(x[:, :1])
        x = x - ops.mean(x, axis=1, keepdims=True)
        x = x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=1, keepdims=True), keras.config.epsilon() ** 2))
        return ops.cast(ops.concatenate([ops.relu(x), ops.relu(-x)], axis=1), inputs.dtype)

    def add_to_graph(self, graph: GraphBuilder, x: str) -> str:
        """The same in ONNX."""
        x = graph.add("Sub", x, graph.add("Gather", x, graph.constant([0]), axis=1))
        x = graph.show(graph.add("Sub", x, graph.add("ReduceMean", x, graph.constant([1]), keepdims=1)), "centred")
        squares = graph.add("ReduceSum", graph.add("Mul", x, x), graph.constant([1]), keepdims=1)
        least = graph.constant(keras.config.epsilon() ** 2, "float32")
        x = graph.show(graph.add("Div", x, graph.add("Sqrt", graph.add("Max", squares, least))), "normalised")
        return graph.add("Concat", graph.add("Relu", x), graph.add("Relu", graph.add("Neg", x)), axis=1)
