"""The work of the networks of each study, counted from their layers."""

from __future__ import annotations

from typing import Any

from benchmarks.work import acgan_flops, input_gradient_flops, training_flops
from etudes.actions.loading import build_networks, preset_of
from etudes.experiments import load
from etudes.experiments.deep_dream.inception import inception_v3
from etudes.experiments.deep_dream.least_sizes import LAYERS
from etudes.training.backend import keras, start_backend


def measure() -> dict[str, Any]:
    """Operations for one example of training; for the dream, for a picture of 512×512 and for a megapixel of it."""
    start_backend()
    found = {}
    for etude, network in (
        ("cifar10_cnn", "classifier"),
        ("addition_rnn", "adder"),
        ("antirectifier", "antirectifier"),
        ("mnist_transfer_cnn", "first"),
    ):
        found[etude] = training_flops(_networks(etude)[network])
    game = _networks("mnist_acgan", "classic")
    found["mnist_acgan"] = acgan_flops(game["discriminator"], game["generator"])
    whole = inception_v3()
    probe = keras.Model(whole.input, [whole.get_layer(name).output for name in LAYERS])
    sized = keras.models.clone_model(probe, input_tensors=keras.Input((512, 512, 3)))
    found["deep_dream"] = round(input_gradient_flops(sized) / (512 * 512 / 1e6))
    return found


def _networks(etude: str, preset: str = "tuned") -> dict[str, Any]:
    experiment, settings = load(etude), preset_of(etude, preset)
    return dict(build_networks(experiment, settings, experiment.describe_data(settings), None))
