"""Classify picture files with every network of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge

from etudes.analysis.classification import answer_pictures, example_pictures, read_pictures
from etudes.contract import Array, Example, ImageData, ImageInfo, Networks, Result, UseOptions
from etudes.experiments.antirectifier.study import AntirectifierSettings


@dataclass(frozen=True)
class Options(UseOptions):
    """Classify picture files with every network of the run."""

    inputs: tuple[str, ...]
    """Picture files: PNG, JPEG, WEBP, GIF or BMP."""
    top: Annotated[int, Ge(1)] = 3
    """How many classes to name for each picture."""


def read(info: ImageInfo, settings: AntirectifierSettings, options: Options) -> Array:
    """The pictures, cropped to the centre and resized to the network's input, uint8 (n, height, width, channels)."""
    return read_pictures(options.inputs, info)


def use(
    networks: Networks, info: ImageInfo, settings: AntirectifierSettings, options: Options, pictures: Array
) -> Result:
    """The most probable classes of each picture, by each network."""
    result = Result()
    for name, network in networks.items():
        found = answer_pictures(network, info.class_names, options.inputs, pictures, options.top)
        result.answers += [{"network": name, **record} for record in found.answers]
        result.lines += [f"{name}: {line}" for line in found.lines]
    return result


def example(data: ImageData, folder: Path) -> Example:
    """Three test pictures, saved as files."""
    return example_pictures(data.test, folder)
