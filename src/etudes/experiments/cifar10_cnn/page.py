"""What the page of a run holds: pictures to begin with, mistakes, and pictures that the network fails at."""

from __future__ import annotations

from typing import Any

from etudes.analysis.page_content import classifier_content, is_own
from etudes.contract import ImageInfo, SharedRun
from etudes.experiments.cifar10_cnn.study import CifarSettings


def networks(info: ImageInfo, settings: CifarSettings) -> tuple[str, ...]:
    """The one network."""
    return ("classifier",)


def is_private(info: ImageInfo, settings: CifarSettings) -> bool:
    """Whether the pictures are a person's own."""
    return is_own(info)


def content(shared: SharedRun) -> dict[str, Any]:
    """See `Content` in page.ts."""
    test = None if shared.data is None else shared.data.test
    return classifier_content(shared.networks["classifier"], shared.info, test)
