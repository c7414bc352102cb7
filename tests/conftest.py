"""What all tests share: a quiet place of their own, and small run folders."""

import os
from pathlib import Path

import pytest

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
