"""The page of cifar10_cnn in a browser, without a network: it answers as `etudes use`, with the numbers of Keras."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pages.classifiers import (
    answers_of,
    check_that_everybody_can_read,
    photographs,
    put_in,
    same_answers,
    used,
    written_digits,
)
from pages.visiting import Visit, assert_cells_are_keras, in_float32

pytestmark = pytest.mark.long

RUNS = ["cifar10_cnn@bundled", "cifar10_cnn@mnist"]
"""Of photographs, and of drawings."""

Pages = Callable[..., Path]
Visits = Callable[..., Visit]


@pytest.mark.parametrize("run", RUNS)
def test_twenty_answers_are_those_of_the_command(page_of: Pages, visit: Visits, run: str, tmp_path: Path) -> None:
    page = visit(page_of(run)).page
    for picture in (written_digits if run.endswith("mnist") else photographs)(tmp_path):
        put_in(page, picture)
        assert same_answers(answers_of(page), used(run, picture)), picture.name


@pytest.mark.parametrize("run", RUNS)
def test_ten_cells_at_random_are_those_of_keras(page_of: Pages, visit: Visits, run: str, tmp_path: Path) -> None:
    opened = visit(page_of(run))
    put_in(opened.page, photographs(tmp_path)[7])
    assert_cells_are_keras(opened, in_float32(run), "classifier")


def test_covering_what_mattered_changes_the_answer(page_of: Pages, visit: Visits) -> None:
    page: Any = visit(page_of(RUNS[0])).page
    before = answers_of(page)[0]
    page.get_by_role("button", name="Cover it").click(timeout=120_000)
    page.get_by_role("button", name="Uncover").wait_for()
    assert page.locator(".mask-size output").inner_text() == "8 × 8 pixels"
    assert page.locator(".mask-size input").input_value() == "8"
    assert page.locator(".occlusion .whole").is_visible()
    page.wait_for_selector(f'.answer .confidence:not([value="{before[1]}"])')
    covered = answers_of(page)[0]
    assert covered[0] != before[0] or covered[1] < before[1]
    page.get_by_role("button", name="Uncover").click()
    assert page.locator(".mask-size input").is_disabled()
    page.wait_for_selector(f'.answer .confidence[value="{before[1]}"]')


def test_examples_mistakes_and_breaks_are_put_in(page_of: Pages, visit: Visits) -> None:
    page: Any = visit(page_of(RUNS[0])).page
    for button in [*page.locator(".example").all()[:2], *page.locator(".mistake, .breaks button").all()]:
        count = page.locator(".answer").get_attribute("data-count")
        button.click()
        page.wait_for_selector(f'.answer:not([data-count="{count}"])')


@pytest.mark.parametrize("run", RUNS)
def test_everybody_can_read_it(page_of: Pages, visit: Visits, run: str) -> None:
    check_that_everybody_can_read(visit(page_of(run), bypass_csp=True))
