"""The steps of a dream, with the functions of the study."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from etudes.experiments.deep_dream.inception import inception_v3
from etudes.experiments.deep_dream.objectives import objective_of
from etudes.experiments.deep_dream.resizing import resize_image
from etudes.experiments.deep_dream.study import PRESETS, ascend, loss_gradient, lost_detail, octave_sizes
from etudes.schema import override
from etudes.training.backend import drawn_from, layers_in, start_backend


def measure(
    height: int, width: int, iterations: int, octaves: int = 3, precision: str = "float32", seed: int = 0
) -> dict[str, Any]:
    """Dream on noise with untrained weights as `classic` does; as `peers.dream_keras`."""
    start_backend(os.environ.get("KERAS_BACKEND"))
    settings = override(PRESETS["classic"], {"max_loss": 0.0, "octaves": octaves})
    with drawn_from(seed), layers_in(precision):
        network = inception_v3()
        gradient = loss_gradient(objective_of(network, (), ()))
    random = np.random.default_rng(seed)
    original = random.uniform(-1, 1, (height, width, 3)).astype(np.float32)
    picture, before = original, None
    began, steady, done, warm = time.monotonic(), [], 0.0, 0.0
    for size in octave_sizes(height, width, settings):
        picture = resize_image(picture, size)
        megapixels = size[0] * size[1] / 1e6
        for number in range(iterations):
            start = time.monotonic()
            picture, _, _ = ascend(picture, gradient, settings, random, None)
            warm = warm or time.time()
            if number:
                steady.append((time.monotonic() - start) / megapixels)
            done += megapixels
        if before is not None:
            picture = picture + lost_detail(original, before, size)
        before = size
    whole = (time.monotonic() - began) / done
    steps = {"seconds_per_megapixel_iteration": float(np.median(steady)), "with_start": whole}
    return {**steps, "warm": [warm, time.time()]}
