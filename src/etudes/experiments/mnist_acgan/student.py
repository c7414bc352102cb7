"""A classifier that learns from some pictures and is tested on others: what do generated ones teach?"""

from __future__ import annotations

from typing import Any

from etudes.contract import Array, ImageInfo, Images
from etudes.data.augmentation import translate
from etudes.training.backend import drawn_from, keras
from etudes.training.data_loading import batches, prefetch
from etudes.training.rng import permutation, rng
from etudes.training.schedules import warmup_then_decay

EPOCHS, BATCH, RATE = 8, 100, 2e-3
FEWEST_STEPS = 300
"""Of few pictures, as many more epochs as that takes."""
SHIFT = 14
"""Each epoch sees every picture moved, by up to the side of the picture divided by this."""


def accuracy_after_learning_from(lessons: Images, test: Images, info: ImageInfo, seed: int) -> float:
    """Train a small convolutional network on some pictures; the share of others that it gets right.

    It learns as a classifier of real pictures would be made to learn, with pictures moved at random and half of what
    its dense layers are given hidden: pictures that differ little from each other are otherwise soon known by heart.

    Args:
        lessons: what it learns from, real or generated.
        test: what it is asked.
        info: size, channels and classes of both.
        seed: of its first weights, of the order of the lessons and of how they are moved.
    """
    each = -(-len(lessons) // BATCH)
    epochs = max(EPOCHS, -(-FEWEST_STEPS // each))

    def lesson(epoch: int) -> tuple[Array, Array]:
        places, random = permutation(seed, epoch, len(lessons)), rng(seed, "augmentation", epoch)
        pictures = lessons.pictures[places]
        return translate(pictures, info.height // SHIFT, info.width // SHIFT, random), lessons.labels[places]

    with drawn_from(seed):
        student = make_student(info)
        optimizer = keras.optimizers.Adam(warmup_then_decay(RATE, epochs * each, warmup_share=0.05, decay="cosine"))
        student.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        with prefetch(lesson, epochs) as take:
            for epoch in range(epochs):
                student.fit(**batches(*take(epoch), BATCH), shuffle=False, verbose=0)
    found = student.evaluate(test.pictures, test.labels, batch_size=500, verbose=0, return_dict=True)
    return float(found["accuracy"])


def make_student(info: ImageInfo) -> Any:
    """Two convolutions with pooling and a hidden layer: pictures of 0..255 in, probabilities out."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(info.shape),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(len(info.class_names), activation="softmax"),
        ]
    )
