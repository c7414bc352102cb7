"""Which learning rate: Smith's range test, on a network that is thrown away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.contract import Array
from etudes.training.backend import keras

SPAN = 10
"""Steps to each side over which the fall of the loss is measured: as many as the smoothing remembers."""


@dataclass(frozen=True)
class RangeTest:
    """Loss of each step of a training whose learning rate rises all the time."""

    rates: NDArray[np.float64]
    """Learning rate of each step, (steps,), rising."""
    losses: NDArray[np.float64]
    """Loss of each step's batch before the step, (steps,)."""
    smooth: NDArray[np.float64]
    """The same, smoothed."""

    @property
    def steepest(self) -> float:
        """The rate at which the smoothed loss falls fastest: from about there on a network learns.

        The fall is that over `SPAN` steps to both sides: from one step to the next the first losses, which nothing
        smooths yet, jump by more than a network learns.
        """
        span = max(1, min(SPAN, len(self.rates) // 5))
        falls = self.smooth[2 * span :] - self.smooth[: -2 * span]  # steps are equally far apart as logarithms
        last = int(np.argmin(self.smooth))  # behind the lowest loss it only grows
        place = span + int(np.argmin(falls[: max(1, last - span + 1)]))
        return float(self.rates[min(place, last)])

    @property
    def lowest(self) -> float:
        """The rate at which the smoothed loss is lowest: beyond it, trainings begin to diverge."""
        return float(self.rates[int(np.argmin(self.smooth))])

    @property
    def suggested(self) -> float:
        """A tenth of the rate of the lowest loss: fastai's rule of thumb for a rate that is large and yet safe."""
        return self.lowest / 10


def rising(lowest: float, highest: float, steps: int) -> Any:
    """A learning rate that is multiplied by the same factor in every step, from `lowest` to `highest`."""

    class Rising(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            share = keras.ops.cast(step, "float32") / max(steps - 1, 1)
            return lowest * keras.ops.exp(share * float(np.log(highest / lowest)))

        def get_config(self) -> dict[str, Any]:
            return {"lowest": lowest, "highest": highest, "steps": steps}

    return Rising()


def range_test(
    network: Any, batch: Callable[[int], tuple[Array, Array]], *, lowest: float, highest: float, steps: int
) -> RangeTest:
    """Train while the learning rate rises, until the loss leaves for the sky.

    Args:
        network: freshly built, compiled with an optimiser whose rate is `rising(lowest, highest, steps)`. It is
            spoilt afterwards.
        batch: step → inputs and targets.
        lowest: the first rate.
        highest: the last one.
        steps: how many, if it does not diverge before: it is over where the smoothed loss is four times its lowest.

    Source: L. Smith, Cyclical Learning Rates for Training Neural Networks, 2017, section 3.3.
    """
    losses: list[float] = []
    smooth: list[float] = []
    for step in range(steps):
        network.reset_metrics()
        loss = float(network.train_on_batch(*batch(step), return_dict=True)["loss"])
        if not np.isfinite(loss):
            break
        losses.append(loss)
        smooth.append(smoothed(losses))
        if smooth[-1] > 4 * min(smooth):
            break
    rates = lowest * (highest / lowest) ** (np.arange(len(losses)) / max(steps - 1, 1))
    return RangeTest(rates, np.array(losses), np.array(smooth))


def smoothed(losses: list[float], keep: float = 0.9) -> float:
    """The latest value of a row of losses smoothed exponentially, without the pull of a first value from nowhere."""
    weights = keep ** np.arange(len(losses) - 1, -1, -1)
    return float(np.average(losses, weights=weights))
