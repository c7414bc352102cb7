"""Every variable of networks and optimisers as NumPy arrays by name, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from etudes.contract import Array, Networks
from etudes.errors import UserError
from etudes.training.backend import keras
from etudes.training.keras_internals import sync_variables


def weights_of(networks: Networks) -> dict[str, Array]:
    """The weights of networks, without random state.

    Names are "network/index.variable", in the order of the layers; an array among the networks is "network".
    """
    return _values(_variables(networks, "weights"))


def state_of(networks: Networks) -> dict[str, Array]:
    """The weights and the random state (of Dropout and the like) of networks."""
    return _values(_variables(networks, "variables"))


def _variables(networks: Networks, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, network in networks.items():
        if isinstance(network, np.ndarray):
            found[name] = network
        else:
            found |= dict(_named(name, getattr(network, kind)))
    return found


def _named(network: str, variables: Any) -> list[tuple[str, Any]]:
    return [(f"{network}/{index:02d}.{variable.name}", variable) for index, variable in enumerate(variables)]


def named_weights(name: str, network: Any) -> list[tuple[str, Any]]:
    """The weights of a network, as variables, with the names that `weights_of` gives them."""
    return _named(name, network.weights)


def as_array(variable: Any) -> Array:
    """The value of a `keras.Variable`, as a NumPy array of its own."""
    return np.array(keras.ops.convert_to_numpy(variable))


def _values(variables: dict[str, Any]) -> dict[str, Array]:
    return {
        name: variable.copy() if isinstance(variable, np.ndarray) else as_array(variable)
        for name, variable in variables.items()
    }


def optimizer_state(optimizers: dict[str, Any]) -> dict[str, Array]:
    """Step counter, moments and learning rate of optimisers that are built; names "optimizer/index"."""
    return _values(_optimizer_variables(optimizers))


def _optimizer_variables(optimizers: dict[str, Any]) -> dict[str, Any]:
    # Their own names hold the names of layers, which Keras numbers within a process.
    return {
        f"{name}/{index:02d}": variable
        for name, optimizer in optimizers.items()
        for index, variable in enumerate(optimizer.variables)
    }


def metric_state(network: Any) -> dict[str, Array]:
    """What a compiled network's loss and metrics have summed up since the epoch began; names "index".

    Within `fit` it also brings the network's variables up to date.
    """
    sync_variables(network)
    return _values(_metric_variables(network))


def _metric_variables(network: Any) -> dict[str, Any]:
    return {f"{index:02d}": variable for index, variable in enumerate(network.metrics_variables)}


def put_metric_state(network: Any, arrays: dict[str, Array]) -> None:
    """Load what `metric_state` returned; errors as in `put_weights`."""
    _put(_metric_variables(network), arrays)


def put_weights(networks: Networks, arrays: dict[str, Array]) -> None:
    """Load what `weights_of` returned into networks of the same architecture.

    Raises:
        UserError: a name or shape that does not fit.
    """
    _put(_variables(networks, "weights"), arrays)


def put_state(networks: Networks, arrays: dict[str, Array]) -> None:
    """Load what `state_of` returned; errors as in `put_weights`."""
    _put(_variables(networks, "variables"), arrays)


def put_optimizer_state(optimizers: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Load what `optimizer_state` returned; errors as in `put_weights`."""
    _put(_optimizer_variables(optimizers), arrays)


def _put(variables: dict[str, Any], arrays: dict[str, Array]) -> None:
    wrong = sorted(set(variables) ^ set(arrays))
    if wrong:
        raise UserError(f"these saved arrays belong to another network ({wrong[0]}): name the run that they are from")
    for name, variable in variables.items():
        if tuple(variable.shape) != arrays[name].shape:
            shapes = f"{arrays[name].shape}, not {tuple(variable.shape)}"
            raise UserError(f"the saved array {name} is {shapes}: name the run that it is from")
    for name, variable in variables.items():
        if isinstance(variable, np.ndarray):
            variable[...] = arrays[name]
        else:
            variable.assign(arrays[name])
