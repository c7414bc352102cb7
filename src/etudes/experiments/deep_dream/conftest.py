"""What the tests of the deep dream share: noise to dream on, a place with nothing at hand, and two networks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from etudes.experiments.deep_dream import inception
from etudes.experiments.deep_dream.model import untrained_network
from etudes.experiments.deep_dream.regularisers import Picture
from etudes.training.backend import drawn_from, start_backend


def noise(height: int, width: int, seed: int = 0) -> Picture:
    """A picture of noise, float32 (height, width, 3) in [-1, 1]."""
    return np.random.default_rng(seed).uniform(-1, 1, (height, width, 3)).astype(np.float32)


@pytest.fixture(autouse=True)
def nothing_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
