"""The CIFAR-10 network as the recipe of 2017 trains it, on today's Keras: batch 32, float32, one picture at a time."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from benchmarks.peers.recording import Epochs, callbacks


def make_network() -> Any:
    """1,250,858 parameters."""
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10),
            layers.Activation("softmax", dtype="float32"),
        ]
    )


def measure(
    data: str,
    epochs: int,
    batch_size: int = 32,
    precision: str = "float32",
    augment: bool = True,
    seed: int = 0,
    folder: str = "",
    target: float = 0,
    most_seconds: float = 0,
) -> dict[str, Any]:
    """Train on the arrays of an NPZ file.

    Args:
        data: train_x uint8 (n, 32, 32, 3), train_y (n,), and the same of validation.
        epochs: at most.
        batch_size: 32 in 2017.
        precision: float32 in 2017, or bfloat16.
        augment: shifts of a tenth and flips by `ImageDataGenerator`, as in 2017; else plain arrays.
        seed: of the weights and of the order.
        folder: where to go on from, or "".
        target: validation accuracy to stop at; 0 for none.
        most_seconds: time to stop at; 0 for none.
    """
    keras.utils.set_random_seed(seed)
    if precision == "bfloat16":
        keras.config.set_dtype_policy("mixed_bfloat16")
    arrays = np.load(data)
    x, validation_x = (arrays[f"{part}_x"].astype("float32") / 255 for part in ("train", "validation"))
    y, validation_y = (keras.utils.to_categorical(arrays[f"{part}_y"], 10) for part in ("train", "validation"))
    network = make_network()
    rate = keras.optimizers.schedules.InverseTimeDecay(1e-4, 1, 1e-6)
    network.compile(keras.optimizers.RMSprop(rate), "categorical_crossentropy", metrics=["accuracy"])
    recorder = Epochs(len(x), folder=folder, target=("validation_accuracy", target or 2), most_seconds=most_seconds)
    given: dict[str, Any] = {"x": x, "y": y, "batch_size": batch_size}
    if augment:
        from tensorflow.keras.preprocessing.image import ImageDataGenerator

        changes = ImageDataGenerator(width_shift_range=0.1, height_shift_range=0.1, horizontal_flip=True)
        given = {"x": changes.flow(x, y, batch_size=batch_size)}
    if not (recorder.reached() or recorder.over()):
        network.fit(
            **given,
            epochs=epochs,
            validation_data=(validation_x, validation_y),
            verbose=0,
            callbacks=callbacks(recorder, folder),
        )
    return {"epochs": recorder.records}
