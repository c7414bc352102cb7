"""Extra convolutions on top of the frozen ones, trained with the head: for a task that is unlike the first."""

from __future__ import annotations

from typing import Any

import numpy as np

from etudes.training.backend import keras

EXTRA = "extra_"
"""Prefix of the names of extra layers."""


def extra_convolutions(count: int) -> list[Any]:
    """Convolutions 3×3 with ReLU that begin as the identity, so a head that was copied finds the features it knows.

    The maps after pooling, (height, width, 32), are not negative, so ReLU does not change them.
    """
    layers: list[Any] = []
    for number in range(1, count + 1):
        convolution = keras.layers.Conv2D(32, 3, padding="same", name=f"{EXTRA}convolution_{number}")
        convolution.build((None, None, None, 32))
        kernel = np.zeros((3, 3, 32, 32), np.float32)
        kernel[1, 1] = np.eye(32)
        convolution.set_weights([kernel, np.zeros(32, np.float32)])
        layers += [convolution, keras.layers.Activation("relu", name=f"{EXTRA}activation_{number}")]
    return layers


def without_extra(layers: list[Any]) -> list[Any]:
    """The layers that both networks have."""
    return [layer for layer in layers if not layer.name.startswith(EXTRA)]
