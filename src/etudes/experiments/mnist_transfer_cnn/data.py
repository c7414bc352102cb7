"""The two tasks of a transfer: classes learned first, and classes learned afterwards with what was learned first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from annotated_types import Interval, MinLen
from numpy.typing import NDArray

from etudes.contract import MAX_IMAGE_SIDE, Array, ImageData, ImageInfo, Images
from etudes.data import describe_images, fit_picture, load_images
from etudes.errors import UserError, format_path
from etudes.experiments.mnist_transfer_cnn.settings import TransferSettings
from etudes.views.grids import to_image


@dataclass(frozen=True)
class TransferInfo:
    """What both tasks are: pictures of one size, and the names of the classes of each."""

    source: str
    """Name of the data, or of the two, joined by " to "."""
    height: Annotated[int, Interval(ge=1, le=MAX_IMAGE_SIDE)]
    width: Annotated[int, Interval(ge=1, le=MAX_IMAGE_SIDE)]
    channels: Annotated[int, Interval(ge=1, le=3)]
    first_classes: Annotated[tuple[str, ...], MinLen(2)]
    second_classes: Annotated[tuple[str, ...], MinLen(2)]
    first_weights: str = field(default="", metadata={"fingerprint": False})
    """SHA-256 of the weights of the run whose first network was taken; empty where the first task was trained."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of one picture."""
        return (self.height, self.width, self.channels)

    @property
    def first(self) -> ImageInfo:
        """The first task."""
        return ImageInfo(self.source, *self.shape, self.first_classes)

    @property
    def second(self) -> ImageInfo:
        """The task that the network is transferred to."""
        return ImageInfo(self.source, *self.shape, self.second_classes)


@dataclass(frozen=True)
class TransferData:
    """The pictures of both tasks; labels of either begin at 0."""

    info: TransferInfo
    first: ImageData
    second: ImageData
    given: dict[str, Array] = field(default_factory=dict)
    """The weights of a first network that is trained already; empty where there is none."""

    def sizes(self) -> dict[str, int]:
        """Number of pictures in each split, both tasks together."""
        second = self.second.sizes()
        return {split: count + second[split] for split, count in self.first.sizes().items()}


def describe_transfer(data: str, to: str, first_classes: int) -> TransferInfo:
    """What the two tasks are.

    Args:
        data: source of the first task, as for `describe_images`.
        to: source of the second; empty for the classes of `data` that the first leaves.
        first_classes: how many classes of `data` the first task has; 0 for half of them, or with `to` for all.

    Raises:
        UserError: a source cannot be described, or a task would have fewer than two classes.
    """
    info = describe_images(data)
    names = info.class_names
    if to:
        other, count = describe_images(to), first_classes or len(names)
        second, source, left = other.class_names, f"{info.source} to {other.source}", 0
    else:
        count = first_classes or len(names) // 2
        second, source, left = names[count:], info.source, 2
    if not to and len(names) < 4:
        what = "a transfer within them needs four or more, two for each task"
        raise UserError(f"{format_path(data)} has {len(names)} classes: {what}; give more, or another set with --to")
    if not 2 <= count <= len(names) - left:
        allowed = f"{format_path(data)} has {len(names)} classes, and each task needs two or more"
        classes = "1 class" if count == 1 else f"{count} classes"
        raise UserError(f"{classes} for the first task: {allowed}; change --first-classes or --to")
    return TransferInfo(source, info.height, info.width, info.channels, names[:count], second)


def load_transfer(info: TransferInfo, data: str, to: str, *, seed: int, share: float, limit: int) -> TransferData:
    """Load both tasks. Pictures of another source are cut and scaled to the size of the first task's.

    Args:
        info: what `describe_transfer` gave for `data` and `to`.
        data: source of the first task.
        to: source of the second; empty for the rest of the classes of `data`.
        seed: decides which training pictures are held back for validation.
        share: the part to hold back, in 0..1.
        limit: keep at most so many pictures in each split of a source; 0 keeps all.

    Raises:
        UserError: a source is not at hand, or a limit leaves a task without pictures.
    """
    source = load_images(data, seed=seed, validation_share=share, limit=limit)
    count = len(info.first_classes)
    first = _task(source, info.first, 0)
    if to:
        second = _task(load_images(to, seed=seed, validation_share=share, limit=limit), info.second, 0)
    else:
        second = _task(source, info.second, count)
    return TransferData(info, first, second)


def load_target(info: TransferInfo, to: str, settings: TransferSettings) -> ImageData:
    """Another second task for a trained run: all classes of a set, cut and scaled to the pictures that the run knows.

    Raises:
        UserError: as in `load_transfer`.
    """
    source = load_images(to, seed=settings.seed, validation_share=settings.validation_share, limit=settings.limit)
    return _task(source, ImageInfo(source.info.source, *info.shape, source.info.class_names), 0)


def _task(source: ImageData, info: ImageInfo, start: int) -> ImageData:
    """The pictures whose labels are start, start + 1, …, as many as there are class names, with labels from 0."""
    splits = [_only(part, info, start) for part in (source.train, source.validation, source.test)]
    if not len(splits[0]) or not len(splits[2]):
        raise UserError(f"no pictures are left of {', '.join(info.class_names)}: give a higher --limit, or 0 for all")
    return ImageData(info, *splits)


def _only(images: Images, info: ImageInfo, start: int) -> Images:
    chosen = (images.labels >= start) & (images.labels < start + len(info.class_names))
    return Images(_fitted(images.pictures[chosen], info), images.labels[chosen] - start)


def _fitted(pictures: NDArray[np.uint8], info: ImageInfo) -> NDArray[np.uint8]:
    if pictures.shape[1:] == info.shape:
        return pictures
    fitted = [fit_picture(to_image(picture), info) for picture in pictures]
    return np.stack(fitted) if fitted else np.zeros((0, *info.shape), np.uint8)
