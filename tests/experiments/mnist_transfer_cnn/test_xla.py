"""Dropout and AdamW in one pass do what Keras' own do."""

from __future__ import annotations

import numpy as np
import pytest

from etudes.experiments.mnist_transfer_cnn.xla import compile_adamw, fast_dropout
from etudes.training.backend import keras, start_backend


@pytest.fixture(autouse=True, scope="module")
def started() -> None:
    start_backend()


@pytest.mark.parametrize(("rate", "shape"), [(0.25, (64, 12, 12, 32)), (0.5, (301, 7)), (0.75, (999, 32))])
def test_it_drops_its_share_and_scales_the_rest(rate: float, shape: tuple[int, ...]) -> None:
    plain = keras.layers.Dropout(rate, seed=3)
    quick, ones = fast_dropout(plain), np.ones(shape, np.float32)
    assert (np.asarray(quick(ones, training=False)) == 1).all()
    first, second = (np.asarray(quick(ones, training=True)) for _ in range(2))
    for found in (first, second):
        assert set(np.unique(found)) == {np.float32(0), np.float32(1) * np.float32(1 / (1 - rate))}
        error = (rate * (1 - rate) / found.size) ** 0.5
        assert abs((found == 0).mean() - rate) < 4 * error
        # Neither neighbours nor the same value in two steps are correlated.
        dropped = (found == 0).reshape(-1)
        assert abs((dropped[1:] & dropped[:-1]).mean() - rate**2) < 5 * error
    assert abs(((first == 0) & (second == 0)).mean() - rate**2) < 5 * error


def test_its_random_state_is_that_of_the_layer() -> None:
    plain = keras.layers.Dropout(0.25, seed=3)
    quick, ones = fast_dropout(plain), np.ones((5, 70), np.float32)
    before = np.array(keras.ops.convert_to_numpy(plain.seed_generator.state))
    first = np.asarray(quick(ones, training=True))
    second = np.asarray(quick(ones, training=True))
    assert (first != second).any()
    if keras.backend.backend() != "torch":  # which draws from its own generator
        plain.seed_generator.state.assign(before)
        assert (np.asarray(quick(ones, training=True)) == first).all()


def test_other_rates_stay_as_they_are() -> None:
    for rate in (0.0, 0.3):
        plain = keras.layers.Dropout(rate)
        assert fast_dropout(plain) is plain


def test_adamw_is_that_of_keras() -> None:
    start, gradient = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4), np.full((3, 4), 0.1, np.float32)
    found = []
    compiled, plain = (keras.optimizers.AdamW(0.01, weight_decay=0.05) for _ in range(2))
    for optimizer in (compile_adamw(compiled), plain):
        variable = keras.Variable(start)
        optimizer.build([variable])
        for step in range(3):
            optimizer.apply([keras.ops.convert_to_tensor(gradient * (step - 0.5))], [variable])
        found.append(keras.ops.convert_to_numpy(variable))
        assert int(optimizer.iterations) == 3
    np.testing.assert_allclose(*found, atol=1e-6)
    assert np.abs(found[0] - start).min() > 1e-3
