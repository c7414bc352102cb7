"""The range test of learning rates, on problems whose answers are known."""

import numpy as np
import pytest

from etudes.errors import UserError
from etudes.experiments.cifar10_cnn.learning_rate_finder import (
    RATE_STEPS,
    RangeTest,
    find_learning_rate,
    range_test,
    rising_rate,
    smoothed,
)
from etudes.training.backend import drawn_from, keras, start_backend


@pytest.fixture(autouse=True, scope="module")
def started() -> None:
    start_backend()


def line() -> keras.Model:
    with drawn_from(0):
        return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])


def parabola(step: int) -> tuple[np.ndarray, np.ndarray]:
    return np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)


def test_the_rate_rises_by_one_factor_a_step() -> None:
    rate = rising_rate(1e-4, 1.0, 5)
    found = [float(keras.ops.convert_to_numpy(rate(step))) for step in range(5)]
    np.testing.assert_allclose(found, [1e-4, 1e-3, 1e-2, 1e-1, 1], rtol=1e-4)


def test_the_losses_are_those_of_gradient_descent_on_a_parabola() -> None:
    """The loss is w²; a step at rate r makes w (1 - 2r) w, so that beyond r = 1 it diverges."""
    network = line()
    network.compile(optimizer=keras.optimizers.SGD(rising_rate(1e-3, 100.0, 60)), loss="mse")
    found = range_test(network, parabola, lowest=1e-3, highest=100.0, steps=60)
    weight, expected = 1.0, []
    for rate in found.rates:
        expected.append(weight**2)
        weight *= 1 - 2 * rate
    np.testing.assert_allclose(found.losses, expected, rtol=1e-3, atol=1e-12)
    assert len(found.rates) < 60, "it goes on after it diverged"
    assert 1 < found.lowest < 10
    assert found.steepest < found.lowest
    assert found.suggested == pytest.approx(found.lowest / 10)


def test_smoothing_is_a_weighted_mean_without_a_first_value_from_nowhere() -> None:
    assert smoothed([3.0]) == 3
    assert smoothed([1.0, 2.0]) == pytest.approx((0.9 * 1 + 2) / 1.9)


def test_the_steepest_fall_is_found_before_the_lowest_loss() -> None:
    rates = np.logspace(-5, 0, 51)
    losses = 1 / (1 + np.exp(4 * (np.log10(rates) + 3))) + np.where(rates > 0.1, 10 * (rates - 0.1), 0)
    found = RangeTest(rates, losses, losses)
    assert found.steepest == pytest.approx(1e-3, rel=0.1)
    assert found.lowest == pytest.approx(0.1, rel=0.3)


def test_losses_that_jump_at_the_beginning_are_no_steepest_fall() -> None:
    rates = np.logspace(-6, 0, 301)
    losses = 3 / (1 + np.exp(4 * (np.log10(rates) + 3))) + np.where(rates > 0.1, 10 * (rates - 0.1), 0)
    losses[0] += 0.3
    assert np.gradient(losses).argmin() < 2, "from step to step, the jump is the steepest"
    assert RangeTest(rates, losses, losses).steepest == pytest.approx(1e-3, rel=0.1)


def test_a_training_that_cannot_begin_is_one_line() -> None:
    shown = (np.full((4, 1), np.nan, np.float32), np.zeros((4, 1), np.float32))
    with pytest.raises(UserError, match="not finite"):
        find_learning_rate(line(), keras.optimizers.SGD, "mse", shown, 2, 0.1)


def test_batches_begin_again_where_the_examples_end() -> None:
    shown = (np.ones((3, 1), np.float32), np.zeros((3, 1), np.float32))
    result = find_learning_rate(line(), keras.optimizers.SGD, "mse", shown, 2, 0.1)
    assert result.metrics["rate_of_this_run"] == 0.1
    assert result.metrics["suggested_rate"] == pytest.approx(result.metrics["rate_of_lowest_loss"] / 10)
    assert RATE_STEPS >= int(result.lines[0].split()[0]) > 100
    assert min(result.pictures["learning-rates"].size) > 300  # type: ignore[union-attr]
