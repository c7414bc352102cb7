"""Which side is the ink, and drawings prepared as MNIST's digits were."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from etudes.data import embedded_photo, load_images
from etudes.data.drawings import find_drawing, ink_in, ink_of, ink_of_set, like_mnist


def seven(side: int = 300, *, dark: bool = True, left: int = 30, shadow: float = 0.0) -> Image.Image:
    """A 7, drawn by a pen on paper that may have a shadow with an edge."""
    image = Image.new("L", (side, side), 245)
    draw, size = ImageDraw.Draw(image), side // 3
    draw.line([(left, 40), (left + size, 40), (left + size // 3, 40 + size)], fill=40, width=max(2, side // 40))
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(1)), np.float32)
    pixels = pixels * np.where(np.arange(side) > side * 0.6, 1 - shadow, 1)
    pixels = np.clip(pixels + np.random.default_rng(0).normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)
    return Image.fromarray(pixels if dark else 255 - pixels)


@pytest.mark.parametrize("shadow", [0.0, 0.25, 0.45])
@pytest.mark.parametrize("dark", [True, False])
def test_ink_is_told_from_paper_under_any_lamp(dark: bool, shadow: float) -> None:
    assert ink_in(seven(dark=dark, shadow=shadow)) == ("dark" if dark else "light")


@pytest.mark.parametrize("source", ["digits", "shapes"])
def test_sets_that_are_light_on_dark_are_known_for_it_and_inverted_for_the_contrary(source: str) -> None:
    pictures = load_images(source, seed=0, validation_share=0.1, limit=60).train.pictures
    assert {ink_of(picture) for picture in pictures} == {"light"}
    assert {ink_of(255 - picture) for picture in pictures} == {"dark"}
    assert ink_of_set(pictures) == ("light" if source == "digits" else "")  # colours are not inverted
    assert ink_of_set(255 - pictures[..., :1]) == "dark"


def test_what_is_no_drawing_has_no_ink() -> None:
    rng = np.random.default_rng(0)
    for pixels in (np.full((28, 28), 200, np.uint8), rng.integers(0, 256, (90, 90)).astype(np.uint8), np.zeros((1, 1))):
        assert ink_of(pixels) == ""
        assert find_drawing(Image.fromarray(pixels.astype(np.uint8))) is None
    assert ink_in(embedded_photo("china")) == ""
    for height, width in ((1, 300), (300, 1), (2, 2), (5, 400)):
        find_drawing(Image.fromarray(rng.integers(0, 256, (height, width)).astype(np.uint8)))


@pytest.mark.parametrize(("side", "left"), [(200, 20), (500, 40), (900, 500)])
@pytest.mark.parametrize("dark", [True, False])
def test_a_drawing_is_cut_out_scaled_and_centred_by_its_mass(side: int, left: int, dark: bool) -> None:
    found = find_drawing(seven(side, dark=dark, left=left, shadow=0.2))
    assert found is not None
    page = like_mnist(found, 28, 28)
    assert page.shape == (28, 28)
    assert page.max() == 255
    rows, columns = np.flatnonzero(page.max(axis=1) > 100), np.flatnonzero(page.max(axis=0) > 100)
    assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
    for axis in (0, 1):
        assert np.average(np.arange(28) + 0.5, weights=page.sum(axis=axis)) == pytest.approx(14, abs=0.6)
    assert (page > 128).mean() > 0.05, "a fine pen must not vanish"


def test_specks_and_what_comes_in_from_the_edge_are_left_out() -> None:
    clean = seven(400)
    dirty = clean.copy()
    ImageDraw.Draw(dirty).ellipse((350, 350, 354, 354), fill=40)
    pages = [like_mnist(found, 28, 28) for image in (clean, dirty) if (found := find_drawing(image))]
    assert np.abs(pages[0].astype(int) - pages[1]).max() < 40
