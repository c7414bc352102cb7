"""Contestants in turn, each in a fresh process, and what is said of a list of metrics."""

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
    """A module with a function `measure`, and what to call it with (JSON values)."""

    module: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    """Modules that must be installed; a contestant without them is left out, and that is said."""
    backend: str = "tensorflow"
    """What its process finds in KERAS_BACKEND."""

    @property
    def missing(self) -> list[str]:
        """What is not installed of what it needs."""
        return [name for name in self.needs if importlib.util.find_spec(name) is None]


def run(contestant: Contestant) -> Record:
    """Run one in a fresh process.

    Returns:
        What `measure` gave, and beside it `process_seconds` (from start to exit), `cpu_seconds` (user and system, of
        all its threads) and `peak_megabytes` (resident), as the operating system counted them.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    return listened(contestant)[0]


def listened(contestant: Contestant, **variables: str) -> tuple[Record, list[str]]:
    """As `run`, with further environment variables; also the lines that the process wrote before its record."""
    environment = {**os.environ, "KERAS_BACKEND": contestant.backend, "TF_CPP_MIN_LOG_LEVEL": "3", **variables}
    environment["ETUDES_BENCHMARK_START"] = repr(time.time())
    command = [sys.executable, "-m", "benchmarks.child", contestant.module, json.dumps(dict(contestant.arguments))]
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"{contestant.module} ended with {process.returncode}: {said[-2000:]}")
    resources = {
        "process_seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_megabytes": usage.ru_maxrss / 1024,
    }
    *lines, record = said.strip().splitlines()
    return {**json.loads(record), **resources}, lines


def in_turn(contestants: Mapping[str, Contestant], repeats: int) -> dict[str, list[Record]]:
    """Run all of them, A B A B …, so that what the machine does besides meets them alike.

    Those of which a library is missing are left out.
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
    """Least, median and greatest of some metrics, four digits each."""
    named = {"min": min(values), "median": statistics.median(values), "max": max(values)}
    return {name: float(f"{value:.4g}") for name, value in named.items()}


def compared(
    records: Mapping[str, list[Record]], value: Callable[[Record], float], ours: str, *, less: bool
) -> dict[str, Any]:
    """Figures of each contestant, and by how much ours is better, round by round.

    Args:
        records: what `in_turn` gave.
        value: picks the figure out of a record.
        ours: the contestant that the others are compared with.
        less: whether a smaller figure is better; a ratio is above 1 where ours is better.
    """
    values = {name: [value(record) for record in found] for name, found in records.items()}
    ratios = {}
    for name in values:
        if name != ours and ours in values:
            pairs = zip(values[name], values[ours], strict=True)
            ratios[name] = spread([theirs / mine if less else mine / theirs for theirs, mine in pairs])
    return {"values": {name: spread(found) for name, found in values.items()}, "ours": ours, "ratios": ratios}


def machine() -> Record:
    """What a figure belongs to: processor, cores, versions, and how busy the machine was."""
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip()
    except OSError:
        commit = ""
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    return {"processor": processor(), "cores": cores(), "versions": versions(), "commit": commit, "load_before": load}


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(text, file=sys.stderr, flush=True)
