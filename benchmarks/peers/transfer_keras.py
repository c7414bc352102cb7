"""The transfer from the digits 0-4 to 5-9 of 2017 on today's Keras: Adadelta at 1.0, 5 + 5 epochs, plain `fit`."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from benchmarks.peers.recording import Epochs, callbacks


def part(arrays: Any, split: str, start: int) -> tuple[Any, Any]:
    """Pictures of five classes, 0..1, and their labels as rows with a single one."""
    chosen = (arrays[f"{split}_y"] >= start) & (arrays[f"{split}_y"] < start + 5)
    labels = keras.utils.to_categorical(arrays[f"{split}_y"][chosen] - start, 5)
    return arrays[f"{split}_x"][chosen].astype("float32") / 255, labels


def measure(
    data: str, epochs: int, seed: int = 0, folder: str = "", target: float = 0, most_seconds: float = 0
) -> dict[str, Any]:
    """Train on the arrays of an NPZ file, first on the classes below 5, then, frozen, on the others.

    Args:
        data: train_x uint8 (n, 28, 28, 1) and train_y (n,); the same of validation.
        epochs: of the second phase, at most, and of the first, which has no more than the 5 of 2017.
        seed: of the weights and of the order.
        folder: where to go on from, or "".
        target: validation accuracy of the second phase to stop at; 0 for none.
        most_seconds: time to stop at; 0 for none.
    """
    keras.utils.set_random_seed(seed)
    arrays = np.load(data)
    features = [
        layers.Conv2D(32, 3, activation="relu"),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.25),
        layers.Flatten(),
    ]
    head = [
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(5, activation="softmax"),
    ]
    network = keras.Sequential([keras.Input((28, 28, 1)), *features, *head])
    recorder = None
    for phase, start in (("first", 0), ("transfer", 5)):
        x, y = part(arrays, "train", start)
        network.compile(keras.optimizers.Adadelta(1.0), "categorical_crossentropy", metrics=["accuracy"])
        wanted = target if phase == "transfer" and target else 2
        recorder = Epochs(len(x), phase, folder, ("validation_accuracy", wanted), most_seconds)
        if not (recorder.reached() or recorder.over()):
            network.fit(
                *(x, y),
                batch_size=128,
                epochs=min(epochs, 5) if phase == "first" else epochs,
                validation_data=part(arrays, "validation", start),
                verbose=0,
                callbacks=callbacks(recorder, folder),
            )
        for layer in features:
            layer.trainable = False
    return {"epochs": recorder.records if recorder else []}
