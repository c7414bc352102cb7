"""What all tests share: a quiet place of their own, and small run folders."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from etudes.errors import UserError
from etudes.pages import PageParts, page_parts

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs that is also the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ETUDES_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def nothing_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no trained run had come with the package."""
    monkeypatch.setattr("etudes.runs.folder.BUNDLED", tmp_path / "nothing bundled")


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


LOUD = {
    "no Chromium": "THE STUDIO AND THE PAGES WERE NOT TESTED IN A BROWSER: {} tests skipped; apt-get install chromium",
    "THE PAGE WAS NOT TESTED": "THE PAGES WERE NOT TESTED: {} tests skipped, as they cannot be built; try: make page",
}
"""What a line of dots with an `s` among them does not say, by what the reason of a skipped test holds."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what could not be tested."""
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for mark, line in LOUD.items():
        if count := sum(mark in reason for reason in reasons):
            terminalreporter.write_line(line.format(count), red=True, bold=True)
