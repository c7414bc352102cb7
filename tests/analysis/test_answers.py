"""What happens to a person's pictures before they are classified, and what is remarked of the answers."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from etudes.analysis.answers import ClassifierOptions, fit_drawing, pictures_in, read_pictures
from etudes.contract import ImageInfo
from etudes.data import IMAGE_SETS, fit_picture, load_images
from etudes.data.notes import collected_notes
from etudes.errors import UserError

MNIST = IMAGE_SETS["mnist"]
DIGITS = load_images("digits", seed=0, validation_share=0.1, limit=8).test.pictures[..., 0]


def own(ink: str) -> ImageInfo:
    return ImageInfo("/somewhere/symbols", 28, 28, 1, ("a", "b"), ink)


def test_what_is_prepared_already_stays_bit_for_bit() -> None:
    for digit in DIGITS:
        pixels, words = fit_drawing(Image.fromarray(digit), MNIST, None, None)
        np.testing.assert_array_equal(pixels[..., 0], digit)
        assert not words


def test_dark_on_light_is_inverted_and_said_and_decided_otherwise() -> None:
    for digit in DIGITS:
        image = Image.fromarray(255 - digit)
        pixels, (words,) = fit_drawing(image, MNIST, None, None)
        np.testing.assert_array_equal(pixels[..., 0], digit)
        assert "drawn dark on light, inverted" in words
        assert "--no-invert" in words
        assert (fit_drawing(image, MNIST, False, None)[0][..., 0] == 255 - digit).all()
        assert (fit_drawing(Image.fromarray(digit), MNIST, True, None)[0][..., 0] == 255 - digit).all()


@pytest.mark.parametrize("ink", ["light", "dark", ""])
def test_what_is_inverted_follows_from_what_was_learned_from(ink: str) -> None:
    for drawn, digit in (("light", DIGITS[0]), ("dark", 255 - DIGITS[0])):
        pixels, words = fit_drawing(Image.fromarray(digit), own(ink), None, None)
        inverted = bool(ink) and ink != drawn
        assert bool(words) == inverted
        assert ((pixels[..., 0] == 255 - digit).all(), (pixels[..., 0] == digit).all()) == (inverted, not inverted)


def test_photographs_for_a_network_of_photographs_are_only_fitted() -> None:
    image = Image.fromarray(255 - DIGITS[0]).resize((200, 160)).convert("RGB")
    pixels, words = fit_drawing(image, IMAGE_SETS["cifar10"], None, None)
    np.testing.assert_array_equal(pixels, fit_picture(image, IMAGE_SETS["cifar10"]))
    assert not words


def test_a_large_drawing_is_prepared_as_mnist_and_crop_decides() -> None:
    page = np.full((300, 400), 240, np.uint8)
    page[40:180, 250:390] = 255 - np.asarray(Image.fromarray(DIGITS[3]).resize((140, 140)))
    pixels, words = fit_drawing(Image.fromarray(page), MNIST, None, None)
    assert len(words) == 2
    assert "--no-crop" in words[0]
    assert np.corrcoef(pixels[..., 0].ravel(), DIGITS[3].ravel())[0, 1] > 0.6
    whole, words = fit_drawing(Image.fromarray(page), MNIST, None, False)
    np.testing.assert_array_equal(whole, 255 - fit_picture(Image.fromarray(page), MNIST))
    assert len(words) == 1


def folder(tmp_path: Path) -> Path:
    for name in ("b/2.png", "a.png", "b/c/3.jpg", ".hidden/4.png", "__MACOSX/5.png", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("txt"):
            (tmp_path / name).write_text("no picture")
        else:
            Image.fromarray(DIGITS[0]).save(tmp_path / name)
    return tmp_path


def test_a_folder_stands_for_its_pictures_and_those_of_its_subfolders(tmp_path: Path) -> None:
    place = folder(tmp_path)
    inside = [str(place / name) for name in ("a.png", "b/2.png", "b/c/3.jpg")]
    assert pictures_in([str(place)]) == inside
    assert pictures_in(["x.png", str(place)]) == ["x.png", *inside]
    (place / "empty").mkdir()
    with pytest.raises(UserError, match="no picture in this folder"):
        pictures_in([str(place / "empty")])


def test_a_bad_picture_among_others_is_named_and_the_others_are_answered(tmp_path: Path) -> None:
    place = folder(tmp_path)
    (place / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with collected_notes() as notes:
        read = read_pictures(ClassifierOptions((str(place), "missing.png")), MNIST)
    assert len(read.files) == len(read.pixels) == 3
    (said,) = notes
    assert "2 of 5 pictures cannot be read" in said
    assert "broken.png" in said
    assert "missing.png" in said


@pytest.mark.parametrize("inputs", [(), ("missing.png",), ("missing.png", "other.png")])
def test_where_none_can_be_read_it_is_refused(inputs: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match=r"missing\.png|no picture is given") as raised:
        read_pictures(ClassifierOptions(inputs), MNIST)
    assert len(str(raised.value)) <= 200
