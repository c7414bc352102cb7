"""What the page of a run holds: drawings to begin with, mistakes, and drawings that the network fails at."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from etudes.analysis.classification import predict
from etudes.analysis.page_content import classifier_content, is_own
from etudes.contract import Array, ImageInfo, SharedRun
from etudes.experiments.antirectifier.study import AntirectifierSettings

FAINT = (10, 5)
"""Strengths of the ink at which the examples are read, in percent."""


def networks(info: ImageInfo, settings: AntirectifierSettings) -> tuple[str, ...]:
    """The antirectifier, and the baselines that were trained beside it."""
    return ("antirectifier", *settings.baselines)


def is_private(info: ImageInfo, settings: AntirectifierSettings) -> bool:
    """Whether the pictures are a person's own."""
    return is_own(info)


def content(shared: SharedRun) -> dict[str, Any]:
    """See `Content` in page.ts."""
    test = None if shared.data is None else shared.data.test
    found = classifier_content(shared.networks["antirectifier"], shared.info, test)
    return {**found, "faint": _faint(shared, found["examples"])}


def _faint(shared: SharedRun, examples: list[dict[str, str]]) -> list[dict[str, Any]]:
    """How many of the examples each network reads rightly with little ink; empty where nobody knows what they are."""
    known = [one for one in examples if one["truth"]]
    if not known:
        return []
    pictures = np.stack([_pixels(one["picture"], shared.info) for one in known])
    truth = np.array([shared.info.class_names.index(one["truth"]) for one in known])

    def right(network: Any, percent: int) -> int:
        return int((predict(network, pictures * np.float32(percent / 100)).classes == truth).sum())

    return [
        {
            "strength": percent,
            "right": {name: right(network, percent) for name, network in shared.networks.items()},
            "of": len(known),
        }
        for percent in FAINT
    ]


def _pixels(address: str, info: ImageInfo) -> Array:
    """A picture in an address of data."""
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as image:
        return np.asarray(image, np.float32).reshape(info.shape)
