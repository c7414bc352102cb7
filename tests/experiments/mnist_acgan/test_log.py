"""What a training says: a line an epoch, each collapse once with advice that helps, and that pictures are cropped."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from etudes import experiments
from etudes.contract import ImageData, ImageInfo, Images
from etudes.data.notes import collected_notes
from etudes.experiments.mnist_acgan.collapse_detector import KINDS, CollapseDetector, Health, advice
from etudes.experiments.mnist_acgan.cropping import crop
from etudes.experiments.mnist_acgan.losses import LOSSES, losses_table
from etudes.schema import override
from etudes.views.progress import ProgressLines

EXPERIMENT = experiments.load("mnist_acgan")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("preset", EXPERIMENT.presets)
def test_advice_names_nothing_that_the_run_has_already(preset: str, kind: str) -> None:
    settings = EXPERIMENT.presets[preset]
    text = advice(kind, settings)
    assert "again with" in text
    assert ("--preset stable" in text) == (settings.generator == "classic" and kind != "one image a class")
    assert not ("--label-smoothing" in text and settings.label_smoothing >= 0.1)
    assert not ("--no-aux-on-generated" in text and not settings.aux_on_generated)
    assert not ("--ema" in text and settings.ema >= 0.999)
    halved = override(settings, {"learning_rate": 0.004})
    assert kind == "one image a class" or "(0.002)" in advice(kind, halved)


def test_classic_is_told_what_each_collapse_needs() -> None:
    classic = EXPERIMENT.presets["classic"]
    assert "--no-aux-on-generated" in advice("one class", classic)
    assert "--label-smoothing 0.1" in advice("one image", classic)
    assert "--ema 0.999 and --label-smoothing 0.1" in advice("one image a class", classic)


def shown(text: Any, *, terminal: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    ProgressLines(console).message(text)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_of_losses_is_for_terminals_and_a_log_has_a_line_an_epoch() -> None:
    table = losses_table("losses after epoch 1", dict.fromkeys(LOSSES, 0.5), dict.fromkeys(LOSSES, 0.25))
    assert shown(table, terminal=False) == ""
    assert "losses after epoch 1" in shown(table, terminal=True)


def data_of(height: int, width: int) -> ImageData:
    images = Images(np.zeros((8, height, width, 1), np.uint8), np.array([0, 1] * 4))
    return ImageData(ImageInfo("own", height, width, 1, ("a", "b")), images, images, images)


def test_a_collapse_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "etudes.experiments.mnist_acgan.collapse_detector"
    monkeypatch.setattr(f"{module}.train_pixel_classifier", lambda _: SimpleNamespace())
    detector = CollapseDetector(data_of(8, 8), EXPERIMENT.presets["tiny"])
    healths = [
        Health(0, 0, 0, (), dict.fromkeys(kinds, "so it is")) for kinds in ([], ["black"], KINDS, ["black"], KINDS)
    ]
    assert [len(detector.news(health)) for health in healths] == [0, 1, 3, 0, 0]


@pytest.mark.parametrize(
    ("height", "width", "left"),
    [(30, 27, "27x30 are cropped to 24x28"), (64, 43, "43x64 are cropped to 40x64"), (9, 8, "8x9 are cropped to 8x8")],
)
def test_cropping_is_said(height: int, width: int, left: str) -> None:
    with collected_notes() as notes:
        cropped = crop(data_of(height, width))
    assert left in notes[0]
    assert len(notes) == 1
    assert cropped.train.pictures.shape == (8, *cropped.info.shape)


def test_nothing_is_said_where_nothing_is_cropped() -> None:
    with collected_notes() as notes:
        crop(data_of(28, 32))
    assert notes == []
