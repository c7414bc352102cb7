"""A studio for all tests that leave it as it is, and a browser."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from studio.visiting import FLAGS, NO_BROWSER, Served, Visit, chromium, open_page, start_studio


@pytest.fixture(scope="package")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all tests that leave it as it is."""
    pytest.importorskip("gradio")
    served = start_studio(tmp_path_factory.mktemp("studio") / "runs")
    yield served
    served.end()


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium, from the system's packages."""
    path = chromium()
    if path is None and os.environ.get("ETUDES_BROWSER") == "required":
        pytest.fail(f"{NO_BROWSER}: apt-get install chromium")
    if path is None:
        pytest.skip(f"{NO_BROWSER}: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="package")
def pages(studio: Served, browser: Any) -> Iterator[Callable[[str], Visit]]:
    """Opens the page in a window of that kind, once: to open it anew for each test would take most of the time."""
    opened: dict[str, Visit] = {}

    def page(window: str) -> Visit:
        if window not in opened:
            opened[window] = open_page(browser, studio.address, window)
        return opened[window]

    yield page
    for visit in opened.values():
        visit.page.context.close()


@pytest.fixture
def visit(pages: Callable[[str], Visit], request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The page as the tests before left it, on a desktop or in the window that the test names; free of errors after."""
    opened = pages(getattr(request, "param", "desktop"))
    yield opened
    errors, opened.errors[:] = opened.errors[:], []
    assert not errors
