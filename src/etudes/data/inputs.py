"""What a person brings from Python: paths, texts, and pictures as Pillow images, arrays, bytes or open files."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from etudes.data.errors import error_reason
from etudes.data.notes import collected_notes, note
from etudes.data.ranges import BYTE, FEW_LEVELS, ValueRange, find_range
from etudes.errors import UserError, format_path
from etudes.schema import kinds, plain

ARRAYS = "an array is (height, width), (height, width, 1 to 4) or (n, height, width, 1 to 4)"
PICTURES = "give a path, a Pillow image, an array, bytes, or a file opened with mode 'rb'"

PICTURE_OPTIONS = ("guide", "mask", "picture")
"""Options that take a picture to read, which may be in memory."""

T = TypeVar("T")

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""Channels → Pillow's mode."""

_FLATTENED = (784, 3072)
"""Numbers of values of an MNIST and of a CIFAR-10 picture."""


@runtime_checkable
class _File(Protocol):
    def read(self) -> Any: ...


@runtime_checkable
class _Named(Protocol):
    name: Any


@runtime_checkable
class _ArrayLike(Protocol):
    def __array__(self) -> NDArray[Any]: ...


class GivenPicture(str):
    """The name of a picture that is in memory: wherever a path stands for a picture, this stands for one too."""

    content: Image.Image | bytes
    """Still to be opened by `open_picture`, which trusts it no more than a file."""

    def __new__(cls, name: str, content: Image.Image | bytes) -> GivenPicture:
        """`name` is what answers call it."""
        picture = super().__new__(cls, name)
        picture.content = content
        return picture

    def __getnewargs__(self) -> tuple[str, Image.Image | bytes]:  # type: ignore[override]
        """For copies, also in other processes."""
        return str(self), self.content


def as_inputs(values: Sequence[Any], *, pictures: bool) -> tuple[str, ...]:
    """What was passed to `use` as texts, paths and `GivenPicture`s; lists and what else yields several is taken apart.

    Args:
        values: paths or texts; where `pictures`, also Pillow images, arrays, bytes and files opened in binary mode.
        pictures: whether the study takes pictures.

    Raises:
        UserError: something is neither, or an array has no shape or range of a picture.
    """
    flat = list(_flat(values, pictures=pictures))
    arrays = sum(_is_array(value) for value in flat)
    found: list[str] = []
    for value in flat:
        if _is_array(value):
            new: list[str] = [*_from_array(_as_array(value), f"array {len(found) + 1}" if arrays > 1 else "array")]
        else:
            new = [_from_one(value, f"picture {len(found) + 1}", pictures=pictures)]
        found += [_renamed(one, f"{one} ({found.count(one) + 1})") if one in found else one for one in new]
    return tuple(found)


def _renamed(one: str, name: str) -> str:
    """A picture in memory under a name that no other has; the same text or path may come twice."""
    return GivenPicture(name, one.content) if isinstance(one, GivenPicture) else one


