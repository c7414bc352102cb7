"""Test metrics of the classifier, also with each picture seen twice: as it is and flipped."""

from __future__ import annotations

from etudes.analysis.classification import evaluate_classifier, predict
from etudes.contract import ImageData, Networks, Result
from etudes.experiments.cifar10_cnn.study import CifarSettings


def evaluate(networks: Networks, data: ImageData, settings: CifarSettings) -> Result:
    """Accuracy on the test pictures, the confusion matrix, and pictures classified correctly and wrongly.

    If training used flips, `accuracy_flipped` is the accuracy of the mean prediction for each picture and its flip.
    """
    network, test = networks["classifier"], data.test
    result = evaluate_classifier(network, test, data.info.class_names)
    if settings.augmentation in ("classic", "alternating"):
        both = predict(network, test.pictures, flips=True)
        flipped = {"accuracy_flipped": float((both.classes == test.labels).mean())}
        first = {name: value for name, value in result.metrics.items() if "accuracy" in name}
        result.metrics = first | flipped | result.metrics
    return result
