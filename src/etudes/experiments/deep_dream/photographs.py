"""Opening the pictures of a dream: the photograph to dream on, and the mask that says where."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from etudes.data import PHOTOS, embedded_photo, open_picture
from etudes.data.errors import file_error
from etudes.data.inputs import GivenPicture
from etudes.data.notes import note
from etudes.errors import format_path, unknown
from etudes.experiments.deep_dream.least_sizes import check_size, least_sides
from etudes.experiments.deep_dream.resizing import Picture, resize_mask

if TYPE_CHECKING:
    from etudes.experiments.deep_dream.study import DreamSettings


def open_photo(source: str, max_size: int) -> Image.Image:
    """The photograph of that name, or the picture file, no larger than `max_size`.

    The same file is decoded once, however often a command asks for it; do not change the picture.

    Args:
        source: a name or a path.
        max_size: pixels of the longer side; 0: as it is.

    Raises:
        UserError: it is neither.
    """
    return _photo(source, max_size)[0]


def _photo(source: str, max_size: int) -> tuple[Image.Image, tuple[int, int]]:
    """The photograph, and (width, height) of it before it was shrunk."""
    if isinstance(source, GivenPicture):
        image = open_picture(source)
        return shrunk(image, max_size), image.size
    if source in PHOTOS:
        return _opened(source, max_size, 0)
    if not (Path(source).suffix or Path(source).exists()):
        raise unknown("photograph", source, PHOTOS)
    path = Path(source)
    return _opened(str(path.absolute()), max_size, path.stat().st_mtime_ns if path.is_file() else 0)


@functools.lru_cache(maxsize=1)
def _opened(source: str, max_size: int, changed: int) -> tuple[Image.Image, tuple[int, int]]:
    image = embedded_photo(source) if source in PHOTOS else open_picture(source)
    return shrunk(image, max_size), image.size


def shrunk(image: Image.Image, max_size: int) -> Image.Image:
    """The picture, no larger than `max_size`; 0 sets no limit."""
    if max_size and max(image.size) > max_size:
        image = image.copy()
        image.thumbnail((max_size, max_size), Image.Resampling.LANCZOS)
    return image


def photo_to_dream_on(settings: DreamSettings, weights: str) -> Image.Image:
    """The photograph that the settings name; that it was shrunk is noted.

    Raises:
        UserError: as `open_photo`; or it is too small for the layers of a network whose sizes are known by its name.
    """
    image, full = _photo(settings.data, settings.max_size)
    sides = least_sides(weights, settings.application)
    check_size(image.size, full, settings.layers, sides, Path(settings.data).name)
    if image.size != full and settings.data not in PHOTOS:
        sizes = f"{full[0]}x{full[1]} was shrunk to {image.width}x{image.height}"
        note(f"{format_path(Path(settings.data).name)}: {sizes}; --max-size {max(full)} keeps its size")
    return image


def open_mask(path: str, picture: Image.Image) -> Picture:
    """A mask for a picture, at its size: 0 where it is black, 1 where it is white.

    Raises:
        UserError: it is no picture, has other proportions, or is black everywhere.
    """
    image = open_picture(path)
    # The mask's width as its height would have it; rounding to whole pixels may change each side by one.
    expected = image.height * picture.width / picture.height
    tolerance = 1 + picture.width / picture.height + expected / min(picture.size)
    if abs(image.width - expected) > tolerance:
        sizes = f"{image.width}x{image.height}, the picture {picture.width}x{picture.height}"
        raise file_error(path, f"a mask needs the proportions of its picture: it is {sizes}")
    grey = np.asarray(image.convert("L"), dtype=np.float32)[..., None] / np.float32(255)
    mask = resize_mask(grey, (picture.height, picture.width))
    if not mask.any():
        raise file_error(path, "the mask is black everywhere: make it white where the dream is to be")
    return mask
