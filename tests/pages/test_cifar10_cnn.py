"""The page of cifar10_cnn in Chromium, without a network: its answers are those of `etudes use`, its numbers Keras'."""

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
    photographs,
    put_in,
    random_cells,
    same_answers,
    used,
    written_digits,
)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", params=["cifar10_cnn@bundled", "cifar10_cnn@mnist"])
def run(request: pytest.FixtureRequest) -> str:
    """A run of photographs, and one of drawings."""
    return str(request.param)


@pytest.fixture(scope="module")
def place(run: str, built_page: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its page."""
    built_page("cifar10_cnn")
    return etudes.share(run, out=tmp_path_factory.mktemp("page") / "page.html")


@pytest.fixture
def page(offline_page: Any, place: Path) -> Iterator[Any]:
    """The page, opened; free of errors and of requests after."""
    open_page(offline_page, place)
    yield offline_page
    assert not offline_page.errors
    assert all(address.startswith(("file:", "blob:", "data:")) for address in offline_page.asked)


def test_it_answers_as_etudes_use(page: Any, run: str, tmp_path: Path) -> None:
    pictures = written_digits(tmp_path) if run.endswith("mnist") else photographs(tmp_path)
    for picture in pictures:
        put_in(page, picture)
        assert same_answers(answers_of(page), used(run, picture)), picture.name


def test_its_cells_are_those_of_the_network(page: Any, run: str, tmp_path: Path) -> None:
    loaded = etudes.load(run)
    picture = np.random.default_rng(1).integers(0, 256, loaded.info.shape).astype(np.uint8)
    Image.fromarray(picture.squeeze()).save(tmp_path / "noise.png")
    put_in(page, tmp_path / "noise.png")
    names = ["00_rescaling", "01_conv2d", "04_activation", "05_max_pooling2d", "09_conv2d", "14_dense"]
    expected = in_keras(loaded, "classifier", names, picture)
    for name, cell in random_cells({name: value.shape for name, value in expected.items()}):
        found = cell_of(page, "classifier", name, cell)
        assert abs(found - float(expected[name][cell])) <= 1e-3 * max(1.0, float(np.abs(expected[name]).max())), name


def test_covering_what_mattered_changes_the_answer(page: Any, run: str) -> None:
    if run.endswith("mnist"):
        pytest.skip("drawings are drawn anew rather than covered")
    before = answers_of(page)[0]
    page.get_by_role("button", name="Cover it").click(timeout=120_000)
    page.get_by_role("button", name="Uncover").wait_for()
    page.wait_for_selector(f'.answer:not([data-answer="{before[0]}"]), .answer .confidence:not([value="{before[1]}"])')
    assert answers_of(page)[0][1] < before[1] or answers_of(page)[0][0] != before[0]
