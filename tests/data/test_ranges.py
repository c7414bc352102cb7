"""Pictures in another range than 0..255: scaled where that is plain, noted, refused where it is not."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from etudes.contract import ImageData
from etudes.data import load_images, open_picture
from etudes.data.notes import collected_notes
from etudes.errors import UserError

RANDOM = np.random.default_rng(5)


def drawn(count: int = 40) -> np.ndarray:
    """Squares of 255 on noise of 0 to 40, at random places; uint8 (n, 12, 12)."""
    pictures = RANDOM.integers(0, 40, (count, 12, 12), dtype=np.uint8)
    for picture, (y, x) in zip(pictures, RANDOM.integers(0, 8, (count, 2)), strict=True):
        picture[y : y + 4, x : x + 4] = 255
    return pictures


def loaded(path: Path, **arrays: np.ndarray) -> tuple[ImageData, str]:
    np.savez(path, **arrays)
    with collected_notes() as notes:
        data = load_images(str(path), seed=0, validation_share=0)
    assert all(len(text) <= 200 for text in notes)
    return data, "\n".join(notes)


SCALES = {
    "0..1": lambda p: (p > 128).astype(np.uint8),
    "truth": lambda p: p > 128,
    "0..3": lambda p: p // 64,
    "0..7": lambda p: p // 32,
    "0..15": lambda p: (p // 16).astype(np.int64),
    "0..16": lambda p: np.round(p / 255 * 16),
    "0..31": lambda p: p // 8,
    "0..100": lambda p: np.round(p / 255 * 100).astype(np.int16),
    "0..1023": lambda p: p.astype(np.uint16) << 2,
    "0..4095": lambda p: p.astype(np.uint16) * 16,
    "0..16383": lambda p: p.astype(np.int32) * 64,
    "0..65535": lambda p: p.astype(np.uint16) * 257,
    "-1..1": lambda p: (p / 127.5 - 1).astype(np.float32),
    "floats to 255": lambda p: p.astype(np.float32) * 0.999,
    "whole floats": lambda p: p.astype(np.float64),
}


@pytest.mark.parametrize("name", SCALES)
def test_plain_ranges_are_scaled_and_noted(tmp_path: Path, name: str) -> None:
    pictures, labels = drawn(), np.arange(40) % 2
    usual, said = loaded(tmp_path / "usual.npz", x=pictures, y=labels)
    assert not said
    data, said = loaded(tmp_path / "other.npz", x=SCALES[name](pictures), y=labels)
    change = np.abs(data.train.pictures.astype(int) - usual.train.pictures).max()
    assert change <= {"0..1": 40, "truth": 40, "0..3": 40, "0..7": 32}.get(name, 17)
    assert data.train.pictures.max() >= 251
    assert ("own.npz" if name == "whole floats" else "values are") in (said or "own.npz")


@pytest.mark.parametrize(
    "values",
    [
        np.full((40, 12, 12), 70_000),
        RANDOM.normal(size=(40, 12, 12)),
        RANDOM.uniform(0, 60, (40, 12, 12)),
        RANDOM.uniform(-0.1, 1, (40, 12, 12)),
        RANDOM.integers(-128, 128, (40, 12, 12)).astype(np.int8),
        np.where(np.arange(40 * 144).reshape(40, 12, 12) == 70, np.inf, 0.5),
        np.where(np.arange(40 * 144).reshape(40, 12, 12) == 70, 12, RANDOM.integers(0, 7, (40, 12, 12))),
    ],
)
def test_ranges_that_are_not_plain_are_refused_with_a_cure(tmp_path: Path, values: np.ndarray) -> None:
    with pytest.raises(UserError, match=r"own\.npz: x holds .*: .+") as caught:
        loaded(tmp_path / "own.npz", x=values, y=np.arange(40) % 2)
    assert len(str(caught.value)) <= 200


@pytest.mark.parametrize("top", [40, 63, 90, 120])
def test_dark_pictures_are_not_stretched(tmp_path: Path, top: int) -> None:
    """Noise of a dark camera: few pictures reach the highest value."""
    dark = np.clip(RANDOM.normal(top / 3, top / 12, (60, 12, 12)).round(), 0, top - 8).astype(np.uint8)
    dark[7, 3, 3] = top
    data, said = loaded(tmp_path / "own.npz", x=dark, y=np.arange(60) % 2)
    assert max(data.train.pictures.max(), data.test.pictures.max()) == top
    assert data.train.pictures.max() < top or "taken as dark pictures" in said


def test_the_training_part_decides_for_all(tmp_path: Path) -> None:
    pictures, labels = drawn() // 16, np.arange(40) % 2
    pictures[30:] = np.minimum(pictures[30:], 9)
    arrays = {"x_train": pictures[:20], "y_train": labels[:20], "x_val": pictures[20:30], "y_val": labels[20:30]}
    arrays |= {"x_test": pictures[30:], "y_test": labels[30:]}
    data, _ = loaded(tmp_path / "own.npz", **arrays)
    assert [int(part.pictures.max()) for part in (data.train, data.validation, data.test)] == [255, 255, 9 * 17]
    for other in (drawn(10), pictures[30:] / 15, pictures[30:] > 8):
        with pytest.raises(UserError, match=r"x_test holds values from .* use one range"):
            loaded(tmp_path / "own.npz", **arrays | {"x_test": other})


def test_idx_files_of_few_levels(tmp_path: Path, write_idx) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte", drawn() > 128)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.arange(40) % 2)
    with collected_notes() as notes:
        data = load_images(str(tmp_path), seed=0, validation_share=0.1)
    assert set(np.unique(data.test.pictures)) == {0, 255}
    assert "scaled from 0..1 to 0..255" in notes[0]


@pytest.mark.parametrize(
    ("bits", "top"), [(8, 255), (10, 1023), (12, 4095), (14, 16383), (11, 2047), (16, 65535), (16, 40_000)]
)
def test_a_file_of_sixteen_bits_is_scaled_by_those_that_are_used(tmp_path: Path, bits: int, top: int) -> None:
    Image.fromarray(np.array([[0, top // 2, top]], np.uint16)).save(tmp_path / "deep.png")
    with collected_notes() as notes:
        opened = np.asarray(open_picture(tmp_path / "deep.png"))
    expected = np.array([0, top // 2, top]) / (2**bits - 1) * 255
    assert np.abs(opened[0] - expected).max() <= 0.51
    assert bool(notes) == (bits < 16)


def test_a_folder_of_sixteen_bits_has_one_scale(tmp_path: Path) -> None:
    """Each picture is of another brightness; in a scale of its own each would be as light as the others."""
    for name in "ab":
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(10):
            picture = np.full((8, 8), 400 * (number + 1), np.uint16)
            picture[0, 0] = number + (10 if name == "b" else 0)
            Image.fromarray(picture).save(tmp_path / "own" / name / f"{number}.png")
    with collected_notes() as notes:
        data = load_images(str(tmp_path / "own"), seed=0, validation_share=0.2)
    levels = {int(p.max()) for part in (data.train, data.validation, data.test) for p in part.pictures}
    assert levels == {round(400 * (number + 1) / 4095 * 255) for number in range(10)}
    assert len([text for text in notes if "scaled" in text]) == 1


def test_twelve_bits_in_colour_are_refused_as_pillow_cuts_them(tmp_path: Path) -> None:
    row = np.array([4095, 2000, 7], ">u2").tobytes()
    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" + row)), (b"IEND", b""))
    body = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    (tmp_path / "deep.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(body))
    with pytest.raises(UserError, match="uses 12 bits or fewer of 16 in its colours: save it with 8"):
        open_picture(tmp_path / "deep.png")


def test_masks_of_zero_and_one(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / "own" / name).mkdir(parents=True)
        for number, picture in enumerate(drawn(10)):
            Image.fromarray((picture > 128).astype(np.uint8)).save(tmp_path / "own" / name / f"{number}.png")
    with collected_notes() as notes:
        data = load_images(str(tmp_path / "own"), seed=0, validation_share=0.2)
        single = np.asarray(open_picture(tmp_path / "own" / "a" / "0.png"))
    assert (
        set(np.unique(data.train.pictures)) == set(np.unique(data.test.pictures)) == set(np.unique(single)) == {0, 255}
    )
    assert len([text for text in notes if "scaled" in text]) == 2
