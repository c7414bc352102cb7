"""Pictures and labels in a NumPy archive."""

import zipfile
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etudes.contract import ImageInfo, Images
from etudes.data.errors import error_reason, file_error
from etudes.data.limits import MAX_BYTES, check_side
from etudes.data.splits import split_off_test

_NAMES = (("x_train", "y_train"), ("images", "labels"), ("x", "y"))
_TEST_NAMES = ("x_test", "y_test")
_MAX_CLASSES = 1000


def describe_npz(path: Path) -> ImageInfo:
    """What an archive holds, from the pictures' header and the labels; errors are those of `load_npz`."""
    headers = _headers(path)
    pictures, labels = _names(path, headers)
    used = [labels, _TEST_NAMES[1]] if _TEST_NAMES[0] in headers else [labels]
    arrays = _read(path, [*used, "class_names"] if "class_names" in headers else used)
    class_names, _ = _classes(path, [arrays[name] for name in used], arrays.get("class_names"))
    return _info(path, headers[pictures], class_names)


def load_npz(path: Path) -> tuple[ImageInfo, Images, Images]:
    """Load an archive with x_train and y_train, or x and y, or images and labels.

    Pictures are (n, height, width) or (n, height, width, 1 or 3): integers in 0..255 or floats in 0..1.
    Labels are numbers from 0 on, or words. `x_test` and `y_test` are the test part; without them it is a
    fixed fifth. `class_names` may name the classes.

    Returns:
        What the pictures are, the training part and the test part.

    Raises:
        UserError: the file is not such an archive; the message names the array.
    """
    headers = _headers(path)
    names = [_names(path, headers)]
    if _TEST_NAMES[0] in headers:
        names.append(_TEST_NAMES)
    optional = ["class_names"] if "class_names" in headers else []
    arrays = _read(path, [y for _, y in names] + optional)
    class_names, numbers = _classes(path, [arrays[y] for _, y in names], arrays.get("class_names"))
    info = _info(path, headers[names[0][0]], class_names)
    arrays = _read(path, [x for x, _ in names])  # last, as they are the largest
    parts = [Images(_bytes(path, x, arrays[x], info), y) for (x, _), y in zip(names, numbers, strict=True)]
    training, test = parts if len(parts) == 2 else split_off_test(parts[0])
    if not len(training) or not len(test):
        raise file_error(path, "holds too few pictures: give at least two of each class")
    return info, training, test


def _headers(path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of every array, without reading the arrays."""
    shapes: dict[str, tuple[int, ...]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                with archive.open(member) as file:
                    version = np.lib.format.read_magic(file)
                    old = version == (1, 0)
                    read = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
                    name = member.removesuffix(".npy")
                    if name in shapes:
                        raise ValueError(f"it holds {name[:40]} twice")
                    shapes[name] = cast(Any, read)(file)[0]
    except Exception as error:  # a broken archive or header makes zipfile and NumPy raise nearly anything
        raise file_error(
            path, f"is not an NPZ archive of arrays: {error_reason(error)}; save it again with numpy.savez"
        ) from error
    return shapes


def _names(path: Path, headers: dict[str, tuple[int, ...]]) -> tuple[str, str]:
    """The names of pictures and labels for training, after their presence and their shapes were checked."""
    found = next(((x, y) for x, y in _NAMES if x in headers and y in headers), None)
    if found is None:
        raise file_error(path, "needs the arrays x_train and y_train, or x and y, or images and labels")
    if (_TEST_NAMES[0] in headers) != (_TEST_NAMES[1] in headers):
        raise file_error(path, "has only one of x_test and y_test: give both or none")
    for x, y in (found, _TEST_NAMES) if _TEST_NAMES[0] in headers else (found,):
        _check_shapes(path, x, headers[x], y, headers[y])
    return found


def _check_shapes(path: Path, x: str, shape: tuple[int, ...], y: str, label_shape: tuple[int, ...]) -> None:
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)) or 0 in shape:
        raise file_error(path, f"{x} has the shape {shape}: it must be (n, height, width[, 1 or 3])")
    if np.prod(shape, dtype=np.float64) > MAX_BYTES:
        raise file_error(path, f"{x} has more than {MAX_BYTES:,} values: keep fewer or smaller pictures")
    if label_shape[:1] != shape[:1] or np.prod(label_shape, dtype=np.float64) != shape[0]:
        raise file_error(path, f"{y} has the shape {label_shape}: {x} needs ({shape[0]},), a label for each picture")


def _info(path: Path, shape: tuple[int, ...], class_names: tuple[str, ...]) -> ImageInfo:
    check_side(path, shape[1], shape[2])
    return ImageInfo(str(path), shape[1], shape[2], shape[3] if len(shape) == 4 else 1, class_names)


def _read(path: Path, names: list[str]) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except Exception as error:  # as above
        raise file_error(path, f"cannot be read: {error_reason(error)}; save it again with numpy.savez") from error


def _classes(
    path: Path, labels: list[NDArray[Any]], names: NDArray[Any] | None
) -> tuple[tuple[str, ...], list[NDArray[np.int64]]]:
    """Names of the classes, and every array of labels as numbers (n,)."""
    flat = [part.reshape(-1) for part in labels]
    if all(part.dtype.kind == "U" for part in flat):
        known = np.unique(np.concatenate(flat))
        return tuple(known.tolist()), [np.searchsorted(known, part).astype(np.int64) for part in flat]
    if any(part.dtype.kind not in "iu" for part in flat):
        raise file_error(path, "labels must be whole numbers or words: convert them")
    largest = max(int(part.max(initial=0)) for part in flat)
    count = largest + 1 if names is None else len(names.reshape(-1))
    if min(int(part.min(initial=0)) for part in flat) < 0 or largest >= count or count > _MAX_CLASSES:
        raise file_error(path, f"labels must be 0 to {min(count, _MAX_CLASSES) - 1}, one for each class: renumber them")
    if count < 2:
        raise file_error(path, "has a single class: give pictures of two or more")
    words = [str(number) for number in range(count)] if names is None else [str(name) for name in names.reshape(-1)]
    return tuple(words), [part.astype(np.int64) for part in flat]


def _bytes(path: Path, name: str, pictures: NDArray[Any], info: ImageInfo) -> NDArray[np.uint8]:
    """Pictures as uint8 (n, height, width, channels)."""
    if pictures.dtype.kind not in "iuf":
        raise file_error(path, f"{name} holds {pictures.dtype}: use uint8, or floats in 0..1")
    floats = pictures.dtype.kind == "f"
    low, high = pictures.min(), pictures.max()
    if not (low >= 0 and high <= (1 if floats else 255)):
        limits = "floats in 0..1" if floats else "integers in 0..255"
        raise file_error(path, f"{name} holds values from {low} to {high}: use {limits}")
    try:
        shaped = pictures.reshape(-1, *info.shape)
    except ValueError as error:
        raise file_error(path, f"{name} holds pictures of {pictures.shape[1:]}: make them {info.shape}") from error
    if floats:
        return np.round(shaped * 255).astype(np.uint8)
    return shaped.astype(np.uint8, copy=False)
