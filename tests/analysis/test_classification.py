"""The test metrics of classifiers, held against scikit-learn and brute force."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss

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


def guessed(monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...], wrong: tuple[int, ...]) -> Any:
    """What is evaluated where each class has so many pictures, so many of them taken for the first or second class."""
    labels = np.arange(len(sizes)).repeat(sizes)
    said = np.concatenate(
        [
            np.where(np.arange(size) < bad, int(k == 0), k)
            for k, (size, bad) in enumerate(zip(sizes, wrong, strict=True))
        ]
    )
    probabilities = np.eye(len(sizes), dtype=np.float32)[said]
    monkeypatch.setattr("etudes.analysis.classification.outputs_of", lambda *_: probabilities)
    test = Images(np.zeros((len(labels), 2, 2, 1), np.uint8), labels)
    return evaluate_classifier(None, test, [f"class {k}" for k in range(len(sizes))]), labels, said


@pytest.mark.filterwarnings("ignore:y_pred contains classes")
@pytest.mark.parametrize(
    ("sizes", "wrong"), [((57, 3), (0, 3)), ((40, 20, 8), (3, 5, 1)), ((0, 9, 2), (0, 1, 1)), ((31, 20), (1, 1))]
)
def test_balanced_accuracy_and_the_classes_come_first_where_they_are_unequal(
    sizes: tuple[int, ...], wrong: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    result, labels, said = guessed(monkeypatch, sizes, wrong)
    assert list(result.metrics)[:2] == ["balanced_accuracy", "accuracy"]
    assert result.metrics["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, said))
    assert result.tables[0].title == "by class"
    (line,) = result.lines
    assert f"{min(size for size in sizes if size):,} to {max(sizes)} test pictures" in line
    assert "--class-weights" in line


@pytest.mark.parametrize("sizes", [(30, 20), (100, 100, 70), (5, 0, 5), (1, 1)])
def test_of_classes_alike_the_headline_stays_accuracy(sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    result, *_ = guessed(monkeypatch, sizes, (0,) * len(sizes))
    assert next(iter(result.metrics)) == "accuracy"
    assert "balanced_accuracy" not in result.metrics
    assert result.lines == []


@pytest.mark.parametrize("etude", ["antirectifier", "cifar10_cnn", "mnist_transfer_cnn"])
def test_the_studies_of_classifiers_keep_that_order(etude: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from etudes import experiments
    from etudes.actions.loading import build_networks

    study = experiments.load(etude)
    settings = replace(study.presets["tiny"], limit=40)
    start_backend()
    data = study.load_data(settings)
    networks = build_networks(study, settings, data.info, None)
    monkeypatch.setattr("etudes.analysis.classification.UNEQUAL", 0.0)
    result = study.evaluate(networks, data, settings)
    assert next(iter(result.metrics)) == "balanced_accuracy" == study.headline_of(result.metrics)
    assert result.tables[0].title == "by class"
    assert "unequal" in result.lines[0]
    monkeypatch.setattr("etudes.analysis.classification.UNEQUAL", 1e9)
    result = study.evaluate(networks, data, settings)
    assert next(iter(result.metrics)) == "accuracy" == study.headline_of(result.metrics)
    assert not result.pictures, "a picture is drawn when the metrics are safe"
