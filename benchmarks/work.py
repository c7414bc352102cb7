"""The arithmetic of a network, counted from the shapes of its layers, as Keras has no counter."""

from __future__ import annotations

from typing import Any

import numpy as np


def layer_flops(layer: Any) -> int:
    """Floating-point operations of one layer for one example, forward; a multiplication and an addition are two.

    The matrix products of convolutions, dense layers and LSTMs count. Element-wise work (activations, pooling, biases,
    dropout) does not: it is below two percent in these networks.
    """
    kind = type(layer).__name__
    if kind in ("Sequential", "Functional"):
        return forward_flops(layer)
    if kind == "TimeDistributed":
        return int(layer.input.shape[1]) * 2 * int(np.prod(layer.layer.kernel.shape))
    if kind == "Dense":
        return 2 * int(np.prod(layer.kernel.shape))
    if kind in ("Conv2D", "Conv2DTranspose"):
        # A transposed convolution uses its kernel once per input position, a convolution once per output position.
        rows, columns = (layer.output if kind == "Conv2D" else layer.input).shape[1:3]
        return 2 * int(np.prod(layer.kernel.shape)) * rows * columns
    if kind == "UpsampledConv2D":  # as executed: 36 multiplications instead of 100
        rows, columns = layer.input.shape[1:3]
        taps = 2 * ((layer.size // 2 + 1) // 2) + 1
        return 2 * taps**2 * layer.input.shape[-1] * 4 * layer.filters * rows * columns
    if kind == "LSTM":
        cell = layer.cell
        return int(layer.input.shape[1]) * 2 * int(np.prod(cell.kernel.shape) + np.prod(cell.recurrent_kernel.shape))
    if any(len(weight.shape) > 1 for weight in layer.weights) and kind != "Embedding":
        raise TypeError(f"nothing says how much work a layer {kind} is: add it to layer_flops")
    return 0


def forward_flops(network: Any) -> int:
    """Operations of a network for one example, forward."""
    return sum(layer_flops(layer) for layer in network.layers)


def training_flops(network: Any) -> int:
    """Operations of one example of a training step: forward, and the gradients of inputs and of weights.

    Each gradient costs as much as the forward pass. The first layer with weights needs no gradient of its input.
    """
    first = next(layer for layer in network.layers if layer_flops(layer))
    return 3 * forward_flops(network) - _input_flops(first)


def _input_flops(layer: Any) -> int:
    """The part of a layer's work that is done on its input; an LSTM also works on its state."""
    if type(layer).__name__ == "LSTM":
        return int(layer.input.shape[1]) * 2 * int(np.prod(layer.cell.kernel.shape))
    return layer_flops(layer)


def input_gradient_flops(network: Any) -> int:
    """Operations of one example if only the gradient of the input is needed: forward and backward."""
    return 2 * forward_flops(network)


def acgan_flops(discriminator: Any, generator: Any) -> int:
    """Operations of an ACGAN step for each real picture, as executed: split convolutions count as such.

    One picture is generated for each real one (forward); the discriminator is trained on both; then the generator is
    trained on two, through the discriminator, of which only the gradient of the input is needed.
    """
    generate, discriminate = forward_flops(generator), forward_flops(discriminator)
    return generate + 2 * training_flops(discriminator) + 2 * training_flops(generator) + 2 * 2 * discriminate
