"""The antirectifier network of 2017 on today's Keras: RMSprop, batch 128, plain `fit`."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from benchmarks.peers.recording import Epochs, callbacks


class Antirectifier(layers.Layer):
    """As in Keras's example: centre, length one, both signs side by side."""

    def call(self, inputs: Any) -> Any:
        """(n, size) → (n, 2 · size)."""
        centred = inputs - ops.mean(inputs, axis=-1, keepdims=True)
        normal = ops.normalize(centred, axis=-1)
        return ops.concatenate([ops.relu(normal), ops.relu(-normal)], axis=-1)


def measure(
    data: str, epochs: int, seed: int = 0, folder: str = "", target: float = 0, most_seconds: float = 0
) -> dict[str, Any]:
    """Train on the arrays of an NPZ file.

    Args:
        data: train_x uint8 (n, 28, 28, 1) and train_y (n,); the same of validation.
        epochs: at most; 40 in 2017.
        seed: of the weights and of the order.
        folder: where to go on from, or "".
        target: validation accuracy to stop at; 0 for none.
        most_seconds: time to stop at; 0 for none.
    """
    keras.utils.set_random_seed(seed)
    arrays = np.load(data)
    x, validation_x = (arrays[f"{p}_x"].reshape(-1, 784).astype("float32") / 255 for p in ("train", "validation"))
    network = keras.Sequential(
        [
            keras.Input((784,)),
            *(layers.Dense(256), Antirectifier(), layers.Dropout(0.1)),
            *(layers.Dense(256), Antirectifier(), layers.Dropout(0.1)),
            layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    recorder = Epochs(len(x), folder=folder, target=("validation_accuracy", target or 2), most_seconds=most_seconds)
    if not (recorder.reached() or recorder.over()):
        network.fit(
            *(x, arrays["train_y"]),
            batch_size=128,
            epochs=epochs,
            validation_data=(validation_x, arrays["validation_y"]),
            verbose=0,
            callbacks=callbacks(recorder, folder),
        )
    return {"epochs": recorder.records}
