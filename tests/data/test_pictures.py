"""One picture that a person brings."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from etudes.contract import ImageInfo
from etudes.data import embedded_photo, fit_picture, open_picture
from etudes.errors import UserError


def png(path: Path, width: int, height: int, depth: int, kind: int, rows: bytes) -> Path:
    """A PNG written by hand: what the header says and what follows need not agree."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp", "tiff", "avif"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_formats(tmp_path: Path, suffix: str, mode: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.new(mode, (20, 10), 200 if mode == "L" else (250, 10, 10)).save(path)
    opened = open_picture(path)
    assert opened.size == (20, 10)
    assert opened.mode in ("L", "RGB")
    value = np.asarray(opened.convert("RGB"))[5, 10]
    assert np.abs(value - np.array([200] * 3 if mode == "L" else [250, 10, 10])).max() < 8


def test_the_content_counts_not_the_suffix(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    Image.new("RGB", (4, 4), "red").save(path, format="PNG")
    assert open_picture(path).size == (4, 4)
    path = tmp_path / "picture.png"
    Image.new("RGB", (4, 4), "red").save(path, format="PPM")
    with pytest.raises(UserError, match=r"picture\.png: is not a picture"):
        open_picture(path)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((16, 24, 3), np.uint8)
    upright[:8, :8] = 255
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 1)[:, ::-1][::-1, ::-1][:, :],
        8: np.rot90(upright, -1),
    }[orientation]
    if orientation == 7:
        stored = np.rot90(upright.transpose(1, 0, 2), 2)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.png"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    np.testing.assert_array_equal(np.asarray(open_picture(path)), upright)


def test_transparency_becomes_white(tmp_path: Path) -> None:
    path = tmp_path / "clear.png"
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(path)
    assert open_picture(path).getpixel((0, 0)) == (255, 255, 255)
    Image.new("LA", (4, 4), (0, 51)).save(path)
    opened = open_picture(path)
    assert opened.mode == "L"
    assert opened.getpixel((0, 0)) == 204
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.putpixel((1, 0), 1)
    palette.save(path, transparency=0)
    opened = open_picture(path)
    assert opened.getpixel((0, 0)) == (255, 255, 255)
    assert opened.getpixel((1, 0)) == (0, 255, 0)


def test_sixteen_bits_are_scaled_not_cut(tmp_path: Path) -> None:
    values = np.array([0, 256, 257, 32768, 65535], dtype=">u2")
    path = png(tmp_path / "deep.png", 5, 1, 16, 0, b"\0" + values.tobytes())
    assert np.asarray(open_picture(path)).tolist() == [[0, 1, 1, 128, 255]]
    colour = np.array([[65535, 32768, 0]], dtype=">u2")
    path = png(tmp_path / "deep-colour.png", 1, 1, 16, 2, b"\0" + colour.tobytes())
    assert open_picture(path).getpixel((0, 0)) == (255, 128, 0)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp", "tiff", "avif"])
@pytest.mark.parametrize("kept", [0, 1, 30, -400])
def test_truncated_files_are_refused(tmp_path: Path, suffix: str, kept: int) -> None:
    path = tmp_path / f"photo.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, size=(64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match=f"photo.{suffix}: is not a picture") as caught:
        open_picture(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) <= 200


@pytest.mark.parametrize(("width", "height"), [(8000, 8000), (30000, 30000), (2**31 - 1, 1)])
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path, width: int, height: int) -> None:
    path = png(tmp_path / "bomb.png", width, height, 8, 2, b"\0" * 1_000_000)
    tracemalloc.start()
    with pytest.raises(UserError, match=r"bomb\.png: has more than 50 million pixels"):
        open_picture(path)
    assert tracemalloc.get_traced_memory()[1] < width * height / 20
    tracemalloc.stop()


def test_what_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such picture"):
        open_picture(tmp_path / "none.png")
    with pytest.raises(UserError, match="there is no such picture"):
        open_picture(tmp_path)
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(25_000_001)
    with pytest.raises(UserError, match=r"large\.png: is larger than 25 MB"):
        open_picture(large)
    odd = tmp_path / "two\nlines.png"
    odd.write_text("text")
    with pytest.raises(UserError) as caught:
        open_picture(odd)
    assert "\n" not in str(caught.value)


def test_fit_cuts_around_the_centre_and_never_squeezes() -> None:
    wide = Image.new("RGB", (300, 100), "black")
    wide.paste("white", (100, 0, 200, 100))
    colour = fit_picture(wide, ImageInfo("x", 32, 32, 3, ()))
    assert colour.shape == (32, 32, 3)
    assert colour.dtype == np.uint8
    assert colour[:, 3:-3].min() >= 250
    grey = fit_picture(wide, ImageInfo("x", 10, 30, 1, ()))
    assert grey.shape == (10, 30, 1)
    assert [int(grey[5, column, 0]) for column in (3, 15, 26)] == [0, 255, 0]


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK", "I;16", "I", "F", "HSV"])
def test_fit_takes_every_mode(mode: str) -> None:
    fitted = fit_picture(Image.new(mode, (7, 9)), ImageInfo("x", 5, 5, 3, ()))
    assert fitted.shape == (5, 5, 3)


def test_embedded_photographs() -> None:
    for name in ("china", "flower"):
        photo = embedded_photo(name)
        assert (photo.mode, photo.size) == ("RGB", (640, 427))
    with pytest.raises(UserError, match="did you mean 'china'"):
        embedded_photo("chin")
