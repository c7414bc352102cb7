"""Classifiers of pictures: predictions, test metrics, filters and feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.analysis.calibration import Calibration, calibration
from etudes.contract import Array, Images, IOSpec, Result, Table, TensorSpec
from etudes.training.backend import keras, outputs_of
from etudes.training.state import as_array
from etudes.views.calibration import reliability_diagram
from etudes.views.confusion import NAME as CONFUSION
from etudes.views.confusion import confusion_cells
from etudes.views.features import feature_maps, filter_grid
from etudes.views.grids import confusion_matrix, picture_grid
from etudes.views.plotting import one_line


def classifier_io(class_names: Sequence[str]) -> IOSpec:
    """Inputs and outputs of a network that classifies pictures."""
    picture = TensorSpec("picture", "pictures (height, width, channels) of values 0 to 255, scaled inside", 0, 255)
    meaning = f"a probability for each of {len(class_names)} classes, in the order of class_names"
    metadata = {"class_names": list(class_names), "scaling": "0..255, scaled inside"}
    return IOSpec((picture,), (TensorSpec("probabilities", meaning, 0, 1),), metadata=metadata)


@dataclass(frozen=True)
class Prediction:
    """Predictions for n pictures: `probabilities` float32 (n, classes), each row with the sum one."""

    probabilities: NDArray[np.float32]

    @property
    def classes(self) -> NDArray[np.int64]:
        """The most probable class of each picture."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)

    @property
    def confidence(self) -> NDArray[np.float32]:
        """The probability of that class."""
        return np.asarray(self.probabilities.max(axis=1), dtype=np.float32)


def predict(network: Any, pictures: Array, *, flips: bool = False) -> Prediction:
    """Classify pictures, uint8 (n, height, width, channels).

    Args:
        network: pictures in, probabilities out.
        pictures: to classify.
        flips: take the mean of the probabilities for each picture and for its flip (left and right exchanged).
    """
    probabilities = np.asarray(outputs_of(network, pictures, 500), dtype=np.float32)
    if flips:
        probabilities = (probabilities + predict(network, pictures[:, :, ::-1]).probabilities) * np.float32(0.5)
    return Prediction(probabilities)


UNEQUAL = 1.5
"""Classes are unequal where the largest has more than so many times the test pictures of the smallest."""

MANY_CLASSES = 40
"""From more classes on, the table by class is sorted by accuracy."""


def evaluate_classifier(network: Any, test: Images, class_names: Sequence[str]) -> Result:
    """Metrics of a classifier on test pictures, and its mistakes.

    Metrics: accuracy, cross-entropy, expected calibration error. A table of the accuracy by class. Pictures: confusion
    matrix, the pictures behind its cells, reliability diagram, correct samples, mistakes with the highest loss. Where
    the classes are unequal, balanced accuracy, the mean of the classes' accuracies, comes first, with a line about it.

    Args:
        network: pictures in, probabilities out.
        test: pictures that were used neither for training nor for choosing settings.
        class_names: one for each output.
    """
    found = predict(network, test.pictures)
    correct, loss = found.classes == test.labels, losses(found, test.labels)
    reliability = calibration(found.confidence, correct)
    result = Result(
        metrics={
            "accuracy": float(correct.mean()),
            "cross_entropy": float(loss.mean()),
            "calibration_error": reliability.expected_error,
            "errors": int((~correct).sum()),
            "pictures": len(test),
        },
        tables=[_by_class(test.labels, correct, class_names)],
    )
    if are_unequal(test.labels):
        result.metrics = {"balanced_accuracy": balanced_accuracy(test.labels, correct), **result.metrics}
        few, *_, many = np.sort(np.unique_counts(test.labels).counts)
        result.lines.append(
            f"the classes are unequal, {few:,} to {many:,} test pictures: judge by balanced accuracy, the mean of the "
            "accuracies by class; training with --class-weights makes the rare ones count as much"
        )
    sheets, record = confusion_cells(test.pictures, test.labels, found.classes, found.confidence, class_names)
    result.records[CONFUSION] = record
    result.drawings = {
        "confusion-matrix": partial(confusion_matrix, test.labels, found.classes, class_names, "test pictures"),
        "calibration": partial(_reliability, reliability, f"{len(test):,} test pictures"),
        "samples-right": partial(_samples, test, found, class_names, np.flatnonzero(correct)[:40]),
    }
    mistakes = top_losses(found, test.labels, 40)
    if len(mistakes):
        result.drawings["top-losses"] = partial(_samples, test, found, class_names, mistakes)
    result.drawings |= sheets
    return result


