"""The networks that dream. Each takes pictures of any size, three channels, values in [-1, 1]."""

from __future__ import annotations

import re
from typing import Any

from etudes.contract import Networks
from etudes.experiments.deep_dream import inception
from etudes.experiments.deep_dream.applications import application
from etudes.experiments.deep_dream.fully_convolutional import convolutional_part
from etudes.experiments.deep_dream.weights import UNTRAINED, Weights
from etudes.training.backend import keras

_NOT_EXCITABLE = ("InputLayer", "Rescaling", "Flip", "ZeroPadding2D", "Dropout")
"""Kinds of layers of keras.applications that compute no features."""


def load_network(weights: Weights, which: str, base: Networks | None) -> Any:
    """The network with the weights that were found; with none, Inception-v3 with new weights, enough to look at.

    Args:
        weights: where they are.
        which: the network of keras.applications that a weights file holds; empty: Inception-v3.
        base: the networks of the run, where the weights are those of a run.

    Raises:
        UserError: the file does not hold the weights of this network, or the run has no network that takes pictures.
    """
    if base is not None:
        network = convolutional_part(base)
    elif weights.name == UNTRAINED:
        network = untrained_network()
    elif weights.path is None:
        network = inception.inception_v3()
    elif which:
        network = application(which, weights.path)
    elif weights.path.suffix.lower() != ".npz":
        network = inception.keras_inception_v3(weights.path)
    else:
        network = inception.partial_inception_v3(weights.path.read_bytes(), weights.name)
    network.trainable = False
    return network


def untrained_network() -> Any:
    """Five convolutions with random weights: the control experiment, what the process makes of any network."""
    layers = keras.layers
    x = inputs = keras.Input((None, None, 3))
    for number, filters in enumerate((16, 16, 32, 32, 64), start=1):
        x = layers.Conv2D(filters, 3, activation="relu", kernel_initializer="he_normal", name=f"conv{number}")(x)
        if number in (2, 4):
            x = layers.MaxPooling2D(2)(x)
    return keras.Model(inputs, x, name="untrained")


def layer_names(network: Any) -> list[str]:
    """The layers that can be excited: `mixed…` of Inception-v3, `conv…` and `dense…` of other studies' networks.

    Those of keras.applications have names of all kinds: there it is every layer that computes a map.
    """
    if network.name.startswith("application_"):
        found = [layer for layer in network.layers if type(layer).__name__ not in _NOT_EXCITABLE]
        return [layer.name for layer in found if len(layer.output.shape) == 4]
    return [layer.name for layer in network.layers if re.fullmatch(r"(mixed|conv|dense)\d+", layer.name)]
