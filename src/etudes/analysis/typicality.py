"""Whether a picture is like those that a network was trained on: its distance to the nearest of some of them.

The distance is measured twice, and the larger one counts: between what the network makes of the pictures (the values
before its last layer, divided by their length), and between plain statistics of the pictures (brightness, contrast,
detail at three scales, edge, colour), which no network can be blind to. Each is divided by its 95th percentile over the
pictures held back for validation, and so is the larger of both: 1 in 20 genuine pictures is farther away than 1.

Source: Y. Sun and others, "Out-of-Distribution Detection with Deep Nearest Neighbors", 2022, for the first of the two;
benchmarks/own_pictures.json has the rates of the bundled runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.contract import Array, Images
from etudes.errors import UserError
from etudes.training.backend import keras, outputs_of

KEPT = 160
"""Training pictures that a run keeps the features and statistics of."""

FALSE_ALARMS = 0.05
"""Share of genuine pictures that are called unlike."""

FEWEST = 20
"""Pictures held back without which there is no limit."""


def measure_typicality(network: Any, train: Images, held_back: Images) -> dict[str, Array]:
    """What `distances` needs, in about 200 kB; nothing where fewer than `FEWEST` pictures are held back.

    Args:
        network: pictures in, probabilities out, by a dense layer and a softmax.
        train: what it was trained on.
        held_back: pictures that it was not trained on, and that are not of the test set.
    """
    if len(held_back) < FEWEST:
        return {}
    chosen = np.random.default_rng(0).permutation(len(train))[:KEPT]
    statistics = statistics_of(train.pictures)
    centre, spread = statistics.mean(axis=0), np.cov(statistics, rowvar=False)
    whitening = np.linalg.cholesky(np.linalg.inv(spread + 1e-6 * np.eye(len(spread))))
    last = features_network(network)
    found: dict[str, Array] = {
        "features": features_of(last, train.pictures[chosen]).astype(np.float16),
        "centre": centre.astype(np.float32),
        "whitening": whitening.astype(np.float32),
        "statistics": ((statistics[chosen] - centre) @ whitening).astype(np.float32),
        "limits": np.ones(3, np.float32),
    }
    both = _both(last, found, held_back.pictures)
    each = np.quantile(both, 1 - FALSE_ALARMS, axis=1)
    whole = np.quantile((both / each[:, None]).max(axis=0), 1 - FALSE_ALARMS)
    found["limits"] = np.array([*each, whole], np.float32)
    return found


def distances(features: Any, typical: Mapping[str, Array], pictures: Array) -> NDArray[np.float32]:
    """How far pictures are from those of the training, (n,): 95 in 100 genuine ones are nearer than 1.

    Args:
        features: `features_network` of the network that was measured, or its graph.
        typical: what `measure_typicality` returned.
        pictures: uint8 (n, height, width, channels).
    """
    *each, whole = typical["limits"]
    return np.asarray((_both(features, typical, pictures) / np.array(each)[:, None]).max(axis=0) / whole, np.float32)


def _both(features: Any, typical: Mapping[str, Array], pictures: Array) -> NDArray[np.float64]:
    """The distances to the nearest training picture by features and by statistics, (2, n)."""
    made, statistics = features_of(features, pictures), statistics_of(pictures)
    if (made.shape[1:], statistics.shape[1:]) != (typical["features"].shape[1:], typical["centre"].shape):
        raise UserError("typical.safetensors is another run's: delete it, and answers come without remarks on pictures")
    statistics = (statistics - typical["centre"]) @ typical["whitening"]
    pairs = ((made, typical["features"]), (statistics, typical["statistics"]))
    return np.stack([_to_the_nearest(found, known) + 1e-9 for found, known in pairs])


def _to_the_nearest(found: Array, known: Array) -> NDArray[np.float64]:
    """The Euclidean distance of each row (n, values) to the nearest of the known rows (m, values)."""
    rows = found.astype(np.float64)
    squares = [np.square(rows - row).sum(axis=1) for row in known.astype(np.float64)]  # one at a time: n may be large
    return np.asarray(np.sqrt(np.min(squares, axis=0)), np.float64)


def features_network(network: Any) -> Any:
    """The network up to its last dense layer, whose inputs are the features."""
    last = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)][-1]
    return keras.Model(network.inputs[0], last.input)


def features_of(features: Any, pictures: Array) -> NDArray[np.float32]:
    """What a network up to its last dense layer makes of pictures, divided by the length, (n, features)."""
    values = np.asarray(outputs_of(features, pictures, 500), np.float32)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9), np.float32)


def statistics_of(pictures: Array) -> NDArray[np.float64]:
    """Statistics of pictures, uint8 (n, height, width, channels), that need no network: (n, 10), in colour (n, 13)."""
    return np.concatenate([_statistics(pictures[start : start + 1000]) for start in range(0, len(pictures), 1000)])


def _statistics(pictures: Array) -> NDArray[np.float64]:
    values = pictures.astype(np.float32) / 255
    grey = values.mean(axis=-1)
    found = [grey.mean((1, 2)), grey.std((1, 2))]
    level = grey
    for _ in range(3):
        found += [np.log(0.002 + np.abs(np.diff(level, axis=axis)).sum((1, 2)) / level[0].size) for axis in (2, 1)]
        height, width = (max(2, side // 2 * 2) for side in level.shape[1:])
        level = np.resize(level, (len(level), height, width)) if min(level.shape[1:]) < 2 else level[:, :height, :width]
        level = level.reshape(len(level), height // 2, 2, width // 2, 2).mean((2, 4))
    edge = np.ones(grey.shape[1:], bool)
    rows, columns = (max(1, side // 10) for side in edge.shape)
    edge[rows:-rows, columns:-columns] = False
    found += [grey[:, edge].mean(axis=1), grey[:, edge].std(axis=1)]
    if values.shape[-1] == 3:
        found += [np.ptp(values, axis=-1).mean((1, 2)), *(values[..., k].mean((1, 2)) - found[0] for k in (0, 2))]
    return np.stack(found, axis=1).astype(np.float64)
