"""The table of a training's pictures."""

from __future__ import annotations

import dataclasses

import numpy as np

from etudes.contract import ImageData, ImageInfo, Images
from etudes.views.data_table import data_table, data_tables


def made(counts: list[int], channels: int = 1) -> ImageData:
    labels = np.repeat(np.arange(len(counts)), counts)
    images = Images(np.zeros((len(labels), 6, 5, channels), np.uint8), labels)
    first = Images(images.pictures[:1], images.labels[:1])
    return ImageData(
        ImageInfo("own", 6, 5, channels, tuple(f"$c{k}$" for k in range(len(counts)))), images, first, first
    )


def test_counts_of_each_class_in_each_part() -> None:
    table = data_table(made([3, 1]))
    assert table.title == "pictures, 6×5, grey"
    assert list(table.columns) == ["class", "training", "validation", "test"]
    assert list(table.rows) == [("$c0$", 3, 1, 1), ("$c1$", 1, 0, 0), ("2 classes", 4, 1, 1)]


def test_of_many_classes_the_smallest_and_the_largest() -> None:
    table = data_table(made([2] * 10 + [9] + [1] + [2] * 30, channels=3))
    assert [row[0] for row in table.rows] == ["smallest: $c11$", "largest: $c10$", "42 classes"]
    assert len(data_table(made([1] * 20)).rows) == 21


def test_data_of_two_tasks_has_two_tables_and_other_data_none() -> None:
    @dataclasses.dataclass
    class Two:
        first: ImageData
        second: ImageData
        note: str = ""

    assert len(data_tables(Two(made([1, 1]), made([2, 2])))) == 2
    assert data_tables(object()) == []
