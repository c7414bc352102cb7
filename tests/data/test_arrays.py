"""NPZ and IDX as people save them: other labels, other names, other orders of axes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from etudes.contract import ImageData
from etudes.data import describe_images, load_images
from etudes.data.notes import collected_notes
from etudes.errors import UserError

RANDOM = np.random.default_rng(11)
X = RANDOM.integers(0, 256, (60, 8, 7), dtype=np.uint8)
Y = np.arange(60) % 3


def loaded(path: Path, share: float = 0.2) -> tuple[ImageData, str]:
    with collected_notes() as notes:
        data = load_images(str(path), seed=0, validation_share=share)
        assert describe_images(str(path)) == data.info
    assert all(len(text) <= 200 for text in notes)
    return data, "\n".join(notes)


def saved(path: Path, **arrays: np.ndarray) -> tuple[ImageData, str]:
    np.savez(path, **arrays)
    return loaded(path)


def refused(path: Path, message: str, **arrays: np.ndarray) -> None:
    np.savez(path, **arrays)
    for ask in (describe_images, lambda source: load_images(source, seed=0, validation_share=0.1)):
        with pytest.raises(UserError, match=message) as caught:
            ask(str(path))
        assert len(str(caught.value)) <= 200
        str(caught.value).encode()


@pytest.mark.parametrize("labels", [(1, 2, 3), (0, 7, 90), (5, 6, 7), (10, 200, 99_999)])
@pytest.mark.parametrize("kind", ["uint32", "int64"])
def test_classes_are_called_by_labels_that_do_not_count_from_zero(
    tmp_path: Path, labels: tuple[int, ...], kind: str
) -> None:
    data, said = saved(tmp_path / "own.npz", x=X, y=np.array(labels, kind)[Y])
    assert data.info.class_names == tuple(map(str, labels))
    assert sorted(set(data.train.labels.tolist())) == [0, 1, 2]
    assert f"labels {labels[0]} to {labels[-1]} are 3 classes" in said


def test_labels_from_one_with_names(tmp_path: Path) -> None:
    data, said = saved(tmp_path / "own.npz", x=X, y=Y + 1, class_names=np.array(["ape", "bee", "cow"]))
    assert data.info.class_names == ("ape", "bee", "cow")
    assert sorted(set(data.train.labels.tolist())) == [0, 1, 2]
    assert "label 1 is 'ape'" in said
    data, said = saved(tmp_path / "own.npz", x=X, y=Y, class_names=np.array(["ape", "bee", "cow", "dog"]))
    assert data.info.class_names == ("ape", "bee", "cow", "dog")
    assert "1 of 4 class_names have no picture" in said
    refused(tmp_path / "own.npz", "labels must be 0 to 2", x=X, y=Y + 2, class_names=np.array(["ape", "bee", "cow"]))


@pytest.mark.parametrize("names", [["ä", "ö", "ü"], [b"cat", "süß".encode(), b"dog"]])
def test_names_and_labels_as_bytes(tmp_path: Path, names: list[str] | list[bytes]) -> None:
    expected = tuple(name.decode() if isinstance(name, bytes) else name for name in names)
    data, said = saved(tmp_path / "own.npz", x=X, y=Y, class_names=np.array(names))
    assert data.info.class_names == expected
    assert not said
    data, _ = saved(tmp_path / "own.npz", x=X, y=np.array(names)[Y])
    assert data.info.class_names == tuple(sorted(expected))


def test_names_that_cannot_be_names(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    for names, message in (
        (["ape", "cow", "ape"], "classes 0 and 2 are both called 'ape'"),
        (["ape", "\ud800", "cow"], "name of class 1 is not in Unicode: rename it"),
        (["ape", " ", "cow"], "class 1 has no name"),
        ([b"ape", b"\xff", b"cow"], "class_names holds bytes that are not UTF-8"),
    ):
        refused(path, message, x=X, y=Y, class_names=np.array(names))
    refused(path, "not in Unicode", x=X, y=np.array(["ape", "\udcff", "cow"])[Y])
    refused(path, r"y holds Python objects.*astype\(str\) or astype\(int\)", x=X, y=Y.astype(object))
    refused(path, r"class_names holds Python objects", x=X, y=Y, class_names=np.array(["ape", 1, "cow"], object))
    refused(path, r"x holds Python objects.*of one size", x=np.array([None] * 60, object), y=Y)


@pytest.mark.parametrize(
    ("pictures", "labels"),
    [
        ("x_{}", "y_{}"),
        ("X_{}", "Y_{}"),
        ("{}_images", "{}_labels"),
        ("{}_x", "{}_y"),
        ("images_{}", "targets_{}"),
        ("data-{}", "label-{}"),
    ],
)
@pytest.mark.parametrize(
    "words", [("train", "val", "test"), ("training", "dev", "holdout"), ("Train", "Valid", "eval")]
)
def test_arrays_of_three_parts(tmp_path: Path, pictures: str, labels: str, words: tuple[str, ...]) -> None:
    arrays = {}
    for word, rows in zip(words, (slice(36), slice(36, 45), slice(45, 60)), strict=True):
        arrays |= {pictures.format(word): X[rows], labels.format(word): Y[rows]}
    data, said = saved(tmp_path / "own.npz", **arrays)
    assert data.sizes() == {"train": 36, "validation": 9, "test": 15}
    np.testing.assert_array_equal(data.validation.pictures[..., 0], X[36:45])
    np.testing.assert_array_equal(data.test.pictures[..., 0], X[45:])
    assert "is the validation part" in said


def test_a_single_held_out_part_and_what_is_not_used(tmp_path: Path) -> None:
    arrays = {"x_train": X[:40], "y_train": Y[:40], "x_val": X[40:], "y_val": Y[40:], "ids": Y, "x_other": X}
    data, said = saved(tmp_path / "own.npz", **arrays)
    assert data.sizes() == {"train": 32, "validation": 8, "test": 20}
    assert "x_val is the test part" in said
    assert "not used: ids, x_other" in said
    refused(
        tmp_path / "own.npz", "has only one of x_val and y_val", **{k: v for k, v in arrays.items() if k != "y_val"}
    )
    refused(tmp_path / "own.npz", "class '9' is in y_val but not in y_train", **arrays | {"y_val": Y[40:] * 0 + 9})
    refused(tmp_path / "own.npz", "x_val holds pictures of", **arrays | {"x_val": X[40:].reshape(20, 7, 8)})


@pytest.mark.parametrize(("shape", "expected"), [((3, 6, 7), (6, 7, 3)), ((1, 8, 9), (8, 9, 1)), ((3, 8, 3), None)])
def test_channels_first(tmp_path: Path, shape: tuple[int, ...], expected: tuple[int, ...] | None) -> None:
    pictures = RANDOM.integers(0, 256, (30, *shape), dtype=np.uint8)
    data, said = saved(tmp_path / "own.npz", x=pictures, y=Y[:30])
    assert data.info.shape == (expected or shape)
    assert ("(n, channels, height, width)" in said) == bool(expected)
    moved = pictures.transpose(0, 2, 3, 1) if expected else pictures
    assert {p.tobytes() for p in data.test.pictures} <= {np.ascontiguousarray(p).tobytes() for p in moved}


@pytest.mark.parametrize(
    "name", ["{}-{}-idx{}-ubyte", "{}-{}.idx{}-ubyte", "emnist-letters-{}-{}-idx{}-ubyte.gz", "{}_{}.idx{}_ubyte"]
)
@pytest.mark.parametrize("test", ["t10k", "test"])
def test_names_of_idx_files(tmp_path: Path, write_idx, name: str, test: str) -> None:
    for part, rows in (("train", slice(40)), (test, slice(40, 60))):
        write_idx(tmp_path / name.format(part, "images", 3), X[rows])
        write_idx(tmp_path / name.format(part, "labels", 1), Y[rows] + 1)
    data, said = loaded(tmp_path)
    assert data.info.class_names == ("1", "2", "3")
    assert data.sizes() == {"train": 32, "validation": 8, "test": 20}
    assert "labels 1 to 3 are 3 classes" in said
    alone, _ = loaded(tmp_path / name.format("train", "images", 3))
    assert sum(alone.sizes().values()) == 40


def test_idx_folders_that_hold_too_much_or_too_little(tmp_path: Path, write_idx) -> None:
    for letter in "ab":
        write_idx(tmp_path / f"{letter}-train-images-idx3-ubyte", X)
        write_idx(tmp_path / f"{letter}-train-labels-idx1-ubyte", Y)
    with pytest.raises(UserError, match="several sets: name one file, such as a-train-images-idx3-ubyte"):
        describe_images(str(tmp_path))
    for file in tmp_path.glob("a-*"):
        file.rename(
            tmp_path / "test-images-idx3-ubyte" if "images" in file.name else tmp_path / "test-labels-idx1-ubyte"
        )
    for file in tmp_path.glob("b-*"):
        file.unlink()
    with pytest.raises(UserError, match="has no training part"):
        describe_images(str(tmp_path))
