"""Classify picture files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge

from etudes.analysis.classification import answer_pictures, example_pictures, read_pictures
from etudes.contract import Array, Example, ImageData, ImageInfo, Networks, Result, UseOptions
from etudes.experiments.cifar10_cnn.study import CifarSettings


@dataclass(frozen=True)
class Options(UseOptions):
    """Classify picture files."""

    inputs: tuple[str, ...]
    """Picture files: PNG, JPEG, WEBP, GIF or BMP."""
    top: Annotated[int, Ge(1)] = 3
    """How many classes to name for each picture."""
    flips: bool = False
    """Classify each picture twice, as it is and flipped, and answer with the mean: slower, a little more accurate."""


def read(info: ImageInfo, settings: CifarSettings, options: Options) -> Array:
    """The pictures, cropped to the centre and resized to the network's input, uint8 (n, height, width, channels)."""
    return read_pictures(options.inputs, info)


def use(networks: Networks, info: ImageInfo, settings: CifarSettings, options: Options, pictures: Array) -> Result:
    """The most probable classes of each picture."""
    network, flips = networks["classifier"], options.flips
    return answer_pictures(network, info.class_names, options.inputs, pictures, options.top, flips=flips)


def example(data: ImageData, folder: Path) -> Example:
    """Three test pictures, saved as files."""
    return example_pictures(data.test, folder)
