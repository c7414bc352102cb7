"""What the page of a run holds: pictures to begin with, mistakes, and pictures that the network fails at."""

from __future__ import annotations

from typing import Any

from etudes.analysis.classification import predict
from etudes.analysis.page_content import classifier_content, is_drawn, is_own, png
from etudes.contract import ImageInfo, SharedRun
from etudes.data import fit_picture, open_picture
from etudes.data.storage import EMBEDDED_FOLDER
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
    network, info = shared.networks["classifier"], shared.info
    found = classifier_content(network, info, test)
    if test is None and not is_drawn(info) and "cat" in info.class_names:
        found["examples"] = [*_cat(network, info), *found["examples"]]
    return found


def _cat(network: Any, info: ImageInfo) -> list[dict[str, str]]:
    """The cat that comes with the package, if the network knows it."""
    picture = fit_picture(open_picture(EMBEDDED_FOLDER / "cat.jpg"), info)
    answer = int(predict(network, picture[None]).classes[0])
    return [{"picture": png(picture), "truth": "cat"}] if info.class_names[answer] == "cat" else []
