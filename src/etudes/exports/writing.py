"""Writing networks in a format, and checking that the written ones compute the same and are what is said of them."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from etudes.contract import Array, IOSpec, TensorSpec
from etudes.errors import UserError
from etudes.exports.formats import FORMATS, Format, OpenedExport, Tensor
from etudes.exports.ownership import sha256_of

TOLERANCE = 1e-5
"""The largest difference of an output, relative to the largest output where that is above 1."""

BATCHES = (4, 1)
"""Numbers of examples that an export is tried with."""


@dataclass(frozen=True)
class Exported:
    """A network in a file of its own, as the file itself says it is."""

    path: Path
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    observed: dict[str, tuple[float, float]]
    """The least and the largest value of each output when it was tried."""
    difference: float
    """The largest difference between its outputs, by the format's own runtime, and the network's."""
    about: dict[str, Any]
    """What else the file says of itself: versions, ONNX's opset and metadata."""
    sha256: str


def write_networks(
    networks: Mapping[str, Any],
    specs: Mapping[str, IOSpec],
    chosen: Format,
    folder: Path,
    metadata: Mapping[str, Mapping[str, Any]],
) -> dict[str, Exported]:
    """Write networks, run what was written, and keep the files only if all are those networks and as described.

    Args:
        networks: `keras.Model`s that compute in float32, by the names that the files get.
        specs: what goes into each and comes out.
        chosen: the format.
        folder: made if it is missing; what has these names there is replaced (see `check_place`).
        metadata: by network, what a format that has room for it keeps in the file.

    Raises:
        UserError: one cannot be written, its outputs differ, or its names or values are not those of its spec.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as drafts:
            done = {}
            for name, network in networks.items():
                draft = Path(drafts) / f"{name}{chosen.suffix}"
                draft.parent.mkdir(exist_ok=True)
                done[name] = _write(network, name, specs[name], chosen, draft, metadata[name])
            return {name: _moved(one, folder / f"{name}{chosen.suffix}") for name, one in done.items()}
    except OSError as error:
        raise UserError(f"{folder} cannot be written to: {error.strerror or error}; choose another --out") from error


def _moved(one: Exported, target: Path) -> Exported:
    if target.is_dir():
        shutil.rmtree(target)
    target.parent.mkdir(exist_ok=True)
    one.path.replace(target)
    return dataclasses.replace(one, path=target)


def _write(network: Any, name: str, spec: IOSpec, chosen: Format, draft: Path, metadata: Mapping[str, Any]) -> Exported:
    tries = [trial_inputs(network, spec, count) for count in BATCHES]
    opened, found = _written(network, name, spec, chosen, draft, tries, metadata)
    wanted = {part.name for part in spec.inputs}, {part.name for part in spec.outputs}
    if (set(opened.inputs), set(opened.outputs)) != wanted:
        raise UserError(f"{name}: the export's inputs are named {list(opened.inputs)}, outputs {list(opened.outputs)}")
    named = [part.name for part in spec.outputs]
    pairs = zip(found, tries, strict=True)
    difference = max(largest_difference(answers, outputs_of(network, given, named)) for answers, given in pairs)
    if not difference <= TOLERANCE:
        raise UserError(f"{name}: the export differs by {difference:.2g} and was not kept; try another --format")
    observed = {part.name: _observed(name, part, [answers[part.name] for answers in found]) for part in spec.outputs}
    return Exported(draft, opened.inputs, opened.outputs, observed, difference, opened.about, sha256_of(draft))


def _observed(name: str, part: TensorSpec, found: list[Array]) -> tuple[float, float]:
    """The range of an output's values, which must be within what is said of it."""
    low, high = min(float(one.min()) for one in found), max(float(one.max()) for one in found)
    slack = TOLERANCE * max(1.0, abs(part.low), abs(part.high))
    if not part.low - slack <= low <= high <= part.high + slack:
        said = f"{part.low:g} to {part.high:g}"
        raise UserError(f"{name}: {part.name} is said to be {said}, and is {low:.4g} to {high:.4g}: not exported")
    return low, high


def _written(
    network: Any,
    name: str,
    spec: IOSpec,
    chosen: Format,
    draft: Path,
    tries: list[dict[str, Array]],
    metadata: Mapping[str, Any],
) -> tuple[OpenedExport, list[dict[str, Array]]]:
    """The opened draft and its outputs; any error of the library becomes one line."""
    try:
        with _quietly():
            chosen.write(named_network(network, spec), draft, metadata)
            opened = chosen.open(draft)
            outputs = [opened.run(inputs) for inputs in tries]
            return opened, [{key: np.asarray(value) for key, value in one.items()} for one in outputs]
    except OSError:
        raise
    except Exception as error:
        reason = (str(error).strip().split("\n")[0] or type(error).__name__)[:80]
        others = ", ".join(other for other, format in FORMATS.items() if format.what != chosen.what)
        line = f"{name} could not be written and run as {chosen.what.split(',')[0]}; try --format {others}: {reason}"
        raise UserError(line[:200]) from error


def named_network(network: Any, spec: IOSpec) -> Any:
    """The same layers as a network whose inputs and outputs have the names of its spec."""
    import keras

    inputs = [
        keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=part.name)
        for part, tensor in zip(spec.inputs, network.inputs, strict=True)
    ]
    given = inputs if len(inputs) > 1 else inputs[0]
    if isinstance(network, keras.Sequential):
        x = given
        for layer in network.layers:
            x = layer(x)
        same = keras.Model(given, x)
    else:
        same = keras.models.clone_model(network, input_tensors=given, clone_function=lambda layer: layer)
    last = [
        tensor if name == part.name else keras.layers.Identity(dtype="float32", name=part.name)(tensor)
        for part, tensor, name in zip(spec.outputs, same.outputs, same.output_names, strict=True)
    ]
    return keras.Model(given, last if len(last) > 1 else last[0], name=network.name)


def trial_inputs(network: Any, spec: IOSpec, count: int) -> dict[str, Array]:
    """Inputs by name to compare both with: uniformly distributed over the ranges that the spec says."""
    rng, found = np.random.default_rng(0), {}
    for part, tensor in zip(spec.inputs, network.inputs, strict=True):
        shape = (count, *tensor.shape[1:])
        if "int" in str(tensor.dtype):
            drawn: Array = rng.integers(int(part.low), int(part.high) + 1, shape)
        else:
            drawn = rng.uniform(part.low, part.high, shape)
        found[part.name] = drawn.astype(tensor.dtype)
    return found


def outputs_of(network: Any, inputs: Mapping[str, Array], names: list[str]) -> dict[str, Array]:
    """What the network itself answers, by name."""
    import keras

    given = list(inputs.values())
    outputs = network(given if len(given) > 1 else given[0])
    several = outputs if isinstance(outputs, list | tuple) else [outputs]
    return {name: keras.ops.convert_to_numpy(one) for name, one in zip(names, several, strict=True)}


def largest_difference(found: Mapping[str, Array], wanted: Mapping[str, Array]) -> float:
    """The largest difference of any value, relative to the largest where that is above 1; infinite for other shapes."""
    if {name: one.shape for name, one in found.items()} != {name: one.shape for name, one in wanted.items()}:
        return float("inf")
    shares = [
        float(np.abs(found[name].astype(np.float64) - one).max() / max(1.0, float(np.abs(one).max())))
        for name, one in wanted.items()
    ]
    return max(shares) if np.isfinite(shares).all() else float("inf")


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Silence the libraries that write and run the formats."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
