"""Labelled pictures to test a trained game on: the discriminator on them, the generator's pictures beside them."""

from __future__ import annotations

from etudes.contract import ImageData, ImageInfo
from etudes.data import load_test_images
from etudes.errors import UserError
from etudes.experiments.mnist_acgan.study import AcganSettings


def load_test_data(place: str, info: ImageInfo, settings: AcganSettings, data: ImageData | None) -> ImageData:
    """Data whose test set is all pictures of a source; the run's own train the evaluation classifier.

    Raises:
        UserError: they cannot be read, there is a class that the run has not, or its own pictures were not found.
    """
    if data is None:
        raise UserError("the evaluation classifier is trained on the run's own data: give that with --data")
    return load_test_images(place, info, settings, data)
