"""Colour profiles: what a picture shows, in sRGB; and the formats of phones and scanners."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from etudes.data import load_images, open_picture
from etudes.data.formats import FORMAT_NAMES
from etudes.data.notes import collected_notes
from etudes.data.pictures import read_picture_header
from etudes.errors import UserError


def _s15(value: float) -> bytes:
    return round(value * 65536).to_bytes(4, "big", signed=True)


def profile(space: str = "RGB ", gamma: float = 2.2, primaries: tuple[tuple[float, float, float], ...] = ()) -> bytes:
    """An ICC profile of version 2 by hand: a gamma, and for RGB the XYZ values (D50) of its primaries."""
    curve = b"curv" + bytes(4) + (1).to_bytes(4, "big") + round(gamma * 256).to_bytes(2, "big") + bytes(2)
    tags = {b"wtpt": b"XYZ " + bytes(4) + _s15(0.9642) + _s15(1.0) + _s15(0.8249)}
    text = b"made by hand\0"
    tags[b"desc"] = b"desc" + bytes(4) + len(text).to_bytes(4, "big") + text + bytes(78 + 1)
    tags[b"cprt"] = b"text" + bytes(4) + b"none\0"
    if space == "GRAY":
        tags[b"kTRC"] = curve
    for letter, xyz in zip(b"rgb", primaries, strict=False):
        tags[bytes([letter]) + b"TRC"] = curve
        tags[bytes([letter]) + b"XYZ"] = b"XYZ " + bytes(4) + b"".join(map(_s15, xyz))
    table, data, start = len(tags).to_bytes(4, "big"), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + (start + len(data)).to_bytes(4, "big") + len(content).to_bytes(4, "big")
        data += content + bytes(-len(content) % 4)
    head = bytes(4) + b"lcms" + b"\x02\x40\0\0" + b"mntr" + space.encode() + b"XYZ " + bytes(12) + b"acsp"
    head += bytes(28) + _s15(0.9642) + _s15(1.0) + _s15(0.8249)
    body = head.ljust(128, b"\0") + table + data
    return len(body).to_bytes(4, "big") + body[4:]


P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))


MAGENTA_LAB = (60, 90, -30)


def ink_profile() -> bytes:
    """An ICC profile of four inks by hand: white paper, black, and a magenta of its own; cyan and yellow darken."""
    table = bytearray()
    for corner in range(16):
        cyan, magenta, yellow, black = (corner >> shift & 1 for shift in (3, 2, 1, 0))
        light, a, b = MAGENTA_LAB if magenta else (100, 0, 0)
        light = 0 if black else light - 20 * cyan - 20 * yellow
        table += bytes((round(light * 2.55), (0 if black else a) + 128, (0 if black else b) + 128))
    matrix = b"".join(_s15(value) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    lut = (
        b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + bytes(range(256)) * 4 + bytes(table) + bytes(range(256)) * 3
    )
    good, start = profile("CMYK"), 128 + 4 + 12 * 4
    tags = [(b"A2B0", lut), (b"wtpt", b"XYZ " + bytes(4) + _s15(0.9642) + _s15(1.0) + _s15(0.8249))]
    tags += [
        (b"desc", b"desc" + bytes(4) + (5).to_bytes(4, "big") + b"inks\0" + bytes(79)),
        (b"cprt", b"text" + bytes(4) + b"none\0"),
    ]
    table, data = bytearray(len(tags).to_bytes(4, "big")), b""
    for name, content in tags:
        table += name + (start + len(data)).to_bytes(4, "big") + len(content).to_bytes(4, "big")
        data += content + bytes(-len(content) % 4)
    head = good[:12] + b"prtrCMYKLab " + good[24:128]
    body = head + bytes(table) + data
    return len(body).to_bytes(4, "big") + body[4:]


@pytest.mark.parametrize("suffix", ["jpg", "tiff"])
def test_a_cmyk_profile(tmp_path: Path, suffix: str) -> None:
    """The profile's magenta is no (255, 0, 255), which is what is made of it without a profile."""
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    for ink, wanted in (((0, 255, 0, 0), MAGENTA_LAB), ((0, 0, 0, 255), (0, 0, 0)), ((0, 0, 0, 0), (100, 0, 0))):
        path = tmp_path / f"ink.{suffix}"
        Image.new("CMYK", (8, 8), ink).save(path, icc_profile=ink_profile(), quality=100)
        with collected_notes() as notes:
            opened = open_picture(path)
        light, a, b = np.asarray(ImageCms.applyTransform(opened, to_lab))[0, 0].astype(int)
        found = (light / 2.55, (a + 128) % 256 - 128, (b + 128) % 256 - 128)
        assert np.abs(np.array(found) - wanted).max() <= 8, (ink, rounded(opened))
        assert "converted from their profile" in notes[0]
    Image.new("RGB", (8, 8), (1, 2, 3)).save(tmp_path / "rgb.png", icc_profile=ink_profile())
    assert open_picture(tmp_path / "rgb.png").getpixel((0, 0)) == (1, 2, 3)


def rounded(image: Image.Image) -> tuple[int, ...]:
    return tuple(np.asarray(image.convert("RGB"))[0, 0].tolist())


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "avif"])
@pytest.mark.parametrize("primaries", [P3, ADOBE])
def test_a_wide_profile_is_converted(
    tmp_path: Path, suffix: str, primaries: tuple[tuple[float, float, float], ...]
) -> None:
    """A muted red of sRGB, written in the wide space, is that red again."""
    wide, colour = profile(primaries=primaries), (200, 90, 60)
    to_wide = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(wide)), "RGB", "RGB"
    )
    stored = ImageCms.applyTransform(Image.new("RGB", (16, 16), colour), to_wide)
    assert np.abs(np.array(rounded(stored)) - colour).max() > 8
    path = tmp_path / f"photo.{suffix}"
    stored.save(path, icc_profile=wide, quality=100)
    opened = open_picture(path)
    assert np.abs(np.array(rounded(opened)) - colour).max() <= 4
    assert "icc_profile" not in opened.info


