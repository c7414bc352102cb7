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
