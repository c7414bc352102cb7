"""The page of mnist_transfer_cnn in Chromium, without a network: as `etudes use` answers, with the numbers of Keras."""

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

RUN = "mnist_transfer_cnn@bundled"


@pytest.fixture(scope="module")
def place(built_page: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the bundled run."""
    built_page("mnist_transfer_cnn")
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
        assert same_answers(answers_of(page), used(RUN, picture, first=True) + used(RUN, picture)), picture.name


@pytest.mark.parametrize("network", ["transferred", "first"])
def test_its_cells_are_those_of_the_network(page: Any, network: str, tmp_path: Path) -> None:
    loaded = etudes.load(RUN)
    picture = np.random.default_rng(1).integers(0, 256, loaded.info.shape).astype(np.uint8)
    Image.fromarray(picture.squeeze()).save(tmp_path / "noise.png")
    put_in(page, tmp_path / "noise.png")
    head = ["08_dense", "09_activation", "11_dense", "12_activation"]
    names = head if network == "first" else ["01_conv2d", "03_conv2d", "05_max_pooling2d", *head]
    expected = in_keras(loaded, network, names, picture)
    for name, cell in random_cells({name: value.shape for name, value in expected.items()}):
        found = cell_of(page, network, name, cell)
        assert abs(found - float(expected[name][cell])) <= 1e-3 * max(1.0, float(np.abs(expected[name]).max())), name


def test_what_is_frozen_is_locked_and_has_not_moved(page: Any) -> None:
    frozen = page.locator("#journey-transferred article.frozen").evaluate_all(
        "all => all.map((one) => one.dataset.value)"
    )
    assert frozen == ["01_conv2d", "03_conv2d"]
    rows = [row.inner_text() for row in page.locator(".changes tbody tr").all()]
    assert ["nothing" in row for row in rows] == [True, True, False, False]
    assert float(page.locator(".readers p data").get_attribute("value")) == 0  # of the features of both networks
