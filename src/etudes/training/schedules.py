"""Learning rates as functions of the step alone, so that an optimiser's step counter restores them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from etudes.training.backend import keras


def warmup_then_decay(
    peak: float, steps: int, *, warmup_share: float = 0.2, decay: Literal["linear", "cosine"] = "linear"
) -> Any:
    """A rate that rises in a straight line from zero to `peak`, then falls to zero at the last step.

    Args:
        peak: the highest learning rate.
        steps: of the whole run.
        warmup_share: share of the steps that the rise takes, in 0..1.
        decay: the shape of the fall: a straight line, or half a cosine wave (Loshchilov and Hutter, 2017).
    """
    warmup = max(1, round(steps * warmup_share))
    rest = max(1, steps - warmup)

    class WarmupThenDecay(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            ops = keras.ops
            now = ops.cast(step, "float32")
            rise = (now + 1) / warmup
            done = ops.clip((now - warmup) / rest, 0.0, 1.0)
            fall = 1 - done if decay == "linear" else 0.5 * (1 + ops.cos(np.pi * done))
            return peak * ops.minimum(rise, fall)

        def get_config(self) -> dict[str, Any]:
            return {"peak": peak, "steps": steps, "warmup_share": warmup_share, "decay": decay}

    return WarmupThenDecay()
