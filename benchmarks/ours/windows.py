"""The gradient of a picture in tiles, compared with that of the whole picture."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import numpy as np

from benchmarks.ours.dream_of_size import weights_at_hand
from etudes.data import embedded_photo
from etudes.experiments.deep_dream import experiment
from etudes.experiments.deep_dream.objectives import objective_of
from etudes.experiments.deep_dream.study import loss_gradient, position_weights
from etudes.experiments.deep_dream.tiling import tile_weights
from etudes.schema import override
from etudes.training.backend import start_backend


def measure(height: int, width: int, tile: int) -> dict[str, Any]:
    """The objective of `tuned`, with the Inception-v3 that is available, on an embedded photograph.

    Args:
        height: of the picture, pixels.
        width: of the picture, pixels.
        tile: side of a window, pixels.

    Returns:
        `cosine` of both gradients, `loss_ratio` of both losses, `windows` (how many), `weights` (which network).
    """
    start_backend(os.environ.get("KERAS_BACKEND"))
    settings = override(experiment.presets["tuned"], {"weights": weights_at_hand()})
    network = experiment.make_networks(settings, experiment.describe_data(settings))["network"]
    picture = np.asarray(embedded_photo("china").resize((width, height)), dtype=np.float32) / 127.5 - 1
    whole = objective_of(network, settings.layers, settings.coefficients)
    parts = dataclasses.replace(whole, tile=tile)
    (loss, slope), (loss_of_parts, slope_of_parts) = loss_gradient(whole)(picture), loss_gradient(parts)(picture)
    a, b = (np.asarray(one, dtype=np.float64).ravel() for one in (slope, slope_of_parts))
    return {
        "cosine": float(a @ b / np.sqrt((a @ a) * (b @ b))),
        "loss_ratio": float(loss_of_parts / loss),
        "windows": len(list(tile_weights(parts, position_weights, (height, width)))),
        "weights": settings.weights,
    }
