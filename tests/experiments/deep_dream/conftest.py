"""Fixtures of the tests of the deep dream: no published file and no run, and two networks."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from etudes.experiments.deep_dream import dream_session, inception
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


@pytest.fixture
def stop_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Sends a signal in a step, counted from 1, as long as a patch lasts; gives the list of steps taken."""

    def stop(step: int, patch: pytest.MonkeyPatch = monkeypatch) -> list[Any]:
        end_epoch, steps = dream_session.DreamSession.end_epoch, []

        def stopping(self: Any, metrics: Any, samples: int) -> None:
            steps.append(metrics)
            if len(steps) == step:
                signal.raise_signal(signal.SIGTERM)
            end_epoch(self, metrics, samples)

        patch.setattr(dream_session.DreamSession, "end_epoch", stopping)
        return steps

    return stop
