"""How long a studio takes to open, and to find a training again whose studio was killed.

    PYTHONPATH=tests python -m studio.opening --times 3

It exits with 1 if the median of either is above 5 s. The command's CPU seconds are what it takes where nothing else is
at work; the load is the mean number of processes of this machine that wanted to compute.
"""

import argparse
import json
import os
import signal
import statistics
import tempfile
import time
from pathlib import Path

from etudes.runs import read_metrics
from etudes.runs.locks import holder
from studio.test_doors import call
from studio.visiting import Served, cpu_seconds, start_studio

GOAL = 5.0
"""Seconds."""


def opened(folder: Path) -> tuple[Served, float]:
    """A studio, and the seconds from its command until its page was read."""
    began = time.monotonic()
    served = start_studio(folder / "runs")
    assert served.get("/en/") == 200
    return served, time.monotonic() - began


def state_of(served: Served, name: str) -> str:
    return str(next(run["state"] for run in call(served.address, "runs")["runs"] if run["name"] == name))


def found_again(served: Served, folder: Path, name: str) -> tuple[Served, float, float]:
    """Kill a studio whose training is at work, start another; the seconds until it says so, and the server's of CPU."""
    served.end(signal.SIGKILL)
    began = time.monotonic()
    served, _ = opened(folder)
    while state_of(served, name) != "running":
        time.sleep(0.05)
    return served, time.monotonic() - began, cpu_seconds(served.process.pid)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    opening, processor, finding, processor_finding = [], [], [], []
    with tempfile.TemporaryDirectory() as place:
        folder, name = Path(place), ""
        served, _ = opened(folder)
        try:
            name = call(served.address, "train", "addition_rnn", "tiny", {"epochs": 20000})["name"]
            while not read_metrics(folder / "runs" / name):
                time.sleep(0.2)
            for _ in range(given.times):
                served, seconds, used = found_again(served, folder, name)
                finding.append(seconds)
                processor_finding.append(used)
            for _ in range(given.times):
                served.end()
                served, seconds = opened(folder)
                opening.append(seconds)
                processor.append(served.cpu_seconds)
        finally:
            served.end()
            if name and (process := holder(folder / "runs" / name)):
                os.kill(process, signal.SIGKILL)
    found = {
        "opens_seconds": statistics.median(opening),
        "opens_cpu_seconds": statistics.median(processor),
        "found_again_seconds": statistics.median(finding),
        "found_again_cpu_seconds": statistics.median(processor_finding),
    }
    rounded = {name: round(seconds, 2) for name, seconds in found.items()}
    print(json.dumps({"times": given.times, "load": round(os.getloadavg()[0], 1), **rounded}, indent=1))
    return int(max(found["opens_seconds"], found["found_again_seconds"]) > GOAL)


if __name__ == "__main__":
    raise SystemExit(main())
