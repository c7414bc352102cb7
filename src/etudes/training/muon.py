"""Muon: an optimiser whose steps are equally long in every direction of a weight matrix."""

from __future__ import annotations

import math
import re
from typing import Any

from etudes.training.backend import keras
from etudes.training.keras_internals import muon_base


def muon(rate: Any, *, weight_decay: float, adam_for: str) -> Any:
    """Muon for the kernels of dense, recurrent and convolutional layers; AdamW for the rest.

    The momentum of a kernel is made nearly orthogonal before each step, so that no direction changes much faster than
    another (K. Jordan and others, "Muon: An optimizer for hidden layers in neural networks", 2024). Steps are as
    long as AdamW's usual ones (J. Liu and others, "Muon is scalable for LLM training", 2025), so rate and decay mean
    the same for both. A convolution's kernel counts as the matrix (height · width · maps in, maps out).

    Args:
        rate: learning rate, a number or a schedule.
        weight_decay: decoupled weight decay of all weights.
        adam_for: regular expression; a weight whose path it matches somewhere is left to AdamW.
    """

    class Muon(muon_base()):  # type: ignore[misc]
        def _should_use_adamw(self, variable: Any) -> bool:
            return len(variable.shape) < 2 or re.search(adam_for, variable.path) is not None

        def lr_adjust(self, x: Any) -> Any:
            return x * max(_matrix_shape(x.shape)) ** 0.5 * self.rms_rate

        def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
            flat = keras.ops.reshape(x, _matrix_shape(x.shape))
            return keras.ops.reshape(super().zeropower_via_newtonschulz5(flat, steps), x.shape)

    return Muon(rate, weight_decay=weight_decay, adam_weight_decay=weight_decay)


def _matrix_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    return math.prod(shape[:-1]), shape[-1]
