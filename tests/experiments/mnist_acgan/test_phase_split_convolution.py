"""The split convolution against Keras' upsampling and convolution; `make test` runs it on TensorFlow and JAX."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from etudes import experiments
from etudes.actions.loading import build_networks
from etudes.contract import Array, ImageInfo
from etudes.training.backend import drawn_from, input_gradient, keras, start_backend
from etudes.training.state import put_weights, weights_of
from etudes.views.layers import layer_table

start_backend()

from etudes.experiments.mnist_acgan.phase_split_convolution import UpsampledConv2D, phase_sums  # noqa: E402

EXPERIMENT = experiments.load("mnist_acgan")
SMALL = ImageInfo("small", 12, 8, 1, tuple("0123456789"))
SIZES = (3, 5, 7)


def pair(size: int, *, height: int = 4, width: int = 3, dtype: Any = "float32") -> tuple[Any, Any]:
    """A plain and a split network of five channels in and three out, with the same random weights."""
    x = keras.Input((height, width, 5), dtype="float64" if dtype == "float64" else "float32")
    doubled = keras.layers.UpSampling2D(2, interpolation="nearest", dtype=dtype)(x)
    plain = keras.Model(x, keras.layers.Conv2D(3, size, padding="same", activation="tanh", dtype=dtype)(doubled))
    split = keras.Model(x, UpsampledConv2D(3, size, activation="tanh", dtype=dtype)(x))
    for network in (plain, split):
        random = np.random.default_rng(size)
        network.set_weights([random.normal(scale=0.1, size=weight.shape) for weight in network.weights])
    return plain, split


def some(*shape: int) -> Array:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def apart(found: Array, expected: Array) -> float:
    """The greatest difference, relative to the scale of what is expected."""
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def values(network: Any) -> list[Array]:
    return [np.array(keras.ops.convert_to_numpy(weight)) for weight in network.weights]


def test_entries_of_a_kernel_of_five_meet_three_pixels() -> None:
    even, odd = phase_sums(5)
    assert even.tolist() == [[1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]]
    assert odd.tolist() == [[1, 0, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 1, 1]]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("height", "width"), [(4, 3), (1, 6)])
def test_it_gives_what_upsampling_and_convolution_give(size: int, height: int, width: int) -> None:
    plain, split = pair(size, height=height, width=width)
    x = some(6, height, width, 5)
    assert apart(split.predict(x, verbose=0), plain.predict(x, verbose=0)) < 1e-5


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX, and Keras on torch, take float32 in")
def test_in_float64_nothing_but_rounding_is_left() -> None:
    plain, split = pair(5, dtype="float64")
    x = some(6, 4, 3, 5).astype(np.float64)
    assert apart(split.predict(x, verbose=0), plain.predict(x, verbose=0)) < 1e-14


@pytest.mark.parametrize("size", SIZES)
def test_its_gradients_are_those_of_upsampling_and_convolution(size: int) -> None:
    x, target = some(6, 4, 3, 5), some(6, 8, 6, 3)

    def loss(outputs: list[Any]) -> Any:
        return keras.ops.sum(keras.ops.multiply(outputs[0], target))

    slopes, moves = [], []
    for network in pair(size):
        slopes.append(input_gradient(network, loss)(x)[1])
        before = values(network)
        network.compile(keras.optimizers.SGD(1e3), loss="mean_squared_error")  # one step of it shows the gradient
        network.train_on_batch(x, target)
        moves.append([b - a for a, b in zip(before, values(network), strict=True)])
    assert apart(slopes[1], slopes[0]) < 1e-5
    for expected, found in zip(*moves, strict=True):
        assert apart(found, expected) < 1e-5


def test_in_bfloat16_it_is_as_near_to_float32_as_plain_is() -> None:
    x = some(50, 4, 3, 5)
    exact = pair(5)[0].predict(x, verbose=0)
    found = [network.predict(x, verbose=0).astype(np.float32) for network in pair(5, dtype="mixed_bfloat16")]
    errors = [np.abs(pictures - exact).mean() for pictures in found]
    assert 0 < errors[1] < 1.2 * errors[0]


def generator(convolution: str) -> Any:
    settings = dataclasses.replace(EXPERIMENT.presets["classic"], convolution=convolution)
    return build_networks(EXPERIMENT, settings, SMALL, None)["generator"]


def test_the_generator_is_the_same_plain_or_split() -> None:
    plain, split = generator("plain"), generator("split")
    first, second = weights_of({"generator": plain}), weights_of({"generator": split})
    assert list(first) == list(second)
    for name, weight in first.items():
        np.testing.assert_array_equal(second[name], weight, err_msg=name)
    assert layer_table("generator", split).rows == layer_table("generator", plain).rows

    louder = {name: 3 * weight for name, weight in first.items()}  # fresh weights draw nothing but grey
    inputs = [np.random.default_rng(0).uniform(-1, 1, (10, 100)).astype(np.float32), np.arange(10)[:, None]]
    for network in (plain, split):
        put_weights({"generator": network}, louder)
    expected = plain.predict(inputs, verbose=0)
    assert np.ptp(expected) > 100
    assert apart(split.predict(inputs, verbose=0), expected) < 1e-5


def test_a_layer_is_rebuilt_from_its_configuration() -> None:
    with drawn_from(0):
        layer = UpsampledConv2D(3, 5, activation="relu", kernel_initializer="glorot_normal")
    again = UpsampledConv2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    with pytest.raises(ValueError, match="odd size, not 4"):
        UpsampledConv2D(3, 4)
