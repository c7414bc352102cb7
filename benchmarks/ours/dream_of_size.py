"""A dream on a picture of a given size, as a training run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.ours import training
from etudes.data import embedded_photo, open_picture
from etudes.data.storage import verified_files
from etudes.experiments.deep_dream.weights import INCEPTION, UNTRAINED


def measure(height: int, width: int, settings: dict[str, Any], most_steps: int = 0) -> dict[str, Any]:
    """Dream on an embedded photograph stretched to a size.

    Args:
        height: of the picture, pixels.
        width: of the picture, pixels.
        settings: further settings of the dream; with Inception-v3 if it is available, else with an untrained network.
        most_steps: as in `training.measure`.
    """
    weights = weights_at_hand()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.png"
        embedded_photo("china").resize((width, height)).save(path)
        open_picture(str(path))
        chosen = {"weights": weights, **settings, "data": str(path), "max_size": 0}
        return {**training.measure("deep_dream", "classic", chosen, most_steps=most_steps), "weights": weights}


def weights_at_hand() -> str:
    """The Inception-v3 to measure with."""
    return next((name for name in INCEPTION if verified_files(name)), UNTRAINED)
