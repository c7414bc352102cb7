"""Keras's HDF5 files of weights, read with h5py: only arrays are taken out, and each one's size is checked before.

Keras's own `load_weights` is not used: it reads all arrays of a layer before it compares their shapes (a small list may
name a large array a thousand times), unpacks compressed ones, and takes no file that has a classifier, too.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from etudes.contract import Array
from etudes.data.errors import error_reason
from etudes.errors import UserError, format_path

INCEPTION_LAYERS, INCEPTION_VALUES = 188, 21_802_784
"""Layers with weights in Inception-v3 without its classifier, and the values that they hold."""

MAX_NAMES = 2000
"""Names that a list in an HDF5 file may have, and characters of each."""

_HEAP = b"GCOL\1\0\0\0"
"""How a heap begins in an HDF5 file; its size follows."""


def _heaps_are_small(path: Path) -> bool:
    """Whether no heap of an HDF5 file is larger than 64 kB.

    Texts of any length are in heaps. A small list could name a large one a thousand times, and HDF5 reads a list whole.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = content.find(_HEAP)
        while start >= 0:
            (size,) = struct.unpack("<Q", content[start + 8 : start + 16].ljust(8, b"\xff"))
            if size > 65_536:
                return False
            start = content.find(_HEAP, start + 1)
    return True


class KerasFile:
    """The arrays of Keras's HDF5 file, layer by layer; a context manager.

    The names in the file lead to the arrays. Each step of the way must be a plain entry of a plain group: links, arrays
    that are stored in other files or put together from others are refused, and so is anything but float32 that is
    stored in the file as it is, without a filter to unpack it. (A layer may also have a count, a single whole number.)

    Two orders are known: that of the published files, in which layers are listed, and that of `save_weights` of Keras
    3, in which they are named by their kind and counted.

    Raises:
        UserError: the file is none of this kind.
    """

    def __init__(self, path: Path, what: str, max_values: int) -> None:
        """Open a file; `what` it must hold is for the error, `max_values` the values that one array of it may have."""
        import h5py

        self._trouble = f"{format_path(path)} does not hold {what}"
        self._h5py = h5py
        self._max_values = max_values
        try:
            if not _heaps_are_small(path):
                self._refuse("it holds texts that are too long")
            self._file = h5py.File(path, "r")
            self.by_kind = "layer_names" not in self._file.attrs and "layers" in self._file
            self.layers = [] if self.by_kind else self._layers()
        except UserError:
            raise
        except Exception as error:  # a broken HDF5 file makes h5py raise nearly anything
            raise UserError(f"{self._trouble}: {error_reason(error)}") from error

    def __enter__(self) -> KerasFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def check_inception(self) -> None:
        """Refuse a file with another number of layers or of values than Inception-v3 has."""
        values = sum(array.size for layer in self.layers for array in layer)
        if len(self.layers) != INCEPTION_LAYERS or values != INCEPTION_VALUES:
            self._refuse(f"{len(self.layers)} layers with {values:,} values are not its own")

    def load(self, layers: list[Any], kinds: list[str]) -> None:
        """Give layers of a network their weights, which must have the right shapes and be finite.

        Args:
            layers: those with weights, in the order of the network.
            kinds: their names in a file of Keras 3.
        """
        if not self.by_kind and len(self.layers) < len(layers):
            self._refuse(f"it has {len(self.layers)} layers with weights, the network has {len(layers)}")
        for number, (layer, kind) in enumerate(zip(layers, kinds, strict=True)):
            found = self._of_kind(kind) if self.by_kind else self.layers[number]
            name, shapes = kind if self.by_kind else f"layer {number + 1}", [array.shape for array in found]
            if shapes != [tuple(weight.shape) for weight in layer.weights]:
                self._refuse(f"{name} has the shapes {shapes}, not those of {layer.name}"[:90])
            for weight, array in zip(layer.weights, self._read(found, name), strict=True):
                weight.assign(array)

    def classifier(self, kinds: list[str], channels: int) -> list[Array] | None:
        """Kernel and bias of a dense layer on so many channels, if it is the one layer beyond those of a network."""
        if self.by_kind:
            dense = self._plain(self._file, "layers").get("dense", getlink=True)
            found = self._of_kind("dense") if "dense" not in kinds and dense is not None else []
        else:
            found = self.layers[-1] if len(self.layers) == len(kinds) + 1 else []
        fits = [array.shape[-1:] for array in found] == 2 * [found[-1].shape] if found else False
        if not fits or found[0].size != channels * found[1].size:
            return None
        return self._read(found, "the classifier")

    def _read(self, found: list[Any], name: str) -> list[Array]:
        try:
            arrays = [np.asarray(array[()], dtype=np.float32) for array in found]
        except Exception as error:
            raise UserError(f"{self._trouble}: {error_reason(error)}") from error
        if not all(np.isfinite(array).all() for array in arrays):
            self._refuse(f"{name} has values that are not finite")
        return arrays

    def _of_kind(self, name: str) -> list[Any]:
        """The data sets of a layer in a file of Keras 3."""
        group = self._plain(self._file, f"layers/{name}/vars")
        if not isinstance(group, self._h5py.Group) or len(group) > MAX_NAMES:
            self._refuse(f"{name} has no list of weights")
        return [self._array(group, str(number)) for number in range(len(group))]

    def _refuse(self, trouble: str) -> NoReturn:
        raise UserError(f"{self._trouble}: {trouble}")

    def _layers(self) -> list[list[Any]]:
        """The data sets of every layer that has some; none of them is read yet."""
        layers = []
        for name in self._names(self._file, "layer_names"):
            group = self._plain(self._file, name)
            arrays = [self._array(group, weight) for weight in self._names(group, "weight_names")]
            if arrays:
                layers.append(arrays)
        return layers

    def _names(self, group: Any, attribute: str) -> list[str]:
        """A list of names; none of them can be long."""
        if attribute not in group.attrs:
            self._refuse(f"it has no {attribute}")
        found = group.attrs.get_id(attribute)
        is_text = self._h5py.check_string_dtype(found.dtype) or 0 in found.shape  # Keras writes an empty list as floats
        if len(found.shape) != 1 or found.shape[0] > MAX_NAMES or found.dtype.itemsize > MAX_NAMES or not is_text:
            self._refuse(f"its {attribute} are no list of names")
        return [name if isinstance(name, str) else bytes(name).decode("utf-8") for name in group.attrs[attribute]]

    def _plain(self, group: Any, name: str) -> Any:
        """What is at a path below a group, after checking every link on the way."""
        for part in name.split("/"):
            if not isinstance(group, self._h5py.Group) or part in ("", ".", ".."):
                self._refuse(f"{name[:40]} leads nowhere")
            if type(group.get(part, getlink=True)) is not self._h5py.HardLink:
                self._refuse(f"{name[:40]} is missing, or a link out of the file")
            group = group[part]
        return group

    def _array(self, group: Any, name: str) -> Any:
        """A data set of float32, or of one whole number, that is stored in the file as it is."""
        array = self._plain(group, name)
        if not isinstance(array, self._h5py.Dataset) or array.shape is None:
            self._refuse(f"{name[:40]} is no array of float32")
        if array.dtype != np.float32 and not (array.shape == () and array.dtype.kind in "iu"):
            self._refuse(f"{name[:40]} is no array of float32")
        properties = array.id.get_create_plist()
        if array.is_virtual or properties.get_external_count() or properties.get_nfilters() or array.chunks:
            self._refuse(f"{name[:40]} is not stored in the file as it is")
        if array.size > self._max_values:
            self._refuse(f"{name[:40]} has {array.size:,} values, too many")
        return array
