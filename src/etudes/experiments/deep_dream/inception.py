"""Inception-v3 (Szegedy and others, 2015, arXiv 1512.00567): the network of the original dreams, and its weight files.

Two files are read. Keras's own holds the whole network without its classifier; the partial one of 2015 holds
76 convolutions from the stem to `mixed8`, their batch normalisation folded into a bias.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from etudes.experiments.deep_dream.applications import load_layers
from etudes.experiments.deep_dream.weight_files import convolution_names, npz_arrays, open_weights
from etudes.training.backend import keras

DEEPEST = "mixed8"
"""The last layer that the partial weights of 2015 reach."""


def inception_v3() -> Any:
    """Inception-v3 without its classifier and with new weights, for pictures of any size with values in [-1, 1]."""
    network = keras.applications.InceptionV3(weights=None, include_top=False, input_shape=(None, None, 3))
    network.trainable = False
    return network


def keras_inception_v3(path: Path) -> Any:
    """Inception-v3 without its classifier, with the weights of a file as Keras publishes or saves them.

    Raises:
        UserError: the file holds no weights of this network, or some that are not finite.
    """
    network = inception_v3()
    with open_weights(path) as file:
        file.check_inception()
        load_layers(network, file)
    return network


def partial_inception_v3(content: bytes, name: str) -> Any:
    """Inception-v3 from the stem to `mixed8` with the weights of 2015.

    Args:
        content: the bytes of the NPZ file: `<convolution>/kernel` (height, width, in, out) and `<convolution>/bias`.
        name: what to call the file in an error.

    Raises:
        UserError: the file does not hold exactly these arrays, as float32 of the right shapes with finite values.
    """
    whole = inception_v3()
    network = keras.Model(whole.input, whole.get_layer(DEEPEST).output, name="inception_v3_to_mixed8")
    network.trainable = False
    convolutions = _in_creation_order(network, keras.layers.Conv2D)
    normalisations = _in_creation_order(network, keras.layers.BatchNormalization)
    shapes = {}
    for unit, convolution in zip(convolution_names(), convolutions, strict=True):
        shapes[f"{unit}/kernel"] = tuple(convolution.kernel.shape)
        shapes[f"{unit}/bias"] = (convolution.filters,)
    arrays = npz_arrays(content, name, shapes)
    for unit, convolution, normalisation in zip(convolution_names(), convolutions, normalisations, strict=True):
        convolution.kernel.assign(arrays[f"{unit}/kernel"])
        normalisation.beta.assign(arrays[f"{unit}/bias"])
        # With mean 0 and variance 1 - epsilon, normalising changes nothing, and beta is the folded bias.
        normalisation.moving_mean.assign(np.zeros(convolution.filters, np.float32))
        normalisation.moving_variance.assign(np.full(convolution.filters, 1 - normalisation.epsilon, np.float32))
    return network


def _in_creation_order(network: Any, kind: Any) -> list[Any]:
    """The layers of a kind by the number in their names, which counts on from network to network in a process."""
    found = [layer for layer in network.layers if isinstance(layer, kind)]
    return sorted(found, key=lambda layer: int(layer.name.rsplit("_", 1)[-1]) if layer.name[-1].isdigit() else 0)
