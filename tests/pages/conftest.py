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
