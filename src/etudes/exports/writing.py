"""Writing one network in a format, and comparing what was written with it."""

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
from etudes.exports.formats import Format, answers, names_of

TOLERATED = 1e-5
"""By how much an output may differ, as a share of the largest one, where that is above 1."""


@dataclass(frozen=True)
class Exported:
    """A network in a file of its own."""

    path: Path
    inputs: dict[str, dict[str, Any]]
    """By name: `shape`, with None for how many at once, and `dtype`."""
    outputs: list[list[int | None]]
    """Their shapes."""
    difference: float
    """How far its outputs, by the format's own runtime, are from the network's at most."""


def write_network(network: Any, name: str, chosen: Format, place: Path) -> Exported:
    """Write a network, run what was written, and keep it only if that gives what the network gives.

    Args:
        network: a `keras.Model` that computes in float32.
        name: what to call it.
        chosen: the format.
        place: the folder, which is made; a file of this name in it is replaced.

    Raises:
        UserError: it cannot be written, or gives other values.
    """
    target, draft = place / f"{name}{chosen.suffix}", place / f"{name}-draft{chosen.suffix}"
    if not chosen.suffix and target.exists() and not (target / "saved_model.pb").is_file():
        raise UserError(f"{target} is there and no export: choose another --out")
    if chosen.suffix and target.is_dir():
        raise UserError(f"{target} is a folder: choose another --out")
    inputs = trial_inputs(network)
    try:
        place.mkdir(parents=True, exist_ok=True)
        found = _written(network, chosen, draft, inputs)
        difference = largest_difference(found, answers(network, inputs))
        if not difference <= TOLERATED:
            raise UserError(f"{name}: what was written gives other values (by {difference:.2g}); it was not kept")
        _remove(target)
        draft.rename(target)
    except OSError as error:
        raise UserError(f"{place} cannot be written to: {error.strerror or error}") from error
    finally:
        _remove(draft)
    described = {
        name: {"shape": [None, *tensor.shape[1:]], "dtype": str(tensor.dtype)}
        for name, tensor in zip(names_of(network), network.inputs, strict=True)
    }
    return Exported(target, described, [list(tensor.shape) for tensor in network.outputs], difference)


def _written(network: Any, chosen: Format, draft: Path, inputs: list[Array]) -> list[Array]:
    """What the written draft gives; whatever keeps it from being written or run is said in one line."""
    try:
        with _quietly():
            chosen.write(network, draft)
            return chosen.run(draft, inputs)
    except OSError:
        raise
    except Exception as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise UserError(f"{draft.name} could not be written and run: {reason}") from error


def trial_inputs(network: Any, count: int = 4) -> list[Array]:
    """Something to ask both with: pictures of values 0..255, numbers 0..1, zeros and ones where whole ones go in."""
    random, found = np.random.default_rng(0), []
    for tensor in network.inputs:
        shape = (count, *tensor.shape[1:])
        if "int" in str(tensor.dtype):
            found.append(random.integers(0, 2, shape).astype(tensor.dtype))
        else:
            found.append((random.random(shape) * (255 if len(shape) == 4 else 1)).astype(tensor.dtype))
    return found


def largest_difference(found: list[Array], wanted: list[Array]) -> float:
    """The largest difference of any value, of outputs above 1 as a share of the largest; infinite for other shapes."""
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
    """Without what the libraries that write and run the formats have to say."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
