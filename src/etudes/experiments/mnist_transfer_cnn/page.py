"""What the page of a run holds: pictures of both tasks to begin with, mistakes, and pictures that it fails at."""

from __future__ import annotations

from typing import Any

from etudes.analysis.page_content import classifier_content, is_own
from etudes.contract import ImageInfo, SharedRun
from etudes.experiments.mnist_transfer_cnn.study import TransferInfo, TransferSettings


def networks(info: TransferInfo, settings: TransferSettings) -> tuple[str, ...]:
    """The network after the transfer, whose journey comes first, and the one before it."""
    return ("transferred", "first")


def is_private(info: TransferInfo, settings: TransferSettings) -> bool:
    """Whether any picture is a person's own."""
    return is_own(info)


def content(shared: SharedRun) -> dict[str, Any]:
    """See `Content` in page.ts."""
    info: TransferInfo = shared.info
    sources = info.source.split(" to ")
    first = ImageInfo(sources[0], *info.shape, info.first_classes)
    second = ImageInfo(sources[-1], *info.shape, info.second_classes, info.ink)
    data = shared.data
    return {
        "first": classifier_content(shared.networks["first"], first, None if data is None else data.first.test),
        "second": classifier_content(
            shared.networks["transferred"], second, None if data is None else data.second.test
        ),
    }
