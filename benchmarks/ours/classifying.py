"""Pictures classified by an untrained CIFAR-10 network."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from etudes.analysis.classification import predict
from etudes.contract import ImageInfo
from etudes.experiments.cifar10_cnn.study import PRESETS, make_networks
from etudes.training.backend import start_backend


def measure(count: int) -> dict[str, Any]:
    """Seconds for `count` pictures of 32×32, after a first call that is not counted."""
    start_backend()
    info = ImageInfo("noise", 32, 32, 3, tuple("abcdefghij"))
    network = make_networks(PRESETS["tuned"], info)["classifier"]
    pictures = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    predict(network, pictures[:500])
    began = time.monotonic()
    predict(network, pictures)
    return {"seconds": time.monotonic() - began}
