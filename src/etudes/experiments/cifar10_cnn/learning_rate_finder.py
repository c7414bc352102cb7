"""Learning-rate finder: L. Smith's range test, on a new network that is thrown away afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from etudes.contract import Array, Result
from etudes.errors import UserError
from etudes.training.backend import keras
from etudes.views.plotting import COLOURS, figure, picture

LOWEST_RATE, HIGHEST_RATE, RATE_STEPS = 1e-6, 10.0, 300
"""The range of the test and its steps."""

SPAN = 10
"""Steps to each side over which the fall of the loss is measured: about the memory of the smoothing."""


@dataclass(frozen=True)
class RangeTest:
    """The loss of each step while the learning rate rises."""

    rates: NDArray[np.float64]
    """Learning rate of each step, (steps,), rising."""
    losses: NDArray[np.float64]
    """Loss of each step's batch before the step, (steps,)."""
    smooth: NDArray[np.float64]
    """The same, smoothed."""

    @property
    def steepest(self) -> float:
        """The rate at which the smoothed loss falls fastest, measured over `SPAN` steps to both sides.

        From one step to the next, the first losses, which are hardly smoothed, jump by more than training lowers them.
        """
        span = max(1, min(SPAN, len(self.rates) // 5))
        falls = self.smooth[2 * span :] - self.smooth[: -2 * span]  # equal steps on the logarithmic axis
        last = int(np.argmin(self.smooth))  # after the lowest loss it only rises
        index = span + int(np.argmin(falls[: max(1, last - span + 1)]))
        return float(self.rates[min(index, last)])

    @property
    def lowest(self) -> float:
        """The rate at which the smoothed loss is lowest; above it, training begins to diverge."""
        return float(self.rates[int(np.argmin(self.smooth))])

    @property
    def suggested(self) -> float:
        """A tenth of the rate of the lowest loss: fastai's rule of thumb for a rate that is large and still safe."""
        return self.lowest / 10


def rising_rate(lowest: float, highest: float, steps: int) -> Any:
    """A schedule that multiplies the learning rate by the same factor in every step, from `lowest` to `highest`."""

    # Keras' ExponentialDecay is the same formula, rounded differently: near divergence that moves the suggested rate.
    class RisingRate(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            share = keras.ops.cast(step, "float32") / max(steps - 1, 1)
            return lowest * keras.ops.exp(share * float(np.log(highest / lowest)))

        def get_config(self) -> dict[str, Any]:
            return {"lowest": lowest, "highest": highest, "steps": steps}

    return RisingRate()


def range_test(
    network: Any, batch: Callable[[int], tuple[Array, Array]], *, lowest: float, highest: float, steps: int
) -> RangeTest:
    """Train while the learning rate rises, until the loss diverges.

    Args:
        network: new, compiled with an optimiser whose rate is `rising_rate(lowest, highest, steps)`; its weights are
            useless afterwards.
        batch: step → inputs and targets.
        lowest: the first rate.
        highest: the last one.
        steps: largest number of steps; the test ends when the smoothed loss is four times its lowest value.

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


def smoothed(losses: list[float], decay: float = 0.9) -> float:
    """The latest value of an exponential moving average of losses, without the bias of an initial value."""
    weights = decay ** np.arange(len(losses) - 1, -1, -1)
    return float(np.average(losses, weights=weights))


def find_learning_rate(
    network: Any, make_optimizer: Callable[[Any], Any], loss: Any, examples: tuple[Array, Array], batch: int, own: float
) -> Result:
    """The range test from `LOWEST_RATE` to `HIGHEST_RATE`: the suggested rate, and a picture.

    Args:
        network: new; its weights are useless afterwards.
        make_optimizer: learning rate or schedule → the optimiser of the run.
        loss: the run's.
        examples: inputs and targets; after the last one the first follows again.
        batch: examples per step.
        own: the learning rate of the run.

    Raises:
        UserError: even the first steps diverge.
    """
    network.compile(optimizer=make_optimizer(rising_rate(LOWEST_RATE, HIGHEST_RATE, RATE_STEPS)), loss=loss)

    def next_batch(step: int) -> tuple[Array, Array]:
        indices = np.arange(step * batch, (step + 1) * batch) % len(examples[1])
        return examples[0][indices], examples[1][indices]

    found = range_test(network, next_batch, lowest=LOWEST_RATE, highest=HIGHEST_RATE, steps=RATE_STEPS)
    if len(found.rates) < 10:
        raise UserError(f"the loss is not finite even at a learning rate of {LOWEST_RATE:g}: check the training data")
    marks = {
        f"falls fastest: {found.steepest:.2g}": found.steepest,
        f"suggested, a tenth of the lowest: {found.suggested:.2g}": found.suggested,
        f"lowest: {found.lowest:.2g}": found.lowest,
        f"this run's: {own:.2g}": own,
    }
    line = (
        f"{len(found.rates)} steps on a new network while the rate rose from {LOWEST_RATE:g}: the loss falls fastest "
        f"at {found.steepest:.2g} and is lowest at {found.lowest:.2g}; try a tenth of that, {found.suggested:.2g}. "
        "The run itself did not change."
    )
    return Result(
        metrics={"suggested_rate": found.suggested, "rate_of_lowest_loss": found.lowest, "rate_of_this_run": own},
        pictures={"learning-rates": rates_picture(found.rates, found.losses, found.smooth, marks)},
        lines=[line],
    )


def rates_picture(rates: Array, losses: Array, smooth: Array, marks: Mapping[str, float]) -> Image.Image:
    """The loss over the learning rate.

    Args:
        rates: (steps,), rising.
        losses: of each step, (steps,).
        smooth: the same, smoothed.
        marks: label → a rate to mark, at most four.
    """
    with figure(6.4, 4.0) as drawn:
        axes = drawn.add_subplot()
        axes.plot(rates, losses, color=COLOURS[5], linewidth=0.8, alpha=0.7, label="loss of each step")
        axes.plot(rates, smooth, color=COLOURS[0], linewidth=2, label="smoothed")
        looks = zip(COLOURS[2:], ("-.", "-", "--", ":"), strict=False)
        for (text, rate), (colour, line) in zip(marks.items(), looks, strict=False):
            axes.axvline(rate, color=colour, linestyle=line, linewidth=1.5, label=text)
        axes.set_xscale("log")
        low, top = float(smooth.min()), float(smooth[: int(smooth.argmin()) + 1].max())
        axes.set_ylim(max(0.0, low - 0.1 * (top - low)), top + 0.25 * (top - low) + 1e-6)
        axes.set_xlabel("learning rate")
        axes.set_ylabel("loss")
        drawn.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
        return picture(drawn)
