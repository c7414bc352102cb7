"""A browser, and a page in it that has no network."""

from collections.abc import Iterator
from typing import Any

import pytest

from studio.visiting import launched


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium."""
    with launched() as found:
        yield found


def is_refused(request: Any) -> bool:
    """Whether a request was never made, as the page's policy forbids it."""
    return request.failure == "csp"


@pytest.fixture
def offline_page(browser: Any) -> Iterator[Any]:
    """A page of a browser without a network; `asked` has what it asked for, and `refused` what its policy forbade.

    `errors` has what went wrong.

    Pages forbid `eval`, and so Playwright's `wait_for_function`: `wait_for_selector("html[data-answered]",
    state="attached")` waits for the first answer.
    """
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.asked, page.refused, page.errors = [], [], []
    page.on("requestfinished", lambda request: page.asked.append(request.url))
    page.on("requestfailed", lambda request: (page.refused if is_refused(request) else page.asked).append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
