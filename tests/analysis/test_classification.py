"""The test metrics of classifiers, held against scikit-learn and brute force."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from etudes.analysis.classification import evaluate_classifier, predict
from etudes.contract import Images
from etudes.training.backend import drawn_from, keras, start_backend

NAMES = ("a", "b", "c")


@pytest.fixture(scope="module")
def classifier() -> tuple[Any, Images]:
    """A network that says of a grey value what its weights make of it, and pictures with labels drawn by chance."""
    start_backend()
    with drawn_from(2):
        network = keras.Sequential(
            [
                keras.Input((2, 2, 1)),
                keras.layers.Rescaling(1 / 64, offset=-2),
                keras.layers.Flatten(),
                keras.layers.Dense(3),
                keras.layers.Activation("softmax"),
            ]
        )
    rng = np.random.default_rng(0)
    return network, Images(rng.integers(0, 256, (400, 2, 2, 1)).astype(np.uint8), rng.integers(0, 3, 400))


def test_metrics_are_those_of_scikit_learn(classifier: tuple[Any, Images]) -> None:
    network, test = classifier
    metrics = evaluate_classifier(network, test, NAMES).metrics
    said = network.predict(test.pictures, verbose=0).astype(np.float64)
    assert metrics["accuracy"] == pytest.approx(accuracy_score(test.labels, said.argmax(axis=1)))
    said /= said.sum(axis=1, keepdims=True)
    assert metrics["cross_entropy"] == pytest.approx(log_loss(test.labels, said, labels=[0, 1, 2]), rel=1e-4)


def test_the_calibration_error_is_that_of_a_count_bin_by_bin(classifier: tuple[Any, Images]) -> None:
    network, test = classifier
    said = predict(network, test.pictures).probabilities.astype(np.float64)
    sure, right, error = said.max(axis=1), said.argmax(axis=1) == test.labels, 0.0
    for number in range(15):
        held = (sure > number / 15) & (sure <= (number + 1) / 15)
        if held.any():
            error += held.mean() * abs(right[held].mean() - sure[held].mean())
    found = evaluate_classifier(network, test, NAMES)
    assert found.metrics["calibration_error"] == pytest.approx(error, abs=1e-5)
    assert error > 0.05, "a network that guesses must not count as calibrated"
    assert {"calibration", "confusion-matrix", "samples-right", "top-losses"} < set(found.drawings)


def test_the_highest_losses_come_first(classifier: tuple[Any, Images], monkeypatch: pytest.MonkeyPatch) -> None:
    network, test = classifier
    shown: dict[str, np.ndarray] = {}

    def watch(pictures: np.ndarray, *_: Any, captions: list[str], **__: Any) -> str:
        shown["wrong" if "\n" in captions[0] else "right"] = pictures
        return "drawn"

    monkeypatch.setattr("etudes.analysis.classification.picture_grid", watch)
    evaluate_classifier(network, test, NAMES).draw()
    said = network.predict(test.pictures, verbose=0)
    wrong = np.flatnonzero(said.argmax(axis=1) != test.labels)
    given = said[wrong, test.labels[wrong]]
    np.testing.assert_array_equal(shown["wrong"], test.pictures[wrong[np.argsort(given, kind="stable")][:40]])


def test_what_a_run_saves_is_what_a_page_reads(classifier: tuple[Any, Images]) -> None:
    network, test = classifier
    found = evaluate_classifier(network, test, NAMES)
    record = found.records["confusion"]
    assert np.sum(record["counts"]) == len(test)
    assert np.trace(record["counts"]) == len(test) - found.metrics["errors"]
    for cell in record["cells"]:
        assert cell["file"].removesuffix(".png") in found.drawings
