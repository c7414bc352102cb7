"""What is counted: the discriminator's answers, and parameters before any network is built."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from etudes import experiments
from etudes.actions.loading import build
from etudes.contract import ImageInfo
from etudes.experiments.mnist_acgan import model
from etudes.experiments.mnist_acgan.model import count_parameters, make_discriminator, make_generator, say_if_large
from etudes.training.backend import start_backend

EXPERIMENT = experiments.load("mnist_acgan")
TINY = EXPERIMENT.presets["tiny"]


@pytest.fixture(scope="module")
def digits() -> Any:
    return EXPERIMENT.load_data(TINY)


def test_what_the_discriminator_says_is_counted(digits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = {True: digits.test.labels, False: np.repeat(np.arange(10), 100)}
    shares = {True: (0.75, 0.8), False: (0.1, 0.3)}  # taken for real, class named rightly: of real ones, of generated

    def says(_: Any, pictures: Any) -> Any:
        real = pictures.dtype == np.uint8
        place, (taken, right) = np.arange(len(pictures)) / len(pictures), shares[real]
        named = np.where(place >= 1 - right, labels[real], labels[real] + 1) % 10
        return np.where(place < taken, 0.9, 0.1)[:, None], np.eye(10)[named]

    judge = SimpleNamespace(name="nobody", says=lambda pictures: np.zeros(len(pictures), int))
    blank = np.zeros((1000, *digits.info.shape))
    story = importlib.import_module("etudes.experiments.mnist_acgan.study")
    for name, result in (("train_judge", judge), ("paint", blank), ("measure", {}), ("every_class", blank[:20])):
        monkeypatch.setattr(story, name, lambda *_, result=result: result)
    monkeypatch.setattr(story, "look", says)
    metrics = EXPERIMENT.evaluate({"discriminator": None, "generator": None}, digits, TINY).metrics
    found = [metrics[f"{what}_{of}"] for what, of in (("aux_accuracy", "real"), ("aux_accuracy", "generated"))]
    found += [metrics["real_taken_for_real"], metrics["generated_taken_for_real"]]
    assert found == pytest.approx([0.8, 0.3, 0.75, 0.1], abs=1 / len(digits.test))


@pytest.mark.parametrize("kind", ["classic", "light"])
def test_parameters_are_counted_as_keras_counts_them(kind: str) -> None:
    start_backend()
    for info in (ImageInfo("grey", 12, 8, 1, ("a", "b")), ImageInfo("colour", 8, 8, 3, ("a", "b", "c"))):
        networks = make_discriminator(info), make_generator(info, kind)
        assert count_parameters(info, kind) == tuple(network.count_params() for network in networks)


def test_many_parameters_are_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    start_backend()
    digits, photographs = ImageInfo("d", 28, 28, 1, ("a", "b")), ImageInfo("p", 256, 256, 3, ("a", "b"))
    say_if_large(digits, "classic", ema=True)
    say_if_large(photographs, "light", ema=False)
    assert capsys.readouterr().err == ""
    for ema in (False, True):
        say_if_large(photographs, "classic", ema=ema)
        discriminator, generator = count_parameters(photographs, "classic")
        said = capsys.readouterr().err
        assert f"256x256 the networks have {discriminator + (1 + ema) * generator:,} parameters: they may" in said
        assert said.count("\n") == 1
        assert len(said) <= 200
    monkeypatch.setattr(model, "MANY", 0)
    build(EXPERIMENT, TINY, ImageInfo("small", 8, 8, 1, ("a", "b")), None)
    assert "for pictures of 8x8" in capsys.readouterr().err
