"""The antirectifier: a layer that replaces normalisation and activation in one.

This file imports Keras at once, because a layer derives from one of its classes; stories import it where they build.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="etudes")
class Antirectifier(keras.layers.Layer):  # type: ignore[misc]
    """Centre each sample, give it length one, then put its positive part and its negative part side by side.

    A ReLU throws away what is negative; this layer keeps both signs and still is no linear map. It has no weights and
    looks at one sample at a time.

        y = x - mean(x);  y = y / |y|;  output = [relu(y), relu(-y)]

    So an output is never negative, its length is one, and both halves have the same sum. `a·x + c` gives the same
    output as `x` for every `a > 0`, and `-x` the same with the halves swapped. A sample whose values are all equal
    gives zeros.

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
        # Half precision is too coarse to sum squares in; it is only left for that.
        x = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        # The output does not change if all values move together. Moved to begin at zero, equal values are exactly
        # zero: the rounding of their mean would otherwise be blown up to length one.
        x = x - ops.stop_gradient(x[:, :1])
        x = x - ops.mean(x, axis=1, keepdims=True)
        x = x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=1, keepdims=True), keras.config.epsilon() ** 2))
        return ops.cast(ops.concatenate([ops.relu(x), ops.relu(-x)], axis=1), inputs.dtype)
