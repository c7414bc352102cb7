"""One's own labelled pictures: image folders, NPZ, IDX."""

from __future__ import annotations

import gzip
import logging
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from etudes.contract import ImageData
from etudes.data import describe_images, load_images
from etudes.errors import UserError

RANDOM = np.random.default_rng(7)


def load(path: Path, share: float = 0.2) -> ImageData:
    """Load, and check what must hold for any data: the description is the same, and no picture is in two parts."""
    data = load_images(str(path), seed=0, validation_share=share)
    assert describe_images(str(path)) == data.info
    parts = [{p.tobytes() for p in part.pictures} for part in (data.train, data.validation, data.test)]
    assert not parts[0] & parts[1]
    assert not (parts[0] | parts[1]) & parts[2]
    for part in (data.train, data.validation, data.test):
        assert part.pictures.shape == (len(part), *data.info.shape)
        assert (part.pictures.dtype, part.labels.dtype) == (np.uint8, np.int64)
    return data


def refused(path: Path, message: str) -> None:
    for ask in (describe_images, lambda source: load_images(source, seed=0, validation_share=0.1)):
        with pytest.raises(UserError, match=message) as caught:
            ask(str(path))
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) <= 200


def draw(path: Path, height: int = 12, width: int = 10, mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (height, width) if mode == "L" else (height, width, 3)
    Image.fromarray(RANDOM.integers(0, 256, size=shape, dtype=np.uint8)).save(path)


def test_one_subfolder_a_class(tmp_path: Path) -> None:
    for name in ("cat", "dog", ".hidden"):
        for number in range(10):
            draw(tmp_path / name / f"{number}.png")
    (tmp_path / "cat" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "cat" / "Thumbs.db").write_bytes(b"x")
    data = load(tmp_path)
    assert data.info.class_names == ("cat", "dog")
    assert data.info.shape == (12, 10, 3)
    assert data.sizes() == {"train": 13, "validation": 3, "test": 4}
    stored = np.asarray(Image.open(tmp_path / "dog" / "3.png")).tobytes()
    everything = {
        p.tobytes(): int(y)
        for part in (data.train, data.validation, data.test)
        for p, y in zip(part.pictures, part.labels, strict=True)
    }
    assert everything[stored] == 1


def test_train_and_test_folders_and_numbers_in_order(tmp_path: Path) -> None:
    for name in ("2", "10"):
        for number in range(4):
            draw(tmp_path / "train" / name / f"{number}.png", mode="L")
        draw(tmp_path / "test" / name / "0.png", mode="L")
    data = load(tmp_path, share=0.25)
    assert data.info.class_names == ("2", "10")
    assert data.info.channels == 1
    assert data.sizes() == {"train": 6, "validation": 2, "test": 2}
    draw(tmp_path / "test" / "11" / "0.png")
    refused(tmp_path, "class '11' is in test but not in train")


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(12, 10)] * 3 + [(20, 20)], (12, 10)),
        ([(200, 100)] * 3 + [(20, 20)], (64, 32)),
        ([(200, 100)] * 4, (200, 100)),
        ([(400, 200)] * 4, (64, 32)),
    ],
)
def test_the_size_of_pictures(tmp_path: Path, sizes: list[tuple[int, int]], expected: tuple[int, int]) -> None:
    for name in "ab":
        for number, (height, width) in enumerate(sizes):
            draw(tmp_path / name / f"{number}.png", height, width, mode="RGB" if number else "L")
    assert load(tmp_path).info.shape == (*expected, 3)


def test_large_pictures_of_one_size_are_resized_and_a_warning_names_the_limit(tmp_path: Path, caplog) -> None:
    for folder, height in (("kept", 256), ("large", 300)):
        for name in "ab":
            for number in range(4):
                draw(tmp_path / folder / name / f"{number}.png", height, 20)
        with caplog.at_level(logging.WARNING):
            load(tmp_path / folder)
    (record,) = caplog.records
    assert "large: pictures of 300×20 are resized to 64×4" in record.getMessage()
    assert "make it 256 pixels at most" in record.getMessage()


