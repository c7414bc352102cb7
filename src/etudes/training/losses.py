"""The loss of classifiers: cross-entropy, for classes that count as their pictures do, or all alike."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from etudes.contract import Array
from etudes.training.backend import keras


class LossSettings(Protocol):
    """What settings say of the loss."""

    @property
    def label_smoothing(self) -> float:
        """Share of each target that is spread over all classes."""

    @property
    def class_weights(self) -> bool:
        """Whether all classes count alike, however many examples they have."""


def classification_loss(settings: LossSettings, labels: Array, classes: int) -> Any:
    """Categorical cross-entropy for `compile`, with the settings' smoothed targets and class weights.

    Args:
        settings: of the study.
        labels: of the training examples, int (n,).
        classes: number of classes.
    """
    smoothing = settings.label_smoothing
    if not settings.class_weights:
        return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    weights = balanced_weights(labels, classes)

    def weighted_crossentropy(truth: Any, predicted: Any) -> Any:
        loss = keras.losses.categorical_crossentropy(truth, predicted, label_smoothing=smoothing)
        return loss * keras.ops.sum(truth * keras.ops.convert_to_tensor(weights, truth.dtype), axis=-1)

    return weighted_crossentropy


def balanced_weights(labels: Array, classes: int) -> Array:
    """The weight of each class in the loss, float32 (classes,): examples / (classes · examples of the class).

    So the weights of all examples have the mean one; a class without an example has the weight 0. It is what
    scikit-learn calls "balanced". Source: G. King, L. Zeng, "Logistic Regression in Rare Events Data", 2001.
    """
    counts = np.bincount(labels, minlength=classes)
    present = counts > 0
    return np.where(present, counts.sum() / (present.sum() * np.maximum(counts, 1)), 0).astype(np.float32)
