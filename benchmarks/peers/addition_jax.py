"""The addition network in plain JAX: LSTMs as `lax.scan`, Adam by hand, a whole epoch in one compiled `lax.scan`."""

from __future__ import annotations

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

UNITS = 128


def make_weights(depth: int, seed: int) -> dict[str, Any]:
    """As Keras draws them: glorot uniform, orthogonal recurrent kernels, forget biases of one."""
    keys = iter(jax.random.split(jax.random.key(seed), 5))
    glorot, orthogonal = jax.nn.initializers.glorot_uniform(), jax.nn.initializers.orthogonal()
    bias = jnp.zeros(4 * UNITS).at[UNITS : 2 * UNITS].set(1)
    weights: dict[str, Any] = {}
    for name, size in (("reader", depth), ("writer", UNITS)):
        weights[name] = (glorot(next(keys), (size, 4 * UNITS)), orthogonal(next(keys), (UNITS, 4 * UNITS)), bias)
    weights["out"] = (glorot(next(keys), (UNITS, depth)), jnp.zeros(depth))
    return weights


def lstm(weights: Any, given: Any) -> Any:
    """Inputs (steps, n, size) → states (steps, n, UNITS)."""
    kernel, recurrent, bias = weights

    def step(state: Any, projected: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(projected + h @ recurrent, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((given.shape[1], UNITS))
    return lax.scan(step, (zeros, zeros), given @ kernel + bias)[1]


def loss_of(weights: Any, x: Any, y: Any) -> Any:
    """Mean cross-entropy of the characters."""
    read = lstm(weights["reader"], x.astype(jnp.float32).transpose(1, 0, 2))[-1]
    written = lstm(weights["writer"], jnp.broadcast_to(read, (y.shape[1], *read.shape)))
    kernel, bias = weights["out"]
    said = jax.nn.log_softmax(written @ kernel + bias)
    return -(y.transpose(1, 0, 2) * said).sum(-1).mean()


@jax.jit
def epoch_of(state: Any, x: Any, y: Any) -> Any:
    """Adam at 1e-3 over batches (steps, batch, …)."""

    def step(state: Any, batch: Any) -> Any:
        weights, mean, square, count = state
        loss, slope = jax.value_and_grad(loss_of)(weights, *batch)
        count = count + 1
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, slope)
        square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, slope)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, mean, square)
        return (weights, mean, square, count), loss

    return lax.scan(step, state, (x, y))


def measure(data: str, epochs: int, seed: int = 0) -> dict[str, Any]:
    """Train on the arrays of an NPZ file; see `addition_keras`. Whole batches of 128 only, and no validation."""
    arrays, random = np.load(data), np.random.default_rng(seed)
    x, y = arrays["train_x"], arrays["train_y"]
    weights = make_weights(x.shape[-1], seed)
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state, records, whole = (weights, zeros, zeros, jnp.zeros(())), [], len(x) // 128 * 128
    for epoch in range(epochs):
        began = time.monotonic()
        places = random.permutation(len(x))[:whole]
        state, losses = epoch_of(state, *(a[places].reshape(-1, 128, *a.shape[1:]) for a in (x, y)))
        loss, seconds = float(losses.mean()), time.monotonic() - began
        record = {"epoch": epoch + 1, "seconds": seconds, "samples_per_second": whole / seconds}
        records.append({"phase": "train", "loss": loss, **record})
    return {"epochs": records}
