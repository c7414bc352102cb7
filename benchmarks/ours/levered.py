"""A run as in `ours.training`, without one of its optimisations, or with one that it does not use."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partialmethod
from typing import Any
from unittest.mock import patch

from benchmarks.ours import training
from etudes.training import session
from etudes.training.backend import keras, start_backend


def _arrays(inputs: Any, targets: Any, size: int) -> dict[str, Any]:
    """Let Keras make its self-tuning data set."""
    return {"x": inputs, "y": targets, "batch_size": size}


@contextlib.contextmanager
def _when_asked_for(make: Callable[[int], Any], end: int) -> Iterator[Callable[[int], Any]]:  # noqa: ARG001
    """Make the examples of an epoch after the epoch before."""
    yield make


def _single_steps(compile_: Callable[..., None]) -> Callable[..., None]:
    """Take each training step in an execution of its own, whatever a study asks for."""

    def compile_network(network: Any, *arguments: Any, **keywords: Any) -> None:
        compile_(network, *arguments, **{**keywords, "steps_per_execution": 1})

    return compile_network


def _changed(change: str) -> Any:
    """A context manager in which training has this change."""
    if change == "tuned data sets":
        return patch.object(session, "batches", _arrays)
    if change == "made in turn":
        return patch.object(session, "prefetch", _when_asked_for)
    if change == "single steps":
        return patch.object(keras.Model, "compile", _single_steps(keras.Model.compile))
    if change == "compiled":
        return patch.object(keras.Model, "compile", partialmethod(keras.Model.compile, jit_compile=True))
    return contextlib.nullcontext()


def measure(etude: str, change: str = "", **arguments: Any) -> dict[str, Any]:
    """Train.

    Args:
        etude: its name.
        change: "tuned data sets", "made in turn", "single steps", "compiled", or "" for the training as it is.
        arguments: as `ours.training` takes them.
    """
    start_backend("tensorflow")
    with _changed(change):
        return training.measure(etude, **arguments)
