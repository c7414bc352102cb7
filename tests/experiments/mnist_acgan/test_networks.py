"""The tables of 2017 and of the card: layers, shapes, parameters."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from etudes import experiments
from etudes.actions.loading import build_networks
from etudes.contract import ImageInfo
from etudes.errors import UserError
from etudes.training.backend import keras, start_backend

start_backend()
EXPERIMENT = experiments.load("mnist_acgan")
CLASSIC, TINY = EXPERIMENT.presets["classic"], EXPERIMENT.presets["tiny"]
MNIST = ImageInfo("mnist", 28, 28, 1, tuple("0123456789"))


def rows(network: Any) -> list[tuple[str, tuple[int, ...], int]]:
    """(kind, output shape without the batch, parameters) of each layer that has parameters or doubles the size."""
    kept = [layer for layer in network.layers if layer.weights or type(layer).__name__ == "UpSampling2D"]
    shapes = [tuple(layer.output.shape[1:]) for layer in kept]
    return [(type(layer).__name__, shape, layer.count_params()) for layer, shape in zip(kept, shapes, strict=True)]


def test_the_discriminator_is_the_one_of_2017() -> None:
    network = build_networks(EXPERIMENT, CLASSIC, MNIST, None)["discriminator"]
    layers = [
        row for row in rows(network) if "Dropout" not in row[0]
    ]  # a Dropout's random state counts as weights, not as parameters
    assert [(kind, shape) for kind, shape, _ in layers] == [
        ("Conv2D", (14, 14, 32)),
        ("Conv2D", (14, 14, 64)),
        ("Conv2D", (7, 7, 128)),
        ("Conv2D", (7, 7, 256)),
        ("Dense", (1,)),
        ("Dense", (10,)),
    ]
    assert sum(parameters for *_, parameters in layers) == network.count_params() == 525_835
    slopes = [layer.negative_slope for layer in network.layers if isinstance(layer, keras.layers.LeakyReLU)]
    rates = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
    assert np.allclose(slopes, [0.3] * 4)
    assert rates == [0.3] * 4


def test_the_generator_is_the_one_of_2017() -> None:
    network = build_networks(EXPERIMENT, dataclasses.replace(CLASSIC, convolution="plain"), MNIST, None)["generator"]
    assert rows(network) == [
        ("Embedding", (1, 100), 1000),
        ("Dense", (1024,), 103_424),
        ("Dense", (6272,), 6_428_800),
        ("UpSampling2D", (14, 14, 128), 0),
        ("Conv2D", (14, 14, 256), 819_456),
        ("UpSampling2D", (28, 28, 256), 0),
        ("Conv2D", (28, 28, 128), 819_328),
        ("Conv2D", (28, 28, 1), 513),
    ]
    assert network.count_params() == 8_172_521


def test_the_light_generator_is_the_one_of_the_card() -> None:
    network = build_networks(EXPERIMENT, EXPERIMENT.presets["stable"], MNIST, None)["generator"]
    card = (experiments.folder("mnist_acgan") / "README.md").read_text(encoding="utf-8")
    assert f"{network.count_params():,}" in card


def test_classic_is_as_described() -> None:
    assert (CLASSIC.batch_size, CLASSIC.learning_rate, CLASSIC.beta_1, CLASSIC.epochs) == (100, 2e-4, 0.5, 50)
    assert (CLASSIC.label_smoothing, CLASSIC.aux_on_generated, CLASSIC.ema) == (0.0, True, 0.0)
    assert CLASSIC.generator == "classic"


def test_pictures_that_cannot_be_doubled_twice_are_refused() -> None:
    with pytest.raises(UserError, match="too small to be drawn"):
        EXPERIMENT.make_networks(TINY, ImageInfo("small", 4, 28, 1, ("a", "b")))
