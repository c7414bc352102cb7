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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that no browser was there: a line of dots with an `s` among them says nothing."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "no Chromium" in str(report.longrepr)]
    if skipped:
        line = f"THE STUDIO WAS NOT TESTED IN A BROWSER: {len(skipped)} tests skipped; apt-get install chromium"
        terminalreporter.write_line(line, red=True, bold=True)
