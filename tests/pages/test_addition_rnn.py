"""The page of addition_rnn in a browser: what it answers, and every number that it shows, against the run itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import etudes
from pages.visiting import Visit, assert_cells_are_keras, violations

pytestmark = pytest.mark.long

RUN = "addition_rnn@bundled"


def test_ten_cells_at_random_are_those_of_keras(page_of: Callable[..., Path], visit: Callable[..., Visit]) -> None:
    assert_cells_are_keras(visit(page_of(RUN)), etudes.load(RUN), "adder")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_read_it(page_of: Callable[..., Path], visit: Callable[..., Visit], theme: str) -> None:
    opened = visit(page_of(RUN), theme=theme, bypass_csp=True)
    assert not violations(opened)
