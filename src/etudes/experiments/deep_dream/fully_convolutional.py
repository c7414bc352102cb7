"""The network of another study's run, rebuilt for pictures of any size: a fully convolutional network.

Its convolutions have no fixed size. Neither have its dense layers, once they are convolutions, too: at every position
of a large picture they then see as much as they once saw of a small one.

Source: Long, Shelhamer and Darrell, "Fully convolutional networks for semantic segmentation", 2015.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from etudes.contract import Networks
from etudes.errors import UserError
from etudes.training.backend import keras

_ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "BatchNormalization")
_BETWEEN = (*_ACTIVATIONS, "MaxPooling2D", "AveragePooling2D", "ZeroPadding2D")
_INERT = ("Dropout", "SpatialDropout2D", "GaussianNoise", "RandomFlip", "RandomTranslation", "RandomRotation")


def convolutional_part(networks: Networks) -> Any:
    """The first network that takes pictures, rebuilt for pictures of any size.

    Its k-th convolution, with the normalisation and activation that follow it, ends in the layer `conv{k}`, its k-th
    dense layer, as a convolution, in `dense{k}`. The last one gives scores: its softmax is left out. Of several heads
    on one map, such as a discriminator's, it is the one with the most outputs.

    Args:
        networks: those of a run; they take pictures of 0..255, as those of all studies do.

    Raises:
        UserError: none of them takes pictures, or it is not one chain of layers.
    """
    name, network = next(((n, m) for n, m in networks.items() if _takes_pictures(m)), ("", None))
    if network is None:
        raise UserError("this run has no network that takes pictures with convolutions: choose other --weights")
    x = inputs = keras.Input((None, None, 3))
    if network.inputs[0].shape[-1] == 1:
        x = keras.ops.mean(x, axis=-1, keepdims=True)
    x = end = keras.layers.Rescaling(127.5, 127.5, dtype="float32")(x)
    convolutions, dense = 0, 0
    window: tuple[int, int] | None = None  # what a dense layer sees of the map, once it is flattened
    smaller = _smaller_heads(network)
    for layer, *activations in _units(network):
        label = None
        if layer in smaller:
            continue
        if isinstance(layer, keras.layers.Flatten):
            window = layer.input.shape[1:3]
            continue
        if isinstance(layer, keras.layers.Dense):
            if window is None or layer.kernel.shape[0] != window[0] * window[1] * x.shape[-1]:
                break  # no chain: another head of the network
            dense, label = dense + 1, f"dense{dense + 1}"
            x, window = _as_convolution(layer, x, window, None if activations else label), (1, 1)
        elif isinstance(layer, keras.layers.Conv2D):
            convolutions, label = convolutions + 1, f"conv{convolutions + 1}"
            x = _copy(layer, x, None if activations else label)
        elif window or (convolutions and type(layer).__name__ not in _BETWEEN):
            break
        else:
            x = _copy(layer, x, None)
        for part in activations:
            x = _copy(part, x, label if part is activations[-1] else None)
        end = x if label else end
    return keras.Model(inputs, end, name=name)


def _smaller_heads(network: Any) -> list[Any]:
    """The dense layers whose input goes into one with more outputs too, such as "real or generated" beside classes."""
    dense = [layer for layer in _flat(network) if isinstance(layer, keras.layers.Dense)]
    return [one for one in dense if any(one.input is other.input and one.units < other.units for other in dense)]


def _units(network: Any) -> Iterator[list[Any]]:
    """Each layer with the normalisations and activations that follow it; those that make probabilities are left out."""
    unit: list[Any] = []
    for layer in _flat(network):
        if isinstance(layer, keras.layers.Activation) and layer.activation in _classifying():
            continue
        if unit and type(layer).__name__ in _ACTIVATIONS:
            unit.append(layer)
        else:
            yield from [unit] if unit else []
            unit = [layer]
    yield from [unit] if unit else []


def _classifying() -> tuple[Any, ...]:
    return keras.activations.softmax, keras.activations.sigmoid


def _as_convolution(layer: Any, x: Any, window: tuple[int, int], name: str | None) -> Any:
    """A dense layer applied at every third of its width: on a flattened map of 6×6 it is a convolution of 6×6.

    Beyond the picture's edge there are zeros.
    """
    activation = None if layer.activation in _classifying() else layer.activation
    name = name or f"{layer.name}_part"
    # Closer neighbours see nearly the same, and each costs as much as a dense layer.
    strides = tuple(max(1, side // 3) for side in window)
    convolution = keras.layers.Conv2D(
        layer.units, window, strides=strides, padding="same", activation=activation, name=name
    )
    shape = (*window, x.shape[-1], layer.units)
    result = convolution(x)
    weights, *bias = layer.get_weights() if layer.use_bias else [*layer.get_weights(), np.zeros(layer.units)]
    convolution.set_weights([weights.reshape(shape), *bias])
    return result


def _takes_pictures(network: Any) -> bool:
    """Whether it is a network, of one input (height, width, 1 or 3), with convolutions; a run may have arrays, too."""
    if not isinstance(network, keras.Model) or not network.built or len(network.inputs) != 1:
        return False
    shape = network.inputs[0].shape
    return (
        len(shape) == 4
        and shape[-1] in (1, 3)
        and any(isinstance(layer, keras.layers.Conv2D) for layer in _flat(network))
    )


def _flat(network: Any) -> Iterator[Any]:
    """The layers of a network, those of networks within it in their order; inert ones are left out."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _flat(layer)
        elif type(layer).__name__ not in ("InputLayer", *_INERT):
            yield layer


def _copy(layer: Any, x: Any, name: str | None) -> Any:
    """A layer of the same kind and weights applied to x; its precision is that of the dream's settings."""
    if isinstance(layer.input, list):
        raise UserError(f"layer {layer.name} joins several inputs: only chains of layers can be dreamed with")
    config = {key: value for key, value in layer.get_config().items() if key not in ("dtype", "name")}
    if isinstance(layer, keras.layers.Rescaling):
        config["dtype"] = "float32"
    copy = type(layer).from_config({**config, "name": name or f"{layer.name}_part"})
    result = copy(x)
    copy.set_weights(layer.get_weights())
    return result
