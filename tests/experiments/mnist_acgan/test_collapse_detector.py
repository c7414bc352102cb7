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
from etudes.experiments.mnist_acgan.collapse_detector import detect_collapse
from etudes.experiments.mnist_acgan.evaluation_classifier import accuracy_on, train_pixel_classifier
from etudes.experiments.mnist_acgan.losses import predict
from etudes.experiments.mnist_acgan.pictures import generate_classes
from etudes.experiments.mnist_acgan.study import draw_z
from etudes.schema import override

EXPERIMENT = experiments.load("mnist_acgan")
TINY = EXPERIMENT.presets["tiny"]


@pytest.fixture(scope="module")
def digits() -> Any:
    return EXPERIMENT.load_data(override(EXPERIMENT.presets["tiny"], {"limit": 0}))


@pytest.fixture(scope="module")
def classifier(digits: Any) -> Any:
    return train_pixel_classifier(digits.train)


def by_class(images: Images, each: int) -> Any:
    groups = [images.pictures[images.labels == k] for k in range(10)]
    return np.concatenate([group[:: len(group) // each][:each] for group in groups])


def test_real_pictures_are_no_collapse(digits: Any, classifier: Any) -> None:
    health = detect_collapse(by_class(digits.test, 10), digits.info.class_names, digits.train, classifier)
    assert health.collapses == {}
    assert health.conditional_accuracy > 0.9
    assert health.diversity == pytest.approx(1, abs=0.2)
    assert health.contrast == pytest.approx(1, abs=0.2)


def test_diversity_is_how_much_pixels_vary_within_a_class_against_real_pictures() -> None:
    rng, labels = np.random.default_rng(0), np.repeat([0, 1], 6)
    real, generated = (rng.integers(*ends, (12, 3, 3, 1)).astype(np.uint8) for ends in ((0, 256), (90, 160)))
    real[6:] //= 4  # as real ones differ less than real sevens
    classifier = SimpleNamespace(predict=lambda _: labels)
    found = detect_collapse(generated, ("a", "b"), Images(real, labels), classifier)

    def deviation(pictures: Any, label: int) -> float:
        columns = pictures[labels == label].reshape(6, 9).T.tolist()
        return statistics.mean(statistics.stdev(column) for column in columns)

    of_generated, of_real = ([deviation(pictures, label) for label in (0, 1)] for pictures in (generated, real))
    expected = [one / other for one, other in zip(of_generated, of_real, strict=True)]
    assert [diversity for _, diversity in found.by_class] == pytest.approx(expected, rel=1e-5)
    assert found.diversity == pytest.approx(statistics.mean(of_generated) / statistics.mean(of_real), rel=1e-5)


def test_a_class_without_two_real_pictures_is_compared_with_the_others() -> None:
    rng = np.random.default_rng(0)
    real, generated = (rng.integers(0, 256, (count, 3, 3, 1)).astype(np.uint8) for count in (7, 12))
    classifier = SimpleNamespace(predict=lambda _: np.repeat([0, 1], 6))
    found = detect_collapse(generated, ("a", "b"), Images(real, np.array([0] * 6 + [1])), classifier)
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
def test_each_collapse_is_found_with_what_to_do(kind: str, digits: Any, classifier: Any) -> None:
    health = detect_collapse(collapsed(kind, digits.train), digits.info.class_names, digits.train, classifier)
    assert list(health.collapses) == [kind]
    assert len(health.lines(TINY)) == 1
    assert "--" in health.lines(TINY)[0]
    if kind == "one class":
        assert "show 8" in health.lines(TINY)[0]


def test_the_pixel_classifier_classifies_digits_that_it_was_not_trained_on(digits: Any, classifier: Any) -> None:
    assert accuracy_on(classifier, digits.test) > 0.95


class DiscriminatorAsClassifier:
    """An evaluation classifier for the bundled generator that needs no MNIST: the discriminator trained with it."""

    name = "the discriminator"

    def __init__(self, discriminator: Any) -> None:
        self.discriminator = discriminator

    def predict(self, pictures: Any) -> Any:
        return predict(self.discriminator, pictures)[1].argmax(1)

    def features(self, pictures: Any) -> Any:
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


@pytest.mark.long
@pytest.mark.parametrize("kind", ["", "black", "one image", "one class"])
def test_a_trained_generator_that_is_made_to_collapse_is_caught(kind: str, bundled: Any) -> None:
    generator, names = bundled.networks["generator_ema"], bundled.info.class_names
    z, before = draw_z(np.random.default_rng(0), 20), generator.get_weights()
    classifier, healthy = (
        DiscriminatorAsClassifier(bundled.networks["discriminator"]),
        generate_classes(generator, z, 10),
    )
    damage(generator, kind)
    health = detect_collapse(
        generate_classes(generator, z, 10), names, Images(healthy, np.repeat(np.arange(10), 20)), classifier
    )
    generator.set_weights(before)
    assert list(health.collapses) == ([kind] if kind else [])
    assert kind != "one class" or "show 3" in health.lines(TINY)[0]
