"""Measure what docs/performance.md reports, one benchmark or all, on this machine.

    python -m benchmarks all                # hours on two cores, and a quiet machine
    python -m benchmarks speed dream        # two of them
    python -m benchmarks all --quick        # minutes each, with little data: ratios only
    python docs/generate.py                 # writes docs/performance.md from benchmarks/performance.json

Etudes and its peers run in turn, each time in a new process; minimum, median and maximum of the rounds are written.
Published data sets are used if they are available (`etudes data list`), else embedded ones.
"""

import argparse
import json
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import (
    anywhere,
    dream,
    inference,
    levers,
    memory,
    pages,
    parts,
    scaling,
    speed,
    time_to_accuracy,
    windows,
)
from benchmarks.measuring import machine, say
from benchmarks.sizes import Plan

FIGURES: dict[str, Callable[..., Any]] = {
    "speed": speed.measure,
    "levers": levers.measure,
    "parts": parts.measure,
    "dream": dream.measure,
    "memory": memory.measure,
    "windows": windows.measure,
    "inference": inference.measure,
    "anywhere": anywhere.measure,
    "pages": pages.measure,
    "scaling": scaling.measure,
    "time_to_accuracy": time_to_accuracy.measure,
}
RESULTS = Path(__file__).parent / "performance.json"
PACE = ("speed", "dream", "parts", "time_to_accuracy")
"""Benchmarks that depend on the kind of processor, not only on its speed."""


def main() -> None:
    """Measure what the command line names, and add it to the results."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("metrics", nargs="+", choices=[*FIGURES, "all"])
    parser.add_argument("--quick", action="store_true", help="little data: read the ratios, not the absolute numbers")
    parser.add_argument("--tiny", action="store_true", help="almost no data: only checks that it runs")
    parser.add_argument("--repeats", type=int, help="rounds A B A B; for time_to_accuracy: seeds (default 3, quick 1)")
    parser.add_argument("--budget", type=float, default=90, help="minutes that one training run to a target may take")
    parser.add_argument("--only", nargs="+", help="studies; for scaling: first words of axes")
    parser.add_argument("--folder", type=Path, default=Path("runs/benchmarks"), help="data, and runs to resume")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON file that results are added to")
    given = parser.parse_args()
    size = "tiny" if given.tiny else "quick" if given.quick else "full"
    folder = given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(size, given.repeats or (3 if size == "full" else 1), given.budget, folder)
    for name in FIGURES if "all" in given.metrics else given.metrics:
        add(given.results, name, plan, given.only)


def add(results: Path, name: str, plan: Plan, only: list[str] | None) -> None:
    """Run one benchmark and store it in the file; parts that `only` leaves out stay as they were."""
    about, began = machine(), time.monotonic()
    found = FIGURES[name](plan, only)
    words = [name, *(["--quick"] if plan.size == "quick" else []), *(["--only", *only] if only else [])]
    about |= {"size": plan.size, "repeats": plan.repeats, "load_after": machine()["load_before"]}
    about["command"] = shlex.join(["python", "-m", "benchmarks", *words])
    about["minutes"] = round((time.monotonic() - began) / 60, 1)
    known = json.loads(results.read_bytes()) if results.exists() else {}
    named = {"": found} if name == "dream" else found
    place = known.setdefault(name, {})
    replaced = {part: place[part] for part in named if part in place}
    if name in PACE:
        set_aside(results, name, {part: old for part, old in replaced.items() if is_elsewhere(old, about)})
    for part, metrics in named.items():
        place[part] = {"measured": about, "metrics": metrics}
    results.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    say(f"{name}: {about['minutes']} minutes")


def is_elsewhere(old: dict[str, Any], about: dict[str, Any]) -> bool:
    """Whether a part was measured in full, on another processor than this one."""
    return bool(old["measured"]["size"] == "full" and old["measured"]["processor"] != about["processor"])


def set_aside(results: Path, name: str, parts: dict[str, Any]) -> None:
    """Keep the measurements of another processor in a file of their own: its shares are informative by themselves."""
    if parts:
        beside = results.with_stem(f"{results.stem}-elsewhere")
        kept = json.loads(beside.read_bytes()) if beside.exists() else {}
        kept.setdefault(name, {}).update(parts)
        beside.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
