"""Pictures of one size made pictures of another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etudes.contract import ImageInfo
from etudes.data import fit_picture
from etudes.views.grids import to_image


def resize(pictures: NDArray[np.uint8], info: ImageInfo) -> NDArray[np.uint8]:
    """Crop pictures, uint8 (n, height, width, channels), around their centres and resize them to the size in `info`."""
    if pictures.shape[1:] == info.shape:
        return pictures
    fitted = [fit_picture(to_image(picture), info) for picture in pictures]
    return np.stack(fitted) if fitted else np.zeros((0, *info.shape), np.uint8)
