"""What is counted: the discriminator's outputs, and parameters before any network is built."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from etudes import experiments
from etudes.actions.loading import build_networks
from etudes.contract import ImageInfo
from etudes.experiments.mnist_acgan import network_size
from etudes.experiments.mnist_acgan.network_size import count_parameters, warn_if_large
from etudes.experiments.mnist_acgan.study import make_discriminator, make_generator
from etudes.training.backend import start_backend

EXPERIMENT = experiments.load("mnist_acgan")
TINY = EXPERIMENT.presets["tiny"]


@pytest.fixture(scope="module")
def digits() -> Any:
    return EXPERIMENT.load_data(TINY)


def test_the_outputs_of_the_discriminator_are_counted(digits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = {True: digits.test.labels, False: np.repeat(np.arange(10), 100)}
    shares = {True: (0.75, 0.8), False: (0.1, 0.3)}  # taken for real, class named rightly: of real ones, of generated

    def predict(_: Any, pictures: Any) -> Any:
        real = pictures.dtype == np.uint8
        index, (taken, right) = np.arange(len(pictures)) / len(pictures), shares[real]
        named = np.where(index >= 1 - right, labels[real], labels[real] + 1) % 10
        return np.where(index < taken, 0.9, 0.1)[:, None], np.eye(10)[named]

    classifier = SimpleNamespace(name="none", predict=lambda pictures: np.zeros(len(pictures), int))
    blank = np.zeros((1000, *digits.info.shape))
    module = importlib.import_module("etudes.experiments.mnist_acgan.evaluate")
    for name, result in (
        ("train_pixel_classifier", classifier),
        ("generate", blank),
        ("evaluate_losses", {}),
        ("generate_classes", blank[:20]),
    ):
        monkeypatch.setattr(module, name, lambda *_, result=result: result)
    monkeypatch.setattr(module, "predict", predict)
    metrics = EXPERIMENT.evaluate({"discriminator": None, "generator": None}, digits, TINY).metrics
    found = [metrics[f"{what}_{of}"] for what, of in (("aux_accuracy", "real"), ("aux_accuracy", "generated"))]
    found += [metrics["real_taken_for_real"], metrics["generated_taken_for_real"]]
    assert found == pytest.approx([0.8, 0.3, 0.75, 0.1], abs=1 / len(digits.test))


@pytest.mark.parametrize("kind", ["classic", "light"])
def test_parameters_are_counted_as_keras_counts_them(kind: str) -> None:
    start_backend()
    for info in (ImageInfo("grey", 12, 8, 1, ("a", "b")), ImageInfo("colour", 8, 8, 3, ("a", "b", "c"))):
        networks = make_discriminator(info), make_generator(info, kind)
        assert count_parameters(info, kind, 100) == tuple(network.count_params() for network in networks)


def test_many_parameters_give_a_warning(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    start_backend()
    digits, photographs = ImageInfo("d", 28, 28, 1, ("a", "b")), ImageInfo("p", 256, 256, 3, ("a", "b"))
    warn_if_large(digits, "classic", 100, ema=True)
    warn_if_large(photographs, "light", 100, ema=False)
    assert capsys.readouterr().err == ""
    for ema in (False, True):
        warn_if_large(photographs, "classic", 100, ema=ema)
        discriminator, generator = count_parameters(photographs, "classic", 100)
        text = capsys.readouterr().err
        assert f"256x256 the networks have {discriminator + (1 + ema) * generator:,} parameters: they may" in text
        assert text.count("\n") == 1
        assert len(text) <= 200
    monkeypatch.setattr(network_size, "MANY", 0)
    build_networks(EXPERIMENT, TINY, ImageInfo("small", 8, 8, 1, ("a", "b")), None)
    assert "for pictures of 8x8" in capsys.readouterr().err
