"""Classifiers of pictures: predictions, test metrics, filters and feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.analysis.calibration import calibration
from etudes.contract import Array, Images, IOSpec, Result, Table, TensorSpec
from etudes.training.backend import keras, outputs_of
from etudes.training.state import as_array
from etudes.views.calibration import reliability_diagram
from etudes.views.confusion import NAME as CONFUSION
from etudes.views.confusion import confusion_cells
from etudes.views.features import feature_maps, filter_grid
from etudes.views.grids import confusion_matrix, picture_grid


def classifier_io(class_names: Sequence[str]) -> IOSpec:
    """Inputs and outputs of a network that classifies pictures."""
    picture = TensorSpec("pictures (height, width, channels) of values 0 to 255, scaled inside", 0, 255)
    names = f"a probability for each of {len(class_names)} classes, in the order of their names"
    return IOSpec((picture,), (TensorSpec(names, 0, 1),))


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


def evaluate_classifier(network: Any, test: Images, class_names: Sequence[str]) -> Result:
    """Metrics of a classifier on test pictures, and its mistakes.

    Metrics: accuracy, cross-entropy, expected calibration error. A table of the accuracy by class. Pictures: confusion
    matrix, the pictures behind its cells, reliability diagram, correct samples, mistakes with the highest loss.

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
    result.pictures = {
        "confusion-matrix": confusion_matrix(test.labels, found.classes, class_names, "test pictures"),
        "calibration": reliability_diagram(
            reliability.edges,
            reliability.counts,
            reliability.accuracy,
            reliability.bounds,
            reliability.expected_error,
            f"{len(test):,} test pictures",
        ),
        "samples-right": _samples(test, found, class_names, np.flatnonzero(correct)[:40]),
    }
    mistakes = top_losses(found, test.labels, 40)
    if len(mistakes):
        result.pictures["top-losses"] = _samples(test, found, class_names, mistakes)
    sheets, record = confusion_cells(test.pictures, test.labels, found.classes, found.confidence, class_names)
    result.pictures |= sheets
    result.records[CONFUSION] = record
    return result


def losses(found: Prediction, labels: Array) -> NDArray[np.float32]:
    """Cross-entropy of each prediction (n,): minus the logarithm of the probability of the true class."""
    probability = found.probabilities[np.arange(len(labels)), labels]
    return np.asarray(-np.log(np.maximum(probability, 1e-7)), dtype=np.float32)


def top_losses(found: Prediction, labels: Array, limit: int) -> NDArray[np.int64]:
    """Indices of the wrong predictions with the highest loss, the highest first, at most `limit`."""
    wrong = np.flatnonzero(found.classes != labels)
    return wrong[np.argsort(-losses(found, labels)[wrong], kind="stable")][:limit]


def _by_class(labels: Array, correct: Array, class_names: Sequence[str]) -> Table:
    of_class = [labels == k for k in range(len(class_names))]
    rows = [
        (name, int(members.sum()), float(correct[members].mean()) if members.any() else "")
        for name, members in zip(class_names, of_class, strict=True)
    ]
    return Table("by class", ("class", "pictures", "accuracy"), rows)


def _samples(test: Images, found: Prediction, class_names: Sequence[str], chosen: Array) -> Any:
    """A grid of pictures, each with the predicted class and its confidence; mistakes in red, with the true class."""
    captions, colours = [], []
    for index in chosen:
        truth, guess, confidence = test.labels[index], found.classes[index], f"{found.confidence[index]:.0%}"
        wrong = truth != guess
        captions.append(f"{class_names[guess]} {confidence}" + (f"\nis {class_names[truth]}" if wrong else ""))
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
