"""Cached features ("bottleneck features"): the output of the frozen layers, computed once and looked up in training.

Dropout comes after what is cached, so this is the same training as without, up to the rounding of float32. With so
little left to do in a step, its fixed costs count: several steps are taken in one execution, and XLA compiles
AdamW and the dropout on TensorFlow (`xla.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from etudes.contract import Array
from etudes.experiments.mnist_transfer_cnn.xla import compile_adamw, fast_dropout
from etudes.training.backend import keras
from etudes.training.data_loading import steps_per_execution_for
from etudes.training.session import Pairs


def cache_features(network: Any, train: Pairs, validation: Pairs) -> tuple[Any, tuple[Pairs, Pairs]]:
    """Compute the features of pictures, uint8 (n, height, width, channels), to train and to validate with.

    Returns:
        What `on_cached_features` returns, and the same data with indices in place of pictures.
    """
    table = table_of(features_of(network, np.concatenate([train[0], validation[0]])))
    indices, count = np.arange(table.input_dim, dtype=np.int32), len(train[1])
    return on_cached_features(network, table), ((indices[:count], train[1]), (indices[count:], validation[1]))


def features_of(network: Any, pictures: Array) -> Array:
    """The output of the bottleneck's pooling layer, float32 (n, height, width, maps)."""
    layers = network.layers[: _index(network, "MaxPooling2D") + 1]
    convolutions = keras.Sequential([keras.Input(network.input_shape[1:]), *layers])
    features = np.zeros((len(pictures), *convolutions.output_shape[1:]), dtype=np.float32)
    for start in range(0, len(pictures), 4000):  # in parts, because `predict` holds its result twice
        part = slice(start, start + 4000)
        features[part] = convolutions.predict(pictures[part], batch_size=500, verbose=0)
    return features


def table_of(features: Array) -> Any:
    """Features of n pictures as a frozen `keras.layers.Embedding`: index in 0..n-1 → features of that picture."""
    count, size = len(features), int(np.prod(features.shape[1:]))
    table = keras.layers.Embedding(count, size, embeddings_initializer=lambda *_, **__: features.reshape(count, size))
    table.build(())
    table.trainable = False
    # The table has its values; the layer must not keep the array that they came from as well.
    table.embeddings_initializer = keras.initializers.Zeros()
    return table


def on_cached_features(network: Any, table: Any) -> Any:
    """A network that takes indices in 0..n-1 instead of pictures: `table_of` n features, then what follows pooling.

    It shares its layers with the network, so training it trains the network. Its `compile` makes short steps fast.
    """
    pooling, flatten = _index(network, "MaxPooling2D"), _index(network, "Flatten")
    *extra, dropout = network.layers[pooling + 1 : flatten]

    class OnCachedFeatures(keras.Sequential):  # type: ignore[misc]
        def compile(self, optimizer: Any, **arguments: Any) -> None:
            # A run can be stopped between executions, so long steps are taken in smaller numbers.
            short = sum(int(np.prod(weight.shape)) for weight in self.trainable_weights) < 1_000_000 and not extra
            steps = steps_per_execution_for(50 if short else 10)
            super().compile(optimizer=compile_adamw(optimizer), steps_per_execution=steps, **arguments)

    shape = network.layers[pooling].output.shape[1:]
    inputs = [keras.Input((), dtype="int32"), table, keras.layers.Reshape(shape)]
    return OnCachedFeatures([*inputs, *extra, fast_dropout(dropout), *network.layers[flatten:]])


def _index(network: Any, kind: str) -> int:
    """Index of the first layer of a kind."""
    return [type(layer).__name__ for layer in network.layers].index(kind)
