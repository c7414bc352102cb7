"""What the page of a run holds: drawings to begin with, mistakes, and drawings that the network fails at."""

from __future__ import annotations

from typing import Any

from etudes.analysis.page_content import classifier_content, is_own
from etudes.contract import ImageInfo, SharedRun
from etudes.experiments.antirectifier.study import AntirectifierSettings


def networks(info: ImageInfo, settings: AntirectifierSettings) -> tuple[str, ...]:
    """The antirectifier, and the baselines that were trained beside it."""
    return ("antirectifier", *settings.baselines)


def is_private(info: ImageInfo, settings: AntirectifierSettings) -> bool:
    """Whether the pictures are a person's own."""
    return is_own(info)


def content(shared: SharedRun) -> dict[str, Any]:
    """See `Content` in page.ts."""
    test = None if shared.data is None else shared.data.test
    return classifier_content(shared.networks["antirectifier"], shared.info, test)
