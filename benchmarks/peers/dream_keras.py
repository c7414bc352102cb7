"""Deep dream as Keras's example writes it: a feature extractor, a `GradientTape` in a `tf.function`, octaves."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

LAYERS = {"mixed2": 0.2, "mixed3": 0.5, "mixed4": 2.0, "mixed5": 1.5}


def measure(
    height: int, width: int, iterations: int, octaves: int = 3, octave_scale: float = 1.4, seed: int = 0
) -> dict[str, Any]:
    """Dream on noise with fresh weights, which is the same work as with trained ones.

    Args:
        height: of the picture, pixels.
        width: of the picture, pixels.
        iterations: steps in each octave.
        octaves: sizes.
        octave_scale: how many times larger each is than the one before.
        seed: of weights and picture.
    """
    keras.utils.set_random_seed(seed)
    model = keras.applications.InceptionV3(weights=None, include_top=False)
    extractor = keras.Model(model.inputs, {name: model.get_layer(name).output for name in LAYERS})

    def loss_of(picture: Any) -> Any:
        features, loss = extractor(picture), tf.zeros(())
        for name, coefficient in LAYERS.items():
            activation = features[name]
            scaling = tf.reduce_prod(tf.cast(tf.shape(activation), "float32"))
            loss += coefficient * tf.reduce_sum(tf.square(activation[:, 2:-2, 2:-2, :])) / scaling
        return loss

    @tf.function
    def ascend(picture: Any, rate: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(picture)
            loss = loss_of(picture)
        slope = tape.gradient(loss, picture)
        slope /= tf.maximum(tf.reduce_mean(tf.abs(slope)), 1e-6)
        return loss, picture + rate * slope

    original = np.random.default_rng(seed).uniform(-1, 1, (1, height, width, 3)).astype("float32")
    shapes = [(int(height / octave_scale**k), int(width / octave_scale**k)) for k in reversed(range(octaves))]
    shrunk = tf.image.resize(original, shapes[0])
    picture = tf.identity(original)
    began, steady, done = time.monotonic(), [], 0.0
    for shape in shapes:
        picture = tf.image.resize(picture, shape)
        for number in range(iterations):
            start = time.monotonic()
            loss, picture = ascend(picture, 0.01)
            float(loss)  # the example compares it with max_loss
            if number:
                steady.append((time.monotonic() - start) / (shape[0] * shape[1] / 1e6))
            done += shape[0] * shape[1] / 1e6
        same = tf.image.resize(original, shape)
        picture += same - tf.image.resize(shrunk, shape)
        shrunk = tf.image.resize(original, shape)
    picture.numpy()
    whole = (time.monotonic() - began) / done
    return {"seconds_per_megapixel_iteration": float(np.median(steady)), "with_start": whole}
