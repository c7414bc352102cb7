"""Image folders as people have them: leavings, nested folders, splits by many names, odd sizes, transparency."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from etudes.contract import ImageData
from etudes.data import describe_images, load_images
from etudes.data.notes import collected_notes
from etudes.data.parts import part_of
from etudes.errors import UserError

RANDOM = np.random.default_rng(3)


def draw(path: Path, height: int = 8, width: int = 8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path)


def classes(folder: Path, names: tuple[str, ...] = ("cat", "dog"), count: int = 10) -> Path:
    for name in names:
        for number in range(count):
            draw(folder / name / f"{number}.png")
    return folder


def loaded(path: Path, share: float = 0.2) -> tuple[ImageData, list[str]]:
    with collected_notes() as notes:
        data = load_images(str(path), seed=0, validation_share=share)
        assert describe_images(str(path)) == data.info
    for text in notes:
        assert len(text) <= 250
        text.encode()
    return data, notes


def refused(path: Path, message: str) -> None:
    for ask in (describe_images, lambda source: load_images(source, seed=0, validation_share=0.1)):
        with pytest.raises(UserError, match=message) as caught:
            ask(str(path))
        assert len(str(caught.value)) <= 200
        assert str(caught.value).isprintable()


def test_what_systems_and_tools_leave_is_no_class(tmp_path: Path) -> None:
    junk = ("@Recycle", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "__pycache__", ".git")
    classes(tmp_path, count=10)
    for name in junk:
        classes(tmp_path, (name,), 2)
    (tmp_path / "bird").mkdir()
    (tmp_path / "fish" / "deep" / "deeper").mkdir(parents=True)
    for name in ("._1.png", ".DS_Store", "Thumbs.db", "ehthumbs.db", "desktop.ini"):
        (tmp_path / "cat" / name).write_bytes(b"x")
        (tmp_path / name).write_bytes(b"x")
    classes(tmp_path / "cat" / "@eaDir", ("1.png",), 2)
    data, (note,) = loaded(tmp_path)
    assert data.info.class_names == ("cat", "dog")
    assert sum(data.sizes().values()) == 20
    assert "skipped bird (empty), fish (empty), " in note


def test_pictures_in_subfolders_of_a_class_are_used(tmp_path: Path) -> None:
    classes(tmp_path, count=4)
    classes(tmp_path / "cat", ("2019", "2020"), 3)
    draw(tmp_path / "dog" / "a" / "b" / "c.png")
    (tmp_path / "dog" / "loop").symlink_to("..")
    draw(tmp_path / "beside.png")
    data, notes = loaded(tmp_path)
    assert sum(data.sizes().values()) == 4 + 4 + 6 + 1
    assert any("7 pictures in subfolders" in note for note in notes)
    assert any("1 file(s) beside the class folders" in note for note in notes)


@pytest.mark.parametrize(
    ("training", "validation", "test"),
    [
        ("train", "valid", "test"),
        ("TRAIN", "Val", "TEST"),
        ("training", "validation", "testing"),
        ("Training Set", "dev", "hold-out"),
        ("train_set", "eval", "test_set"),
        ("trainset", "valset", "holdout"),
        ("seg_train", "seg_dev", "seg_test"),
        ("train_images", "val_images", "evaluation"),
        ("train2017", "val2017", "test2017"),
    ],
)
def test_a_folder_that_comes_split_is_taken_so(tmp_path: Path, training: str, validation: str, test: str) -> None:
    for name, count in ((training, 6), (validation, 2), (test, 3)):
        classes(tmp_path / name, count=count)
    data, notes = loaded(tmp_path)
    assert data.sizes() == {"train": 12, "validation": 4, "test": 6}
    assert f"{validation} is the validation part" in notes[0]


@pytest.mark.parametrize("held_out", ["valid", "Dev", "testing", "Eval", "holdout", "VALIDATION"])
def test_a_single_held_out_part_is_the_test_part(tmp_path: Path, held_out: str) -> None:
    classes(tmp_path / "Train", count=10)
    classes(tmp_path / held_out, count=3)
    data, notes = loaded(tmp_path)
    assert data.sizes() == {"train": 16, "validation": 4, "test": 6}
    assert f"{held_out} is the test part; what is missing is split off" in notes[0]


def test_folders_that_are_not_split_as_they_seem(tmp_path: Path) -> None:
    classes(tmp_path / "flat" / "train")
    draw(tmp_path / "flat" / "test" / "1.png")
    classes(tmp_path / "flat" / "unlabelled")
    data, notes = loaded(tmp_path / "flat")
    assert sum(data.sizes().values()) == 20
    assert any("test (no class folders in it), unlabelled" in note for note in notes)
    for name in ("train", "Train"):
        classes(tmp_path / "twice" / name)
    refused(tmp_path / "twice", "has Train and train for its training part")
    for name in ("val", "test"):
        classes(tmp_path / "none" / name)
    refused(tmp_path / "none", "has test and val but no train")
    for name in ("cat", "dog"):
        classes(tmp_path / "inside" / name, ("train", "test"))
    refused(tmp_path / "inside", "make it train/CLASS and test/CLASS")
    for name in ("batch 1", "batch 2"):
        classes(tmp_path / "batches" / name)
    refused(tmp_path / "batches", "has cat and dog in each of its folders: if these are the classes, move them up")
    classes(tmp_path / "wrapped" / "animals")
    refused(tmp_path / "wrapped", "give animals if they are in it")


def test_classes_that_are_called_like_parts(tmp_path: Path) -> None:
    data, notes = loaded(classes(tmp_path, ("train", "test", "bus", "val", "dev")))
    assert data.info.class_names == ("bus", "dev", "test", "train", "val")
    assert not notes


def test_words_of_parts() -> None:
    assert {part_of(name) for name in ("cat", "trainer", "latest", "value", "device", "contest", "set", "")} == {""}
    assert part_of("testSet") == "test"


def test_a_class_in_two_unicode_forms_is_named(tmp_path: Path) -> None:
    refused(classes(tmp_path, ("caf\u00e9", "cafe\u0301")), "two Unicode forms")


def test_one_unusual_picture_does_not_decide_the_size(tmp_path: Path) -> None:
    for number in range(15):
        draw(tmp_path / "a" / f"{number}.png", 100 + number, 50 + number // 2)
        draw(tmp_path / "b" / f"{number}.png", 130 - number, 66 - number // 2)
    draw(tmp_path / "a" / "strip.png", 9, 900)
    draw(tmp_path / "b" / "strip two.png", 9, 900)
    data, notes = loaded(tmp_path)
    assert data.info.height == 64
    assert 31 <= data.info.width <= 33
    assert any("2 of other proportions" in note and "strip.png (9×900)" in note for note in notes)
    assert any("their median proportions" in note for note in notes)


def test_a_size_that_many_have_decides(tmp_path: Path) -> None:
    for number in range(10):
        draw(tmp_path / "a" / f"{number}.png", 30, 20)
        draw(tmp_path / "b" / f"{number}.png", 40 + number, 40)
    data, notes = loaded(tmp_path)
    assert data.info.shape == (30, 20, 3)
    assert "pictures of 11 sizes become 30×20 (10 of 20 are 30×20)" in notes[0]


def strokes(folder: Path, colour: int, mode: str = "RGBA") -> Path:
    for name in "ab":
        (folder / name).mkdir(parents=True)
        for number in range(6):
            alpha = np.zeros((16, 16), np.uint8)
            alpha[number : number + 3, 4:12] = 255 if name == "a" else 180
            grey = Image.fromarray(np.full((16, 16), colour, np.uint8))
            picture = Image.merge("LA", (grey, Image.fromarray(alpha)))
            (picture if mode == "LA" else picture.convert(mode)).save(folder / name / f"{number}.png")
    return folder


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_light_strokes_on_transparency_are_put_on_black(tmp_path: Path, mode: str) -> None:
    data, (note,) = loaded(strokes(tmp_path, 250, mode))
    assert "put on black" in note
    assert data.train.pictures.min() == 0
    assert all(np.ptp(picture) > 100 for picture in (*data.train.pictures, *data.test.pictures))


@pytest.mark.parametrize("colour", [0, 90, 200])
def test_other_strokes_stay_on_white(tmp_path: Path, colour: int) -> None:
    data, notes = loaded(strokes(tmp_path, colour))
    assert data.train.pictures.max() == 255
    assert not notes


def test_one_background_for_a_folder(tmp_path: Path) -> None:
    """If light and dark strokes had backgrounds of their own, the background would tell the classes apart."""
    strokes(tmp_path / "light", 255)
    strokes(tmp_path / "dark", 0)
    (tmp_path / "dark" / "b").rename(tmp_path / "light" / "c")
    data, notes = loaded(tmp_path / "light")
    assert all(picture[0, 0, 0] == 255 for picture in data.train.pictures)
    assert not [text for text in notes if "on transparency" in text]


def test_many_bad_files_are_one_short_note(tmp_path: Path) -> None:
    classes(tmp_path, count=200)
    for number in range(15):
        (tmp_path / "cat" / f"note {number}.txt").write_text("x")
    _, (note,) = loaded(tmp_path)
    assert "15 of 415 files skipped" in note
    assert "and 12 more" in note


@pytest.mark.parametrize("part", ["", "train", "test"])
def test_a_class_that_is_a_link_to_nothing_is_named(tmp_path: Path, part: str) -> None:
    for name in ("train", "test") if part else ("",):
        for label in ("cat", "dog"):
            folder = tmp_path / name / label
            folder.mkdir(parents=True)
            for number in range(8):
                Image.new("RGB", (8, 8), (number, 9, 9)).save(folder / f"{number}.png")
    (tmp_path / part / "ox").symlink_to("/mnt/usb/ox")
    with pytest.raises(UserError, match=r"ox: is a link to what is not there: mount it"):
        load_images(str(tmp_path), seed=0, validation_share=0.1)
