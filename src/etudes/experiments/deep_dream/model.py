"""The networks that are dreamed with. Each takes pictures of any size, three channels, values in [-1, 1].

Of a network of another étude, the convolutions have no fixed size, and neither have its dense layers once they are
convolutions, too: at every place of a large picture they then see as much as they once saw of a small one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from etudes.contract import Networks
from etudes.errors import UserError
from etudes.training.backend import keras

_ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "BatchNormalization")
_BETWEEN = (*_ACTIVATIONS, "MaxPooling2D", "AveragePooling2D", "ZeroPadding2D")
_INERT = ("Dropout", "SpatialDropout2D", "GaussianNoise", "RandomFlip", "RandomTranslation", "RandomRotation")


def untrained_network() -> Any:
    """Five convolutions with random weights: the control experiment, what the process dreams without any learning."""
    layers = keras.layers
    x = inputs = keras.Input((None, None, 3))
    for number, filters in enumerate((16, 16, 32, 32, 64), start=1):
        x = layers.Conv2D(filters, 3, activation="relu", kernel_initializer="he_normal", name=f"conv{number}")(x)
        if number in (2, 4):
            x = layers.MaxPooling2D(2)(x)
    return keras.Model(inputs, x, name="untrained")


def convolutional_part(networks: Networks) -> Any:
    """The first network that takes pictures, rebuilt for pictures of any size.

    Its k-th convolution, with the normalisation and activation that follow it, ends in the layer `conv{k}`, its k-th
    dense layer, as a convolution, in `dense{k}`. The last one gives scores: its softmax is left out. Of several heads
    upon one map, such as a discriminator's, it is the one with the most outputs.

    Args:
        networks: those of a run; they take pictures of 0..255, as all networks of études do.

    Raises:
        UserError: none of them takes pictures, or it is not one chain of layers.
    """
    name, network = next(((n, m) for n, m in networks.items() if _takes_pictures(m)), ("", None))
    if network is None:
        raise UserError("this run has no network that takes pictures with convolutions: choose other --weights")
    x = inputs = keras.Input((None, None, 3))
    if network.input_shape[-1] == 1:
        x = keras.ops.mean(x, axis=-1, keepdims=True)
    x = end = keras.layers.Rescaling(127.5, 127.5, dtype="float32")(x)
    convolutions, dense = 0, 0
    window: tuple[int, int] | None = None  # what a dense layer sees of the map, once it is flattened
    lesser = _lesser_heads(network)
    for layer, *activations in _units(network):
        label = None
        if id(layer) in lesser:
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


def _lesser_heads(network: Any) -> set[int]:
    """The `id`s of dense layers whose input goes into one with more outputs too, as "real or not" beside others."""
    dense = [layer for layer in _flat(network) if isinstance(layer, keras.layers.Dense)]
    return {id(one) for one in dense for other in dense if one.input is other.input and one.units < other.units}


def _units(network: Any) -> Iterator[list[Any]]:
    """Each layer with the normalisations and activations that follow it; those that make probabilities are left out."""
    unit: list[Any] = []
    for layer in _flat(network):
        if getattr(layer, "activation", None) in _classifying() and not isinstance(layer, keras.layers.Dense):
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
    """A dense layer applied at every place of a map.

    On a flattened map of 6×6 it is a 6×6 convolution that is asked at one place only (Long, Shelhamer and Darrell,
    "Fully convolutional networks for semantic segmentation", 2015). Past the picture's edge there are zeros.
    """
    activation = None if layer.activation in _classifying() else layer.activation
    name = name or f"{layer.name}_part"
    # Neighbours see nearly the same, and each costs as much as a dense layer.
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
    shape = getattr(network, "input_shape", None)
    is_picture = isinstance(shape, tuple) and len(shape) == 4 and shape[-1] in (1, 3)
    return is_picture and any(isinstance(layer, keras.layers.Conv2D) for layer in _flat(network))


def _flat(network: Any) -> Iterator[Any]:
    """The layers of a network, those of networks within it in their place; inert ones are left out."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _flat(layer)
        elif type(layer).__name__ not in ("InputLayer", *_INERT):
            yield layer


def _copy(layer: Any, x: Any, name: str | None) -> Any:
    """A layer of the same kind and weights applied to x; its precision is that of this étude's settings."""
    if isinstance(layer.input, list):
        raise UserError(f"layer {layer.name} joins several inputs: only chains of layers can be dreamed with")
    config = {key: value for key, value in layer.get_config().items() if key not in ("dtype", "name")}
    if isinstance(layer, keras.layers.Rescaling):
        config["dtype"] = "float32"
    copy = type(layer).from_config({**config, "name": name or f"{layer.name}_part"})
    result = copy(x)
    copy.set_weights(layer.get_weights())
    return result


def folded(network: Any) -> Any:
    """The same function with each batch normalisation that follows a convolution folded into its kernel and bias.

    A network at rest multiplies and adds constants there. Folded, they cost nothing, and their gradient neither.
    """
    into = {}  # convolution → the normalisation that alone takes its output
    for layer in network.layers:
        takers = [node.operation for node in layer._outbound_nodes if node.operation in network.layers]
        linear = isinstance(layer, keras.layers.Conv2D) and layer.activation is keras.activations.linear
        if linear and len(takers) == 1 and isinstance(takers[0], keras.layers.BatchNormalization):
            into[layer.name] = takers[0]
    gone = {layer.name for layer in into.values()}
    if not gone:
        return network

    def copy(layer: Any) -> Any:
        biased = {"use_bias": True} if layer.name in into else {}
        return type(layer).from_config({**layer.get_config(), **biased})

    def apply(layer: Any, x: Any, **keywords: Any) -> Any:
        return x if layer.name in gone else layer(x, **keywords)

    result = keras.models.clone_model(network, clone_function=copy, call_function=apply)
    for layer in result.layers:
        if layer.weights:
            weights = network.get_layer(layer.name).get_weights()
            layer.set_weights(_with_normalisation(weights, into[layer.name]) if layer.name in into else weights)
    return result


def _with_normalisation(weights: list[Any], layer: Any) -> list[Any]:
    """Kernel and bias of a convolution whose output is what the normalisation makes of it."""
    kernel, shift = weights[0], weights[1] if len(weights) > 1 else 0.0
    mean, variance = (np.asarray(keras.ops.convert_to_numpy(v)) for v in (layer.moving_mean, layer.moving_variance))
    scale = 1 / np.sqrt(variance + layer.epsilon)
    if layer.scale:
        scale = scale * keras.ops.convert_to_numpy(layer.gamma)
    shift = (shift - mean) * scale
    if layer.center:
        shift = shift + keras.ops.convert_to_numpy(layer.beta)
    return [kernel * scale, shift]


_SHAPELESS = ("InputLayer", "Rescaling", "Flip", "ZeroPadding2D", "Dropout")
"""Kinds of layers of keras.applications that find nothing themselves."""


def layer_names(network: Any) -> list[str]:
    """The layers that can be excited: `mixed…` of Inception-v3, `conv…` and `dense…` of études' networks.

    Those of keras.applications have names of all kinds: there it is every layer that makes a map.
    """
    if network.name.startswith("application_"):
        made = [layer for layer in network.layers if type(layer).__name__ not in _SHAPELESS]
        return [layer.name for layer in made if len(getattr(layer.output, "shape", ())) == 4]
    return [layer.name for layer in network.layers if re.fullmatch(r"(mixed|conv|dense)\d+", layer.name)]
