"""A studio for all tests that leave it as it is, and a browser."""

import os
from collections.abc import Iterator
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


@pytest.fixture
def visit(studio: Served, browser: Any) -> Iterator[Visit]:
    """The page in a window of a desktop."""
    opened = open_page(browser, studio.address)
    yield opened
    opened.page.context.close()


@pytest.fixture
def phone(studio: Served, browser: Any) -> Iterator[Visit]:
    """The page on a phone."""
    opened = open_page(browser, studio.address, "phone")
    yield opened
    opened.page.context.close()
