"""Real handwritten digits that come with the package, made to look like MNIST."""

import functools

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from etudes.contract import Images
from etudes.data.splits import split_off_test
from etudes.data.storage import EMBEDDED_FOLDER

_CONTRAST = 1.5


@functools.cache
def load_digits() -> tuple[Images, Images]:
    """The 1,797 digits as 28×28 pictures, always the same fifth for the test.

    The originals are 8×8 pictures of real handwriting with values in 0..16. Each is scaled by 2.5 (bicubic),
    sharpened a little and moved so that its centre of mass is the centre of the picture, as MNIST's digits
    are.

    Returns:
        Training and test part: uint8 (n, 28, 28, 1), 0 is background and 255 is ink.

    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI 1998, test part.
    """
    with np.load(EMBEDDED_FOLDER / "digits.npz") as stored:
        originals, labels = stored["pictures"], stored["labels"]
    pictures = np.stack([_like_mnist(picture) for picture in originals])
    return split_off_test(Images(pictures[..., np.newaxis], labels.astype(np.int64)))


def _like_mnist(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    framed = np.pad(picture, 2).astype(np.float32) / 16
    large = np.asarray(Image.fromarray(framed).resize((30, 30), Image.Resampling.BICUBIC))[1:-1, 1:-1]
    ink = np.clip((large - 0.5) * _CONTRAST + 0.5, 0, 1)
    shift = [round(13.5 - float(np.average(np.arange(28), weights=ink.sum(axis=1 - axis)))) for axis in (0, 1)]
    return np.round(np.roll(ink, shift, axis=(0, 1)) * 255).astype(np.uint8)
