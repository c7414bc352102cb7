"""CAS, the classification accuracy score: train a classifier on generated pictures, test it on real ones.

Source: S. Ravuri and O. Vinyals, *Classification Accuracy Score for Conditional Generative Models*, NeurIPS 2019.
"""

from __future__ import annotations

from typing import Any

from etudes.contract import Array, ImageInfo, Images
from etudes.data.augmentation import translate
from etudes.training.backend import drawn_from, keras
from etudes.training.data_loading import batches, prefetch
from etudes.training.rng import permutation, rng
from etudes.training.schedules import warmup_then_decay

MIN_EPOCHS, MIN_STEPS, BATCH_SIZE, LEARNING_RATE = 8, 300, 100, 2e-3
MAX_TRANSLATION = 14
"""Each epoch moves every picture at random, by up to the side of the picture divided by this."""


def classification_accuracy_score(train: Images, test: Images, info: ImageInfo, seed: int) -> float:
    """Train a small convolutional network on some pictures; returns its accuracy on others.

    It is regularised by random translations and dropout: pictures with little variety are otherwise soon memorised.

    Args:
        train: real or generated pictures.
        test: real pictures.
        info: size, channels and classes of both.
        seed: of the initial weights, the order of the pictures and their translations.
    """
    steps = -(-len(train) // BATCH_SIZE)
    epochs = max(MIN_EPOCHS, -(-MIN_STEPS // steps))

    def epoch_data(epoch: int) -> tuple[Array, Array]:
        indices = permutation(seed, epoch, len(train))
        reach = info.height // MAX_TRANSLATION, info.width // MAX_TRANSLATION
        return translate(train.pictures[indices], *reach, rng(seed, "augmentation", epoch)), train.labels[indices]

    with drawn_from(seed):
        classifier = make_classifier(info)
        optimizer = keras.optimizers.Adam(
            warmup_then_decay(LEARNING_RATE, epochs * steps, warmup_share=0.05, decay="cosine")
        )
        classifier.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        with prefetch(epoch_data, epochs) as data_of:
            for epoch in range(epochs):
                classifier.fit(**batches(*data_of(epoch), BATCH_SIZE), shuffle=False, verbose=0)
    found = classifier.evaluate(test.pictures, test.labels, batch_size=500, verbose=0, return_dict=True)
    return float(found["accuracy"])


def make_classifier(info: ImageInfo) -> Any:
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
