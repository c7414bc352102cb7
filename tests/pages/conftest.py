"""A browser, and pages of runs in it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from etudes.pages import PageParts
from pages.visiting import Visit, open_page
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

    `errors` has what went wrong. (Pages forbid `eval`, and so Playwright's `wait_for_function`.)
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


@pytest.fixture(scope="package")
def page_of(built_page: Callable[[str], PageParts], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Gives the file of the page of a run, which is written once for all tests."""
    from etudes.actions.loading import resolve
    from etudes.actions.share import share

    written: dict[tuple[str, str], Path] = {}

    def page(reference: Any, **options: Any) -> Path:
        key = str(reference), repr(sorted(options.items()))
        if key not in written:
            built_page(resolve(reference).etude)
            written[key] = share(reference, out=tmp_path_factory.mktemp("pages") / "page.html", **options)
        return written[key]

    return page


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visit]]:
    """Opens a page, see `open_page`, and waits for its first answer; in the end it asked nobody and had no error."""
    opened: list[Visit] = []

    def open_it(file: Path, **window: Any) -> Visit:
        opened.append(open_page(browser, file, **window))
        return opened[-1].wait()

    yield open_it
    for one in opened:
        one.page.context.close()
    for one in opened:
        one.check()
