"""Evaluation: accuracy on the second task, and how much of the first the transfer has forgotten."""

from __future__ import annotations

from typing import Any

from etudes.analysis.classification import are_unequal, evaluate_classifier, predict
from etudes.contract import Images, Networks, Result
from etudes.experiments.mnist_transfer_cnn.study import TransferData, TransferSettings, bottleneck_and_head
from etudes.training.backend import keras
from etudes.views.layers import layer_table


def evaluate(networks: Networks, data: TransferData, settings: TransferSettings) -> Result:
    """Accuracy on the second classes; on the first before the transfer; and of the first head on the new bottleneck."""
    first, transferred = networks["first"], networks["transferred"]
    result = evaluate_classifier(transferred, data.second.test, data.info.second_classes)
    result.metrics |= {
        "first_accuracy": accuracy(first, data.first.test),
        "first_accuracy_after": accuracy(old_head_on_new_bottleneck(first, transferred), data.first.test),
        "parameters": int(transferred.count_params()),
        "frozen_parameters": frozen_parameters(transferred),
    }
    # Where the classes are unequal, the table by class stays the first.
    place = 1 if are_unequal(data.second.test.labels) else 0
    result.tables.insert(place, layer_table("frozen and trained by the transfer", transferred))
    result.lines.append(
        "accuracy is on the second classes; first_accuracy is on the first ones before the transfer, and "
        "first_accuracy_after is that of the first head on the bottleneck after the transfer. The new head cannot "
        "classify the first classes: its outputs now stand for the second ones."
    )
    return result


def accuracy(network: Any, test: Images) -> float:
    """Share of pictures that a network classifies correctly."""
    return float((predict(network, test.pictures).classes == test.labels).mean())


def frozen_parameters(network: Any) -> int:
    """Number of parameters that training does not change."""
    return sum(int(layer.count_params()) for layer in network.layers if not layer.trainable)


def old_head_on_new_bottleneck(first: Any, transferred: Any) -> Any:
    """The first task's head on the bottleneck after the transfer; if that was frozen, nothing is forgotten."""
    bottleneck, head = bottleneck_and_head(transferred)[0], bottleneck_and_head(first)[1]
    return keras.Sequential([keras.Input(first.input_shape[1:]), *bottleneck, *head])
