"""Training runs of the second task in several variants, each from a copy of a run's weights; the run does not change.

Nothing is chosen by their metrics, and each trained network is evaluated once on the test pictures.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console

from etudes.analysis.intervals import ConfidenceInterval
from etudes.contract import ImageData, Images
from etudes.experiments.mnist_transfer_cnn.cached_features import features_of, on_cached_features, table_of
from etudes.experiments.mnist_transfer_cnn.extra_layers import without_extra
from etudes.experiments.mnist_transfer_cnn.study import TransferSettings, compile_network, copy_weights, make_network
from etudes.training.backend import drawn_from, layers_in
from etudes.training.data_loading import batches
from etudes.training.rng import rng

MIN_STEPS = 300
"""Steps of a training run at least: a few epochs of few pictures would hardly train."""

MAX_CACHED_BYTES = 2_000_000_000
"""Size of cached features; where they would be larger, the frozen part runs in every epoch."""


@dataclass(frozen=True)
class Variant:
    """One way to train on the second task."""

    name: str
    frozen: int = 0
    """Number of frozen layers with weights, from the input on: 2 are the convolutions."""
    transferred: bool = True
    """Whether it begins with the weights of the first task."""
    head: str = "kept"
    extra: int = 0
    """Number of extra convolutions on top of the frozen ones."""


SCRATCH = Variant("from scratch", transferred=False)


@dataclass(frozen=True)
class Trials:
    """What the training runs share."""

    settings: TransferSettings
    first: Any
    """The network trained on the first task; it is not changed."""
    old: ImageData
    """The first task."""
    new: ImageData
    """The second task."""
    epochs: int
    """Epochs of the second task."""

    def message(self, text: str) -> None:
        """Show what a training run gave."""
        Console(stderr=True, highlight=False, soft_wrap=True).print(text)

    def network(self, variant: Variant, seed: int) -> Any:
        """A network ready to be trained on the second task."""
        classes = len(self.new.info.class_names)
        with layers_in(self.settings.precision), drawn_from(seed):
            network = make_network(self.settings, self.new.info.shape, classes, variant.extra)
        if variant.transferred:
            copy_weights(self.first, network, variant.head)
        for layer in layers_with_weights(network)[: variant.frozen]:
            layer.trainable = False
        return network

    def train(self, network: Any, task: Images, seed: int, table: Any = None) -> float:
        """Train a network with the run's settings, but without translations; returns the median seconds of an epoch.

        The seed decides the order of the pictures; `table` holds their features where the convolutions are frozen.
        """
        batch = min(self.settings.batch_size, len(task))
        steps = -(-len(task) // batch)
        epochs = max(self.epochs, -(-MIN_STEPS // steps))
        trained = network if table is None else on_cached_features(network, table)
        inputs = task.pictures if table is None else np.arange(len(task), dtype=np.int32)
        targets = np.eye(network.output_shape[-1], dtype=np.float32)[task.labels]
        compile_network(trained, self.settings, task.labels, epochs * steps)
        seconds = []
        for epoch in range(epochs):
            order = rng(seed, "study order", epoch).permutation(len(task))
            began = time.monotonic()
            trained.fit(**batches(inputs[order], targets[order], batch), shuffle=False, verbose=0)
            seconds.append(time.monotonic() - began)
        return float(np.median(seconds[1:] or seconds))  # the first one compiles

    def table(self, task: Images) -> Any:
        """The cached features of pictures; None where they would be too large."""
        shape = features_of(self.first, task.pictures[:1]).shape[1:]
        if len(task) * int(np.prod(shape)) * 4 > MAX_CACHED_BYTES:
            return None
        return table_of(features_of(self.first, task.pictures))


def layers_with_weights(network: Any) -> list[Any]:
    """The layers that have weights, from the input on, without extra ones."""
    return [layer for layer in without_extra(network.layers) if layer.weights]


def bounds(found: ConfidenceInterval) -> tuple[Any, ...]:
    """Mean and bounds of an accuracy, within 0..1; of a single run there are no bounds."""
    low, high = (float(np.clip(end, 0, 1)) if np.isfinite(end) else "" for end in (found.low, found.high))
    return (found.estimate, low, high)
