"""One thread at a time computes, and with the Keras settings that the studies need.

Promise: `use` may be called from any thread. Frameworks may not: two threads that start one, or build and trace
networks in it, get errors or, worse, other weights.

Promise: a person's own Keras settings (`keras.json`, `keras.config`) change nothing in a study, and are as they were
after every call.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from etudes.errors import UserError
from etudes.training.backend import (
    global_random_state,
    keras,
    loaded_backend,
    put_global_random_state,
    start_backend,
    started_before_fork,
    usable_backend,
)
from etudes.training.keras_internals import take_tensorflow_as_absent
from etudes.views.progress import on_terminal

FRAMEWORKS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}

KERAS_SETTINGS = {
    "dtype_policy": "float32",
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "max_epochs": None,
    "max_steps_per_epoch": None,
}
"""What every study is computed with: Keras's own defaults, by the names that `keras.config` gives them."""


def _set_keras(settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        getattr(keras.config, f"set_{name}")(value)


class Turns:
    """A lock that one thread may enter many times, and that waiting threads get in the order in which they came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()
        self._owner: int | None = None
        self._depth = 0

    @property
    def waited_for(self) -> bool:
        """Whether other threads wait."""
        return bool(self._waiting)

    def enter(self) -> bool:
        """Wait for the turn; whether it is new, and not one that this thread has already."""
        with self._changed:
            if self._owner != threading.get_ident():
                ticket = object()
                self._waiting.append(ticket)
                try:
                    self._changed.wait_for(lambda: self._owner is None and self._waiting[0] is ticket)
                    self._owner = threading.get_ident()
                finally:  # an interrupted thread waits no longer
                    self._waiting.remove(ticket)
                    self._changed.notify_all()
            self._depth += 1
            return self._depth == 1

    def leave(self) -> None:
        """End what the last `enter` began."""
        with self._changed:
            self._depth -= 1
            if not self._depth:
                self._owner = None
                self._changed.notify_all()


_turns = Turns()
_training = threading.RLock()
_theirs: dict[str, Any] = {}
_their_random_state: dict[str, Any] = {}
_their_tensorflow = ExitStack()


def _renew_locks() -> None:
    """In a process that was forked: the threads that held the locks are not in it."""
    global _turns, _training
    _turns, _training = Turns(), threading.RLock()


if hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
    os.register_at_fork(after_in_child=_renew_locks)


@contextmanager
def computing() -> Iterator[None]:
    """Within it, this thread alone computes, with the settings in `KERAS_SETTINGS`; also a decorator.

    Raises:
        UserError: this process was forked from one in which the backend had started, and would hang.
    """
    if started_before_fork():
        cure = "use multiprocessing.get_context('spawn'), or call etudes only in the children"
        raise UserError(f"this process was forked after {loaded_backend()} started, and would hang: {cure}")
    new = _turns.enter()
    try:
        if new and loaded_backend() is not None:
            _take_settings()
        yield
    finally:
        try:
            if new:
                _give_settings_back()
        finally:
            _turns.leave()


def start_computing(backend: str | None = None) -> None:
    """Within `computing`, start the backend, and set the studies' settings of Keras.

    Raises:
        UserError: as `start_backend`.
    """
    if loaded_backend() is None:
        with _said(f"loading {FRAMEWORKS[usable_backend(backend)]}"):
            start_backend(backend)
    start_backend(backend)
    _take_settings()


@contextmanager
def _said(text: str) -> Iterator[None]:
    """Within it, a terminal shows a line, which goes away."""
    shown = on_terminal(sys.stderr)
    if shown:
        print(text, end="\r", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        if shown:
            print(" " * len(text), end="\r", file=sys.stderr, flush=True)


def _take_settings() -> None:
    """Note the person's settings of Keras, and set those of the studies; once in a turn."""
    if not _theirs:
        _theirs.update({name: getattr(keras.config, name)() for name in KERAS_SETTINGS})
        _their_random_state.update(global_random_state())
        _their_tensorflow.callback(take_tensorflow_as_absent())
        _set_keras(KERAS_SETTINGS)


def _give_settings_back() -> None:
    if _theirs:
        _set_keras(_theirs)
        put_global_random_state(_their_random_state)
        _their_tensorflow.close()
        _theirs.clear()
        _their_random_state.clear()


def their_settings() -> dict[str, Any]:
    """The person's settings of Keras that differ from those of the studies, which this call computes with."""
    found = {**_theirs, "dtype_policy": _theirs["dtype_policy"].name} if _theirs else {}
    return {name: value for name, value in found.items() if value != KERAS_SETTINGS[name]}


@contextmanager
def one_training(message: Callable[[str], None]) -> Iterator[None]:
    """Within it, no other training runs in this process; the threads that also want one wait, and say so."""
    if not _training.acquire(blocking=False):
        message("another training runs in this process: this one begins when that one ends")
        _training.acquire()
    try:
        yield
    finally:
        _training.release()


def let_others_compute() -> None:
    """Between two steps of a training: let threads that wait for an answer have it first."""
    if not _turns.waited_for:
        return
    ours = global_random_state()
    _give_settings_back()
    _turns.leave()
    _turns.enter()
    _take_settings()
    put_global_random_state(ours)
