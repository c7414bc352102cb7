"""The bottleneck of a network, and proof that it stays as it is: handing over, freezing, checking, caching."""

from __future__ import annotations

from typing import Any

import numpy as np

from etudes.contract import Array, Table
from etudes.runs.checkpoint import digest
from etudes.training.backend import keras
from etudes.training.xla import fast_dropout


class FrozenWeightsMovedError(RuntimeError):
    """A weight that must not change did; the run is worth nothing."""


EXTRA = "extra_"
"""Begins the names of the layers that a transfer adds between the pooling and the dropout."""


def _until(network: Any, kind: str) -> int:
    """How many layers there are up to and with the first of a kind."""
    return [type(layer).__name__ for layer in network.layers].index(kind) + 1


def bottleneck_of(network: Any) -> list[Any]:
    """The layers of a `keras.Sequential` up to the one that flattens, but for extra ones: what looks at pictures."""
    return [layer for layer in network.layers[: _until(network, "Flatten")] if not layer.name.startswith(EXTRA)]


def head_of(network: Any) -> list[Any]:
    """The layers after the one that flattens: what decides."""
    return list(network.layers)[_until(network, "Flatten") :]


def freeze(network: Any) -> None:
    """Take every layer of the bottleneck out of the training; compile after it."""
    for layer in bottleneck_of(network):
        layer.trainable = False


def bottleneck_digest(network: Any) -> str:
    """SHA-256 over every bit of the bottleneck's weights."""
    weights = [weight for layer in bottleneck_of(network) for weight in layer.get_weights()]
    return digest({f"{number:02d}": weight for number, weight in enumerate(weights)})


def check_bottleneck(network: Any, before: str) -> None:
    """Compare the bottleneck with its digest before the training.

    Raises:
        FrozenWeightsMovedError: it is another, be it by one bit.
    """
    after = bottleneck_digest(network)
    if after != before:
        raise FrozenWeightsMovedError(
            f"the frozen bottleneck changed while the head was trained: {before} became {after}"
        )


def hand_over(first: Any, transferred: Any, head: str) -> None:
    """Copy the weights of a trained network into the one that goes on with another task.

    Args:
        first: the trained network.
        transferred: the same layers, with fresh weights.
        head: "kept" copies the head too, but for a last layer of another number of classes; "fresh" leaves it alone.
    """
    pairs = shared_layers(first, transferred)
    for source, target in pairs[: len(bottleneck_of(first))] if head == "fresh" else pairs:
        weights = source.get_weights()
        if [weight.shape for weight in weights] == [weight.shape for weight in target.get_weights()]:
            target.set_weights(weights)


def shared_layers(first: Any, transferred: Any) -> list[tuple[Any, Any]]:
    """The layers of a network and those that took their place, first the bottleneck, then the head."""
    return [
        *zip(bottleneck_of(first), bottleneck_of(transferred), strict=True),
        *zip(head_of(first), head_of(transferred), strict=True),
    ]


def old_head_on_new_bottleneck(first: Any, transferred: Any) -> Any:
    """The first task's decision upon what now looks at pictures: what the transfer made the network forget."""
    shape = first.input_shape[1:]
    return keras.Sequential([keras.Input(shape), *bottleneck_of(transferred), *head_of(first)])


def old_output_on_new_network(first: Any, transferred: Any) -> Any:
    """The first task's output layer upon all else that the transfer made: also the hidden layer may have forgotten."""
    output = [number for number, layer in enumerate(transferred.layers) if isinstance(layer, keras.layers.Dense)][-1]
    before = [layer for layer in first.layers if isinstance(layer, keras.layers.Dense)][-1]
    softmax = first.layers[-1]
    return keras.Sequential([keras.Input(first.input_shape[1:]), *transferred.layers[:output], before, softmax])


def features_of(network: Any, pictures: Array) -> Array:
    """What the bottleneck makes of pictures before its dropout, float32 (n, height, width, maps)."""
    looking = keras.Sequential(
        [keras.Input(network.input_shape[1:]), *network.layers[: _until(network, "MaxPooling2D")]]
    )
    features = np.zeros((len(pictures), *looking.output_shape[1:]), dtype=np.float32)
    # A part at a time: Keras would hold everything twice.
    for start in range(0, len(pictures), 4000):
        features[start : start + 4000] = looking.predict(pictures[start : start + 4000], batch_size=500, verbose=0)
    return features


def table_of(features: Array) -> Any:
    """Features that were computed once, as a frozen embedding: place in 0..n-1 → the row of that picture."""
    count, size = len(features), int(np.prod(features.shape[1:]))
    table = keras.layers.Embedding(count, size, embeddings_initializer=lambda *_, **__: features.reshape(count, size))
    table.build(())
    table.trainable = False
    # The table has its values; the layer must not keep the array that they came from as well.
    table.embeddings_initializer = keras.initializers.Zeros()
    return table


def on_cached_features(network: Any, table: Any) -> Any:
    """The part of a network behind its pooling, upon features that were computed once.

    Args:
        network: its layers are shared: what is trained here is trained there.
        table: what `table_of` gave for the features of n pictures.

    Returns:
        A network that takes places in 0..n-1 instead of pictures: the table, whose row i is what the bottleneck makes
        of picture i, then the network's extra convolutions, dropout, flatten and head.
    """
    pooled, flat = _until(network, "MaxPooling2D"), _until(network, "Flatten")
    *extra, dropout, flatten = network.layers[pooled:flat]
    between = [keras.layers.Reshape(network.layers[pooled - 1].output.shape[1:]), *extra, fast_dropout(dropout)]
    return keras.Sequential([keras.Input((), dtype="int32"), table, *between, flatten, *head_of(network)])


def movement(first: Any, transferred: Any) -> Table:
    """How far the kernel of each layer is from what it was before the transfer, relative to its length then."""
    rows = []
    for before, after in shared_layers(first, transferred):
        if before.weights and before.count_params() == after.count_params():
            old, new = before.get_weights()[0], after.get_weights()[0]
            change = float(np.linalg.norm(new - old)) / float(np.linalg.norm(old))
            kind = type(after).__name__.lower()
            rows.append((kind, after.count_params(), "yes" if after.trainable else "frozen", change))
    columns = ("layer", "parameters", "trainable", "relative change")
    return Table("how far the transfer moved each kernel", columns, rows)
