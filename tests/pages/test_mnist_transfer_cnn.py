"""The page of mnist_transfer_cnn in a browser: it answers as `etudes use`, with the numbers of Keras."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pages.classifiers import (
    answers_of,
    check_that_everybody_can_read,
    put_in,
    same_answers,
    used,
    written_digits,
)
from pages.visiting import Visit, assert_cells_are_keras, in_float32

pytestmark = pytest.mark.long

RUN = "mnist_transfer_cnn@bundled"

Pages = Callable[..., Path]
Visits = Callable[..., Visit]


def test_twenty_answers_of_both_networks_are_those_of_the_command(
    page_of: Pages, visit: Visits, tmp_path: Path
) -> None:
    page = visit(page_of(RUN)).page
    for picture in written_digits(tmp_path):
        put_in(page, picture)
        assert same_answers(answers_of(page), used(RUN, picture, first=True) + used(RUN, picture)), picture.name


@pytest.mark.parametrize("network", ["transferred", "first"])
def test_ten_cells_at_random_are_those_of_keras(page_of: Pages, visit: Visits, network: str, tmp_path: Path) -> None:
    opened = visit(page_of(RUN))
    put_in(opened.page, written_digits(tmp_path)[3])
    assert_cells_are_keras(opened, in_float32(RUN), network)


def test_what_is_frozen_is_locked_and_has_not_moved(page_of: Pages, visit: Visits) -> None:
    page = visit(page_of(RUN)).page
    locked = page.locator("#journey-transferred article.frozen")
    assert [band.get_attribute("data-value") for band in locked.all()] == ["01_conv2d", "03_conv2d"]
    rows = [row.inner_text() for row in page.locator(".changes tbody tr").all()]
    assert ["unchanged" in row for row in rows] == [True, True, False, False]
    assert float(page.locator(".readers p[data-apart]").get_attribute("data-apart")) == 0


def test_everybody_can_read_it(page_of: Pages, visit: Visits) -> None:
    check_that_everybody_can_read(visit(page_of(RUN), bypass_csp=True))
