"""The pictures of a dream: the one to dream on, where to dream on it, and what to look for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from annotated_types import Interval
from PIL import Image

from etudes.data import PHOTOS, embedded_photo, open_picture
from etudes.data.errors import file_error
from etudes.errors import UserError, unknown
from etudes.experiments.deep_dream.dreaming import preprocess
from etudes.experiments.deep_dream.regularisers import Picture, mask_of, resized_mask
from etudes.experiments.deep_dream.settings import DreamSettings
from etudes.experiments.deep_dream.weights import find_weights, missing


@dataclass(frozen=True)
class DreamInfo:
    """The picture, and the network that dreams."""

    source: str
    """A photograph's name, or the path that was given."""
    height: Annotated[int, Interval(ge=1, le=65_535)]
    width: Annotated[int, Interval(ge=1, le=65_535)]
    weights: str = field(compare=False)
    """A published set, a file, a run folder or "untrained"; empty where no trained network was at hand."""
    weights_sha256: str = field(compare=False)
    """The network is no part of the data: whether it is still the same, `borrow` says."""


@dataclass(frozen=True)
class DreamData:
    """The picture to dream on, float32 (height, width, 3) in [-1, 1], and what goes with it."""

    info: DreamInfo
    picture: Picture
    mask: Picture | None = None
    """Where to dream, float32 (height, width, 1) in [0, 1]; None: everywhere."""
    guide: Picture | None = None
    """A picture whose features are looked for, of any size."""

    def sizes(self) -> dict[str, int]:
        """One picture: it is dreamed on, and judged by."""
        return {"train": 1, "validation": 0, "test": 0}


def open_photo(source: str, max_size: int) -> Image.Image:
    """The photograph of that name, or the picture file, no larger than `max_size` (0: as it is)."""
    if source in PHOTOS:
        image = embedded_photo(source)
    elif Path(source).suffix or Path(source).exists():
        image = open_picture(source)
    else:
        raise unknown("photograph", source, PHOTOS)
    if max_size:
        image.thumbnail((max_size, max_size), Image.Resampling.LANCZOS)
    return image


def open_mask(path: str, picture: Image.Image) -> Picture:
    """A mask for a picture, at its size.

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
    mask = resized_mask(mask_of(image), (picture.height, picture.width))
    if not mask.any():
        raise file_error(path, "the mask is black everywhere: make it white where the dream is to be")
    return mask


def open_guide(path: str) -> Picture:
    """A guide, at its own size; whether the network can make something of it, its layers say.

    Raises:
        UserError: it is no picture.
    """
    return preprocess(open_photo(path, 1024))


def describe_data(settings: DreamSettings) -> DreamInfo:
    """Size of the picture, and which trained network is at hand for it."""
    image = open_photo(settings.data, settings.max_size)
    weights = find_weights(settings.weights, settings.application)
    return DreamInfo(settings.data, image.height, image.width, weights.name, weights.sha256)


def load_data(settings: DreamSettings) -> DreamData:
    """The picture, its mask and its guide; there must be a trained network to dream with."""
    info = describe_data(settings)
    if not info.weights:
        raise missing()
    return data_of(settings, info)


def data_of(settings: DreamSettings, info: DreamInfo) -> DreamData:
    """The pictures that the settings name; `info` says what is known of the network.

    Raises:
        UserError: one of them cannot be used.
    """
    image = open_photo(settings.data, settings.max_size)
    mask = open_mask(settings.mask, image) if settings.mask else None
    guide = open_guide(settings.guide) if settings.guide else None
    if guide is not None and any(":" in words for words in settings.layers):
        raise UserError("--guide goes with whole layers: it says itself which of their channels to excite")
    info = replace(info, source=settings.data, height=image.height, width=image.width)
    return DreamData(info, preprocess(image), mask, guide)
