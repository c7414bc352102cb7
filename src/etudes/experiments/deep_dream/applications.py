"""Any network of keras.applications, for pictures of any size, with weights from a file that a person has.

The network is built from Keras's code; the file gives arrays and nothing else.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from etudes.experiments.deep_dream.layer_arrays import LayerArrays
from etudes.experiments.deep_dream.weight_files import open_weights
from etudes.training.backend import keras

_KINDS = {
    "-1..1": (
        "InceptionV3 InceptionResNetV2 Xception MobileNet MobileNetV2 NASNetMobile NASNetLarge "
        "ResNet50V2 ResNet101V2 ResNet152V2"
    ),
    "0..255": (
        "EfficientNetB0 EfficientNetB1 EfficientNetB2 EfficientNetB3 EfficientNetB4 EfficientNetB5 EfficientNetB6 "
        "EfficientNetB7 EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3 EfficientNetV2S "
        "EfficientNetV2M EfficientNetV2L MobileNetV3Small MobileNetV3Large "
        "ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge"
    ),
    "blue first": "VGG16 VGG19 ResNet50 ResNet101 ResNet152",
    "standardised": "DenseNet121 DenseNet169 DenseNet201",
}

APPLICATIONS = {name: kind for kind, names in _KINDS.items() for name in names.split()}
"""Name → the range of its values; "blue first": 0..255 as BGR, less the mean of ImageNet; "standardised": less that
mean, divided by the standard deviation."""

_MEAN, _DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
"""Of ImageNet's pictures in 0..1, red, green, blue, as keras.applications has them."""

_MEAN_BLUE_FIRST = np.array([103.939, 116.779, 123.68])


def preprocessed(pictures: Any, kind: str) -> Any:
    """Pictures in [-1, 1] as a network of this kind takes them."""
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
    """A network of keras.applications with the weights of a file, as Keras publishes or saves it.

    It takes pictures of any size with values in [-1, 1]. Where the file also has the classifier, and that is one dense
    layer on the mean of the last map, it becomes the layer `scores`, computed at every position: the mean of the scores
    is the score of the mean.

    Args:
        name: one of `APPLICATIONS`.
        path: a .keras, .h5 or .safetensors file.

    Raises:
        UserError: the file does not hold the weights of this network.
    """
    pictures = keras.Input((None, None, 3))
    build = getattr(keras.applications, name)
    built = build(weights=None, include_top=False, input_tensor=preprocessed(pictures, APPLICATIONS[name]))
    network = keras.Model(pictures, built.output, name=f"application_{name}")
    with open_weights(path, name) as file:
        kinds = load_layers(network, file)
        head = file.classifier(len(kinds), int(network.output.shape[-1]))
    if head is None:
        return network
    kernel, bias = head
    scores = keras.layers.Conv2D(bias.size, 1, name="scores")
    result = keras.Model(network.input, scores(network.output), name=network.name)
    scores.set_weights([kernel.reshape(1, 1, -1, bias.size), bias])
    return result


def load_layers(network: Any, file: LayerArrays) -> list[str]:
    """Give a network the weights of a file; returns the names by which Keras 3 saves its layers with weights.

    A name is a layer's kind, counted in the order of the network: "conv2d", "conv2d_1", ….
    """
    counts: dict[str, int] = {}
    names = []
    for layer in network.layers:
        kind = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", type(layer).__name__))
        kind = re.sub("([a-z])([A-Z])", r"\1_\2", kind).lower()  # as Keras does it: BatchNormalization → batch_…
        names.append(f"{kind}_{counts[kind]}" if kind in counts else kind)
        counts[kind] = counts.get(kind, 0) + 1
    with_weights = [(layer, name) for layer, name in zip(network.layers, names, strict=True) if layer.weights]
    kinds = [name for _, name in with_weights]
    file.load([layer for layer, _ in with_weights], kinds)
    return kinds
