"""Keras's HDF5 files of weights, read with h5py: only arrays are taken out, and each one's size is checked before.

Keras's own `load_weights` is not used: it reads all arrays of a layer before it compares their shapes (a small list may
name a large array a thousand times), unpacks compressed ones, and takes no file that has a classifier, too. Nor is
`load_model`: what builds a network from a file can be made to run code.
"""

from __future__ import annotations

import json
import mmap
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np

from etudes.data.errors import error_reason
from etudes.errors import UserError
from etudes.experiments.deep_dream.layer_arrays import Layer, LayerArrays

MAX_NAMES = 2000
"""Names that a list in an HDF5 file may have, and characters of each."""

MAX_CONFIG = 16_000_000
"""Characters of the description of a network that are read in order to name it in an error."""

MAX_LIST = 256_000_000
"""Bytes that a list of texts of any length might come to."""

_CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
"""Where Keras keeps the layers of a network: since 3, and in the last versions of 2."""

_WEIGHTS, _CONFIG = "model.weights.h5", "config.json"
"""What a `.keras` archive holds."""

_HEAP = b"GCOL\1\0\0\0"
"""How a heap begins in an HDF5 file; its size follows."""


class KerasFile(LayerArrays):
    """The arrays of Keras's HDF5 file, or of the one in a `.keras` archive.

    The names in the file lead to the arrays. Each step of the way must be a plain entry of a plain group: links, arrays
    that are stored in other files or put together from others are refused, and so is anything but float32 that is
    stored in the file as it is, without a filter to unpack it. (A layer may also have a count, a single whole number.)

    Two orders are known: that of the published files and of Keras 2, in which layers are listed, and that of Keras 3,
    in which they are named by their kind and counted. A network within a network is found in both.

    Raises:
        UserError: the file is none of this kind.
    """

    def __init__(self, path: Path, what: str, cure: str, max_values: int) -> None:
        """Open a file; the other arguments are those of `LayerArrays`."""
        import h5py

        super().__init__(path, what, cure, max_values)
        self._h5py = h5py
        with ExitStack() as opened:
            try:
                content: Any = opened.enter_context(_unpacked(path)) if path.suffix.lower() == ".keras" else None
                self._descriptor = content or opened.enter_context(path.open("rb"))
                self._file = opened.enter_context(h5py.File(content or path, "r"))
                root = self._file
                if not self._list_parts(root, "layer_names") and "model_weights" in root:  # a whole model of Keras 2
                    root = self._plain(root, "model_weights")
                self.by_kind = not self._list_parts(root, "layer_names") and any(name in root for name in _CONTAINERS)
                self.layers = dict(self._counted(root, 3) if self.by_kind else self._listed(root))
            except UserError:
                raise
            except Exception as error:  # a broken HDF5 file or archive makes its reader raise nearly anything
                raise self.error(error_reason(error)) from error
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    def found(self, number: int, layer: Any, kind: str) -> tuple[str, list[Any]]:  # noqa: ARG002
        """The arrays for the layer of this number, counted from 0, which a file of Keras 3 calls `kind`."""
        if self.by_kind:
            if kind not in self.layers:
                raise self.error(f"it has no layer {kind}")
            return kind, self.layers[kind]
        name = list(self.layers)[number]
        return f"layer {number + 1}", self.layers[name]

    def stated_names(self) -> list[str]:
        """The names of the network and of networks in it, as the file's own description has them."""
        try:
            if self.path.suffix.lower() == ".keras":
                with zipfile.ZipFile(self.path) as archive, archive.open(_CONFIG) as entry:
                    text: Any = entry.read(MAX_CONFIG)
            elif "model_config" not in self._file.attrs or self._largest_heap > MAX_CONFIG:
                return []
            else:
                text = self._file.attrs["model_config"]
            config = json.loads(text)["config"]
            return [str(part.get("name", "")) for part in (config, *(one["config"] for one in config["layers"]))]
        except Exception:  # only for an error's cure: what cannot be read has no name
            return []

    # --- the order of Keras 3 -------------------------------------------------------------------------------------

    def _counted(self, group: Any, depth: int) -> Iterator[tuple[str, Layer]]:
        """Name and arrays of every layer that has some; of a network within, its layers, and a classifier beside it."""
        container = self._group(group, next(name for name in _CONTAINERS if name in group))
        parts = {name: self._group(container, name) for name in container}
        inner = [name for name, part in parts.items() if any(plan in part for plan in _CONTAINERS)]
        if len(inner) == 1 and depth:
            yield from self._counted(parts[inner[0]], depth - 1)
            parts = {name: part for name, part in parts.items() if name == "dense"}
        for name, part in parts.items():
            variables = self._group(part, "vars") if "vars" in part else ()
            if len(variables):
                yield name, [self._array(variables, str(number)) for number in range(len(variables))]

    def _group(self, group: Any, name: str) -> Any:
        """A group of at most `MAX_NAMES` entries."""
        found = self._plain(group, name)
        if not isinstance(found, self._h5py.Group) or len(found) > MAX_NAMES:
            raise self.error(f"{name[:40]} is no list of layers or weights")
        return found

    # --- the order of the published files -------------------------------------------------------------------------

    def _listed(self, root: Any) -> Iterator[tuple[str, Layer]]:
        """Name and arrays of every layer that has some; none of them is read yet.

        The arrays of a network within the network are all in one list, by the names of its layers.
        """
        count = 0
        for name in self._names(root, "layer_names"):
            group = self._plain(root, name)
            layers: dict[str, Layer] = {}
            for weight in self._names(group, "weight_names"):
                layers.setdefault(weight.rpartition("/")[0], []).append(self._array(group, weight))
                count += 1
            if count > 5 * MAX_NAMES:
                raise self.error("it has too many arrays")
            yield from ((f"{name}/{inner}", arrays) for inner, arrays in layers.items())

    def _list_parts(self, group: Any, attribute: str) -> list[str]:
        """The attributes that hold a list: Keras cuts a long one in parts."""
        names = [attribute, *(f"{attribute}{number}" for number in range(20))]
        return [name for name in names if name in group.attrs]

    def _names(self, group: Any, attribute: str) -> list[str]:
        """A list of names; none of them can be long."""
        names: list[str] = []
        parts = self._list_parts(group, attribute)
        if not parts:
            raise self.error(f"it has no {attribute}")
        for part in parts:
            found = group.attrs.get_id(part)
            text = self._h5py.check_string_dtype(found.dtype)
            is_text = text or 0 in found.shape  # Keras writes an empty list as floats
            if len(found.shape) != 1 or max(found.shape[0], found.dtype.itemsize) > MAX_NAMES or not is_text:
                raise self.error(f"its {attribute} are no list of names")
            if text and text.length is None and found.shape[0] * self._largest_heap > MAX_LIST:
                raise self.error("long texts: use save_weights")
            names += [name if isinstance(name, str) else bytes(name).decode("utf-8") for name in group.attrs[part]]
        return names

    @cached_property
    def _largest_heap(self) -> int:
        """Bytes of the largest heap of the file.

        Texts of any length are in heaps. A small list could name a large one a thousand times, and HDF5 reads a list
        whole. An honest one beside it is the description of the network.
        """
        largest = 0
        with mmap.mmap(self._descriptor.fileno(), 0, access=mmap.ACCESS_READ) as content:
            start = content.find(_HEAP)
            while start >= 0:
                (size,) = struct.unpack("<Q", content[start + 8 : start + 16].ljust(8, b"\xff"))
                largest, start = max(largest, size), content.find(_HEAP, start + 1)
        return largest

    # --- arrays ---------------------------------------------------------------------------------------------------

    def _plain(self, group: Any, name: str) -> Any:
        """What is at a path below a group, after checking every link on the way."""
        for part in name.split("/"):
            if not isinstance(group, self._h5py.Group) or part in ("", ".", ".."):
                raise self.error(f"{name[:40]} leads nowhere")
            if type(group.get(part, getlink=True)) is not self._h5py.HardLink:
                raise self.error(f"{name[:40]} is missing, or a link out of the file")
            group = group[part]
        return group

    def _array(self, group: Any, name: str) -> Any:
        """A data set of float32, or of one whole number, that is stored in the file as it is."""
        array = self._plain(group, name)
        if not isinstance(array, self._h5py.Dataset) or array.shape is None:
            raise self.error(f"{name[:40]} is no array of float32")
        if array.dtype != np.float32 and not (array.shape == () and array.dtype.kind in "iu"):
            raise self.error(f"{name[:40]} is no array of float32")
        properties = array.id.get_create_plist()
        if array.is_virtual or properties.get_external_count() or properties.get_nfilters() or array.chunks:
            raise self.error(f"{name[:40]} is not stored in the file as it is")
        if array.size > self.max_values:
            raise self.error(f"{name[:40]} has {array.size:,} values, too many")
        return array


def _unpacked(path: Path) -> IO[bytes]:
    """The file of weights in a `.keras` archive, as a temporary file no larger than the archive says it is."""
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(_WEIGHTS)
        if entry.file_size > 2 * path.stat().st_size + 1_000_000:  # Keras stores it as it is
            raise ValueError("its weights are compressed")
        unpacked = tempfile.TemporaryFile()  # noqa: SIM115
        with archive.open(entry) as packed:
            shutil.copyfileobj(packed, unpacked)
    unpacked.seek(0)
    return unpacked
