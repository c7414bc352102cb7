"""Opening the pictures of a dream: the photograph to dream on, and the mask that says where."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from PIL import Image

from etudes.data import PHOTOS, embedded_photo, open_picture
from etudes.data.errors import file_error
from etudes.errors import unknown
from etudes.experiments.deep_dream.resizing import Picture, resize_mask


def open_photo(source: str, max_size: int) -> Image.Image:
    """The photograph of that name, or the picture file, no larger than `max_size` (0: as it is).

    The same file is decoded once, however often a command asks for it; do not change the picture.

    Raises:
        UserError: it is neither.
    """
    if source in PHOTOS:
        return _opened(source, max_size, 0)
    if not (Path(source).suffix or Path(source).exists()):
        raise unknown("photograph", source, PHOTOS)
    path = Path(source)
    return _opened(str(path.absolute()), max_size, path.stat().st_mtime_ns if path.is_file() else 0)


@functools.lru_cache(maxsize=1)
def _opened(source: str, max_size: int, changed: int) -> Image.Image:
    image = embedded_photo(source) if source in PHOTOS else open_picture(source)
    if max_size:
        image.thumbnail((max_size, max_size), Image.Resampling.LANCZOS)
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
