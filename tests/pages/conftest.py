"""What pages are made of, built once, and a browser."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from etudes.errors import UserError
from etudes.pages import PageParts, page_parts
from studio.visiting import launched

PAGE = Path(__file__).parents[2] / "page"


@pytest.fixture(scope="session")
def built_page() -> Callable[[str], PageParts]:
    """Gives what a study's pages are made of, which is built where it is missing.

    Where it cannot be built, as without npm's registry, the test is skipped, or fails with ETUDES_PAGE=required.
    """
    told: dict[str, str] = {}

    def parts(etude: str) -> PageParts:
        if etude not in told:
            try:
                return page_parts(etude)
            except UserError as error:
                told[etude] = str(error)  # npm takes a while until it gives up
        if os.environ.get("ETUDES_PAGE") == "required":
            pytest.fail(told[etude])
        pytest.skip(f"THE PAGE WAS NOT TESTED: {told[etude]}")

    return parts


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium."""
    with launched() as found:
        yield found


@pytest.fixture
def offline_page(browser: Any) -> Iterator[Any]:
    """A page of a browser without a network; what it asked for is in `asked`, what went wrong in `errors`."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
