"""The same picture in training and test, or in two classes, is counted and said."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from etudes.data import load_images
from etudes.data.notes import collected_notes

RANDOM = np.random.default_rng(3)


def notes_of(source: Path) -> str:
    with collected_notes() as notes:
        load_images(str(source), seed=0, validation_share=0.1)
    return "\n".join(notes)


def test_different_pictures_are_not_remarked(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", x=RANDOM.integers(0, 256, (80, 6, 6), dtype=np.uint8), y=np.arange(80) % 2)
    assert "several classes" not in notes_of(tmp_path / "own.npz")


@pytest.mark.parametrize("copies", [1, 7])
def test_pictures_of_the_test_part_that_are_in_the_training_part_are_counted(tmp_path: Path, copies: int) -> None:
    x = RANDOM.integers(0, 256, (80, 6, 6, 3), dtype=np.uint8)
    y = np.arange(80) % 2
    x[60 : 60 + copies], y[60 : 60 + copies] = x[:copies], y[:copies]
    np.savez(tmp_path / "own.npz", x_train=x[:60], y_train=y[:60], x_test=x[60:], y_test=y[60:])
    assert f"{copies} of 20 test pictures are also among those of the training" in notes_of(tmp_path / "own.npz")


def test_a_picture_in_two_classes_is_said_whatever_its_file_is_called(tmp_path: Path) -> None:
    for number in range(20):
        for name in ("cat", "dog"):
            (tmp_path / name).mkdir(exist_ok=True)
            picture = Image.fromarray(RANDOM.integers(0, 256, (8, 8, 3), dtype=np.uint8))
            picture.save(tmp_path / name / f"{number}.png")
    Image.open(tmp_path / "cat" / "3.png").save(tmp_path / "dog" / "the same.bmp")
    assert "pictures that are in several classes: 1;" in notes_of(tmp_path)
