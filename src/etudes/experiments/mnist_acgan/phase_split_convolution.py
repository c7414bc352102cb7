"""Upsampling and convolution in one: the same function of the same weights, with 2.8 times fewer multiplications.

Importing this file loads Keras, so the study imports it where it builds the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from etudes.contract import Array
from etudes.graphs import GraphBuilder
from etudes.graphs.operations import convolution, upsample


def phase_sums(size: int) -> Array:
    """Which entries of a kernel of odd size meet the same pixel after nearest upsampling, in one dimension.

    Pixel 2i + p of a convolution over the doubled line is the sum over t of kernel[t] · line[(2i + p + t - m) // 2],
    with m = (size - 1) / 2. So entry t belongs to pixel i + (p + t - m) // 2 of the original line.

    Returns:
        Zeros and ones, float32 (2, taps, size): phase p (pixels 2i + p), tap a (pixel i + a - taps // 2), entry t. For
        a kernel of 5 there are 3 taps: [0+1, 2+3, 4] for even pixels and [0, 1+2, 3+4] for odd ones.
    """
    middle, reach = size // 2, (size // 2 + 1) // 2
    phase, tap, entry = np.ogrid[:2, : 2 * reach + 1, :size]
    sums: Array = ((phase + entry - middle) // 2 + reach == tap).astype(np.float32)
    return sums


@keras.saving.register_keras_serializable(package="etudes")
class UpsampledConv2D(keras.layers.Layer):  # type: ignore[misc]
    """Nearest `UpSampling2D(2)`, then `Conv2D(filters, size, padding="same")`, without the doubled map.

    After nearest upsampling a 5×5 kernel meets only 3×3 different pixels, and which of its entries meet the same pixel
    depends on whether row and column of the output are even or odd. So there are four 3×3 kernels of summed entries,
    one for each of the four phases: 36 multiplications instead of 100. They are computed side by side as one
    convolution with 4·filters outputs, which are then interleaved. The borders are the same too: two zeros beside the
    doubled map are one zero beside the map.

    The weights are those of the `Conv2D`: kernel (size, size, channels, filters) and bias (filters,).

    Input: (batch, height, width, channels). Output: (batch, 2·height, 2·width, filters).

    Source: W. Shi et al., *Is the deconvolution layer the same as a convolutional layer?*, arXiv:1609.07009, 2016.
    """

    def __init__(
        self,
        filters: int,
        size: int,
        activation: str | None = None,
        kernel_initializer: str = "glorot_uniform",
        **options: Any,
    ) -> None:
        """The arguments of `Conv2D`; `size` is that of the square kernel.

        Raises:
            ValueError: the size is even.
        """
        super().__init__(**options)
        if size % 2 == 0:
            raise ValueError(f"UpsampledConv2D takes kernels of odd size, not {size}")
        self.filters, self.size = filters, size
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Create kernel and bias."""
        shape = (self.size, self.size, input_shape[-1], self.filters)
        # Entries are summed before they are rounded to the precision that the layer computes in.
        self.kernel = self.add_weight(shape=shape, initializer=self.kernel_initializer, name="kernel", autocast=False)
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """(batch, height, width, channels) → (batch, 2·height, 2·width, filters)."""
        batch, height, width, _ = input_shape
        return (batch, *(None if extent is None else 2 * extent for extent in (height, width)), self.filters)

    def shown_as(self) -> list[tuple[str, tuple[int | None, ...], int]]:
        """The two layers that it replaces, for a layer table: kind, output shape, parameters."""
        doubled = (*self.output.shape[:-1], self.input.shape[-1])
        return [("upsampling", doubled, 0), ("conv2d", tuple(self.output.shape), self.count_params())]

    def call(self, inputs: Any) -> Any:
        """A float tensor (batch, height, width, channels) → (batch, 2·height, 2·width, filters)."""
        _, height, width, channels = ops.shape(inputs)
        x = ops.conv(inputs, ops.cast(self._phase_kernels(channels), inputs.dtype), padding="same")
        x = self.activation(ops.add(x, ops.tile(self.bias, 4)))  # TensorFlow fuses `add` with the convolution, not `+`
        x = ops.reshape(x, (-1, height, width, 2, 2, self.filters))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, 2 * height, 2 * width, self.filters))

    def _phase_kernels(self, channels: int) -> Any:
        """The kernels of the phases (even, even), (even, odd), (odd, even), (odd, odd), side by side.

        Returns:
            A float32 tensor (taps, taps, channels, 4·filters).
        """
        sums = phase_sums(self.size)
        taps = sums.shape[1]
        both = np.einsum("pak,qbl->abpqkl", sums, sums).reshape(4 * taps**2, self.size**2)
        kernels = ops.matmul(both, ops.reshape(self.kernel, (self.size**2, channels * self.filters)))
        kernels = ops.reshape(kernels, (taps**2, 4, channels, self.filters))
        return ops.reshape(ops.transpose(kernels, (0, 2, 1, 3)), (taps, taps, channels, 4 * self.filters))

    def add_to_graph(self, graph: GraphBuilder, x: str) -> str:
        """The two layers that it replaces, in ONNX."""
        kernel, bias = graph.weight(self.kernel), graph.weight(self.bias)
        doubled = graph.show(upsample(graph, x, 2, 2), "upsampled")
        return convolution(graph, doubled, kernel, bias, self.activation, padding="same")

    def get_config(self) -> dict[str, Any]:
        """What `__init__` takes."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "size": self.size,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
