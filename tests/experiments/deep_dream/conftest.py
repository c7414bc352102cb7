"""Fixtures of the tests of the deep dream: no published file and no run, and two networks."""

from pathlib import Path
from typing import Any

import pytest

from etudes.experiments.deep_dream import inception
from etudes.experiments.deep_dream.networks import untrained_network
from etudes.training.backend import drawn_from, start_backend


@pytest.fixture(autouse=True)
def nothing_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No published file, no run, and nothing that came with the package."""
    monkeypatch.setattr("etudes.runs.folder.BUNDLED", tmp_path / "bundled")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ETUDES_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ETUDES_RUNS", str(tmp_path / "runs"))


@pytest.fixture(scope="module")
def network() -> Any:
    """A small network with random weights."""
    start_backend()
    with drawn_from(0):
        return untrained_network()


@pytest.fixture(scope="module")
def whole_inception() -> Any:
    """Inception-v3 with random weights."""
    start_backend()
    with drawn_from(0):
        return inception.inception_v3()
