"""Bicubic resizing of float32 pictures. Pillow does it, so that every backend gets the same bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.float32]
"""float32 (height, width, 3) with values in [-1, 1]; a mask is (height, width, 1) with values in [0, 1]."""

Box = tuple[float, float, float, float]


def resize_image(picture: Picture, size: tuple[int, int], box: Box | None = None) -> Picture:
    """The picture, or the part of it in the box (left, top, right, bottom), at another size (height, width)."""
    if picture.shape[:2] == size and box is None:
        return picture.copy()
    resized = np.empty((*size, picture.shape[2]), np.float32)
    for channel in range(picture.shape[2]):  # one at a time: a large picture is most of the memory
        plane = Image.fromarray(np.ascontiguousarray(picture[..., channel]))
        resized[..., channel] = np.asarray(plane.resize(size[::-1], Image.Resampling.BICUBIC, box=box))
    return resized


def enlarge_middle(picture: Picture, zoom: float) -> Picture:
    """The middle of a picture, enlarged to the picture's size; a zoom of 1 leaves the picture as it is."""
    if zoom == 1:
        return picture.copy()
    height, width = picture.shape[:2]
    # The box has fractions of pixels, so that a slow zoom does not tremble.
    top, left = (height - height / zoom) / 2, (width - width / zoom) / 2
    return resize_image(picture, (height, width), (left, top, left + width / zoom, top + height / zoom))


def resize_mask(mask: Picture, size: tuple[int, int]) -> Picture:
    """The mask at another size, each value a mean of the old ones, so that it stays in [0, 1]."""
    if mask.shape[:2] == size:
        return mask
    plane = Image.fromarray(np.ascontiguousarray(mask[..., 0])).resize(size[::-1], Image.Resampling.BILINEAR)
    return np.clip(np.asarray(plane, dtype=np.float32), 0, 1)[..., None]
