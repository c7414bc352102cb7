"""What the page of a classifier holds."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from etudes.analysis.page_content import classifier_content, is_own
from etudes.contract import Array, ImageInfo, Images


class Brightness:
    """Calls bright pictures "day" and dark ones "night"."""

    def predict_on_batch(self, pictures: Any) -> Array:
        day = np.asarray(pictures, np.float32).mean(axis=(1, 2, 3)) / 255
        return np.stack([1 - day, day], axis=1).astype(np.float32)


INFO = ImageInfo("somewhere", 16, 12, 3, ("night", "day"))
LEVELS = (10, 20, 240, 250, 200, 60)


@pytest.fixture
def test_pictures() -> Images:
    """Even pictures, of which the last two are labelled wrongly."""
    pixels = np.stack([np.full(INFO.shape, level, np.uint8) for level in LEVELS])
    return Images(pixels, np.array([0, 0, 1, 1, 0, 1]))


def level_of(address: str) -> int:
    """The first value of a picture in an address of data."""
    content = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (INFO.width, INFO.height)
        return int(np.asarray(image).flat[0])


def test_examples_are_right_and_mistakes_the_most_confident_first(test_pictures: Images) -> None:
    found = classifier_content(Brightness(), INFO, test_pictures)
    assert [(level_of(one["picture"]), one["truth"]) for one in found["examples"]] == [(10, "night"), (240, "day")]
    assert [(level_of(one["picture"]), one["answer"]) for one in found["mistakes"]] == [(200, "day"), (60, "night")]
    assert found["mistakes"][0]["confidence"] == pytest.approx(200 / 255)
    assert (found["wrong"], found["pictures"]) == (2, 6)


def test_breaks_are_changes_that_give_another_answer(test_pictures: Images) -> None:
    found = {one["kind"]: one for one in classifier_content(Brightness(), INFO, test_pictures)["breaks"]}
    assert set(found) == {"negative", "noise", "unknown"}  # neither upside down nor without colours
    assert (found["negative"]["before"], found["negative"]["answer"]) == ("day", "night")
    assert level_of(found["negative"]["picture"]) == 5


def test_without_pictures_to_show_there_are_embedded_ones_and_no_mistakes() -> None:
    found = classifier_content(Brightness(), INFO, None)
    assert len(found["examples"]) >= 2
    assert {one["truth"] for one in found["examples"]} == {""}
    assert found["mistakes"] == []
    drawn = classifier_content(Brightness(), ImageInfo("somewhere", 16, 12, 3, ("a", "b"), "dark"), None)
    assert drawn["examples"] == []
    digits = classifier_content(Brightness(), ImageInfo("mnist", 28, 28, 1, ("3", "5")), None)
    assert len(digits["examples"]) == 2


@pytest.mark.parametrize(
    ("source", "own"), [("mnist", False), ("mnist to digits", False), ("letters", True), ("mnist to letters", True)]
)
def test_data_is_own_unless_all_of_it_is_built_in(source: str, own: bool) -> None:
    assert is_own(ImageInfo(source, 8, 8, 1, ("a", "b"))) == own
