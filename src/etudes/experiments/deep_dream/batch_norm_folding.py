"""Batch normalisation folded into convolutions: at inference it only multiplies and adds constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from etudes.training.backend import keras


def fold_batch_norm(network: Any) -> Any:
    """The same function with each batch normalisation that follows a convolution folded into its kernel and bias.

    A convolution whose output something else takes, too, or that the network gives, stays as it is.
    """
    takers: dict[int, list[Any]] = {id(output): [None] for output in network.outputs}  # tensor → what takes it
    for operation in network.operations:
        if not isinstance(operation, keras.layers.InputLayer):
            inputs = operation.input if isinstance(operation.input, list) else [operation.input]
            for tensor in inputs:
                takers.setdefault(id(tensor), []).append(operation)
    folded = {}  # name of a convolution → the normalisation that alone takes its output
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D) and layer.activation is keras.activations.linear:
            found = takers[id(layer.output)]
            if len(found) == 1 and isinstance(found[0], keras.layers.BatchNormalization):
                folded[layer.name] = found[0]
    gone = {layer.name for layer in folded.values()}
    if not gone:
        return network

    def copy(layer: Any) -> Any:
        biased = {"use_bias": True} if layer.name in folded else {}
        return type(layer).from_config({**layer.get_config(), **biased})

    def apply(layer: Any, x: Any, **keywords: Any) -> Any:
        return x if layer.name in gone else layer(x, **keywords)

    result = keras.models.clone_model(network, clone_function=copy, call_function=apply)
    for layer in result.layers:
        if layer.weights:
            weights = network.get_layer(layer.name).get_weights()
            layer.set_weights(_with_normalisation(weights, folded[layer.name]) if layer.name in folded else weights)
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
