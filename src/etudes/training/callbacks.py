"""The one Keras callback: what happens before the first step of a `fit` and after each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etudes.training.backend import keras


def between_steps(step_done: Callable[[int, dict[str, Any]], None], begin: Callable[[], None]) -> Any:
    """A callback for one epoch of `fit`.

    Args:
        step_done: called after each step (with steps_per_execution, after so many) with the number of steps done and
            the epoch's metrics so far. It may read every variable of the model.
        begin: called before the first step, once `fit` has reset the metrics and taken the first batch (which draws a
            random number on torch).
    """

    class BetweenSteps(keras.callbacks.Callback):  # type: ignore[misc]
        begun = False

        def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
            if not self.begun:
                begin()
                self.begun = True

        def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            step_done(batch + 1, logs or {})

    return BetweenSteps()
