"""What makes short sequences and short steps faster and changes no result."""

from __future__ import annotations

from functools import partial
from typing import Any

from etudes.training.backend import keras
from etudes.training.data_loading import steps_per_execution_for


def lstm_for(steps: int) -> Any:
    """`keras.layers.LSTM`, unrolled for sequences that are short enough to be compiled in little time."""
    return partial(keras.layers.LSTM, unroll=keras.backend.backend() != "torch" and steps <= 32)


def compile_network(network: Any, **arguments: Any) -> None:
    """`network.compile` with several training steps in each execution, where the backend gains by it."""
    network.compile(**arguments, steps_per_execution=steps_per_execution_for())
