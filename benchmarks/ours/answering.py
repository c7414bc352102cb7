"""Answers of a trained study: many at once, one in a new process, one in a process that has answered before."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import etudes
from etudes.analysis.classification import predict
from etudes.experiments.addition_rnn.predictions import Predictor
from etudes.training.backend import start_backend


def measure(run: str, count: int, repeats: int) -> dict[str, Any]:
    """Answer.

    Args:
        run: a finished run of an étude that takes pictures, or of addition_rnn.
        count: pictures or questions to answer in batches.
        repeats: of each, after one that is not counted.
    """
    start_backend()
    trained = etudes.load(run)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        example = trained.experiment.use.example(trained.data, Path(folder))
        one = example.inputs[0]
        if trained.etude == "addition_rnn":
            numbers = rng.integers(0, 10**trained.settings.digits, (count, 2))
            questions = np.array([f"{a}+{b}" for a, b in numbers])
            predictor = Predictor(trained.networks["adder"], trained.info, trained.settings)
            answer = lambda: predictor.predict(questions)  # noqa: E731
        else:
            pictures = rng.integers(0, 256, (count, *trained.info.shape), dtype=np.uint8)
            network = next(iter(trained.networks.values()))
            answer = lambda: predict(network, pictures)  # noqa: E731
        command = [sys.executable, "-m", "etudes", "use", run, one]
        return {
            "per_second": count / _median(answer, repeats),
            "warm_seconds": _median(lambda: etudes.use(run, one), repeats),
            "cold_seconds": _median(lambda: subprocess.run(command, check=True, capture_output=True), repeats, 0),
        }


def _median(action: Any, repeats: int, uncounted: int = 1) -> float:
    """Median seconds of an action, without the first `uncounted` calls."""
    times = []
    for _ in range(repeats + uncounted):
        began = time.monotonic()
        action()
        times.append(time.monotonic() - began)
    return statistics.median(times[uncounted:])
