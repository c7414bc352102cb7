"""How much arithmetic a network asks for, counted from the shapes of its layers; Keras has no counter."""

from __future__ import annotations

from typing import Any

import numpy as np


def layer_flops(layer: Any) -> int:
    """Floating-point operations of one layer for one example, forward; a multiplication and an addition are two.

    Counted are the matrix products of convolutions, dense layers and LSTMs. What looks at each value once (activations,
    pooling, biases, dropout) is left out: it is below two percent in these networks.
    """
    kind = type(layer).__name__
    if kind in ("Sequential", "Functional"):
        return forward_flops(layer)
    if kind == "TimeDistributed":
        return int(layer.input.shape[1]) * 2 * int(np.prod(layer.layer.kernel.shape))
    if kind == "Dense":
        return 2 * int(np.prod(layer.kernel.shape))
    if kind in ("Conv2D", "Conv2DTranspose"):
        # A transposed convolution uses its kernel once for each place of the input, the other for each of the output.
        rows, columns = (layer.output if kind == "Conv2D" else layer.input).shape[1:3]
        return 2 * int(np.prod(layer.kernel.shape)) * rows * columns
    if kind == "UpsampledConv2D":  # 36 multiplications in place of 100: what is carried out
        rows, columns = layer.input.shape[1:3]
        taps = 2 * ((layer.size // 2 + 1) // 2) + 1
        return 2 * taps**2 * layer.input.shape[-1] * 4 * layer.filters * rows * columns
    if kind == "LSTM":
        cell = layer.cell
        return int(layer.input.shape[1]) * 2 * int(np.prod(cell.kernel.shape) + np.prod(cell.recurrent_kernel.shape))
    if any(len(weight.shape) > 1 for weight in layer.weights) and kind != "Embedding":
        raise TypeError(f"nobody has said how much work a layer {kind} is")
    return 0


def forward_flops(network: Any) -> int:
    """Operations of a network for one example, forward."""
    return sum(layer_flops(layer) for layer in network.layers)


def training_flops(network: Any) -> int:
    """Operations of one example of a training step: forward, and the gradients of inputs and of weights.

    Each gradient costs as much as the forward pass. The first layer with weights needs none of its input.
    """
    first = next(layer for layer in network.layers if layer_flops(layer))
    return 3 * forward_flops(network) - _input_flops(first)


def _input_flops(layer: Any) -> int:
    """The part of a layer's work that is done on its input; an LSTM also works on what it keeps in mind."""
    if type(layer).__name__ == "LSTM":
        return int(layer.input.shape[1]) * 2 * int(np.prod(layer.cell.kernel.shape))
    return layer_flops(layer)


def input_gradient_flops(network: Any) -> int:
    """Operations of one example where only the gradient of the input is wanted: forward and back."""
    return 2 * forward_flops(network)


def acgan_flops(discriminator: Any, generator: Any) -> int:
    """Operations of an ACGAN step for each real picture, as they are carried out: split convolutions as such.

    Each real picture comes with one that is generated (forward), the discriminator learns from both, then the generator
    learns from two, through the discriminator, of which only the input's gradient is wanted.
    """
    draws, judges = forward_flops(generator), forward_flops(discriminator)
    return draws + 2 * training_flops(discriminator) + 2 * training_flops(generator) + 2 * 2 * judges
