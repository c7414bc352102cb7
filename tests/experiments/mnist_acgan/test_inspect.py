"""The evaluation classifier, and what is measured with it: on pictures for which the result is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

import etudes
from etudes import experiments
from etudes.contract import ImageInfo, Images, Result
from etudes.errors import UserError
from etudes.experiments.mnist_acgan.cas import classification_accuracy_score, make_classifier
from etudes.experiments.mnist_acgan.evaluation_classifier import (
    classifier_run,
    network_classifier,
    train_pixel_classifier,
)
from etudes.experiments.mnist_acgan.inspect import add_neighbours, by_class, kernel_metrics, sample
from etudes.runs import Run
from etudes.schema import override
from etudes.training.backend import start_backend

start_backend()
EXPERIMENT = experiments.load("mnist_acgan")
DIGITS = ImageInfo("digits", 28, 28, 1, tuple("0123456789"))


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs, and none that came with the package."""
    monkeypatch.setenv("ETUDES_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr("etudes.runs.folder.BUNDLED", tmp_path / "nothing bundled")
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def digits() -> Any:
    return EXPERIMENT.load_data(override(EXPERIMENT.presets["tiny"], {"limit": 0}))


@pytest.fixture(scope="module")
def classifier(digits: Any) -> Any:
    return train_pixel_classifier(digits.train)


def classifier_of(folder: Path, accuracy: Any, **data: Any) -> Run:
    """The records of a run without its weights."""
    run = Run(folder)
    known = {"source": "digits", "height": 28, "width": 28, "channels": 1, "class_names": list("0123456789")}
    run.write_header({"etude": "cifar10_cnn", "preset": "tiny", "settings": {}, "data": {**known, **data}})
    run.write_json("results.json", {"metrics": {"accuracy": accuracy}, "training_seconds": 1})
    return run


def test_the_most_accurate_classifier_of_the_data_is_the_default(runs: Path) -> None:
    assert classifier_run(None, DIGITS) is None
    classifier_of(runs / "poor", 0.6)
    best = classifier_of(runs / "good", 0.9)
    classifier_of(runs / "other", 0.99, source="my digits")
    classifier_of(runs / "letters", 0.99, class_names=list("abcdefghij"))
    classifier_of(runs / "draws", "no number")
    (runs / "broken").mkdir()
    (runs / "broken" / "results.json").write_text("{")
    assert classifier_run(None, DIGITS) == best
    assert classifier_run("pixels", DIGITS) is None
    assert classifier_run(str(runs / "other"), DIGITS) == Run(runs / "other"), "named, it may be trained on other data"
    for name, message in (("letters", "other pictures or classes"), ("nobody", "no finished run")):
        with pytest.raises(UserError, match=message):
            classifier_run(str(runs / name), DIGITS)


def test_the_features_of_a_network_are_the_inputs_of_its_last_layer(digits: Any) -> None:
    network = make_classifier(digits.info)
    classifier, pictures = network_classifier("n", {"classifier": network}, digits.info), digits.test.pictures[:20]
    kernel, bias = network.layers[-1].get_weights()
    logits = classifier.features(pictures) @ kernel + bias
    assert classifier.predict(pictures).tolist() == logits.argmax(1).tolist()
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(network.predict(pictures.astype("float32"), verbose=0), probabilities, atol=1e-5)
    with pytest.raises(UserError, match="it has no classifier of such pictures"):
        network_classifier("n", {"classifier": network}, ImageInfo("d", 28, 28, 1, ("a", "b")))


def test_real_pictures_are_as_diverse_as_real_ones_and_copies_are_not(digits: Any, classifier: Any) -> None:
    table = by_class(classifier, digits.train, digits.test, digits.info.class_names)
    rows = np.array([row[1:] for row in table.rows], dtype=float)
    expected = [
        accuracy_score(
            digits.train.labels[digits.train.labels == k],
            classifier.predict(digits.train.pictures[digits.train.labels == k]),
        )
        for k in range(10)
    ]
    assert rows[:, 0].tolist() == pytest.approx(expected)
    assert (rows[:, 1] <= rows[:, 0]).all()
    assert (rows[:, 0] <= rows[:, 2]).all()
    assert rows[:, 3:] == pytest.approx(np.ones((10, 2)), abs=0.15)
    indices = [np.flatnonzero(digits.train.labels == k)[0] for k in range(10)]
    one = Images(np.repeat(digits.train.pictures[indices], 5, axis=0), np.repeat(np.arange(10), 5))
    of_copies = np.array(
        [row[4:] for row in by_class(classifier, one, digits.test, digits.info.class_names).rows], dtype=float
    )
    np.testing.assert_allclose(of_copies, 0, atol=1e-5)  # a matrix product may round equal rows otherwise


def test_the_kernel_distance_of_training_pictures_is_at_its_floor_and_of_others_above(
    digits: Any, classifier: Any
) -> None:
    rng = np.random.default_rng(0)
    halves = [Images(digits.train.pictures[part::2], digits.train.labels[part::2]) for part in (0, 1)]
    same = kernel_metrics(classifier, halves[0], digits.test, halves[1], rng)
    assert same["kid"] == pytest.approx(same["kid_floor"], abs=2 * same["kid_floor_spread"])
    turned = Images(np.rot90(halves[0].pictures, axes=(1, 2)), halves[0].labels)
    assert kernel_metrics(classifier, turned, digits.test, halves[1], rng)["kid"] > 10 * same["kid_spread"]


def test_copies_of_training_pictures_are_found(digits: Any) -> None:
    rng, result = np.random.default_rng(0), Result()
    add_neighbours(result, sample(digits.train, 300, rng), digits, rng)
    assert result.metrics["nearest_training_picture"] == 0 < result.metrics["nearest_training_picture_of_test"]
    sheet = np.asarray(result.pictures["nearest"])
    above, below = sheet[28:84, -560:], sheet[-58:-2, -560:]
    assert np.array_equal(above, below), "the copy stands above what it was copied from"
    add_neighbours(result, digits.test, digits, rng)
    assert result.metrics["nearest_training_picture"] > 0


@pytest.mark.long
def test_the_classifier_of_cas_predicts_the_labels_it_was_trained_on(digits: Any) -> None:
    train = Images(digits.train.pictures, (digits.train.labels + 1) % 10)
    half = np.arange(len(digits.test)) % 2
    test = Images(digits.test.pictures, (digits.test.labels + half) % 10)
    assert 0.42 < classification_accuracy_score(train, test, digits.info, 0) <= 0.5


@pytest.mark.long
def test_an_inspection_uses_the_classifier_of_the_run_that_it_names(
    tiny_run: Callable[[str, Path], Run], tmp_path: Path
) -> None:
    run = tiny_run("mnist_acgan", tmp_path / "run")
    found = etudes.inspect(run, classifier="antirectifier@bundled", count=40, cas=True)
    test = EXPERIMENT.load_data(EXPERIMENT.presets["tiny"]).test
    network = etudes.load("antirectifier@bundled").networks["antirectifier"]
    said = network.predict(test.pictures.astype("float32"), verbose=0)
    accuracy = accuracy_score(test.labels, said.argmax(1))
    assert found.lines == [
        f"evaluation classifier: antirectifier@bundled, accuracy {accuracy:.2%} on {len(test)} real test pictures"
    ]
    assert found.metrics["classifier_accuracy"] == pytest.approx(accuracy)
    assert {"cas", "cas_of_real_pictures", "kid", "kid_floor"} < set(found.metrics)
    assert found.metrics["conditional_accuracy_low"] <= found.metrics["conditional_accuracy"]
