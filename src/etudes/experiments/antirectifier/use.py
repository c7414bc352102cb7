"""Classify picture files with every network of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from etudes.analysis.answers import ClassifierOptions, ReadPictures, answer_pictures, example_pictures, read_pictures
from etudes.analysis.typicality import features_network, measure_typicality
from etudes.contract import Array, Example, ImageData, ImageInfo, Networks, Result
from etudes.experiments.antirectifier.study import AntirectifierSettings


@dataclass(frozen=True)
class Options(ClassifierOptions):
    """Classify picture files with every network of the run."""


def read(info: ImageInfo, settings: AntirectifierSettings, options: Options) -> ReadPictures:
    """The pictures as the networks expect them."""
    return read_pictures(options, info)


def use(
    networks: Networks,
    info: ImageInfo,
    settings: AntirectifierSettings,
    options: Options,
    read: ReadPictures,
    typical: Mapping[str, Array] | None = None,
) -> Result:
    """The most probable classes of each picture, by each network; the antirectifier tells which are unlike all."""
    result = Result()
    explained: list[str] = []
    for name in ("antirectifier", *settings.baselines):
        remarks = typical if name == "antirectifier" else None
        found = answer_pictures(networks[name], info.class_names, read, options, remarks, networks.get("features"))
        result.answers += [{"network": name, **record} for record in found.answers]
        count = len(read.files)
        result.lines += [f"{name}: {line}" for line in found.lines[:count]]
        explained, result.pictures = found.lines[count:] or explained, found.pictures
    result.lines += explained
    return result


def parts(networks: Networks) -> Networks:
    """What `use` compares pictures by."""
    return {"features": features_network(networks["antirectifier"])}


def measure(networks: Networks, data: ImageData, settings: AntirectifierSettings) -> dict[str, Array]:
    """What tells pictures like those of the training, by the antirectifier."""
    return measure_typicality(networks["antirectifier"], data.train, data.validation)


def example(data: ImageData, folder: Path) -> Example:
    """Three test pictures, saved as files."""
    return example_pictures(data.test, folder)
