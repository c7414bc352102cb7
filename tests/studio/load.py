"""Many people at a studio at once: what they wait, whether anything fails, and what its memory does.

    PYTHONPATH=tests python -m studio.load --users 20 --seconds 600      # starts a studio of its own
    PYTHONPATH=tests python -m studio.load --users 4 --calls 10000 --think 0

Each person asks through the HTTP API one of the small networks, reads for a while, and asks again. It exits with 1 if a
call failed, if 95 of 100 calls took longer than 2 s, or if memory grew by more than 50 MB.
"""

import argparse
import base64
import contextlib
import io
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from studio.test_doors import call
from studio.visiting import Served, start_studio


@dataclass
class Record:
    """What all people together saw."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def drawing(rng: random.Random) -> str:
    image = Image.new("RGB", (280, 280), "white")
    points = [(rng.randrange(40, 240), rng.randrange(40, 240)) for _ in range(4)]
    ImageDraw.Draw(image).line(points, fill="black", width=20)
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def ask_once(address: str, rng: random.Random) -> None:
    """One question whose answer is known to be well formed."""
    kind = rng.choice(("add", "draw", "read_digit"))
    if kind == "add":
        a, b = rng.randrange(1000), rng.randrange(1000)
        answer = call(address, "add", f"{a}+{b}", "")
        assert answer["question"] == f"{a}+{b}", answer
    elif kind == "draw":
        assert call(address, "draw", str(rng.randrange(100)), rng.randrange(1000), [], "")["picture"]
    else:
        assert len(call(address, "read_digit", drawing(rng), "")["answers"]) == 2


def person(number: int, address: str, until: Any, think: float, record: Record) -> None:
    rng = random.Random(number)
    time.sleep(rng.uniform(0, think))
    while until():
        began = time.monotonic()
        try:
            ask_once(address, rng)
        except Exception as error:  # whatever it was, it is what a person would have seen
            with record.lock:
                record.errors.append(f"{type(error).__name__}: {error}"[:200])
        with record.lock:
            record.seconds.append(time.monotonic() - began)
        time.sleep(rng.uniform(0.5 * think, 1.5 * think))


def crowd(
    address: str,
    users: int,
    think: float,
    seconds: float | None = None,
    calls: int | None = None,
    record: Record | None = None,
) -> Record:
    """So many people until the time is over or so many calls were made."""
    record, end = record or Record(), time.monotonic() + (seconds or 1e9)

    def until() -> bool:
        return time.monotonic() < end and (calls is None or len(record.seconds) < calls)

    people = [threading.Thread(target=person, args=(n, address, until, think, record)) for n in range(users)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    return record


def memory(served: Served) -> dict[str, int]:
    """Bytes that the server and its worker have in memory; a training run is no part of them."""
    return {"server": resident(served.process.pid), "worker": sum(map(resident, served.workers()))}


def resident(process: int) -> int:
    listed = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True)
    return int(listed.stdout) * 1024


def grown(served: Served, before: dict[str, int]) -> dict[str, float]:
    """By how many MB each has grown since then."""
    return {name: round((now - before[name]) / 1e6, 1) for name, now in memory(served).items()}


def metrics(record: Record, growth: dict[str, float]) -> dict[str, Any]:
    waits = np.percentile(record.seconds, [50, 95, 99])
    return {
        "calls": len(record.seconds),
        "errors": len(record.errors),
        "first_errors": record.errors[:3],
        **{f"p{share}_seconds": round(float(wait), 3) for share, wait in zip((50, 95, 99), waits, strict=True)},
        "memory_grown_MB": round(sum(growth.values()), 1),
        "memory_grown_by_process_MB": growth,
    }


def report(served: Served, before: dict[str, int], record: Record) -> None:
    """Say each minute how far it is and what memory does."""
    while served.process.poll() is None:
        with contextlib.suppress(subprocess.CalledProcessError):  # it ends
            print(len(record.seconds), "calls, MB grown:", grown(served, before), file=sys.stderr, flush=True)
        time.sleep(60)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--calls", type=int, default=None)
    parser.add_argument("--think", type=float, default=2.0, help="seconds between two questions of a person, mean")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        served = start_studio(Path(folder) / "runs")
        try:
            crowd(served.address, given.users, 0.2, calls=max(60, given.users * 3))  # what is loaded once is loaded
            before = memory(served)
            if given.calls is None and given.seconds is None:
                given.seconds = 600
            record = Record()
            watch = threading.Thread(target=report, args=(served, before, record), daemon=True)
            watch.start()
            crowd(served.address, given.users, given.think, given.seconds, given.calls, record)
            found = metrics(record, grown(served, before))
        finally:
            served.end()
    print(json.dumps({"users": given.users, "think_seconds": given.think, **found}, indent=1))
    return int(found["errors"] > 0 or found["p95_seconds"] > 2 or found["memory_grown_MB"] > 50)


if __name__ == "__main__":
    raise SystemExit(main())
