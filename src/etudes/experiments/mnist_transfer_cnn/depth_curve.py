"""How many layers to freeze: accuracy on the second task, seconds of an epoch, and forgetting of the first task."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from etudes.analysis.intervals import ConfidenceInterval, mean_ci
from etudes.contract import ImageData, Result, Table
from etudes.experiments.mnist_transfer_cnn.evaluate import accuracy, old_head_on_new_bottleneck
from etudes.experiments.mnist_transfer_cnn.trials import SCRATCH, Trials, Variant, bounds, layers_with_weights
from etudes.training.backend import keras
from etudes.views.plotting import COLOURS, figure, picture

DEPTHS = (
    SCRATCH,
    Variant("0 frozen", 0),
    Variant("1 frozen", 1),
    Variant("2 frozen", 2),
    Variant("3 frozen", 3),
    Variant("2 frozen, fresh head", 2, head="fresh"),
    Variant("2 frozen, 1 more", 2, extra=1),
)

PROBE_PICTURES = 4000
"""Pictures of the first task that the linear probe is fitted to."""


def depth_curve(trials: Trials, seeds: int) -> Result:
    """Train each of `DEPTHS` with so many seeds."""
    began = time.monotonic()
    table, found = trials.table(trials.new.train), {}
    for variant in DEPTHS:
        runs = []
        for seed in range(seeds):
            network = trials.network(variant, seed)
            seconds = trials.train(network, trials.new.train, seed, table if variant.frozen >= 2 else None)
            metrics = {"accuracy": accuracy(network, trials.new.test), "seconds": seconds}
            runs.append(metrics | remembered(trials.first, network, trials.old))
            trials.message(f"{variant.name}, seed {seed}: {metrics['accuracy']:.2%}, {seconds:.2f} s an epoch")
        found[variant] = {name: mean_ci(np.array([run[name] for run in runs])) for name in runs[0]}
    rows = []
    for variant, means in found.items():
        frozen = sum(layer.count_params() for layer in layers_with_weights(trials.first)[: variant.frozen])
        old = [means[name].estimate if variant.transferred or name == "linear" else "" for name in PROBES]
        rows.append((variant.name, frozen, *bounds(means["accuracy"]), means["seconds"].estimate, *old))
    columns = ("way", "frozen", "accuracy", "95 % from", "to", "seconds an epoch", *PROBES)
    minutes = (time.monotonic() - began) / 60
    line = (
        f"how much to freeze: {len(DEPTHS)} ways, {seeds} seeds each, {minutes:.1f} minutes. What is left of the first "
        "task is the accuracy of its head on the bottleneck as it is now (old head), of its output layer on all other "
        "layers as they are now (old output), and of a linear classifier on the 128 values before the output (linear)."
    )
    return Result(
        tables=[Table("how much to freeze, and what is left of the first task", columns, rows)],
        pictures={"depths": depth_picture({variant.name: means for variant, means in found.items()})},
        lines=[line],
    )


# --- forgetting: accuracy on the first task after training on the second ----------------------------------------------

PROBES = ("old head", "old output", "linear")


def remembered(first: Any, network: Any, task: ImageData) -> dict[str, float]:
    """What is left of the first task, by each of `PROBES`."""
    old_head = accuracy(old_head_on_new_bottleneck(first, network), task.test)
    old_output = accuracy(old_output_on_new_network(first, network), task.test)
    return dict(zip(PROBES, (old_head, old_output, linear_accuracy(network, task)), strict=True))


def old_output_on_new_network(first: Any, transferred: Any) -> Any:
    """The first task's output layer on all other layers after the transfer: the hidden layer may have changed too."""
    old, new = without_output(first), without_output(transferred)
    return keras.Sequential([keras.Input(first.input_shape[1:]), *new, *first.layers[len(old) :]])


def without_output(network: Any) -> list[Any]:
    """The layers before the output layer."""
    output = [index for index, layer in enumerate(network.layers) if isinstance(layer, keras.layers.Dense)][-1]
    return list(network.layers[:output])


def linear_accuracy(network: Any, task: ImageData) -> float:
    """Test accuracy of a linear classifier (ridge regression) on the values before a network's output layer."""
    from sklearn.linear_model import RidgeClassifier

    probed = keras.Sequential([keras.Input(network.input_shape[1:]), *without_output(network)])
    train, test = (
        np.asarray(probed.predict(pictures, batch_size=500, verbose=0), dtype=np.float32)
        for pictures in (task.train.pictures[:PROBE_PICTURES], task.test.pictures)
    )
    return float(RidgeClassifier().fit(train, task.train.labels[:PROBE_PICTURES]).score(test, task.test.labels))


# --- picture ----------------------------------------------------------------------------------------------------------


def depth_picture(found: Mapping[str, Mapping[str, ConfidenceInterval]]) -> Image.Image:
    """Draw variant → metric → its mean over the seeds, with bounds."""
    heights = np.arange(len(found))[::-1]
    with figure(11.0, 0.42 * len(found) + 1.6) as drawn:
        target, seconds, left = drawn.subplots(1, 3, sharey=True, width_ratios=(5, 3, 5))
        for height, means in zip(heights, found.values(), strict=True):
            mean, low, high = bounds(means["accuracy"])
            target.plot(mean, height, "o", color=COLOURS[0])
            if low != "":
                target.plot((low, high), (height, height), color=COLOURS[0], linewidth=2)
            seconds.barh(height, means["seconds"].estimate, 0.5, color=COLOURS[4])
        for number, probe in enumerate(PROBES):
            values = [
                means[probe].estimate if name != SCRATCH.name or probe == "linear" else np.nan
                for name, means in found.items()
            ]
            size, marker = 8 - 1.5 * number, "osD"[number]
            left.plot(values, heights, marker, color=COLOURS[number], label=probe, markersize=size, alpha=0.8)
        target.set_yticks(heights, list(found))
        target.set_title("second task: accuracy, 95 % over seeds", fontsize=10)
        seconds.set_title("seconds an epoch", fontsize=10)
        left.set_title("left of the first task: accuracy", fontsize=10)
        left.set_xlim(-0.03, 1.03)
        drawn.legend(*left.get_legend_handles_labels(), loc="outside lower right", ncols=3, frameon=False, fontsize=9)
        return picture(drawn)
