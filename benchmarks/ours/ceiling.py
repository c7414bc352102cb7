"""The maximum speed of this machine: the product of two square matrices in TensorFlow."""

from __future__ import annotations

import time
from typing import Any


def measure(precision: str = "float32", size: int = 2048, repeats: int = 8) -> dict[str, Any]:
    """The best of some products, in 10⁹ operations per second; a multiplication and an addition are two."""
    import tensorflow as tf

    a, b = (tf.cast(tf.random.stateless_normal((size, size), (0, seed)), precision) for seed in (1, 2))
    product = tf.function(tf.matmul)
    times = []
    for _ in range(repeats + 1):
        began = time.monotonic()
        tf.reduce_sum(tf.cast(product(a, b)[:1], tf.float32)).numpy()
        times.append(time.monotonic() - began)
    return {"gflops": 2 * size**3 / min(times[1:]) / 1e9}
