"""The layer table of a network: kinds, output shapes, parameters, and which of them are frozen."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

from etudes.contract import Table


@runtime_checkable
class ShownAsSeveral(Protocol):
    """A layer that computes what several layers of the table would."""

    def shown_as(self) -> Iterable[tuple[str, Any, int]]:
        """(name, output shape, parameters) of each."""


_KINDS = {
    "InputLayer": "input",
    "MaxPooling2D": "maxpooling",
    "AveragePooling2D": "averagepooling",
    "UpSampling2D": "upsampling",
    "Conv2DTranspose": "conv2d transposed",
    "LSTM": "lstm",
    "TimeDistributed": "time distributed dense",
    "RepeatVector": "repeat vector",
}


def layer_table(name: str, network: Any) -> Table:
    """One row for each layer of a `keras.Model`.

    A `Rescaling` of the input has no weights and no row.

    Returns:
        A table with the columns layer, output shape, parameters, trainable; its last row is the total.
    """
    rows: list[tuple[Any, ...]] = []
    layers = network.layers
    if not any(type(layer).__name__ == "InputLayer" for layer in layers):
        rows.append(("input", _shape(network.input_shape), 0, ""))
    for layer in layers:
        kind = type(layer).__name__
        if kind == "Rescaling":
            continue
        if isinstance(layer, ShownAsSeveral):
            for label, shape, parameters in layer.shown_as():
                rows.append((label, _shape(shape), parameters, _trainable(layer) if parameters else ""))
            continue
        label = _KINDS.get(kind, kind.lower())
        if kind == "Activation":
            label = f"activation {layer.activation.__name__}"
        rows.append((label, _shape(_output_shape(layer)), layer.count_params(), _trainable(layer)))
    rows.append(("total", "", network.count_params(), sum(_size(w) for w in network.trainable_weights)))
    return Table(name, ("layer", "output shape", "parameters", "trainable"), rows)


def _size(weight: Any) -> int:
    return math.prod(weight.shape)


def _trainable(layer: Any) -> str:
    if not layer.weights:
        return ""
    return "yes" if layer.trainable_weights else "frozen"


def _output_shape(layer: Any) -> Any:
    return layer.batch_shape if type(layer).__name__ == "InputLayer" else layer.output.shape


def _shape(shape: Any) -> str:
    return "(" + ", ".join(str(extent) for extent in shape) + ")"
