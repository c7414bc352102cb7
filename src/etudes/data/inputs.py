"""What a person brings from Python: paths, texts, and pictures as Pillow images, arrays, bytes or open files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from etudes.data.notes import collected_notes, note
from etudes.data.ranges import BYTE, FEW_LEVELS, ValueRange, find_range
from etudes.errors import UserError, format_path

ARRAYS = "an array is (height, width), (height, width, 1, 3 or 4) or (n, height, width, 1, 3 or 4)"
T = TypeVar("T")

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""Channels → Pillow's mode."""


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
    """What was passed to `use` as texts, paths and `GivenPicture`s; lists and tuples are taken apart.

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


def as_option(value: Any) -> Any:
    """The value of an option: a path as text, one picture in memory as a `GivenPicture`, all else as it is."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if _is_array(value):
        pictures = _from_array(_as_array(value), "array")
        if len(pictures) > 1:
            raise UserError(f"an option takes one picture, not {len(pictures)}: choose one, such as array[0]")
        return pictures[0]
    return _from_one(value, "picture", pictures=True) if _is_picture(value) else value


def _flat(values: Sequence[Any], *, pictures: bool) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple | set | frozenset):
            if pictures and any(isinstance(part, int | float) for part in value):
                raise UserError(f"a list of numbers is no picture: make it an array with numpy.array; {ARRAYS}")
            yield from _flat([*value], pictures=pictures)
        elif _is_array(value) and (_as_array(value).dtype.kind in "USO" or not pictures):
            if not pictures and _as_array(value).ndim > 1 and _as_array(value).dtype.kind not in "USO":
                raise UserError(f"this study takes texts, not pictures: an array {_as_array(value).shape} is no text")
            yield from _flat(np.atleast_1d(_as_array(value)).tolist(), pictures=pictures)
        else:
            yield value


def _is_array(value: Any) -> bool:
    return isinstance(value, _ArrayLike) and not isinstance(value, np.generic | Image.Image)


def _as_array(value: Any) -> NDArray[Any]:
    return np.asarray(value)


def _is_picture(value: Any) -> bool:
    return isinstance(value, Image.Image | bytes | bytearray | memoryview | _File)


def _from_one(value: Any, name: str, *, pictures: bool) -> str:
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if not _is_picture(value):
        return value if isinstance(value, GivenPicture) else str(value)
    if not pictures:
        raise UserError(f"this study takes texts, not pictures: {type(value).__name__} is no text")
    if isinstance(value, Image.Image):
        return GivenPicture(_own_name(value) or name, value)
    content = value.read() if isinstance(value, _File) else bytes(value)
    if not isinstance(content, bytes):
        raise UserError("the file is open as text: open a picture with mode 'rb'")
    return GivenPicture(_own_name(value) or name, content)


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
        array = array[None, ..., None]
    elif array.ndim == 3:
        array = array[None] if shape[-1] in _MODES else array[..., None]
    if array.ndim != 4 or array.shape[-1] not in _MODES or 0 in shape:
        raise UserError(f"{name} has the shape {str(shape)[:60]}: {ARRAYS}")
    return array


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
