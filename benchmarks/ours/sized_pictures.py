"""The CIFAR-10 network trained on noise with another picture size."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ours import training


def measure(side: int, count: int) -> dict[str, Any]:
    """Two epochs over `count` pictures of side × side pixels in ten classes."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "noise.npz"
        pictures = rng.integers(0, 256, (count + 40, side, side, 3), dtype=np.uint8)
        labels = np.arange(count + 40) % 10
        np.savez(path, x_train=pictures[:count], y_train=labels[:count], x_test=pictures[count:], y_test=labels[count:])
        return training.measure("cifar10_cnn", settings={"data": str(path), "epochs": 2, "validation_share": 0.05})
