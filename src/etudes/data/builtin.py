"""MNIST, Fashion-MNIST and CIFAR-10 from the files that their authors published."""

import io
import pickle
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.contract import Images
from etudes.data.catalogue import SETS, data_folder
from etudes.data.errors import file_error
from etudes.data.idx import read_idx_pair
from etudes.data.storage import verified_files
from etudes.errors import UserError, format_path


def load_builtin(name: str) -> tuple[Images, Images]:
    """Load "mnist", "fashion_mnist" or "cifar10" after checking its files; fetch it if it is missing.

    Returns:
        Training and test part: uint8 (n, 28, 28, 1) for the first two, (n, 32, 32, 3) for CIFAR-10.

    Raises:
        UserError: the set is missing and cannot be downloaded, or a file is not what was published.
    """
    paths = verified_files(name)
    if not paths:
        from etudes.data.downloads import UnavailableError, fetch

        try:
            fetch(name)
        except UnavailableError as error:
            raise UserError(_missing(name)) from error
        paths = verified_files(name)
    if name == "cifar10":
        return _load_cifar10(paths)
    training, test = read_idx_pair(paths[0], paths[1]), read_idx_pair(paths[2], paths[3])
    return Images(*training), Images(*test)


def _missing(name: str) -> str:
    published = SETS[name]
    wanted = published.archive.path if published.archive else f"{len(published.files)} .gz files"
    folder = data_folder() if published.archive else data_folder() / published.folder
    problem = f"{name} was not found and could not be downloaded"
    return f"{problem}: put its {wanted} into {format_path(folder)}, or use {published.alternative}"


def _load_cifar10(paths: list[Path]) -> tuple[Images, Images]:
    """Read the six batches from their files or from the archive, the test batch last."""
    batches = [_read_batch(data, path) for data, path in _batch_bytes(paths)]
    pictures, labels = zip(*batches, strict=True)
    training = Images(np.concatenate(pictures[:5]), np.concatenate(labels[:5]))
    return training, Images(pictures[5], labels[5])


def _batch_bytes(paths: list[Path]) -> Iterator[tuple[bytes, Path]]:
    if len(paths) > 1:
        for path in paths:
            yield path.read_bytes(), path
        return
    names = [file.path for file in SETS["cifar10"].files]
    with tarfile.open(paths[0]) as archive:
        found = {member.name: member for member in archive if member.isfile() and member.name in names}
        for name in names:
            stream = archive.extractfile(found[name]) if name in found else None
            if stream is None:
                raise file_error(paths[0], f"does not hold {name}: delete it, then `etudes data fetch cifar10`")
            yield stream.read(), paths[0]


def _read_batch(data: bytes, path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """One batch: rows of 1,024 red, then green, then blue values become pictures (n, 32, 32, 3)."""
    try:
        batch = ArraysOnly(io.BytesIO(data), encoding="bytes").load()
        rows, labels = batch[b"data"], np.asarray(batch[b"labels"], dtype=np.int64)
        pictures = rows.reshape(len(labels), 3, 32, 32).transpose(0, 2, 3, 1)
    except (pickle.UnpicklingError, EOFError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise file_error(path, "is not a CIFAR-10 batch: delete it, then `etudes data fetch cifar10`") from error
    return np.ascontiguousarray(pictures), labels


class ArraysOnly(pickle.Unpickler):
    """Reads pickles of built-in containers and NumPy arrays; anything else raises an error and is not executed."""

    def find_class(self, module: str, name: str) -> Any:
        """The three names that an array needs; every other name raises `pickle.UnpicklingError`."""
        if (module, name) in {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
        }:
            return _empty_array
        allowed = {("numpy", "ndarray"): np.ndarray, ("numpy", "dtype"): np.dtype}
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
        return allowed[module, name]


def _empty_array(kind: type[NDArray[Any]], shape: tuple[int, ...], dtype: bytes) -> NDArray[Any]:
    """What `numpy.core.multiarray._reconstruct` does, for plain arrays alone; the pickle then fills it."""
    if kind is not np.ndarray:
        raise pickle.UnpicklingError("only plain arrays are allowed")
    return np.ndarray(shape, np.dtype(dtype.decode()))
