"""Safetensors files of weights of a Keras network: arrays by the names of their layers, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import numpy as np

from etudes.data.errors import error_reason
from etudes.errors import UserError
from etudes.experiments.deep_dream.layer_arrays import Layer, LayerArrays

MAX_ARRAYS = 10_000
"""Arrays that a file may have."""

_TYPES = ("F32", "F16", "BF16")
_OF_PYTORCH = ("weight", "running_mean", "running_var")


class TensorFile(LayerArrays):
    """The arrays of a safetensors file, named LAYER/WEIGHT as Keras names them: "block1_conv1/kernel".

    What stands before the layer's name does not matter, nor does a dot in place of the slash or ":0" at the end. Layers
    without names of their own, such as "conv2d_94", are counted on from network to network in a process: they are
    matched by their order.

    Raises:
        UserError: the file is none of this kind.
    """

    def __init__(self, path: Path, what: str, cure: str, max_values: int) -> None:
        """Open a file; the arguments are those of `LayerArrays`."""
        from safetensors import safe_open

        super().__init__(path, what, cure, max_values)
        try:
            self._file = cast("Any", safe_open(path, framework="numpy"))
            names = list(self._file.keys())
            if len(names) > MAX_ARRAYS:
                raise self.error(f"it has {len(names):,} arrays, too many")
            self._by_layer: dict[str, dict[str, _Tensor]] = {}
            for name in names:
                *_, layer, weight = ["", *re.split(r"[/.]", name.removesuffix(":0"))]
                if not layer or weight in _OF_PYTORCH:
                    raise self.error(f"{name[:30]!r} is no LAYER/WEIGHT of Keras")
                self._by_layer.setdefault(layer, {})[weight] = _Tensor(self._file, name)
            self.layers: dict[str, Layer] = {layer: list(parts.values()) for layer, parts in self._by_layer.items()}
            self._check()
        except UserError:
            raise
        except Exception as error:  # what is no safetensors file makes the library raise errors of its own
            raise self.error(error_reason(error)) from error

    def _check(self) -> None:
        for arrays in self.layers.values():
            for array in arrays:
                if array.kind not in _TYPES and array.shape:
                    raise self.error(f"{array.name[:40]} is no array of float32, float16 or bfloat16")
                if array.size > self.max_values:
                    raise self.error(f"{array.name[:40]} has {array.size:,} values, too many")

    def close(self) -> None:
        """Nothing: the file is mapped, and goes with this object."""

    def load(self, layers: Any, kinds: Any) -> None:
        """As `LayerArrays.load`."""
        ours = [layer.name for layer in layers]
        theirs = {rank: name for name, rank in _ranks(self.layers).items()}
        matched = {name: theirs.get(rank, "") for name, rank in _ranks(ours).items()}
        self._names = {name: name for name in ours} if set(ours) <= self.layers.keys() else matched
        super().load(layers, kinds)

    def found(self, number: int, layer: Any, kind: str) -> tuple[str, Layer]:  # noqa: ARG002
        """The arrays for a layer, by its name or, where the names are counted, by its place among those of its kind."""
        name = self._names[layer.name]
        parts = self._by_layer.get(name, {})
        missing = [weight.name for weight in layer.weights if weight.name not in parts]
        if missing:
            raise self.error(f"it has no {layer.name}/{missing[0]}")
        return name, [parts[weight.name] for weight in layer.weights]

    def stated_names(self) -> list[str]:
        """None: such a file does not say what it is."""
        return []


class _Tensor:
    """An array that is not read yet."""

    def __init__(self, file: Any, name: str) -> None:
        found = file.get_slice(name)
        self._file, self.name = file, name
        self.shape, self.kind = tuple(found.get_shape()), found.get_dtype()

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    def __getitem__(self, _: object) -> Any:
        return self._file.get_tensor(self.name)


def _ranks(names: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Each name as its beginning, and its place among all that begin so in the order of the number at their end."""
    numbered: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        start, _, end = name.rpartition("_")
        start, number = (start, int(end)) if start and end.isdecimal() and len(end) < 7 else (name, 0)
        numbered.setdefault(start, []).append((number, name))
    return {name: (start, place) for start, found in numbered.items() for place, (_, name) in enumerate(sorted(found))}