def test_pictures_that_are_too_large_for_a_network_are_refused(tmp_path: Path, write_idx) -> None:
    np.savez(tmp_path / "own.npz", x=pictures(4, 2, 1025), y=np.array([0, 1, 0, 1]))
    refused(tmp_path / "own.npz", "has pictures of 2×1025: resize them to 1024 pixels a side at most")
    write_idx(tmp_path / "my-labels-idx1-ubyte", np.arange(4) % 2)
    refused(write_idx(tmp_path / "my-images-idx3-ubyte", pictures(4, 1025, 2)), "has pictures of 1025×2: resize them")


def test_few_bad_pictures_are_named_and_skipped(tmp_path: Path, caplog) -> None:
    for name in "ab":
        for number in range(30):
            draw(tmp_path / name / f"{number}.png")
    (tmp_path / "a" / "30.png").write_bytes((tmp_path / "a" / "0.png").read_bytes()[:200])
    (tmp_path / "b" / "notes.txt").write_text("not a picture")
    with caplog.at_level(logging.WARNING):
        data = load(tmp_path)
    assert sum(data.sizes().values()) == 60
    assert "2 of 62 files skipped" in caplog.text
    assert "notes.txt" in caplog.text
    assert "30.png" in caplog.text


def test_many_bad_pictures_stop_the_load(tmp_path: Path) -> None:
    for name in "ab":
        for number in range(9):
            draw(tmp_path / name / f"{number}.png")
    (tmp_path / "b" / "bad.png").write_bytes(b"bad")
    refused(tmp_path, r"1 of 19 files are bad.*bad\.png")


def test_folders_that_hold_no_classes(tmp_path: Path) -> None:
    refused(tmp_path, "make two or more subfolders")
    draw(tmp_path / "a" / "1.png")
    refused(tmp_path, "make two or more subfolders")
    empty = tmp_path / "empty"
    for name in "ab":
        (empty / name).mkdir(parents=True)
    refused(empty, "are empty: put PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or HEIC files into them")


def test_a_class_whose_name_is_not_unicode_is_named(tmp_path: Path) -> None:
    for name in (b"tea", b"caf\xe9"):
        draw(tmp_path / os.fsdecode(name) / "one.png")
    refused(tmp_path, r"caf\?: is a class whose name is not in Unicode: rename the folder")


def pictures(count: int, *shape: int) -> np.ndarray:
    return RANDOM.integers(0, 256, size=(count, *shape), dtype=np.uint8)


@pytest.mark.parametrize("names", [("x", "y"), ("images", "labels"), ("x_train", "y_train")])
@pytest.mark.parametrize("kind", ["uint8", "int64", "float32"])
def test_npz(tmp_path: Path, names: tuple[str, str], kind: str) -> None:
    x, y = pictures(50, 6, 5), np.arange(50) % 5
    stored = (x / 255).astype(np.float32) if kind == "float32" else x.astype(kind)
    np.savez(tmp_path / "own.npz", **{names[0]: stored, names[1]: y})
    data = load(tmp_path / "own.npz")
    assert data.info.shape == (6, 5, 1)
    assert data.info.class_names == ("0", "1", "2", "3", "4")
    assert data.sizes() == {"train": 32, "validation": 8, "test": 10}
    original = {p.tobytes(): n % 5 for n, p in enumerate(x)}
    assert all(original[p.tobytes()] == label for p, label in zip(data.test.pictures, data.test.labels, strict=True))


