"""The page of antirectifier in Chromium, without a network: as `etudes use` answers, with the numbers of Keras."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import etudes
from pages.classifiers import (
    answers_of,
    cell_of,
    in_keras,
    open_page,
    put_in,
    random_cells,
    same_answers,
    used,
    written_digits,
)

pytestmark = pytest.mark.long

RUN = "antirectifier@bundled"
NETWORK = "antirectifier"


@pytest.fixture(scope="module")
def place(built_page: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the bundled run."""
    built_page("antirectifier")
    return etudes.share(RUN, out=tmp_path_factory.mktemp("page") / "page.html")


@pytest.fixture
def page(offline_page: Any, place: Path) -> Iterator[Any]:
    """The page, opened; free of errors and of requests after."""
    open_page(offline_page, place)
    yield offline_page
    assert not offline_page.errors
    assert all(address.startswith(("file:", "blob:", "data:")) for address in offline_page.asked)


def test_both_networks_answer_as_etudes_use(page: Any, tmp_path: Path) -> None:
    for picture in written_digits(tmp_path):
        put_in(page, picture)
        assert same_answers(answers_of(page), used(RUN, picture)), picture.name


def test_its_cells_are_those_of_the_network(page: Any, tmp_path: Path) -> None:
    loaded = etudes.load(RUN)
    picture = np.random.default_rng(1).integers(0, 256, loaded.info.shape).astype(np.uint8)
    Image.fromarray(picture.squeeze()).save(tmp_path / "noise.png")
    put_in(page, tmp_path / "noise.png")
    names = ["00_rescaling", "02_dense", "03_antirectifier", "05_dense", "06_antirectifier", "08_dense"]
    expected = in_keras(loaded, NETWORK, names, picture)
    for name, cell in random_cells({name: value.shape for name, value in expected.items()}):
        found = cell_of(page, NETWORK, name, cell)
        assert abs(found - float(expected[name][cell])) <= 1e-3 * max(1.0, float(np.abs(expected[name]).max())), name


def test_the_arithmetic_of_a_cell_gives_its_value(page: Any) -> None:
    for name in ("03_antirectifier.centred", "03_antirectifier.normalised", "03_antirectifier"):
        canvas = page.locator(f'[id="band-{NETWORK}-{name}"] canvas').first
        canvas.click(position={"x": 30, "y": 8})
        detail = page.locator(".detail")
        value = float(detail.locator("p.of data").get_attribute("value"))
        last = float(detail.locator("ol.steps li data").last.get_attribute("value"))
        assert abs(value - last) <= 1e-4 * max(1.0, abs(value)), name
        assert not detail.locator(".warn").count()


def test_less_ink_changes_what_is_before_the_layer_and_not_its_length(page: Any) -> None:
    rows = page.locator(".ink-table tbody tr")
    lengths = lambda row: [float(one.get_attribute("value")) for one in rows.nth(row).locator("data").all()]  # noqa: E731
    full, now = lengths(0)
    assert full == now
    page.locator(".ink-control input").fill("20")
    page.locator(".ink-control output", has_text="20%").wait_for()
    full, now = lengths(0)
    assert now < 0.4 * full
    assert lengths(1) == pytest.approx([1, 1], abs=1e-4)
    full, now = lengths(2)  # of the ReLU
    assert now < 0.5 * full
