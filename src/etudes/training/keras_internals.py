"""All that the project uses of Keras beyond its public interface. A name that moved is an error, never silence."""

from __future__ import annotations

from typing import Any

from etudes.training.backend import keras


def require_methods(owner: type[Any], *names: str) -> None:
    """Check that a class of Keras has these methods, before they are called or overridden.

    Raises:
        RuntimeError: one is missing; the message names it and the version of Keras.
    """
    for name in names:
        if name not in dir(owner):
            files = "etudes/training/keras_internals.py and what uses it"
            raise RuntimeError(f"Keras {keras.__version__} has no {owner.__name__}.{name}: adapt {files}, or use 3.15")


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
