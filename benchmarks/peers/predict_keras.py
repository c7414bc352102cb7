"""The same network with plain `predict` of Keras: batches of 32, pictures scaled beforehand."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

from benchmarks.peers.cifar10_keras import make_network


def measure(count: int, repeats: int) -> dict[str, Any]:
    """Classify `count` colour pictures of 32×32, `repeats` times after one that is not counted."""
    network = make_network()
    pictures = np.random.default_rng(0).random((count, 32, 32, 3), dtype=np.float32)
    times = []
    for _ in range(repeats + 1):
        began = time.monotonic()
        network.predict(pictures, verbose=0)
        times.append(time.monotonic() - began)
    return {"per_second": count / statistics.median(times[1:])}