def as_options(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Options of `use` or `inspect` as their dataclass has them; a picture in memory becomes a `GivenPicture`.

    Args:
        kind: the dataclass of the options.
        values: by name; numbers may be NumPy's, lists arrays, and what is named by text may be a whole number.

    Raises:
        UserError: an option that takes no picture, or one alone, got another.
    """
    known = kinds(kind)
    return {name: _as_option(name, value, known.get(name, "")) for name, value in values.items()}


def _as_option(name: str, value: Any, kind: str) -> Any:
    if name in PICTURE_OPTIONS and (_is_array(value) or _is_picture(value)):
        pictures = as_inputs([value], pictures=True)
        if len(pictures) > 1:
            raise UserError(f"an option takes one picture, not {len(pictures)}: choose one, such as array[0]")
        return pictures[0]
    if kind == "list" and _is_array(value):
        return tuple(_as_array(value).reshape(-1).tolist())
    value = plain(value)
    if kind == "str" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if kind == "str" and (_is_array(value) or _is_picture(value)):
        flag = f"--{name.replace('_', '-')}"
        raise UserError(f"{flag} takes text or a path, no {type(value).__name__}: what is in memory, save as a file")
    return value


def _flat(values: Iterable[Any], *, pictures: bool) -> Iterator[Any]:
    for value in values:
        if _is_array(value):
            array = _as_array(value)
            if not pictures and array.ndim > 1 and array.dtype.kind not in "USO":
                raise UserError(f"this study takes texts, not pictures: an array {array.shape} is no text")
            if pictures and array.dtype.kind not in "USO":
                yield value
            else:
                yield from _flat(np.atleast_1d(array).tolist(), pictures=pictures)
        elif (
            isinstance(value, Iterable)
            and not isinstance(value, str | os.PathLike | Mapping)
            and not _is_picture(value)
        ):
            parts = [*value]
            if pictures and any(isinstance(part, int | float) for part in parts):
                raise UserError(f"a list of numbers is no picture: make it an array with numpy.array; {ARRAYS}")
            yield from _flat(parts, pictures=pictures)
        else:
            yield value


def _is_array(value: Any) -> bool:
    return isinstance(value, _ArrayLike) and not isinstance(value, np.generic | Image.Image)


def _as_array(value: Any) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except Exception as error:  # such as of a tensor that is on another device
        raise UserError(f"{type(value).__name__} is no array: {error_reason(error)}") from error


def _is_picture(value: Any) -> bool:
    return isinstance(value, Image.Image | bytes | bytearray | memoryview | _File)


def _from_one(value: Any, name: str, *, pictures: bool) -> str:
    if isinstance(value, str):
        return value if isinstance(value, GivenPicture) else str(value)
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if not pictures and isinstance(value, _File):
        raise UserError("an open file is no text: pass its lines, such as open('mine.txt').read().splitlines()")
    if not pictures and not isinstance(value, int | float | np.generic):
        what = "this study takes texts, not pictures: " if _is_picture(value) else ""
        raise UserError(f"{what}{type(value).__name__} is no text: give one, or a list of them")
    if not pictures:
        return str(value)
    if not _is_picture(value):
        raise UserError(f"{name}: {type(value).__name__} is no picture: {PICTURES}")
    if isinstance(value, Image.Image):
        return GivenPicture(_own_name(value) or name, value)
    name = _own_name(value) or name
    return GivenPicture(name, _content(value, name) if isinstance(value, _File) else bytes(value))


def _content(file: _File, name: str) -> bytes:
    """The bytes of an open file, from where it is."""
    try:
        content = file.read()
    except UnicodeDecodeError:
        content = ""
    except Exception as error:  # it is closed, or was opened for writing; or no file at all
        raise UserError(f"{name}: cannot be read: {error_reason(error)}; open it again with mode 'rb'") from error
    if not isinstance(content, bytes):
        raise UserError(f"{name}: the file is open as text: open a picture with mode 'rb'")
    if not content:
        raise UserError(f"{name}: nothing is left to read in this file: call its seek(0) first")
    return content


def _own_name(value: Any) -> str:
    """The name of the file that something was opened from; empty where it was none."""
    name = value.filename if isinstance(value, ImageFile.ImageFile) else value.name if isinstance(value, _Named) else ""
    return PurePath(name).name if isinstance(name, str | os.PathLike) else ""


def _from_array(array: NDArray[Any], name: str) -> list[GivenPicture]:
    """The pictures of an array in their order, scaled to 0..255 together."""
    if (array.dtype.kind == "V" and array.dtype.names is None) or array.dtype == np.float16:  # bfloat16 among others
        array = _or_refuse(lambda: array.astype(np.float32), f"{array.dtype} is no kind of number")
    if array.dtype.kind not in "biuf":
        raise UserError(f"{name} holds {array.dtype}: use uint8 in 0..255, or floats in 0..1")
    pictures = _stacked(array, name)
    values = _range_of(pictures, name)
    if values.note:
        note(f"{name}: {values.note}")
    if pictures.shape[-1] == 2:
        note(f"{name}: 2 channels are taken as grey and opacity; to decide otherwise, pass array[..., 0] or [..., 1]")
    mode, several = _MODES[pictures.shape[-1]], array.ndim == 4 or pictures.shape[:3] == array.shape
    images = (Image.fromarray(one.squeeze(-1) if mode == "L" else one) for one in values.to_bytes(pictures))
    return [GivenPicture(f"{name}[{number}]" if several else name, image) for number, image in enumerate(images)]


def _stacked(array: NDArray[Any], name: str) -> NDArray[Any]:
    """(n, height, width, channels)."""
    shape = array.shape
    channels_first = array.ndim in (3, 4) and shape[-1] not in _MODES and shape[-3] in (1, 3, 4)
    if channels_first and (array.ndim == 4 or shape[0] == 3):
        cure = "put the channels last: numpy.moveaxis(array, -3, -1)"
        cure += "; or, if these are three grey pictures, array[..., None]" if array.ndim == 3 else ""
        raise UserError(f"{name} has the shape {shape}: {cure}")
    if array.ndim == 2:
        _check_not_flattened(shape[0], shape[1], name)
        array = array[None, ..., None]
    elif array.ndim == 3:
        array = array[None] if shape[-1] in _MODES else array[..., None]
    if array.ndim != 4 or array.shape[-1] not in _MODES or 0 in shape:
        raise UserError(f"{name} has the shape {str(shape)[:60]}: {ARRAYS}")
    return array


def _check_not_flattened(height: int, width: int, name: str) -> None:
    """Refuse rows that are pictures each, such as (5, 784): read as one picture, they would be noise."""
    for channels in (1, 3):
        side = math.isqrt(width // channels)
        known, narrow = width in _FLATTENED, not width / 8 <= height <= width * 8
        if side >= 8 and side * side * channels == width and (known or narrow) and height:
            shape = f"{side}, {side}" + (", 3" if channels == 3 else "")
            cure = f"if each row is a picture, use array.reshape(-1, {shape}); if all is one, array[None]"
            raise UserError(f"{name} has the shape {(height, width)}: {cure}")


def _range_of(pictures: NDArray[Any], name: str) -> ValueRange:
    """Bytes are as in a file, unless they use few levels; all else is as in an NPZ."""
    colours = pictures if pictures.shape[-1] in (1, 3) else pictures[..., :-1]
    if pictures.dtype == np.bool_:
        return ValueRange(0, 1)
    if pictures.dtype == np.uint8 and not 1 < int(colours.max()) <= FEW_LEVELS:
        return ValueRange(0, BYTE)  # where it is 0 and 1 alone, `open_picture` scales it
    return _or_refuse(lambda: find_range(colours), f"{name} holds")


def _or_refuse(compute: Callable[[], T], what: str) -> T:
    try:
        return compute()
    except (ValueError, TypeError) as error:
        raise UserError(f"{what} {error}") from error


@contextmanager
def labelled_file(examples: Any, labels: Any, class_names: Sequence[str] = ()) -> Iterator[Path]:
    """Examples with their labels, or questions with their answers, as a file that `load_test_data` reads.

    Args:
        examples: pictures (n, height, width[, channels]), or n texts.
        labels: n whole numbers or words: names of classes, or else their numbers from 0; of questions, the answers.
        class_names: the classes of the run.

    Raises:
        UserError: they do not belong together; what is raised and noted within it says "test_data" for the file.
    """
    x, y = (_or_refuse(partial(_table, part), "test_data:") for part in (examples, labels))
    if len(x.shape) == 0 or x.shape[:1] != y.shape[:1]:
        raise UserError(f"test_data holds {x.shape[:1]} examples and {y.shape[:1]} labels: give one for each")
    with TemporaryDirectory(prefix="etudes-") as folder, collected_notes() as notes:
        path = Path(folder, "test_data.jsonl" if x.dtype.kind == "U" else "test_data.npz")
        if x.dtype.kind == "U":
            lines = (json.dumps({"question": q, "answer": str(a)}) for q, a in zip(x.tolist(), y.tolist(), strict=True))
            path.write_text("\n".join(lines), encoding="utf-8")
        else:
            np.savez(path, x=x, y=_named(y, class_names))
        try:
            yield path
        except UserError as error:
            raise UserError(_without(path, str(error))) from error
    for text in notes:
        note(_without(path, text))


def _table(values: Any) -> NDArray[Any]:
    """An array, also of a list of texts or of pictures of one size."""
    if isinstance(values, list | tuple) and any(isinstance(value, Image.Image) for value in values):
        values = [np.asarray(value) for value in values]
    array = np.asarray(values)
    return array.astype(np.str_) if array.dtype.kind in "OST" else array


def _named(labels: NDArray[Any], class_names: Sequence[str]) -> NDArray[Any]:
    """Whole numbers that are no names of classes, as the names of the classes of these numbers."""
    if labels.dtype.kind not in "iu" or {*map(str, np.unique(labels).tolist())} <= {*class_names} or not class_names:
        return labels
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= len(class_names):
        classes = f"0 to {len(class_names) - 1}"
        raise UserError(f"test_data: labels are {low} to {high}, the classes of the run {classes}: renumber them")
    return cast(NDArray[Any], np.array(class_names)[labels])


def _without(path: Path, text: str) -> str:
    return text.replace(format_path(path), "test_data").replace(str(path), "test_data")