def test_srgb_stays_as_it_is_to_the_bit(tmp_path: Path) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8))
    noise.save(tmp_path / "photo.png", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert open_picture(tmp_path / "photo.png").tobytes() == noise.tobytes()


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_profile(tmp_path: Path, mode: str) -> None:
    """Linear light 0.2 is 124 in sRGB."""
    Image.new(mode, (4, 4), 51 if mode == "L" else (51, 255)).save(
        tmp_path / "grey.png", icc_profile=profile("GRAY", 1.0)
    )
    opened = open_picture(tmp_path / "grey.png")
    assert opened.mode == "L"
    assert abs(opened.getpixel((0, 0)) - 124) <= 1


def test_transparency_and_palettes_keep_their_profile(tmp_path: Path) -> None:
    wide = profile(primaries=P3)
    Image.new("RGB", (4, 4), (234, 51, 35)).quantize(4).save(tmp_path / "palette.png", icc_profile=wide)
    assert np.abs(np.array(rounded(open_picture(tmp_path / "palette.png"))) - (255, 0, 0)).max() <= 6
    picture = Image.new("RGBA", (4, 4), (234, 51, 35, 255))
    picture.putpixel((1, 1), (0, 0, 0, 0))
    picture.save(tmp_path / "clear.png", icc_profile=wide)
    opened = open_picture(tmp_path / "clear.png")
    assert np.abs(np.array(rounded(opened)) - (255, 0, 0)).max() <= 6
    assert opened.getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("content", [b"x", b"\0" * 200, profile(primaries=P3)[:150], profile("GRAY"), profile("Lab ")])
def test_a_profile_that_cannot_be_used_is_ignored_and_noted(tmp_path: Path, content: bytes) -> None:
    Image.new("RGB", (4, 4), (10, 200, 30)).save(tmp_path / "photo.png", icc_profile=content)
    with collected_notes() as notes:
        assert open_picture(tmp_path / "photo.png").getpixel((0, 0)) == (10, 200, 30)
    assert "ignored" in notes[0]
    assert len(notes[0]) <= 200


def test_cmyk_and_lab(tmp_path: Path) -> None:
    for name in ("ink.jpg", "ink.tiff"):
        Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / name)
        with collected_notes() as notes:
            opened = open_picture(tmp_path / name)
        assert opened.mode == "RGB"
        assert "no colour profile" in notes[0]
    lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    ImageCms.applyTransform(Image.new("RGB", (8, 8), (200, 90, 60)), lab).save(tmp_path / "lab.tiff")
    assert np.abs(np.array(rounded(open_picture(tmp_path / "lab.tiff"))) - (200, 90, 60)).max() <= 3


def test_a_folder_with_profiles(tmp_path: Path) -> None:
    for name, colour in (("a", (234, 51, 35)), ("b", (60, 60, 60))):
        (tmp_path / name).mkdir()
        for number in range(5):
            Image.new("RGB", (6, 6), colour).save(tmp_path / name / f"{number}.png", icc_profile=profile(primaries=P3))
    data = load_images(str(tmp_path), seed=0, validation_share=0.2)
    assert data.train.pictures[data.train.labels == 0][0, 0, 0, 1] <= 6


@pytest.mark.parametrize("suffix", ["tiff", "gif", "webp", "avif", "png"])
def test_of_several_pages_the_first_is_read_and_that_is_said(tmp_path: Path, suffix: str) -> None:
    pages = [
        Image.new("L", (20, 10), value).convert("RGB" if suffix in ("webp", "avif") else "L") for value in (40, 200, 90)
    ]
    path = tmp_path / f"pages.{suffix}"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    with collected_notes() as notes:
        assert abs(rounded(open_picture(path))[0] - 40) <= 3
    assert "the first is read" in notes[0]


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_tiff_has_one_size_in_header_and_picture(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (30, 20), "red").save(tmp_path / "scan.tiff", exif=exif)
    header, opened = read_picture_header(tmp_path / "scan.tiff"), open_picture(tmp_path / "scan.tiff")
    assert (header.width, header.height) == opened.size == ((30, 20) if orientation == 3 else (20, 30))


def test_heic_is_opened_by_its_plug_in_or_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x1cftypheic\0\0\0\0mif1heic" + bytes(100))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UserError, match=r"is HEIC, .* here: pip install 'keras-etudes\[data\]', or save"):
        open_picture(tmp_path / "photo.heic")
    monkeypatch.undo()
    pillow_heif = pytest.importorskip("pillow_heif")
    with pytest.raises(UserError, match="is not a picture"):
        open_picture(tmp_path / "photo.heic")
    noise = np.zeros((40, 60, 3), np.uint8)
    noise[:20] = (200, 60, 30)
    pillow_heif.from_pillow(Image.fromarray(noise)).save(tmp_path / "photo.heic", quality=95)
    opened = open_picture(tmp_path / "photo.heic")
    assert opened.size == (60, 40)
    assert np.abs(np.array(rounded(opened)) - (200, 60, 30)).max() <= 6


def test_one_list_of_formats(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("text")
    with pytest.raises(UserError, match=f"save it as {FORMAT_NAMES}"):
        open_picture(tmp_path / "text.png")
