"""Pictures and labels in a NumPy archive."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etudes.contract import ImageInfo, Images
from etudes.data.classes import Labels, note_numbering, number_classes
from etudes.data.errors import error_reason, file_error, listed
from etudes.data.limits import MAX_BYTES, check_side
from etudes.data.notes import note
from etudes.data.parts import TEST, TRAINING, VALIDATION, named_parts
from etudes.data.ranges import ValueRange, find_range
from etudes.data.splits import Parts, split_off_test
from etudes.errors import format_path

_PICTURES = ("images", "x", "image", "imgs", "pictures", "data")
_LABELS = ("labels", "y", "label", "targets", "target")
_CLASS_NAMES = "class_names"
_CHANNELS = (1, 3)


@dataclass(frozen=True)
class _Archive:
    """What an archive holds, from the headers of its arrays."""

    path: Path
    shapes: dict[str, tuple[int, ...]]
    parts: dict[str, tuple[str, str]]
    """Part → the names of its pictures and of its labels, the training part first."""

    @property
    def info_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the training part."""
        return _picture_shape(self.shapes[self.parts[TRAINING][0]])

    def labels(self) -> tuple[dict[str, NDArray[Any]], NDArray[Any] | None]:
        """Name of the array → labels of each part; and the names of the classes, if it has them."""
        used = [y for _, y in self.parts.values()]
        arrays = _read(self.path, [*used, _CLASS_NAMES] if _CLASS_NAMES in self.shapes else used)
        return {y: arrays[y] for y in used}, arrays.get(_CLASS_NAMES)


def describe_npz(path: Path) -> ImageInfo:
    """What an archive holds, from the pictures' header and the labels; errors are those of `load_npz`."""
    archive = _open(path)
    return ImageInfo(str(path), *archive.info_shape, number_classes(path, *archive.labels())[0])


def load_npz(path: Path) -> tuple[ImageInfo, Parts]:
    """Load an archive of pictures and labels: x and y, or images and labels, or x_train and y_train, and so on.

    Pictures are (n, height, width[, 1 or 3]), or with the channels first; their values are in a range that is plain
    (`find_range`), which is decided over the training part. Labels are whole numbers, or words. Arrays whose names say
    so are the parts for validation and test; without a test part it is a fixed fifth, and a single held-out part is the
    test part. `class_names` may name the classes.

    Returns:
        What the pictures are, and their parts.

    Raises:
        UserError: the file is not such an archive; the message names the array.
    """
    archive = _open(path)
    labels, names = archive.labels()
    class_names, numbers = number_classes(path, labels, names)
    info = ImageInfo(str(path), *archive.info_shape, class_names)
    found: dict[str, Images] = {}
    values: ValueRange | None = None
    for (part, (x, _)), of_part in zip(archive.parts.items(), numbers, strict=True):  # one at a time: they are large
        pictures = _read(path, [x])[x]
        values = values or training_range(path, x, pictures)
        found[part] = Images(_bytes(path, x, pictures, values), of_part)
    if TEST not in found:
        found[TRAINING], found[TEST] = split_off_test(found[TRAINING])
    if not len(found[TRAINING]) or not len(found[TEST]):
        raise file_error(path, "holds too few pictures: give at least two of each class")
    _note(archive, list(labels.values()), class_names)
    return info, Parts(found[TRAINING], found[TEST], found.get(VALIDATION))


def _note(archive: _Archive, labels: list[Labels], class_names: tuple[str, ...]) -> None:
    """Say what was decided about an archive."""
    at, used = format_path(archive.path), {name for pair in archive.parts.values() for name in pair}
    if _channels_first(archive.shapes[archive.parts[TRAINING][0]]):
        note(f"{at}: pictures are taken as (n, channels, height, width); transpose them if they are not")
    if unused := sorted(set(archive.shapes) - used - {_CLASS_NAMES}):
        note(f"{at}: not used: {listed(unused)}; rename them, such as x_val and y_val, to use them")
    if VALIDATION in archive.parts or (TEST in archive.parts and archive.parts[TEST][0] != "x_test"):
        parts = ", ".join(f"{x} is the {part} part" for part, (x, _) in archive.parts.items())
        note(f"{format_path(archive.path.name)}: {parts}; rename them to decide otherwise")
    note_numbering(archive.path, labels, class_names)


def training_range(path: Path, name: str, pictures: NDArray[Any]) -> ValueRange:
    """The range of the training part's values, for all parts; it is noted where it is not 0..255, or 0..1 as floats.

    Raises:
        UserError: it is not plain.
    """
    if pictures.dtype.kind not in "biuf":
        raise file_error(path, f"{name} holds {pictures.dtype}: use uint8, or floats in 0..1")
    try:
        values = find_range(pictures)
    except ValueError as error:
        raise file_error(path, f"{name} holds {error}") from error
    if values.note:
        note(f"{format_path(path)}: {name}: {values.note}")
    return values


def check_range(path: Path, name: str, pictures: NDArray[Any], values: ValueRange) -> None:
    """Raise `UserError` where a part's values are not in the range of the training part's."""
    if pictures.dtype.kind not in "biuf":
        raise file_error(path, f"{name} holds {pictures.dtype}: use the kind of the training part")
    low, high = float(pictures.min()), float(pictures.max())
    inside = values.low - 1e-3 <= low and high <= values.high + 1e-3
    if not inside or (values.high > 1 and 0 < high <= 1 and low >= 0):
        limits = f"{values.low:g} to {values.high:g}"
        raise file_error(path, f"{name} holds values from {low:g} to {high:g}, training {limits}: use one range")


