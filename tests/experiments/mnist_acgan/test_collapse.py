"""Each way in which the game can fail, made on purpose; the detector must name it, and nothing else."""

from __future__ import annotations

import statistics
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import etudes
from etudes import experiments
from etudes.contract import Images
from etudes.experiments.mnist_acgan.collapse import examine
from etudes.experiments.mnist_acgan.judge import accuracy_on, train_judge
from etudes.experiments.mnist_acgan.pictures import every_class
from etudes.experiments.mnist_acgan.training import draw_z, look
from etudes.settings import override

EXPERIMENT = experiments.load("mnist_acgan")


@pytest.fixture(scope="module")
def digits() -> Any:
    return EXPERIMENT.load_data(override(EXPERIMENT.presets["tiny"], {"limit": 0}))


@pytest.fixture(scope="module")
def judge(digits: Any) -> Any:
    return train_judge(digits.train)


def by_class(images: Images, each: int) -> Any:
    groups = [images.pictures[images.labels == k] for k in range(10)]
    return np.concatenate([group[:: len(group) // each][:each] for group in groups])


def test_real_pictures_are_no_collapse(digits: Any, judge: Any) -> None:
    health = examine(by_class(digits.test, 10), digits.info.class_names, digits.train, judge)
    assert health.seen == {}
    assert health.agreement > 0.9
    assert health.diversity == pytest.approx(1, abs=0.2)
    assert health.contrast == pytest.approx(1, abs=0.2)


def test_diversity_is_how_much_pixels_vary_within_a_class_against_real_pictures() -> None:
    random, labels = np.random.default_rng(0), np.repeat([0, 1], 6)
    real, drawn = (random.integers(*ends, (12, 3, 3, 1)).astype(np.uint8) for ends in ((0, 256), (90, 160)))
    real[6:] //= 4  # as real ones differ less than real sevens
    says = SimpleNamespace(says=lambda _: labels)
    found = examine(drawn, ("a", "b"), Images(real, labels), says)

    def deviation(pictures: Any, label: int) -> float:
        columns = pictures[labels == label].reshape(6, 9).T.tolist()
        return statistics.mean(statistics.stdev(column) for column in columns)

    of_drawn, of_real = ([deviation(pictures, label) for label in (0, 1)] for pictures in (drawn, real))
    expected = [drawn / real for drawn, real in zip(of_drawn, of_real, strict=True)]
    assert [diversity for _, diversity in found.by_class] == pytest.approx(expected, rel=1e-5)
    assert found.diversity == pytest.approx(statistics.mean(of_drawn) / statistics.mean(of_real), rel=1e-5)


def test_a_class_without_two_real_pictures_is_held_against_the_others() -> None:
    random = np.random.default_rng(0)
    real, drawn = (random.integers(0, 256, (count, 3, 3, 1)).astype(np.uint8) for count in (7, 12))
    says = SimpleNamespace(says=lambda _: np.repeat([0, 1], 6))
    found = examine(drawn, ("a", "b"), Images(real, np.array([0] * 6 + [1])), says)
    assert [diversity for _, diversity in found.by_class] == pytest.approx([1, 1], abs=0.5)


def collapsed(kind: str, images: Images) -> Any:
    drawn = by_class(images, 10)
    if kind == "black":
        return drawn // 20
    if kind == "one image":
        return np.repeat(drawn[33:34], 100, axis=0)
    if kind == "one class":
        ones = images.pictures[images.labels == 8]
        return np.tile(ones[:10], (10, 1, 1, 1))
    return np.repeat(drawn[::10], 10, axis=0)


@pytest.mark.parametrize("kind", ["black", "one image", "one class", "one image a class"])
def test_each_collapse_is_seen_and_says_what_to_do(kind: str, digits: Any, judge: Any) -> None:
    health = examine(collapsed(kind, digits.train), digits.info.class_names, digits.train, judge)
    assert list(health.seen) == [kind]
    assert len(health.lines) == 1
    assert "--" in health.lines[0]
    if kind == "one class":
        assert "show 8" in health.lines[0]


def test_the_judge_tells_digits_that_it_never_saw(digits: Any, judge: Any) -> None:
    assert accuracy_on(judge, digits.test) > 0.95


class Sees:
    """A judge for the bundled generator, without MNIST at hand: the discriminator that was trained with it."""

    name = "the discriminator"

    def __init__(self, discriminator: Any) -> None:
        self.discriminator = discriminator

    def says(self, pictures: Any) -> Any:
        return look(self.discriminator, pictures)[1].argmax(1)

    def sees(self, pictures: Any) -> Any:
        raise NotImplementedError


@pytest.fixture(scope="module")
def bundled() -> Any:
    return etudes.load("mnist_acgan@bundled")


def damage(generator: Any, kind: str) -> None:
    """Make a trained generator fail in one way, by its weights alone."""
    first = next(layer for layer in generator.layers if type(layer).__name__ == "Dense")
    last = [layer for layer in generator.layers if type(layer).__name__ == "Conv2D"][-1]
    chooses = next(layer for layer in generator.layers if type(layer).__name__ == "Embedding")
    if kind == "black":
        last.bias.assign(last.bias - 20)
    elif kind == "one image":
        first.kernel.assign(first.kernel * 0)
    elif kind == "one class":
        chooses.embeddings.assign(np.tile(np.asarray(chooses.embeddings)[3], (10, 1)))


@pytest.mark.parametrize("kind", ["", "black", "one image", "one class"])
def test_a_trained_generator_that_is_made_to_collapse_is_caught(kind: str, bundled: Any) -> None:
    drawer, names = bundled.networks["generator_ema"], bundled.info.class_names
    z, kept = draw_z(np.random.default_rng(0), 20), drawer.get_weights()
    judge, healthy = Sees(bundled.networks["discriminator"]), every_class(drawer, z, 10)
    damage(drawer, kind)
    health = examine(every_class(drawer, z, 10), names, Images(healthy, np.repeat(np.arange(10), 20)), judge)
    drawer.set_weights(kept)
    assert list(health.seen) == ([kind] if kind else [])
    assert kind != "one class" or "show 3" in health.lines[0]
