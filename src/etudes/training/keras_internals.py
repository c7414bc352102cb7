"""All that the project uses of Keras beyond its public interface. A name that moved is an error, never silence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from etudes.training.backend import keras


def require_methods(owner: type[Any], *names: str) -> None:
    """Check that a class of Keras has these methods, before they are called or overridden.

    Raises:
        RuntimeError: one is missing; the message names it and the version of Keras.
    """
    for name in names:
        if name not in dir(owner):
            raise _moved(f"{owner.__name__}.{name}")


def _moved(name: str) -> RuntimeError:
    files = "etudes/training/keras_internals.py and what uses it"
    return RuntimeError(f"Keras {keras.__version__} has no {name}: adapt {files}, or use 3.15")


def take_tensorflow_as_absent() -> Callable[[], None]:
    """Let Keras take TensorFlow as not installed, unless it is loaded; returns what ends that.

    On every backend Keras loads TensorFlow, where it is installed, to seed it and to look for its types in what is
    serialised. That takes longer than all else that JAX or torch needs to start.
    """
    lazy = keras.utils.set_random_seed.__globals__.get("tf", object)
    if "_available" not in vars(lazy):
        raise _moved("'tf._available' beside set_random_seed")
    if "tensorflow" in sys.modules:
        return lambda: None
    before, lazy._available = lazy._available, False

    def end() -> None:
        lazy._available = before

    return end


def muon_base() -> Any:
    """`keras.optimizers.Muon`, once it has the three methods that `training.muon` overrides.

    Were one renamed, Keras would never call the override, and every weight would be trained by other rules.
    """
    base = keras.optimizers.Muon
    require_methods(base, "_should_use_adamw", "lr_adjust", "zeropower_via_newtonschulz5")
    return base


def sync_variables(network: Any) -> None:
    """Within `fit` on JAX, write the state of the last step into the network's variables.

    Keras updates them only when an epoch ends; a checkpoint in the middle of one would hold stale weights. On the
    other backends the variables are always up to date.
    """
    if keras.backend.backend() == "jax":
        require_methods(type(network), "jax_state_sync")
        network.jax_state_sync()
