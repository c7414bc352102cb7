"""`make soak`: everything that docs/reliability.md promises, tried whole; minutes to an hour on two cores.

    python -m soak                    # with tests/ on PYTHONPATH; all parts
    python -m soak kills hostile      # some of them; the metrics of the others stay

The metrics go to benchmarks/reliability.json, from which docs/generate.py writes docs/reliability.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from etudes import experiments
from etudes.actions.loading import build_networks, preset_of
from etudes.runs import Checkpoint, save_checkpoint, settings_digest
from etudes.training.environment import cores, processor, versions
from soak.forking import Forks
from soak.kills import finish, soak

KILLS = {"tensorflow": 25, "jax": 25}
"""How often each étude is killed on each backend."""

RESULTS = Path(__file__).parent.parent.parent / "benchmarks" / "reliability.json"


def kills(folder: Path) -> list[dict[str, Any]]:
    """Seeded kills of each étude on each backend; is the end that of a straight run?"""

    def on(backend: str) -> list[dict[str, Any]]:
        found = []
        for etude in experiments.names():
            came = soak(etude, backend, folder / f"{backend}-{etude}", KILLS[backend])
            found.append(dataclasses.asdict(came) | {"interrupted": sorted(came.interrupted)})
            say(f"{etude} on {backend}: {len(came.fired)} kills in {came.runs} runs, {came.differing} differ")
        return found

    with ThreadPoolExecutor(len(KILLS)) as both:
        return [record for found in both.map(on, KILLS) for record in found]


def repeats(folder: Path) -> list[dict[str, Any]]:
    """The same command three times, and once on a single core: how many different weights come out?"""
    found = []
    for backend in KILLS:
        with Forks(backend) as forks:
            for etude in experiments.names():
                ends = [finish(forks, etude, folder / f"{backend}-{etude}-{n}", folder / "log.txt") for n in range(3)]
                one_core = finish(forks, etude, folder / f"{backend}-{etude}-one", folder / "log.txt", cores=1)
                record = {"etude": etude, "backend": backend, "weights": ends[0].weights}
                record |= {"same": all(end == ends[0] for end in ends), "same_on_one_core": one_core == ends[0]}
                say(f"{etude} on {backend}: {record}")
                found.append(record)
    return found


def checkpoints(folder: Path) -> list[dict[str, Any]]:
    """How long the checkpoint of each étude's preset `tuned` takes, as a share of the time between two of them."""
    from etudes.training.backend import start_backend
    from etudes.training.checkpointing import MAX_SECONDS, SECONDS, SHARE
    from etudes.training.state import state_of

    start_backend("tensorflow")
    found = []
    for etude in experiments.names():
        experiment = experiments.load(etude)
        settings = preset_of(etude, "tuned", {"weights": "untrained"} if etude == "deep_dream" else {})
        info = experiment.describe_data(settings)
        specs = experiment.io_spec(info, settings)
        networks = build_networks(experiment, settings, info, None)
        state = state_of({name: networks[name] for name, spec in specs.items() if spec.saved})
        arrays = {f"{part}/{name}": array for part in ("weights", "first", "second") for name, array in state.items()}
        seconds = []
        for _ in range(5):
            start = time.monotonic()
            save_checkpoint(folder, Checkpoint(arrays, {}), settings_digest(folder))
            seconds.append(time.monotonic() - start)
        median = float(np.median(seconds))
        between = min(max(SECONDS, median / SHARE), MAX_SECONDS)
        size = (folder / "checkpoints" / "current.safetensors").stat().st_size / 1e6
        found.append(
            {"etude": etude, "megabytes": size, "seconds": seconds, "every": between, "share": median / between}
        )
        say(f"{etude}: {found[-1]}")
    return found


def hostile(folder: Path) -> dict[str, Any]:
    """The whole corpus of bad inputs."""
    from soak.hostile import run_corpus

    return run_corpus(folder)


def flips(folder: Path) -> dict[str, Any]:
    """Random damage to checkpoints, weights, manifests, settings and cached data."""
    from soak.flips import run_flips

    return run_flips(folder)


def signals(folder: Path) -> list[dict[str, Any]]:
    """Seconds from Ctrl-C or SIGTERM to the end of the process."""
    from soak.signals import run_signals

    return run_signals(folder)


PARTS: dict[str, Callable[[Path], Any]] = {
    "kills": kills,
    "repeats": repeats,
    "checkpoints": checkpoints,
    "signals": signals,
    "hostile": hostile,
    "flips": flips,
}


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Run the parts that were named and write their metrics."""
    parser = argparse.ArgumentParser(prog="soak", description="Try whole what docs/reliability.md promises.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="by default all")
    chosen = parser.parse_args().parts or list(PARTS)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    results = json.loads(RESULTS.read_bytes()) if RESULTS.exists() else {}
    for name in chosen:
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            os.environ["ETUDES_RUNS"] = folder
            found = PARTS[name](Path(folder))
        machine = {"processor": processor(), "cores": cores(), "versions": versions()}
        results[name] = {"metrics": found, "minutes": round((time.monotonic() - start) / 60, 1), **machine}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        say(f"{name}: {results[name]['minutes']} minutes")


if __name__ == "__main__":
    main()
