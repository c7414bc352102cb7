"""Classify picture files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from etudes.analysis.answers import ClassifierOptions, ReadPictures, answer_pictures, example_pictures, read_pictures
from etudes.analysis.typicality import features_network, measure_typicality
from etudes.contract import Array, Example, ImageData, ImageInfo, Networks, Result
from etudes.experiments.cifar10_cnn.study import CifarSettings


@dataclass(frozen=True)
class Options(ClassifierOptions):
    """Classify picture files."""

    flips: bool = False
    """Classify each picture twice, as it is and flipped, and answer with the mean: slower, a little more accurate."""


def read(info: ImageInfo, settings: CifarSettings, options: Options) -> ReadPictures:
    """The pictures as the network expects them."""
    return read_pictures(options, info)


def use(
    networks: Networks,
    info: ImageInfo,
    settings: CifarSettings,
    options: Options,
    read: ReadPictures,
    typical: Mapping[str, Array] | None = None,
) -> Result:
    """The most probable classes of each picture, and which pictures are unlike all that it was trained on."""
    network, features = networks["classifier"], networks.get("features")
    return answer_pictures(network, info.class_names, read, options, typical, features, flips=options.flips)


def parts(networks: Networks) -> Networks:
    """What `use` compares pictures by."""
    return {"features": features_network(networks["classifier"])}


def measure(networks: Networks, data: ImageData, settings: CifarSettings) -> dict[str, Array]:
    """What tells pictures like those of the training."""
    return measure_typicality(networks["classifier"], data.train, data.validation)


def example(data: ImageData, folder: Path) -> Example:
    """Three test pictures, saved as files."""
    return example_pictures(data.test, folder)
