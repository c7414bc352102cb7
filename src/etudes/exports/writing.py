"""Writing one network in a format, and checking that the written one computes the same."""

from __future__ import annotations

import contextlib
import io
import logging
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from etudes.contract import Array
from etudes.errors import UserError
from etudes.exports.formats import Format, input_names, outputs_of

TOLERANCE = 1e-5
"""The largest difference of an output, relative to the largest output where that is above 1."""


@dataclass(frozen=True)
class Exported:
    """A network in a file of its own."""

    path: Path
    inputs: dict[str, dict[str, Any]]
    """By name: `shape`, with None for the batch size, and `dtype`."""
    outputs: list[list[int | None]]
    """Their shapes."""
    difference: float
    """The largest difference between its outputs, by the format's own runtime, and the network's."""


def write_network(network: Any, name: str, chosen: Format, folder: Path) -> Exported:
    """Write a network, run what was written, and keep it only if the outputs are those of the network.

    Args:
        network: a `keras.Model` that computes in float32.
        name: of the file.
        chosen: the format.
        folder: made if it is missing; a file of this name in it is replaced.

    Raises:
        UserError: it cannot be written, or its outputs differ.
    """
    target, draft = folder / f"{name}{chosen.suffix}", folder / f"{name}-draft{chosen.suffix}"
    if not chosen.suffix and target.exists() and not (target / "saved_model.pb").is_file():
        raise UserError(f"{target} exists and is not an export: choose another --out")
    if chosen.suffix and target.is_dir():
        raise UserError(f"{target} is a folder: choose another --out")
    inputs = trial_inputs(network)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = _written(network, chosen, draft, inputs)
        difference = largest_difference(found, outputs_of(network, inputs))
        if not difference <= TOLERANCE:
            raise UserError(f"{name}: the export differs by {difference:.2g} and was removed; try another --format")
        _remove(target)
        draft.rename(target)
    except OSError as error:
        raise UserError(f"{folder} cannot be written to: {error.strerror or error}; choose another --out") from error
    finally:
        _remove(draft)
    described = {
        name: {"shape": [None, *tensor.shape[1:]], "dtype": str(tensor.dtype)}
        for name, tensor in zip(input_names(network), network.inputs, strict=True)
    }
    return Exported(target, described, [list(tensor.shape) for tensor in network.outputs], difference)


def _written(network: Any, chosen: Format, draft: Path, inputs: list[Array]) -> list[Array]:
    """The outputs of the written draft; any error of the library becomes one line."""
    try:
        with _quietly():
            chosen.write(network, draft)
            return chosen.run(draft, inputs)
    except OSError:
        raise
    except Exception as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise UserError(f"{draft.name} could not be written and run, try another --format: {reason}") from error


def trial_inputs(network: Any, count: int = 4) -> list[Array]:
    """Inputs to compare both with: pictures of 0..255, other floats of 0..1, integers of 0 and 1."""
    rng, found = np.random.default_rng(0), []
    for tensor in network.inputs:
        shape = (count, *tensor.shape[1:])
        if "int" in str(tensor.dtype):
            found.append(rng.integers(0, 2, shape).astype(tensor.dtype))
        else:
            found.append((rng.random(shape) * (255 if len(shape) == 4 else 1)).astype(tensor.dtype))
    return found


def largest_difference(found: list[Array], wanted: list[Array]) -> float:
    """The largest difference of any value, relative to the largest where that is above 1; infinite for other shapes."""
    if [one.shape for one in found] != [one.shape for one in wanted]:
        return float("inf")
    shares = (
        float(np.abs(a.astype(np.float64) - b).max() / max(1.0, float(np.abs(b).max())))
        for a, b in zip(found, wanted, strict=True)
    )
    return max(shares)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


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
