"""The network of the transfer: what looks at pictures, what decides, and what may be put between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from etudes.contract import Networks
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn.data import TransferInfo
from etudes.experiments.mnist_transfer_cnn.freezing import EXTRA, freeze
from etudes.experiments.mnist_transfer_cnn.settings import TransferSettings
from etudes.training.backend import keras


def make_bottleneck(settings: TransferSettings, extra: int = 0) -> list[Any]:
    """The layers that look at a picture, from values in 0..255 to one long row, with so many extra convolutions."""
    layers = keras.layers
    return [
        layers.Rescaling(1 / 255),
        layers.Conv2D(32, 3, name="convolution_1"),
        layers.Activation("relu"),
        layers.Conv2D(32, 3, name="convolution_2"),
        layers.Activation("relu"),
        layers.MaxPooling2D(2),
        *make_extra(extra),
        layers.Dropout(settings.dropout),
        layers.Flatten(),
    ]


def make_head(settings: TransferSettings, classes: int) -> list[Any]:
    """The layers that decide, up to the probabilities of the classes."""
    layers = keras.layers
    return [
        layers.Dense(128),
        layers.Activation("relu"),
        layers.Dropout(settings.dense_dropout),
        layers.Dense(classes),
        layers.Activation("softmax", dtype="float32"),
    ]


def make_extra(count: int) -> list[Any]:
    """Convolutions upon the pooled maps, which a distant task learns anew; each has as many maps as there are."""
    made: list[Any] = []
    for number in range(1, count + 1):
        made.append(keras.layers.Conv2D(32, 3, padding="same", name=f"{EXTRA}convolution_{number}"))
        made.append(keras.layers.Activation("relu", name=f"{EXTRA}activation_{number}"))
    return made


def make_network(settings: TransferSettings, shape: tuple[int, int, int], classes: int, extra: int = 0) -> Any:
    """A network for one task, with fresh weights.

    Extra convolutions begin as what changes nothing: maps are not negative, so each passes them on as they are until
    it learns something better, and a head that was kept finds what it knows.
    """
    network = keras.Sequential([keras.Input(shape), *make_bottleneck(settings, extra), *make_head(settings, classes)])
    for layer in network.layers:
        if layer.name.startswith(EXTRA) and layer.weights:
            kernel, bias = layer.get_weights()
            kernel[...], kernel[1, 1] = 0, np.eye(32)
            layer.set_weights([kernel, bias])
    return network


def make_networks(settings: TransferSettings, info: TransferInfo) -> Networks:
    """The network of the first task, and the one it is handed over to, whose bottleneck is frozen."""
    if min(info.height, info.width) < 8:
        raise UserError(f"pictures of {info.height}x{info.width} are too small for this network: 8x8 at least")
    networks = {
        "first": make_network(settings, info.shape, len(info.first_classes)),
        "transferred": make_network(settings, info.shape, len(info.second_classes), settings.extra_convolutions),
    }
    if settings.freeze:
        freeze(networks["transferred"])
    return networks
