"""Muon's steps, held against NumPy's singular value decomposition."""

import numpy as np
import pytest

from etudes.training.backend import keras, start_backend
from etudes.training.muon import muon


@pytest.fixture(autouse=True, scope="module")
def started() -> None:
    start_backend()


def test_a_convolution_turns_equally_far_in_every_direction_and_the_rest_steps_as_with_adamw() -> None:
    layers = keras.layers
    network = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(5, 3), layers.Flatten(), layers.Dense(4, name="dense")]
    )
    random = np.random.default_rng(0)
    gradients = [random.normal(size=weight.shape).astype(np.float32) for weight in network.trainable_variables]
    steps = {}
    for name, optimizer in (
        ("muon", muon(0.01, weight_decay=0.0, adam_for="dense")),
        ("adamw", keras.optimizers.AdamW(0.01, weight_decay=0.0)),
    ):
        before = [np.array(weight) for weight in network.trainable_variables]
        optimizer.apply(list(map(keras.ops.convert_to_tensor, gradients)), network.trainable_variables)
        steps[name] = [np.array(w) - b for w, b in zip(network.trainable_variables, before, strict=True)]
    for number in (1, 2, 3):
        np.testing.assert_allclose(steps["muon"][number], steps["adamw"][number], rtol=1e-3)
    step, gradient = (array.reshape(27, 5) for array in (steps["muon"][0], gradients[0]))
    lengths = np.linalg.svd(step, compute_uv=False) / (0.01 * 0.2 * 27**0.5)
    assert (lengths > 0.6).all()
    assert (lengths < 1.3).all()
    left, _, right = np.linalg.svd(gradient, full_matrices=False)
    along = -np.diag(left.T @ step @ right.T)
    np.testing.assert_allclose(np.sort(along), np.sort(lengths * 0.01 * 0.2 * 27**0.5), rtol=1e-2)
