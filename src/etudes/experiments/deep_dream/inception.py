"""Inception-v3 (Szegedy and others, 2015, arXiv 1512.00567): the network of the original dreams, and its weight files.

Two files are read. Keras's own holds the whole network without its classifier; the partial one of 2015 holds
76 convolutions from the stem to `mixed8`, their batch normalisation folded into a bias.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from etudes.contract import Array
from etudes.errors import UserError
from etudes.training.backend import keras

LAYERS = ("mixed2", "mixed3", "mixed4", "mixed5")
COEFFICIENTS = (0.2, 0.5, 2.0, 1.5)
"""The four layers that the Keras example of 2017 excites, and how much each of them counts."""

DEEPEST = "mixed8"
"""The last layer that the partial weights of 2015 reach."""

_BRANCHES = {0: (1, 2, 3, 1), 1: (1, 2, 3, 1), 2: (1, 2, 3, 1), 3: (1, 3), 8: (0, 2, 4)}
_BRANCHES |= dict.fromkeys((4, 5, 6, 7), (1, 3, 5, 1))
"""Block → how many convolutions follow one another in each branch, in the order in which Keras creates them."""


def inception_v3() -> Any:
    """Inception-v3 without its classifier and with fresh weights, for pictures of any size with values in [-1, 1]."""
    network = keras.applications.InceptionV3(weights=None, include_top=False, input_shape=(None, None, 3))
    network.trainable = False
    return network


def convolution_names() -> list[str]:
    """The names of the 76 convolutions in the file of 2015, in the order in which Keras creates their twins."""
    names = ["conv", *(f"conv_{k}" for k in range(1, 5))]
    for block in range(9):
        prefix = "mixed" if block == 0 else f"mixed_{block}"
        for branch, count in enumerate(_BRANCHES[block]):
            tower = prefix + ("", "_tower", "_tower_1", "_tower_2")[branch]
            names += [f"{tower}_conv" + (f"_{k}" if k else "") for k in range(count)]
    return names


def _in_creation_order(network: Any, kind: Any) -> list[Any]:
    """The layers of a kind by the number in their names, which counts on from network to network in a process."""
    found = [layer for layer in network.layers if isinstance(layer, kind)]
    return sorted(found, key=lambda layer: int(layer.name.rsplit("_", 1)[-1]) if layer.name[-1].isdigit() else 0)


def partial_inception_v3(content: bytes, name: str) -> Any:
    """Inception-v3 from the stem to `mixed8` with the weights of 2015.

    Args:
        content: the bytes of the NPZ file: `<convolution>/kernel` (height, width, in, out) and `<convolution>/bias`.
        name: what to call the file in an error.

    Raises:
        UserError: the file does not hold exactly these arrays, as float32 of the right shapes with finite values.
    """
    whole = inception_v3()
    network = keras.Model(whole.input, whole.get_layer(DEEPEST).output, name="inception_v3_to_mixed8")
    network.trainable = False
    convolutions = _in_creation_order(network, keras.layers.Conv2D)
    normalisations = _in_creation_order(network, keras.layers.BatchNormalization)
    shapes = {}
    for unit, convolution in zip(convolution_names(), convolutions, strict=True):
        shapes[f"{unit}/kernel"] = tuple(convolution.kernel.shape)
        shapes[f"{unit}/bias"] = (convolution.filters,)
    arrays = dict(checked_arrays(content, name, shapes))
    for unit, convolution, normalisation in zip(convolution_names(), convolutions, normalisations, strict=True):
        convolution.kernel.assign(arrays[f"{unit}/kernel"])
        normalisation.beta.assign(arrays[f"{unit}/bias"])
        # With mean 0 and variance 1 - epsilon, normalising changes nothing, and beta is the folded bias.
        normalisation.moving_mean.assign(np.zeros(convolution.filters, np.float32))
        normalisation.moving_variance.assign(np.full(convolution.filters, 1 - normalisation.epsilon, np.float32))
    return network


def checked_arrays(content: bytes, name: str, shapes: dict[str, tuple[int, ...]]) -> Iterator[tuple[str, Array]]:
    """The arrays of an NPZ file by name, float32 and finite; a `UserError` unless they are those of `shapes`."""
    trouble = f"{name} is not the partial Inception-v3 of 2015"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        # Looked up before anything is unpacked: a small file may unpack to gigabytes. A header is far below 1 kB.
        if unpacked > sum(4 * math.prod(shape) + 1024 for shape in shapes.values()):
            raise UserError(f"{trouble}: it holds more than the {len(shapes)} arrays of that network")
        file = np.load(io.BytesIO(content), allow_pickle=False)
        wrong = sorted(set(shapes) ^ set(file.files))
        if wrong:
            raise UserError(f"{trouble}: {wrong[0]} is {'missing' if wrong[0] in shapes else 'not one of its arrays'}")
        for key, shape in shapes.items():
            array = file[key]
            if array.shape != shape or array.dtype != np.float32:
                raise UserError(f"{trouble}: {key} is {array.dtype} {array.shape}, it must be float32 {shape}")
            if not np.isfinite(array).all():
                raise UserError(f"{trouble}: {key} has values that are not finite")
            yield key, array
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        raise UserError(f"{trouble}: {error}") from error


def keras_inception_v3(path: str) -> Any:
    """Inception-v3 without its classifier, with the weights of a Keras file (`…_tf_kernels_notop.h5`).

    Raises:
        UserError: the file holds no weights of this network, or some that are not finite.
    """
    network = inception_v3()
    try:
        network.load_weights(path)
    except Exception as error:  # a broken HDF5 file makes h5py and Keras raise nearly anything
        reason = " ".join(str(error).split())[:80]
        raise UserError(f"{path} does not hold Keras's Inception-v3 without its classifier: {reason}") from error
    for variable in network.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(variable)).all():
            raise UserError(f"{path}: {variable.path} has values that are not finite")
    return network
