"""The arrays of a file of weights, layer by layer, and how they come into the layers of a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from etudes.contract import Array
from etudes.data.errors import error_reason
from etudes.errors import UserError, format_path

INCEPTION_LAYERS, INCEPTION_VALUES = 188, 21_802_784
"""Layers with weights in Inception-v3 without its classifier, and the values that they hold."""

_MAX_LENGTH, _MAX_PATH = 200, 60

Layer = list[Any]
"""The arrays of a layer: they have a shape and a size, and are read by `[()]` or `[...]`."""


class LayerArrays(ABC):
    """A file of weights that is open; a context manager."""

    layers: dict[str, Layer]
    """Name of a layer in the file → its arrays, in the order of the file."""

    def __init__(self, path: Path, what: str, cure: str, max_values: int) -> None:
        """Note what the errors say.

        Args:
            path: the file.
            what: it must hold.
            cure: what to do where it does not.
            max_values: that one array of it may have.
        """
        self.path, self._what, self._cure, self.max_values = path, what, cure, max_values

    def __enter__(self) -> LayerArrays:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close the file."""

    @abstractmethod
    def found(self, number: int, layer: Any, kind: str) -> tuple[str, Layer]:
        """What to call the arrays for a layer of a network, and the arrays, in the order of the layer's weights.

        Args:
            number: of the layer among those with weights, from 0.
            layer: the layer.
            kind: by which Keras 3 saves it: its class, counted in the order of the network.
        """

    @abstractmethod
    def stated_names(self) -> list[str]:
        """The names of the network, and of networks in it, that the file gives; empty where it gives none."""

    def error(self, trouble: str) -> UserError:
        """The error for a file that cannot be taken, in 200 characters with its cure."""
        shown = format_path(self.path)
        head = f"{shown if len(shown) <= _MAX_PATH else '…' + shown[1 - _MAX_PATH :]} does not hold {self._what}: "
        room = max(_MAX_LENGTH - len(head) - len(self._cure) - 2, 30)
        return UserError(f"{head}{trouble if len(trouble) <= room else trouble[: room - 1] + '…'}; {self._cure}")

    def check_inception(self) -> None:
        """Refuse a file with another number of layers or of values than Inception-v3 has, its classifier aside."""
        layers = [arrays for arrays in self.layers.values() if all(len(a.shape) != 2 for a in arrays)]  # no dense layer
        values = sum(array.size for arrays in layers for array in arrays)
        if len(layers) != INCEPTION_LAYERS or values != INCEPTION_VALUES:
            raise self.error(f"{len(layers)} layers with {values:,} values are not its own")

    def load(self, layers: Sequence[Any], kinds: Sequence[str]) -> None:
        """Give layers of a network their weights, which must have the right shapes and be finite.

        Args:
            layers: those with weights, in the order of the network.
            kinds: their names in a file of Keras 3.
        """
        if len(self.layers) < len(layers):
            raise self.error(f"it has {len(self.layers)} layers with weights, the network has {len(layers)}")
        for number, (layer, kind) in enumerate(zip(layers, kinds, strict=True)):
            name, found = self.found(number, layer, kind)
            shapes = [tuple(array.shape) for array in found]
            if shapes != [tuple(weight.shape) for weight in layer.weights]:
                raise self.error(f"{name} has the shapes {shapes}, not those of {layer.name}")
            for weight, array in zip(layer.weights, self._read(found, name), strict=True):
                weight.assign(array)

    def classifier(self, loaded: int, channels: int) -> list[Array] | None:
        """Kernel and bias of a dense layer on so many channels, if it is the one layer beyond the `loaded` ones."""
        if len(self.layers) != loaded + 1:
            return None
        layers = [sorted(arrays, key=lambda array: -len(array.shape)) for arrays in self.layers.values()]
        dense = [arrays for arrays in layers if [len(array.shape) for array in arrays] == [2, 1]]
        if len(dense) != 1 or tuple(dense[0][0].shape) != (channels, dense[0][1].shape[0]):
            return None
        return self._read(dense[0], "the classifier")

    def _read(self, found: Layer, name: str) -> list[Array]:
        try:
            arrays = [np.asarray(array[()], dtype=np.float32) for array in found]
        except Exception as error:  # a broken file makes its reader raise nearly anything
            raise self.error(error_reason(error)) from error
        if not all(np.isfinite(array).all() for array in arrays):
            raise self.error(f"{name} has values that are not finite")
        return arrays
