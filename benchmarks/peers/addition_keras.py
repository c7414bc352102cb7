"""The addition network as the script of 2017 trains it, on today's Keras: Adam at 1e-3, batch 128, plain `fit`."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from benchmarks.peers.recording import Epochs, callbacks


def exact_match(truth: Any, said: Any) -> Any:
    """1 where every character is right."""
    return ops.cast(ops.all(ops.equal(ops.argmax(truth, -1), ops.argmax(said, -1)), -1), "float32")


def measure(
    data: str, epochs: int, seed: int = 0, folder: str = "", target: float = 0, most_seconds: float = 0
) -> dict[str, Any]:
    """Train on the arrays of an NPZ file.

    Args:
        data: train_x (n, 7, 12) and train_y (n, 4, 12) with single ones, questions reversed; the same of validation.
        epochs: at most.
        seed: of the weights and of the order.
        folder: where to go on from, or "".
        target: exact match on the validation pairs to stop at; 0 for none.
        most_seconds: time to stop at; 0 for none.
    """
    keras.utils.set_random_seed(seed)
    arrays = np.load(data)
    x, y = arrays["train_x"], arrays["train_y"]
    network = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.LSTM(128),
            layers.RepeatVector(y.shape[1]),
            layers.LSTM(128, return_sequences=True),
            layers.TimeDistributed(layers.Dense(y.shape[2])),
            layers.Activation("softmax"),
        ]
    )
    network.compile("adam", "categorical_crossentropy", metrics=[exact_match, "accuracy"])
    recorder = Epochs(len(x), folder=folder, target=("validation_exact_match", target or 2), most_seconds=most_seconds)
    if not (recorder.reached() or recorder.over()):
        network.fit(
            *(x, y),
            batch_size=128,
            epochs=epochs,
            validation_data=(arrays["validation_x"], arrays["validation_y"]),
            verbose=0,
            callbacks=callbacks(recorder, folder),
        )
    return {"epochs": recorder.records}
