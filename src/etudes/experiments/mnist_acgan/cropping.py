"""Cropping to sides that are multiples of 4: the generator doubles its first map twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from etudes.contract import ImageData, ImageInfo, Images
from etudes.data.notes import note
from etudes.errors import UserError


def cropped_info(info: ImageInfo) -> ImageInfo:
    """The same with height and width rounded down to multiples of 4."""
    return replace(info, height=info.height // 4 * 4 or info.height, width=info.width // 4 * 4 or info.width)


def crop(data: ImageData) -> ImageData:
    """The middle of all pictures, of the size that `cropped_info` gives: 64×43 becomes 64×40."""
    info = cropped_info(data.info)
    if info == data.info:
        return data
    note(
        f"pictures of {data.info.width}x{data.info.height} are cropped to {info.width}x{info.height}, as sides must be "
        "multiples of 4: resize them to keep their edges"
    )
    top, left = (data.info.height - info.height) // 2, (data.info.width - info.width) // 2

    def middle(images: Images) -> Images:
        cropped = images.pictures[:, top : top + info.height, left : left + info.width]
        return Images(np.ascontiguousarray(cropped), images.labels)

    return ImageData(info, middle(data.train), middle(data.validation), middle(data.test))


def check_size(info: ImageInfo) -> None:
    """Raise `UserError` for pictures that two doublings cannot make."""
    if info.height % 4 or info.width % 4 or min(info.height, info.width) < 8:
        raise UserError(f"pictures of {info.height}x{info.width} are too small to be drawn: 8x8 at least; resize them")
