"""The auxiliary-classifier GAN of 2017 written plainly, on today's Keras: what `mnist_acgan` is measured against.

As the Keras example of that year was: float32, upsampling and 5×5 convolutions as layers, the three calls of a step
from Python.
"""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

LATENT, CLASSES = 100, 10


def build_generator() -> keras.Model:
    """Latent vector and label in, picture (28, 28, 1) in -1..1 out; 8,172,521 parameters."""
    network = keras.Sequential(
        [
            keras.Input((LATENT,)),
            layers.Dense(1024, activation="relu"),
            layers.Dense(128 * 7 * 7, activation="relu"),
            layers.Reshape((7, 7, 128)),
            layers.UpSampling2D(2),
            layers.Conv2D(256, 5, padding="same", activation="relu", kernel_initializer="glorot_normal"),
            layers.UpSampling2D(2),
            layers.Conv2D(128, 5, padding="same", activation="relu", kernel_initializer="glorot_normal"),
            layers.Conv2D(1, 2, padding="same", activation="tanh", kernel_initializer="glorot_normal"),
        ]
    )
    latent, label = keras.Input((LATENT,)), keras.Input((1,), dtype="int32")
    chosen = layers.Flatten()(layers.Embedding(CLASSES, LATENT, embeddings_initializer="glorot_normal")(label))
    return keras.Model([latent, label], network(layers.multiply([latent, chosen])))


def build_discriminator() -> keras.Model:
    """Picture in, [is it real, its class] out; 525,835 parameters."""
    network = keras.Sequential([keras.Input((28, 28, 1))])
    for filters, strides in ((32, 2), (64, 1), (128, 2), (256, 1)):
        network.add(layers.Conv2D(filters, 3, strides=strides, padding="same"))
        network.add(layers.LeakyReLU(negative_slope=0.3))
        network.add(layers.Dropout(0.3))
    network.add(layers.Flatten())
    picture = keras.Input((28, 28, 1))
    features = network(picture)
    fake = layers.Dense(1, activation="sigmoid", name="generation")(features)
    aux = layers.Dense(CLASSES, activation="softmax", name="auxiliary")(features)
    return keras.Model(picture, [fake, aux])


def prepare(batch: int) -> Callable[[np.ndarray, np.ndarray], None]:
    """Build and compile; gives a function that takes one step with `batch` real pictures and their labels."""
    losses = ["binary_crossentropy", "sparse_categorical_crossentropy"]
    discriminator, generator = build_discriminator(), build_generator()
    discriminator.compile(keras.optimizers.Adam(2e-4, beta_1=0.5), loss=losses)
    latent, label = keras.Input((LATENT,)), keras.Input((1,), dtype="int32")
    drawn = discriminator(generator([latent, label]))
    combined = keras.Model([latent, label], [layers.Identity(name=f"judged_{i}")(part) for i, part in enumerate(drawn)])
    combined.compile(keras.optimizers.Adam(2e-4, beta_1=0.5), loss=losses)
    random = np.random.default_rng(0)

    def step(pictures: np.ndarray, labels: np.ndarray) -> None:
        noise, sampled = random.uniform(-1, 1, (batch, LATENT)), random.integers(0, CLASSES, (batch, 1))
        generated = generator.predict_on_batch([noise, sampled])
        mixed, real = np.concatenate([pictures, generated]), np.array([1.0] * batch + [0.0] * batch)
        discriminator.train_on_batch(mixed, [real[:, None], np.concatenate([labels, sampled])])
        noise, sampled = random.uniform(-1, 1, (2 * batch, LATENT)), random.integers(0, CLASSES, (2 * batch, 1))
        discriminator.trainable = False
        combined.train_on_batch([noise, sampled], [np.ones((2 * batch, 1)), sampled])
        discriminator.trainable = True

    return step


def measure(data: str, batches: int = 40, epochs: int = 3, batch: int = 100) -> dict[str, Any]:
    """Seconds and real pictures a second of each epoch.

    Args:
        data: an NPZ file with `train_x`, 28×28 grey pictures, and `train_y`, their labels.
        batches: steps in an epoch.
        epochs: the first one traces and compiles.
        batch: real pictures a step.
    """
    with np.load(data) as arrays:
        pictures = arrays["train_x"].reshape(-1, 28, 28, 1).astype(np.float32) / 127.5 - 1
        labels = arrays["train_y"].reshape(-1, 1)
    step, records = prepare(batch), []
    for _ in range(epochs):
        began = time.monotonic()
        for number in range(batches):
            start = number % (len(pictures) // batch) * batch
            step(pictures[start : start + batch], labels[start : start + batch])
        seconds = time.monotonic() - began
        records.append({"phase": "train", "seconds": seconds, "samples_per_second": batches * batch / seconds})
    return {"epochs": records}
