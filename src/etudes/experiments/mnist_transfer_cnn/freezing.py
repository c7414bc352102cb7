"""The bottleneck of a network, and proof that it stays as it is: handing over, freezing, checking, caching."""

from __future__ import annotations

from typing import Any

import numpy as np

from etudes.contract import Array, Table
from etudes.runs.checkpoint import digest
from etudes.training.backend import keras


class FrozenWeightsMovedError(RuntimeError):
    """A weight that must not change did; the run is worth nothing."""


def bottleneck_of(network: Any) -> list[Any]:
    """The layers of a `keras.Sequential` up to and with the one that flattens: what looks at pictures."""
    layers = list(network.layers)
    kinds = [type(layer).__name__ for layer in layers]
    return layers[: kinds.index("Flatten") + 1]


def head_of(network: Any) -> list[Any]:
    """The layers after the bottleneck: what decides."""
    return list(network.layers)[len(bottleneck_of(network)) :]


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
    layers = len(bottleneck_of(first)) if head == "fresh" else len(first.layers)
    for source, target in zip(first.layers[:layers], transferred.layers[:layers], strict=True):
        weights = source.get_weights()
        if [weight.shape for weight in weights] == [weight.shape for weight in target.get_weights()]:
            target.set_weights(weights)


def old_head_on_new_bottleneck(first: Any, transferred: Any) -> Any:
    """The first task's decision upon what now looks at pictures: what the transfer made the network forget."""
    shape = first.input_shape[1:]
    return keras.Sequential([keras.Input(shape), *bottleneck_of(transferred), *head_of(first)])


def movement(first: Any, transferred: Any) -> Table:
    """How far the kernel of each layer is from what it was before the transfer, relative to its length then."""
    rows = []
    for before, after in zip(first.layers, transferred.layers, strict=True):
        if before.weights and before.count_params() == after.count_params():
            old, new = before.get_weights()[0], after.get_weights()[0]
            change = float(np.linalg.norm(new - old)) / float(np.linalg.norm(old))
            kind = type(after).__name__.lower()
            rows.append((kind, after.count_params(), "yes" if after.trainable else "frozen", change))
    columns = ("layer", "parameters", "trainable", "relative change")
    return Table("how far the transfer moved each kernel", columns, rows)


def features_of(network: Any, pictures: Array) -> Array:
    """What the bottleneck makes of pictures before its dropout, float32 (n, height, width, maps)."""
    layers = bottleneck_of(network)
    dropout = [type(layer).__name__ for layer in layers].index("Dropout")
    looking = keras.Sequential([keras.Input(network.input_shape[1:]), *layers[:dropout]])
    features = np.zeros((len(pictures), *looking.output_shape[1:]), dtype=np.float32)
    # A part at a time: Keras would hold everything twice.
    for start in range(0, len(pictures), 4000):
        features[start : start + 4000] = looking.predict(pictures[start : start + 4000], batch_size=500, verbose=0)
    return features


def on_cached_features(network: Any, features: Array) -> Any:
    """The part of a network from its dropout on, upon features that were computed once.

    Args:
        network: its layers are shared: what is trained here is trained there.
        features: what `features_of` gave for n pictures.

    Returns:
        A network that takes places in 0..n-1 instead of pictures: a frozen embedding, whose row i is what the
        bottleneck makes of picture i, then the network's own dropout, flatten and head.
    """
    layers = keras.layers
    count, size = len(features), int(np.prod(features.shape[1:]))
    table = layers.Embedding(count, size, embeddings_initializer=lambda *_, **__: features.reshape(count, size))
    table.trainable = False
    dropout = [type(layer).__name__ for layer in network.layers].index("Dropout")
    cached = keras.Sequential(
        [keras.Input((), dtype="int32"), table, layers.Reshape(features.shape[1:]), *network.layers[dropout:]]
    )
    # The table has its values; the layer must not keep the array that they came from as well.
    table.embeddings_initializer = keras.initializers.Zeros()
    return cached
