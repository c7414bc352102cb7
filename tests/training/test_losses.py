"""Class weights, held against scikit-learn and against Keras' own."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from etudes.data.labels import one_hot_labels
from etudes.training.backend import drawn_from, keras, start_backend
from etudes.training.losses import balanced_weights, classification_loss

LABELS = np.array([0] * 30 + [1] * 6 + [2] * 3 + [3])


@dataclass(frozen=True)
class Chosen:
    label_smoothing: float = 0.1
    class_weights: bool = False


def test_the_weights_are_those_of_scikit_learn() -> None:
    expected = compute_class_weight("balanced", classes=np.arange(4), y=LABELS)
    np.testing.assert_allclose(balanced_weights(LABELS, 4), expected, rtol=1e-6)
    assert balanced_weights(LABELS, 4)[LABELS].mean() == pytest.approx(1)


def test_a_class_without_pictures_has_no_weight_and_changes_no_other() -> None:
    weights = balanced_weights(np.array([0, 0, 0, 2]), 4)
    np.testing.assert_allclose(weights, [2 / 3, 0, 2, 0], rtol=1e-6)


def trained(weighted: bool, **more: object) -> tuple[float, list[np.ndarray]]:
    start_backend()
    pictures = np.random.default_rng(0).normal(size=(len(LABELS), 5)).astype(np.float32)
    with drawn_from(3):
        network = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4), keras.layers.Activation("softmax")])
    loss = classification_loss(Chosen(class_weights=weighted), LABELS, 4)
    network.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss, metrics=["accuracy"])
    targets = one_hot_labels(LABELS, 4)
    history = network.fit(pictures, targets, batch_size=10, epochs=2, shuffle=False, verbose=0, **more)
    return history.history["loss"][-1], network.get_weights()


def test_training_with_weights_is_keras_own_training_with_class_weight() -> None:
    loss, ours = trained(True)
    expected, keras_own = trained(False, class_weight=dict(enumerate(balanced_weights(LABELS, 4).tolist())))
    assert loss == pytest.approx(expected, rel=1e-5)
    for one, other in zip(ours, keras_own, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_without_weights_the_loss_is_keras_own() -> None:
    start_backend()
    assert isinstance(classification_loss(Chosen(), LABELS, 4), keras.losses.CategoricalCrossentropy)
    plain, weighted = trained(False)[1], trained(True)[1]
    assert not np.array_equal(plain[0], weighted[0])
