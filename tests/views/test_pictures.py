"""Where results may go, what they say about themselves, and how good they are."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms
from PIL.TiffImagePlugin import IFDRational

import etudes
from etudes.actions.compare import compare
from etudes.actions.report import report
from etudes.data import embedded_photo
from etudes.data.formats import FORMATS as READ
from etudes.data.pictures import open_picture
from etudes.errors import UserError
from etudes.views.exif import SOFTWARE, carried_exif
from etudes.views.pictures import (
    check_new_file,
    check_place,
    encode_picture,
    picture_format,
    replace_file,
    save_pictures,
    written_by_etudes,
)
from etudes.views.report import Page, report_page

ENDINGS = [end for end in sorted({*Image.registered_extensions(), ".heic", ".heif"}) if picture_format(f"a{end}")]
"""Every ending that a result may have on this machine."""

EXIF = ExifTags.IFD.Exif


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def picture(mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 36, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def photograph(path: str, comment: bytes = b"") -> Path:
    """A photograph with all that a telephone writes into one."""
    exif = Image.Exif()
    tags = {"Orientation": 6, "DateTime": "2021:06:07 08:09:10", "Make": "Maker", "Model": "Camera 7"}
    for name, value in {**tags, "Software": "Phone 1.0"}.items():
        exif[ExifTags.Base[name]] = value
    details = {
        "DateTimeOriginal": "2021:06:07 08:09:10",
        "ExposureTime": IFDRational(1, 250),
        "MakerNote": b"who it is" * 9,
    }
    details |= {"ExifImageWidth": 36, "UserComment": comment}
    exif.get_ifd(EXIF).update({ExifTags.Base[name]: value for name, value in details.items()})
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 8.0, 15.0)
    picture().save(path, exif=exif, quality=50)
    return Path(path)


# --- where they may go ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_input_is_never_replaced_whatever_it_is_called(overwrite: bool) -> None:
    photo = photograph("photo.jpg")
    Path("folder").mkdir()
    Path("link.jpg").symlink_to("photo.jpg")
    os.link("photo.jpg", "folder/hard.jpg")
    for name in ("photo.jpg", "./folder/../photo.jpg", str(photo.absolute()), "link.jpg", "folder/hard.jpg"):
        for check in (check_place, check_new_file):
            with pytest.raises(UserError, match="is an input, which would be lost") as refused:
                check(name, overwrite=overwrite, inputs=("7", "none.jpg", photo))
            assert len(str(refused.value)) <= 200
    check_place("other.jpg", inputs=(photo,))


def test_what_etudes_wrote_is_replaced_and_nothing_else() -> None:
    photograph("mine.png")
    Path("notes.csv").write_text("a,b")
    Path("empty.png").touch()
    Path("lost.png").symlink_to("nowhere.png")
    for name in ("mine.png", "empty.png", "lost.png"):
        with pytest.raises(UserError, match=r"does not say that Études wrote it.*--overwrite") as refused:
            check_place(name)
        assert len(str(refused.value)) <= 200
        check_place(name, overwrite=True)
    with pytest.raises(UserError, match="--overwrite"):
        check_new_file("notes.csv")
    check_new_file("notes.csv", overwrite=True)
    save_pictures({"a": picture()}, Path("ours.png"))
    check_place("ours.png")


@pytest.mark.parametrize("name", ["a", "a.bmp", "a.psd", "a.pdf", "a.eps", "a.mp4", "a.PSD", "long" * 60 + ".doc"])
def test_an_ending_that_cannot_be_read_again_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=r"(no picture format for results|the name has no ending); use .png") as refused:
        check_place(name)
    assert len(str(refused.value)) <= 200


def test_films_have_two_endings() -> None:
    check_place("a.gif", film=True)
    check_place("a.mp4", film=True)
    with pytest.raises(UserError, match=r"ends in .gif or .mp4"):
        check_place("a.mov", film=True)


def test_a_further_picture_takes_a_free_name_where_a_strangers_file_lies() -> None:
    stranger = photograph("sheet-second.png").read_bytes()
    for _ in range(2):
        saved = save_pictures({"first": picture(), "second": picture()}, Path("sheet.png"))
        assert list(saved.values()) == ["sheet.png", "sheet-second-2.png"]
    assert Path("sheet-second.png").read_bytes() == stranger
    save_pictures({"first": picture(), "second": picture()}, Path("sheet.png"), overwrite=True)
    assert written_by_etudes("sheet-second.png")


def test_a_picture_that_cannot_be_written_leaves_the_old_one() -> None:
    Path("old.png").write_bytes(b"old")

    def full(temporary: Path) -> None:
        temporary.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        replace_file(Path("old.png"), full)
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == {"old.png": b"old"}


def test_use_compare_and_report_refuse_before_they_begin() -> None:
    for name in ("mnist_acgan.png", "mnist_acgan.gif", "curves.png", "page.html"):
        Path(name).write_bytes(b"a person's")
    with pytest.raises(UserError, match=r"mnist_acgan.png exists"):
        etudes.use("mnist_acgan@bundled", "7")
    with pytest.raises(UserError, match=r"mnist_acgan.gif exists"):
        etudes.use("mnist_acgan@bundled", "7", walk_to="3")
    with pytest.raises(UserError, match=r"curves.png exists"):
        compare(["a", "b"], out="curves.png")
    with pytest.raises(UserError, match=r"page.html exists"):
        report("mnist_acgan@bundled", out="page.html")
    assert {path.read_bytes() for path in Path().iterdir()} == {b"a person's"}


def test_a_place_at_home_is_checked_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("curves.png", "page.html"):
        (tmp_path / name).write_bytes(b"a person's")
    with pytest.raises(UserError, match=r"curves.png exists"):
        compare(["a", "b"], out="~/curves.png")
    with pytest.raises(UserError, match=r"page.html exists"):
        report("mnist_acgan@bundled", out="~/page.html")


# --- what they say ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_of_picture_says_who_wrote_it_and_can_be_read_again(ending: str, mode: str) -> None:
    path = Path(f"result{ending.upper() if mode == 'L' else ending}")
    save_pictures({"a": picture(mode)}, path)
    first = path.read_bytes()
    assert written_by_etudes(path)
    check_place(path)
    save_pictures({"a": picture(mode)}, path)
    assert path.read_bytes() == first
    with Image.open(path) as again:
        assert again.size == (36, 24)
        assert again.format in READ
        if mode == "RGB" and again.format != "GIF":
            profile = ImageCms.ImageCmsProfile(io.BytesIO(again.info["icc_profile"]))
            assert "sRGB" in ImageCms.getProfileDescription(profile)
        if mode == "L":
            assert "icc_profile" not in again.info
    assert open_picture(path).size == (36, 24)


def test_films_pages_and_archives_say_so_too() -> None:
    frames = [Image.new("RGB", (16, 16), (shade, 0, 99)) for shade in range(0, 250, 50)]
    for name in ("film.gif", "film.mp4"):
        save_pictures({"film": frames}, Path(name))
        first = Path(name).read_bytes()
        assert written_by_etudes(name)
        save_pictures({"film": frames}, Path(name))
        assert Path(name).read_bytes() == first
    Path("page.html").write_text(report_page(Page("a title", "", [], "")))
    with zipfile.ZipFile("ours.npz", "w") as archive:
        archive.comment = SOFTWARE.encode()
    assert all(map(written_by_etudes, ("page.html", "ours.npz")))


def test_nothing_that_is_broken_or_of_others_says_so() -> None:
    others = {"a.png": photograph("a.png").read_bytes(), "a.jpg": photograph("a.jpg").read_bytes(), "a.gif": b"GIF89a"}
    others |= {"a.html": b"<!doctype html><meta name=generator content=other>", "a.txt": SOFTWARE.encode(), "a": b""}
    others |= {
        "a.mp4": b"\xff\xff\xff\xffmoov" + b"\xa9cmt",
        "b.mp4": b"\0\0\0\1mdat" + b"\xff" * 8,
        "c.mp4": bytes(99),
    }
    others |= {"a.npz": b"PK\5\6" + bytes(30), "a.tif": b"II*\0" + b"\xff" * 40, "a.avif": bytes(40), "a.heic": b"x"}
    for name, content in others.items():
        Path(name).write_bytes(content)
        assert not written_by_etudes(name), name
    for name in ("none.png", ".", "a\0b.png"):
        assert not written_by_etudes(name), name
    for ending in (*ENDINGS, ".mp4"):
        whole, cut = Path(f"whole{ending}"), Path(f"cut{ending}")
        save_pictures({"a": [picture(), picture()] if ending == ".mp4" else picture()}, whole)
        content = whole.read_bytes()
        for length in range(0, len(content), max(1, len(content) // 40)):
            cut.write_bytes(content[:length])
            assert written_by_etudes(cut) in (True, False)


@pytest.mark.parametrize("ending", [ending for ending in ENDINGS if picture_format(f"a{ending}") != "GIF"])
def test_date_and_camera_of_the_source_are_kept_and_its_orientation_and_place_are_not(ending: str) -> None:
    source, path = photograph("photo.jpg"), Path(f"dream{ending}")
    save_pictures({"dream": picture()}, path, source=source)
    assert written_by_etudes(path)
    with Image.open(path) as dream:
        exif = dream.getexif()
        details = exif.get_ifd(EXIF)
        assert exif[ExifTags.Base.DateTime] == details[ExifTags.Base.DateTimeOriginal] == "2021:06:07 08:09:10"
        assert exif[ExifTags.Base.Model] == "Camera 7"
        assert float(details[ExifTags.Base.ExposureTime]) == 1 / 250
        assert exif.get(ExifTags.Base.Orientation, 1) == 1
        assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
        assert not {ExifTags.Base.MakerNote, ExifTags.Base.ExifImageWidth} & set(details)
    assert b"who it is" not in path.read_bytes()
    assert open_picture(path).size == (36, 24), "not turned a second time"


def test_broken_or_endless_metadata_is_never_worth_a_picture() -> None:
    only = {ExifTags.Base.Software: SOFTWARE}
    whole = photograph("photo.jpg").read_bytes()
    Path("cut.jpg").write_bytes(whole[:120])
    Path("twisted.jpg").write_bytes(whole.replace(b"Camera 7", b"\xff" * 8).replace(b"\x87\x69", b"\x87\x70"))
    photograph("long.jpg", b"x" * 60_000)
    for name in ("cut.jpg", "long.jpg", "none.jpg", "china", "."):
        assert dict(carried_exif(name)) == only, name
    for name in ("cut.jpg", "long.jpg", "twisted.jpg"):
        save_pictures({"a": picture()}, Path("out.jpg"), source=name)
        assert written_by_etudes("out.jpg")


# --- how good they are ------------------------------------------------------------------------------------------------


def decibels(image: Image.Image, ending: str, **options: Any) -> tuple[float, int]:
    """How near a file comes to its picture, in dB (PSNR), and its bytes."""
    encoded = encode_picture(image, f"a{ending}", **options)
    with Image.open(io.BytesIO(encoded)) as again:
        difference = np.asarray(again.convert("RGB"), float) - np.asarray(image, float)
    error = float((difference**2).mean())
    return 10 * np.log10(255**2 / error) if error else float("inf"), len(encoded)


@pytest.mark.parametrize("ending", [".jpg", ".webp", ".avif"])
def test_compressed_pictures_are_good_unless_less_is_asked_for(ending: str) -> None:
    if picture_format(f"a{ending}") is None:
        pytest.skip(f"this Pillow writes no {ending}")
    photo = embedded_photo("flower").resize((160, 106))
    good, less = decibels(photo, ending), decibels(photo, ending, quality=30)
    assert good[0] > 38 > less[0]
    assert good[1] > 2 * less[1]
    checks = np.zeros((32, 32, 3), np.uint8)  # red and blue by turns: with half the colour, all would be violet
    checks[::2, ::2, 0] = checks[1::2, 1::2, 0] = 255
    checks[::2, 1::2, 2] = checks[1::2, ::2, 2] = 255
    assert decibels(Image.fromarray(checks), ending)[0] > 25
