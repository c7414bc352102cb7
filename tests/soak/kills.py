"""Kill a training again and again, and compare its end with that of a training that was never interrupted."""

from __future__ import annotations

import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from etudes.runs import Run, read_metrics
from etudes.runs.failpoints import POINTS
from soak.forking import Forks

TIMED = "any moment"


@dataclass(frozen=True)
class End:
    """What must be the same in the end."""

    weights: str
    """SHA-256 of the weights file."""
    history: list[dict[str, Any]]
    """Every logged metric but the times."""
    metrics: dict[str, Any]


def end_of(folder: Path) -> End:
    """The end of a finished run."""
    times = ("seconds", "samples_per_second")
    history = [{key: value for key, value in line.items() if key not in times} for line in read_metrics(folder)]
    results = Run(folder).read_json("results.json")
    return End(results["weights_sha256"], history, results["metrics"])


@dataclass
class Killed:
    """What came of killing one étude's trainings."""

    etude: str
    backend: str
    fired: list[str] = field(default_factory=list)
    """Where each kill struck."""
    straight: str = ""
    interrupted: set[str] = field(default_factory=set)
    """SHA-256 of the weights: of the straight run, and of every run that was killed."""
    runs: int = 0
    differing: int = 0
    """Killed runs that came to their end, and those of them whose weights, metrics or metrics differ."""
    seconds: float = 0.0


def words_for(etude: str, folder: Path) -> list[str]:
    """The command that begins a tiny training, and that goes on with it."""
    return ["train", etude, "--preset", "tiny", "--out", str(folder), "--quiet"]


def kill_at(forks: Forks, etude: str, folder: Path, point: str, log: Path) -> bool:
    """Train, or go on, until the failpoint kills the process; False if the training came to its end instead.

    A checkpoint is saved at every step, so that every point is reached early.
    """
    code = forks.run(words_for(etude, folder), log, ETUDES_FAILPOINT=point, ETUDES_CHECKPOINT_SECONDS="0")
    assert code in (0, -signal.SIGKILL), f"{etude} at {point}: exit code {code}, see {log}"
    return code != 0


def finish(forks: Forks, etude: str, folder: Path, log: Path, cores: int = 0) -> End:
    """Train to the end."""
    code = forks.run(words_for(etude, folder), log, cores=cores)
    assert code == 0, f"{etude}: exit code {code}, see {log}"
    return end_of(folder)


def soak(etude: str, backend: str, folder: Path, kills: int = 25, seed: int = 0) -> Killed:
    """Kill trainings of an étude at `kills` seeded places, a fifth of them at any moment by the clock."""
    folder.mkdir(parents=True, exist_ok=True)
    random, log = np.random.default_rng([seed, sum(etude.encode())]), folder / "log.txt"
    came = Killed(etude, backend)
    began = time.monotonic()
    with Forks(backend) as forks:
        finish(forks, etude, folder / "warm-up", log)
        start = time.monotonic()
        straight = finish(forks, etude, folder / "straight", log)
        duration, came.straight = time.monotonic() - start, straight.weights
        while len(came.fired) < kills:
            victim = folder / f"killed-{came.runs + 1}"
            while len(came.fired) < kills and strike(forks, came, victim, duration, random, log):
                pass
            end = finish(forks, etude, victim, log)
            came.runs += 1
            came.differing += end != straight
            came.interrupted.add(end.weights)
            shutil.rmtree(victim)
    came.seconds = time.monotonic() - began
    return came


def strike(forks: Forks, came: Killed, victim: Path, duration: float, random: Any, log: Path) -> bool:
    """One kill at a drawn place; False if the training came to its end before it."""
    if random.random() < 0.2:
        code = forks.run(
            words_for(came.etude, victim),
            log,
            kill_after=duration * random.uniform(0.1, 1),
            ETUDES_CHECKPOINT_SECONDS="0",
        )
        assert code in (0, -signal.SIGALRM), f"{came.etude}: exit code {code}, see {log}"
        came.fired += [TIMED] if code else []
        return code != 0
    begun = (victim / "checkpoints").exists()
    never = ("settings.toml", "environment.json") if begun else ("metrics.jsonl",)  # not reached again, or not yet
    point = str(random.choice([point for point in POINTS if point.split(":")[0] not in never]))
    often = point.split(":")[0] in ("current.safetensors", "metrics", "step", "validation", "epoch")
    point += f"@{random.integers(1, 3)}" if often else ""
    struck = kill_at(forks, came.etude, victim, point, log)
    came.fired += [point] if struck else []
    return struck
