"""Any network of keras.applications, for pictures of any size, with weights from a file that a person has.

The network is built from Keras's code; from the file come arrays and nothing else.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from etudes.experiments.deep_dream.keras_files import KerasFile
from etudes.experiments.deep_dream.preprocessing import PREPROCESSING
from etudes.experiments.deep_dream.weight_files import LARGEST_APPLICATION
from etudes.training.backend import keras

_MEAN, _DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
"""Of ImageNet's pictures in 0..1, red, green, blue, as keras.applications has them."""

_MEAN_BLUE_FIRST = np.array([103.939, 116.779, 123.68])


def fresh_application(name: str) -> Any:
    """A network of keras.applications without its classifier, for pictures of any size with values in [-1, 1].

    Args:
        name: one of `PREPROCESSING`.
    """
    pictures = keras.Input((None, None, 3))
    build = getattr(keras.applications, name)
    network = build(weights=None, include_top=False, input_tensor=preprocessed(pictures, PREPROCESSING[name]))
    return keras.Model(pictures, network.output, name=f"application_{name}")


def preprocessed(pictures: Any, kind: str) -> Any:
    """Pictures in [-1, 1] as a network of this kind wants them."""
    rescaling = keras.layers.Rescaling
    if kind == "0..255":
        return rescaling(127.5, 127.5, dtype="float32")(pictures)
    if kind == "blue first":
        shift = [float(value) for value in 127.5 - _MEAN_BLUE_FIRST]
        return rescaling(127.5, shift, dtype="float32")(keras.ops.flip(pictures, axis=-1))
    if kind == "standardised":
        scale, shift = 0.5 / _DEVIATION, (0.5 - _MEAN) / _DEVIATION
        return rescaling([float(x) for x in scale], [float(x) for x in shift], dtype="float32")(pictures)
    return pictures


def application(name: str, path: Path) -> Any:
    """A network of keras.applications with the weights of a file, as Keras publishes or as `save_weights` writes it.

    Where the file also has the classifier, and that is one dense layer on the mean of the last map, it becomes the
    layer `scores`, asked at every place: the mean of the scores is the score of the mean.

    Args:
        name: one of `PREPROCESSING`.
        path: an .h5 file.

    Raises:
        UserError: the file does not hold the weights of this network.
    """
    network = fresh_application(name)
    layers = [layer for layer in network.layers if layer.weights]
    with KerasFile(path, f"the weights of {name}", LARGEST_APPLICATION // 4) as file:
        keys: list[Any] = _keys(network, layers) if file.by_class else list(range(len(layers)))
        file.has(keys)
        for key, layer in zip(keys, layers, strict=True):
            arrays = file.read(key, [tuple(weight.shape) for weight in layer.weights])
            for weight, array in zip(layer.weights, arrays, strict=True):
                weight.assign(array)
        head = file.head(keys, int(network.output.shape[-1]))
    if head is None:
        return network
    kernel, bias = head
    scores = keras.layers.Conv2D(bias.size, 1, name="scores")
    result = keras.Model(network.input, scores(network.output), name=network.name)
    scores.set_weights([kernel.reshape(1, 1, -1, bias.size), bias])
    return result


def _keys(network: Any, layers: list[Any]) -> list[str]:
    """The names by which Keras 3 saves layers: each one's kind, counted in the order of the network."""
    seen: dict[str, int] = {}
    names = {}
    for layer in network.layers:
        kind = _snake_case(type(layer).__name__)
        names[layer.name] = f"{kind}_{seen[kind]}" if kind in seen else kind
        seen[kind] = seen.get(kind, 0) + 1
    return [names[layer.name] for layer in layers]


def _snake_case(name: str) -> str:
    """As Keras does it: Conv2D is conv2d, BatchNormalization is batch_normalization."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
