"""A studio for all tests that leave it as it is, and a browser."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from studio.visiting import Served, Visit, launched, open_page, start_studio


@pytest.fixture(scope="package")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all tests that leave it as it is."""
    pytest.importorskip("gradio")
    served = start_studio(tmp_path_factory.mktemp("studio") / "runs")
    yield served
    served.end()


@pytest.fixture(scope="session")
def in_gradio() -> Any:
    """What `studio.in_gradio` finds, in a process of its own."""
    pytest.importorskip("gradio")
    path = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    command, environment = [sys.executable, "-m", "studio.in_gradio"], {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"Gradio {version('gradio')}: {done.stderr[-3000:]}"
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium."""
    with launched() as found:
        yield found


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
