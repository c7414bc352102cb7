"""A small classifier that learns from some pictures and is tested on others: what do generated ones teach?"""

from __future__ import annotations

from typing import Any

from etudes.contract import ImageInfo, Images
from etudes.training.backend import drawn_from, keras
from etudes.training.batches import batches
from etudes.training.session import order

EPOCHS, BATCH = 4, 100


def accuracy_after_learning_from(lessons: Images, test: Images, info: ImageInfo, seed: int) -> float:
    """Train a small convolutional network on some pictures; the share of others that it gets right.

    Args:
        lessons: what it learns from, real or generated.
        test: what it is asked.
        info: size, channels and classes of both.
        seed: of its first weights and of the order of the lessons.
    """
    with drawn_from(seed):
        student = make_student(info)
        student.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
        for epoch in range(EPOCHS):
            places = order(seed, epoch, len(lessons))
            student.fit(**batches(lessons.pictures[places], lessons.labels[places], BATCH), shuffle=False, verbose=0)
    found = student.evaluate(test.pictures, test.labels, batch_size=500, verbose=0, return_dict=True)
    return float(found["accuracy"])


def make_student(info: ImageInfo) -> Any:
    """Two convolutions with pooling and a hidden layer: pictures of 0..255 in, probabilities out."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(info.shape),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(len(info.class_names), activation="softmax"),
        ]
    )
