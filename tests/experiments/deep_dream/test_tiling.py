"""Windows against the whole picture."""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest

from etudes.experiments.deep_dream import tiling
from etudes.experiments.deep_dream.evaluate import losses
from etudes.experiments.deep_dream.objectives import objective_of
from etudes.experiments.deep_dream.study import loss_gradient, position_weights
from etudes.experiments.deep_dream.tiling import own_positions, spans, tile_weights
from etudes.training.backend import keras
from experiments.deep_dream.dreams import noise


def cosine(a, b):
    return float(np.sum(a * b) / math.sqrt(np.sum(a * a) * np.sum(b * b)))


@pytest.mark.parametrize("length", [641, 700, 901, 1280, 2160, 3840, 7777])
@pytest.mark.parametrize("grid", [1, 12, 32])
def test_windows_cover_an_axis_on_the_grid_with_a_margin(length, grid):
    found = spans(length, 640, 96, grid)
    assert found[0].start == 0
    assert found[-1].start + found[-1].length == length
    assert {span.start % grid for span in found} == {0}
    (size,) = {span.length for span in found}
    assert size <= 640
    assert size % grid == length % grid
    for left, right in pairwise(found):
        assert left.last == right.first
        assert left.start + size - left.last >= 96 - grid
        assert right.first - right.start >= 96 - grid


def test_a_picture_that_fits_is_one_window():
    assert spans(640, 640, 96, 32) == spans(640, 0, 96, 32)
    (span,) = spans(640, 640, 96, 32)
    assert (span.start, span.length, span.first, span.last) == (0, 640, -math.inf, math.inf)


@pytest.mark.parametrize("length", [700, 1283])
def test_every_place_belongs_to_one_window(length):
    stride, lost = 8, 11  # a map that loses 11 pixels in all at its edges
    positions = (length - lost - 1) // stride + 1
    owned = []
    for span in spans(length, 320, 64, 16):
        shown = (span.length - lost - 1) // stride + 1
        numbers, own = own_positions(span, length, positions, shown, stride)
        owned += list(numbers[own])
    assert owned == list(range(positions))


@pytest.fixture
def small_tiles(monkeypatch):
    monkeypatch.setattr(tiling, "MARGIN", 32)


@pytest.mark.parametrize(
    "layers", [("conv3", "conv5"), ("conv5:3", "conv1:2"), ("conv4:3:20:30",), ("conv2:1:centre",)]
)
def test_windows_give_the_gradient_of_the_whole_picture(network, small_tiles, layers):
    whole, picture = objective_of(network, layers, ()), noise(150, 187)
    parts = dataclasses.replace(whole, tile=112)
    assert len(list(tile_weights(parts, position_weights, (150, 187)))) >= 4
    # The margin is larger than what a position of the network sees: the same but for rounding.
    loss, slope = loss_gradient(whole)(picture)
    loss_of_parts, slope_of_parts = loss_gradient(parts)(picture)
    assert loss_of_parts == pytest.approx(loss, rel=1e-4)
    np.testing.assert_allclose(slope_of_parts, slope, atol=1e-4 * np.abs(slope).max())
    assert losses(parts, picture) == pytest.approx(losses(whole, picture), rel=1e-4)


def test_windows_follow_a_guide(network, small_tiles):
    whole, picture = objective_of(network, ("conv4",), (), guide=noise(40, 40, 2)), noise(150, 187)
    _, slope = loss_gradient(whole)(picture)
    _, slope_of_parts = loss_gradient(dataclasses.replace(whole, tile=112))(picture)
    assert cosine(slope, slope_of_parts) > 0.9999


def test_dense_layers_with_zeros_around_their_maps_keep_their_positions(small_tiles):
    """Zeros that make a map fit a stride fall on one side or the other: a window must have as many as the whole."""
    layers = keras.layers
    pictures = keras.Input((None, None, 3))
    x = layers.MaxPooling2D(2)(layers.Conv2D(6, 3, padding="same", activation="relu", name="conv1")(pictures))
    network = keras.Model(pictures, layers.Conv2D(5, 6, strides=3, padding="same", name="dense1")(x), name="classifier")
    whole, picture = objective_of(network, ("dense1",), ()), noise(133, 166)
    _, slope = loss_gradient(whole)(picture)
    _, slope_of_parts = loss_gradient(dataclasses.replace(whole, tile=112))(picture)
    assert cosine(slope, slope_of_parts) > 0.9999


@pytest.mark.long
def test_windows_of_inception_agree_with_the_whole_picture(whole_inception):
    """What a position of mixed5 sees at all is wider than the margin, but little of it counts."""
    whole, picture = objective_of(whole_inception, (), ()), noise(300, 480)
    parts = dataclasses.replace(whole, tile=352)
    assert len(list(tile_weights(parts, position_weights, (300, 480)))) == 2
    _, slope = loss_gradient(whole)(picture)
    _, slope_of_parts = loss_gradient(parts)(picture)
    assert cosine(slope, slope_of_parts) >= 0.98