def are_unequal(labels: Array) -> bool:
    """Whether the accuracy over all pictures says little of some class: there are far fewer pictures of it."""
    sizes = np.unique_counts(labels).counts
    return bool(len(sizes)) and bool(sizes.max() > UNEQUAL * sizes.min())


def balanced_accuracy(labels: Array, correct: Array) -> float:
    """Mean of the accuracies of the classes that have pictures: that of a network that only guesses is 1 / classes.

    Args:
        labels: int (n,).
        correct: bool (n,).
    """
    sizes = np.bincount(labels)
    return float((np.bincount(labels, weights=correct)[sizes > 0] / sizes[sizes > 0]).mean())


def _reliability(found: Calibration, of: str) -> Any:
    return reliability_diagram(found.edges, found.counts, found.accuracy, found.bounds, found.expected_error, of)


def losses(found: Prediction, labels: Array) -> NDArray[np.float32]:
    """Cross-entropy of each prediction (n,): minus the logarithm of the probability of the true class."""
    probability = found.probabilities[np.arange(len(labels)), labels]
    return np.asarray(-np.log(np.maximum(probability, 1e-7)), dtype=np.float32)


def top_losses(found: Prediction, labels: Array, limit: int) -> NDArray[np.int64]:
    """Indices of the wrong predictions with the highest loss, the highest first, at most `limit`."""
    wrong = np.flatnonzero(found.classes != labels)
    return wrong[np.argsort(-losses(found, labels)[wrong], kind="stable")][:limit]


def _by_class(labels: Array, correct: Array, class_names: Sequence[str]) -> Table:
    """Pictures and accuracy of each class; of more classes than one reads, the lowest accuracy first."""
    sizes, right = (np.bincount(labels, weights, len(class_names)) for weights in (None, correct))
    rows = [
        (name, int(size), float(number / size) if size else "")
        for name, size, number in zip(class_names, sizes, right, strict=True)
    ]
    if len(rows) <= MANY_CLASSES:
        return Table("by class", ("class", "pictures", "accuracy"), rows)
    rows.sort(key=lambda row: 2.0 if row[2] == "" else row[2])
    return Table("by class, the lowest accuracy first", ("class", "pictures", "accuracy"), rows)


def _samples(test: Images, found: Prediction, class_names: Sequence[str], chosen: Array) -> Any:
    """A grid of pictures, each with the predicted class and its confidence; mistakes in red, with the true class."""
    captions, colours = [], []
    for index in chosen:
        truth, guess, confidence = test.labels[index], found.classes[index], f"{found.confidence[index]:.0%}"
        wrong = truth != guess
        true, guessed = one_line(class_names[truth]), one_line(class_names[guess])
        captions.append(f"{guessed} {confidence}" + (f"\nis {true}" if wrong else ""))
        colours.append("#B00020" if wrong else "black")
    scale = max(1, round(112 / test.pictures.shape[2]))
    return picture_grid(test.pictures[chosen], 8, captions=captions, colours=colours, scale=scale)


def look_inside(network: Any, picture: Array) -> dict[str, Any]:
    """Pictures of the first convolution's filters, and of every convolution's feature maps for one picture.

    Args:
        network: a `keras.Sequential` with convolutions; pictures of 0..255 in.
        picture: uint8 (height, width, channels).
    """
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    probe = keras.Model(network.inputs[0], [layer.output for layer in convolutions])
    found = outputs_of(probe, picture[None], 1)
    outputs = {f"convolution {n}": np.asarray(out, dtype=np.float32)[0] for n, out in enumerate(found, start=1)}
    return {"filters": filter_grid(as_array(convolutions[0].kernel)), "feature-maps": feature_maps(picture, outputs)}
