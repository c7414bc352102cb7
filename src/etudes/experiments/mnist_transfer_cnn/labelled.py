"""Labelled pictures to test both networks on: each is tested on those of its own classes."""

from __future__ import annotations

from etudes.contract import ImageData, ImageInfo
from etudes.data import load_test_images
from etudes.errors import UserError, format_path
from etudes.experiments.mnist_transfer_cnn.study import TransferData, TransferInfo, TransferSettings


def load_test_data(
    place: str, info: TransferInfo, settings: TransferSettings, data: TransferData | None
) -> TransferData:
    """Data whose test sets are all pictures of a source.

    Raises:
        UserError: they cannot be read, there is a class of neither task, or none of one.
    """

    def task(classes: tuple[str, ...], others: tuple[str, ...], own: ImageData | None) -> ImageData:
        found = load_test_images(place, ImageInfo(info.source, *info.shape, classes), settings, own, others)
        if not len(found.test):
            raise UserError(f"{format_path(place)} has no pictures of {', '.join(classes)[:60]}: add some of each task")
        return found

    first = task(info.first_classes, info.second_classes, data.first if data else None)
    return TransferData(info, first, task(info.second_classes, info.first_classes, data.second if data else None))