def _open(path: Path) -> _Archive:
    """Read the headers, and find the arrays of each part; checks their shapes."""
    headers = _headers(path)
    shapes = {name: shape for name, (shape, _) in headers.items()}
    archive = _Archive(path, shapes, _parts(path, headers))
    for x, y in archive.parts.values():
        for name in (x, y):
            if headers[name][1].hasobject:
                problem = "holds Python objects, which may run code when read"
                cure = "pictures of one size" if name == x else "labels with astype(str) or astype(int)"
                raise file_error(path, f"{name} {problem}: save {cure}")
        _check_shapes(path, x, shapes[x], y, shapes[y])
        if _picture_shape(shapes[x]) != archive.info_shape:
            raise file_error(path, f"{x} holds pictures of {shapes[x][1:]}: make them {archive.info_shape}")
    if _CLASS_NAMES in headers and headers[_CLASS_NAMES][1].hasobject:
        raise file_error(
            path, "class_names holds Python objects, which may run code when read: save it with astype(str)"
        )
    check_side(path, *archive.info_shape[:2])
    return archive


def _headers(path: Path) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """The shape and the dtype of every array, without reading the arrays."""
    headers: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                with archive.open(member) as file:
                    version = np.lib.format.read_magic(file)
                    old = version == (1, 0)
                    read = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
                    name = member.removesuffix(".npy")
                    if name in headers:
                        raise ValueError(f"it holds {name[:40]} twice")
                    shape, _, dtype = cast(Any, read)(file)
                    headers[name] = shape, dtype
    except Exception as error:  # a broken archive or header makes zipfile and NumPy raise nearly anything
        raise file_error(
            path, f"is not an NPZ archive of arrays: {error_reason(error)}; save it again with numpy.savez"
        ) from error
    return headers


def _parts(path: Path, headers: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Part → the names of its pictures and its labels, training first."""
    pictures, labels = _by_rest(headers, _PICTURES), _by_rest(headers, _LABELS)
    rests = named_parts(path, [*dict.fromkeys([*pictures, *labels])])
    if "" in pictures and "" in labels:
        rests = {TRAINING: "", **rests}
    for rest in rests.values():
        if (rest in pictures) != (rest in labels):
            word = f"_{rest}" if rest else ""
            raise file_error(path, f"has only one of x{word} and y{word}: give both or none")
    if TRAINING not in rests:
        raise file_error(path, "needs the arrays x_train and y_train, or x and y, or images and labels")
    return {part: (pictures[rest], labels[rest]) for part, rest in rests.items()}


def _by_rest(names: dict[str, Any], words: tuple[str, ...]) -> dict[str, str]:
    """What is left of the names that hold one of these words → the name; the first of the words counts."""
    found: dict[str, str] = {}
    for word in words:
        for name in names:
            tokens = [token for token in re.split(r"[\W_]+", name.lower()) if token]
            if word in tokens:
                tokens.remove(word)
                found.setdefault("_".join(tokens), name)
    return found


def _channels_first(shape: tuple[int, ...]) -> bool:
    """Whether these are (n, 1 or 3, height, width); (n, 3, height, 4) could have a channel for transparency."""
    return len(shape) == 4 and shape[1] in _CHANNELS and min(shape[2:]) > 4


def _picture_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(height, width, channels) of an array of pictures."""
    if len(shape) == 3:
        return shape[1], shape[2], 1
    return (shape[2], shape[3], shape[1]) if _channels_first(shape) else cast(tuple[int, int, int], shape[1:])


def _check_shapes(path: Path, x: str, shape: tuple[int, ...], y: str, label_shape: tuple[int, ...]) -> None:
    known = len(shape) == 3 or (len(shape) == 4 and (shape[3] in _CHANNELS or _channels_first(shape)))
    if not known or 0 in shape:
        raise file_error(path, f"{x} has the shape {shape}: it must be (n, height, width[, 1 or 3])")
    if np.prod(shape, dtype=np.float64) > MAX_BYTES:
        raise file_error(path, f"{x} has more than {MAX_BYTES:,} values: keep fewer or smaller pictures")
    if label_shape[:1] != shape[:1] or np.prod(label_shape, dtype=np.float64) != shape[0]:
        cure = f"{x} needs ({shape[0]},), a label for each picture (argmax(1) of a row for each)"
        raise file_error(path, f"{y} has the shape {label_shape}: {cure}")


def _read(path: Path, names: list[str]) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except Exception as error:  # as above
        raise file_error(path, f"cannot be read: {error_reason(error)}; save it again with numpy.savez") from error


def _bytes(path: Path, name: str, pictures: NDArray[Any], values: ValueRange) -> NDArray[np.uint8]:
    """Pictures as uint8 (n, height, width, channels)."""
    check_range(path, name, pictures, values)
    scaled = values.to_bytes(pictures)
    if _channels_first(pictures.shape):
        scaled = np.ascontiguousarray(scaled.transpose(0, 2, 3, 1))
    return scaled.reshape(-1, *_picture_shape(pictures.shape))