def test_npz_with_a_test_part_and_names(tmp_path: Path) -> None:
    x, x_test = pictures(20, 6, 5, 3), pictures(4, 6, 5, 3)
    y, y_test = np.arange(20)[:, None] % 2, np.arange(4) % 2
    names = np.array(["no", "yes"])
    np.savez_compressed(tmp_path / "own.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test, class_names=names)
    data = load(tmp_path / "own.npz")
    assert data.info.class_names == ("no", "yes")
    np.testing.assert_array_equal(data.test.pictures, x_test)


def test_npz_with_words_as_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", x=pictures(10, 4, 4), y=np.array(["b", "a"] * 5))
    assert load(tmp_path / "own.npz").info.class_names == ("a", "b")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.zeros(3)}, "needs the arrays"),
        ({"x": pictures(4, 3, 3), "y": np.zeros(3, int)}, r"y has the shape \(3,\)"),
        ({"x": pictures(4, 3, 3), "y": np.eye(4)}, r"y has the shape \(4, 4\)"),
        ({"x": pictures(4, 3), "y": np.arange(4)}, "x has the shape"),
        ({"x": pictures(4, 3, 3, 4), "y": np.arange(4)}, "x has the shape"),
        ({"x": pictures(4, 3, 3), "y": np.array([0, 1, -1, 0])}, "labels must be 0 to"),
        ({"x": pictures(4, 3, 3), "y": np.array([0, 1, 10**9, 0])}, "labels must be 0 to"),
        ({"x": pictures(4, 3, 3), "y": np.zeros(4, int)}, "single class"),
        ({"x": pictures(4, 3, 3), "y": np.zeros(4)}, "whole numbers or words"),
        ({"x_train": pictures(4, 3, 3), "y_train": np.arange(4), "x_test": pictures(1, 3, 3)}, "only one of"),
        (
            {"x": pictures(4, 3, 3), "y": np.array([{}] * 4, dtype=object)},
            r"y holds Python objects.*save labels with astype\(str\)",
        ),
    ],
)
def test_bad_npz(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "own.npz", **arrays)
    refused(tmp_path / "own.npz", message)


@pytest.mark.parametrize("values", [np.full((4, 3, 3), 1.5), np.full((4, 3, 3), np.nan), np.full((4, 3, 3), 70_000)])
def test_npz_values_out_of_range(tmp_path: Path, values: np.ndarray) -> None:
    np.savez(tmp_path / "own.npz", x=values, y=np.array([0, 1, 0, 1]))
    with pytest.raises(UserError, match=r"own\.npz: x holds values"):
        load_images(str(tmp_path / "own.npz"), seed=0, validation_share=0)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"text"])
def test_broken_npz(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "own.npz").write_bytes(content)
    refused(tmp_path / "own.npz", r"own\.npz: is not an NPZ")


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_folder_and_file(tmp_path: Path, write_idx, ending: str) -> None:
    for part, count in (("train", 20), ("t10k", 10)):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte{ending}", pictures(count, 7, 6))
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte{ending}", np.arange(count) % 5)
    data = load(tmp_path)
    assert data.info.shape == (7, 6, 1)
    assert data.sizes() == {"train": 15, "validation": 5, "test": 10}
    alone = load(tmp_path / f"train-images-idx3-ubyte{ending}")
    assert alone.sizes() == {"train": 10, "validation": 5, "test": 5}


def test_bad_idx(tmp_path: Path, write_idx) -> None:
    file = write_idx(tmp_path / "my-images-idx3-ubyte", pictures(20, 7, 6))
    refused(file, "put my-labels-idx1-ubyte beside it")
    write_idx(tmp_path / "my-labels-idx1-ubyte", np.arange(19) % 3)
    good = file.read_bytes()
    for content, message in (
        (good, "put the files of one set together"),
        (good[:-1], "cut short"),
        (good + b"x", "longer than it should be"),
    ):
        file.write_bytes(content)
        with pytest.raises(UserError, match=message):
            load_images(str(file), seed=0, validation_share=0)
    for content in (b"", b"\0\0\x08\x01" + good[4:], b"\0\0\x0d\x03" + good[4:]):
        file.write_bytes(content)
        refused(file, "not an IDX file")
    file.write_bytes(good[:4] + b"\xff" * 12 + good[16:])
    refused(file, "holds more than")
    packed = tmp_path / "my-images-idx3-ubyte.gz"
    for content in (b"not gzip", gzip.compress(good)[:-9], gzip.compress(good)[:100] + b"?" * 40):
        packed.write_bytes(content)
        with pytest.raises(UserError, match=r"cannot be read as IDX|cut short"):
            load_images(str(packed), seed=0, validation_share=0)


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    refused(Path("mnits"), "did you mean 'mnist'")
    refused(tmp_path / "none", "does not exist")
    (tmp_path / "notes.txt").write_text("x")
    refused(tmp_path / "notes.txt", "is not data")


def test_the_test_part_of_own_data_is_always_the_same(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", x=pictures(50, 6, 5), y=np.arange(50) % 5)
    one, two = (load_images(str(tmp_path / "own.npz"), seed=seed, validation_share=0.2) for seed in (1, 2))
    np.testing.assert_array_equal(one.test.pictures, two.test.pictures)
    assert not np.array_equal(one.validation.pictures, two.validation.pictures)
