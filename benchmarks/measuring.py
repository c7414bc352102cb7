"""Run contestants in turn, each in a new process, and summarise their measurements."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from etudes.training.environment import cores, processor, versions

ROOT = Path(__file__).parent.parent
Record = dict[str, Any]


@dataclass(frozen=True)
class Contestant:
    """A module with a function `measure`, and its arguments (JSON values)."""

    module: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    """Modules that must be installed; without them the contestant is left out with a message."""
    backend: str = "tensorflow"
    """KERAS_BACKEND of its process."""

    @property
    def missing(self) -> list[str]:
        """Names of the modules it needs that are not installed."""
        return [name for name in self.needs if importlib.util.find_spec(name) is None]


def run(contestant: Contestant) -> Record:
    """Run one in a new process.

    Returns:
        The result of `measure`, with `process_seconds` (from start to exit), `cpu_seconds` (user and system, all
        threads) and `peak_megabytes` (resident), as the operating system counts them.

    Raises:
        RuntimeError: it failed; with the end of its output.
    """
    return listened(contestant)[0]


def listened(contestant: Contestant, **variables: str) -> tuple[Record, list[str]]:
    """As `run`, with further environment variables; also returns the lines that the process wrote before its record."""
    environment = {**os.environ, "KERAS_BACKEND": contestant.backend, "TF_CPP_MIN_LOG_LEVEL": "3", **variables}
    environment["ETUDES_BENCHMARK_START"] = repr(time.time())
    command = [sys.executable, "-m", "benchmarks.child", contestant.module, json.dumps(dict(contestant.arguments))]
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"{contestant.module} ended with {process.returncode}: {output[-2000:]}")
    resources = {
        "process_seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_megabytes": usage.ru_maxrss / 1024,
    }
    *lines, record = output.strip().splitlines()
    return {**json.loads(record), **resources}, lines


def in_turn(contestants: Mapping[str, Contestant], repeats: int) -> dict[str, list[Record]]:
    """Run all of them, A B A B …, so that other work on the machine affects them equally.

    Contestants that need a missing library are left out.
    """
    records: dict[str, list[Record]] = {}
    for name, contestant in contestants.items():
        if contestant.missing:
            say(f"  {name}: left out, {', '.join(contestant.missing)} is not installed")
        else:
            records[name] = []
    for number in range(repeats):
        for name in records:
            found = run(contestants[name])
            records[name].append(found)
            say(f"  {name}, {number + 1} of {repeats}: {found['process_seconds']:.1f} s")
    return records


def spread(values: list[float]) -> dict[str, float]:
    """Minimum, median and maximum of some values, with four digits."""
    named = {"min": min(values), "median": statistics.median(values), "max": max(values)}
    return {name: float(f"{value:.4g}") for name, value in named.items()}


def compared(
    records: Mapping[str, list[Record]], value: Callable[[Record], float], ours: str, *, less: bool
) -> dict[str, Any]:
    """Values of each contestant, and how many times better ours is, round by round.

    Args:
        records: from `in_turn`.
        value: takes the value from a record.
        ours: the contestant that the others are compared with.
        less: whether smaller is better; a ratio is above 1 if ours is better.
    """
    values = {name: [value(record) for record in found] for name, found in records.items()}
    ratios = {}
    for name in values:
        if name != ours and ours in values:
            pairs = zip(values[name], values[ours], strict=True)
            ratios[name] = spread([theirs / mine if less else mine / theirs for theirs, mine in pairs])
    return {"values": {name: spread(found) for name, found in values.items()}, "ours": ours, "ratios": ratios}


def machine() -> Record:
    """The conditions of a measurement: processor, cores, versions, and the load of the machine."""
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip()
    except OSError:
        commit = ""
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    return {"processor": processor(), "cores": cores(), "versions": versions(), "commit": commit, "load_before": load}


def say(text: str) -> None:
    """Print progress to stderr."""
    print(text, file=sys.stderr, flush=True)
