"""The page of antirectifier in a browser, without a network: it answers as `etudes use`, with the numbers of Keras."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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

RUN = "antirectifier@bundled"
NETWORK = "antirectifier"

Pages = Callable[..., Path]
Visits = Callable[..., Visit]


def centred(_layer: Any, given: Any) -> Any:
    """Without its mean."""
    import keras

    return given - keras.ops.mean(given, axis=1, keepdims=True)


def normalised(layer: Any, given: Any) -> Any:
    """And of length one."""
    import keras

    return keras.ops.normalize(centred(layer, given), axis=1)


def test_twenty_answers_of_both_networks_are_those_of_the_command(
    page_of: Pages, visit: Visits, tmp_path: Path
) -> None:
    page = visit(page_of(RUN)).page
    for picture in written_digits(tmp_path):
        put_in(page, picture)
        assert same_answers(answers_of(page), used(RUN, picture)), picture.name


def test_ten_cells_at_random_are_those_of_keras(page_of: Pages, visit: Visits, tmp_path: Path) -> None:
    opened = visit(page_of(RUN))
    put_in(opened.page, written_digits(tmp_path)[3])
    inside = {"centred": centred, "normalised": normalised}
    assert_cells_are_keras(opened, in_float32(RUN), NETWORK, inside=inside)


def test_the_arithmetic_of_a_cell_gives_its_value(page_of: Pages, visit: Visits) -> None:
    opened = visit(page_of(RUN))
    for name in ("03_antirectifier.centred", "03_antirectifier.normalised", "03_antirectifier", "06_antirectifier"):
        for across in (0.1, 0.9):
            chosen = opened.click(NETWORK, name, across, 0.3)
            assert chosen
            steps = opened.page.locator(".detail ol.steps li data")
            assert float(steps.last.get_attribute("value")) == pytest.approx(chosen[1], abs=1e-4, rel=1e-4), name


def test_less_ink_changes_what_is_before_the_layer_and_not_its_length(page_of: Pages, visit: Visits) -> None:
    page: Any = visit(page_of(RUN)).page
    rows = page.locator(".ink-table tbody tr")

    def lengths(row: int) -> list[float]:
        return [float(one.get_attribute("value")) for one in rows.nth(row).locator("data").all()]

    full, now = lengths(0)
    assert full == now
    page.locator(".ink-control input").fill("20")
    page.locator(".ink-control output", has_text="20 %").wait_for()
    full, now = lengths(0)
    assert now < 0.4 * full
    assert lengths(1) == pytest.approx([1, 1], abs=1e-4)
    for row in (2, 3):  # before the ReLU and after it
        full, now = lengths(row)
        assert now < 0.5 * full


def test_another_picture_has_the_full_ink(page_of: Pages, visit: Visits, tmp_path: Path) -> None:
    page: Any = visit(page_of(RUN)).page
    page.locator(".ink-control input").fill("20")
    page.locator(".ink-control output", has_text="20 %").wait_for()
    page.locator(".breaks button").last.click()
    page.locator(".ink-control output", has_text="100 %").wait_for()


def test_once_the_pad_is_cleared_the_page_says_that_it_is_of_the_last_picture(page_of: Pages, visit: Visits) -> None:
    page: Any = visit(page_of(RUN)).page
    note = page.locator(".stale-note")
    assert page.get_by_role("button", name="Undo").is_disabled()  # an example is shown
    assert not note.is_visible()
    page.get_by_role("button", name="Clear").click()
    note.wait_for(state="visible")
    page.locator(".example").first.click()
    note.wait_for(state="hidden")


def test_everybody_can_read_it(page_of: Pages, visit: Visits) -> None:
    check_that_everybody_can_read(visit(page_of(RUN), bypass_csp=True))
