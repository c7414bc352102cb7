"""The corpus of bad inputs: all cases of all kinds, a sample of them, and what came of trying them."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from soak import (
    hostile_arrays,
    hostile_films,
    hostile_folders,
    hostile_people,
    hostile_pictures,
    hostile_runs,
    hostile_settings,
    hostile_tables,
    hostile_toml,
    hostile_weights,
    hostile_words,
)
from soak.case import Case, random_of
from soak.prepared import prepare_runs
from soak.trial import MEGABYTES, NETWORK_MEGABYTES, NETWORK_SECONDS, SECONDS, Outcome, try_case

FAMILIES = (
    hostile_pictures,
    hostile_films,
    hostile_folders,
    hostile_tables,
    hostile_arrays,
    hostile_weights,
    hostile_settings,
    hostile_runs,
    hostile_toml,
    hostile_words,
    hostile_people,
)


def corpus() -> list[Case]:
    """Every case there is, always in the same order."""
    return [case for family in FAMILIES for case in family.cases()]


def sample(count: int) -> list[Case]:
    """So many cases of each kind, drawn with a fixed seed; none that needs a network."""
    cases = [case for case in corpus() if not case.needs_network]
    kinds: dict[str, list[Case]] = defaultdict(list)
    for place in random_of("sample").permutation(len(cases)):
        kinds[cases[place].kind].append(cases[place])
    return [case for drawn in kinds.values() for case in drawn[:count]]


def try_all(cases: Sequence[Case], folder: Path, workers: int = 1) -> list[Outcome]:
    """Try cases in folders of their own, which are removed."""
    runs = prepare_runs(folder)

    def one(numbered: tuple[int, Case]) -> Outcome:
        place = folder / f"case-{numbered[0]}"
        place.mkdir()
        try:
            return try_case(numbered[1], place, runs)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    with ThreadPoolExecutor(workers) as several:
        return list(several.map(one, enumerate(cases)))


def run_corpus(folder: Path) -> dict[str, Any]:
    """Try everything; what took too long is tried again alone, as two at once disturb each other.

    Returns:
        By kind, "…, network" for the cases that need one: how many were tried and refused well, the longest time in
        seconds and the most memory in MB; and what failed, in words.
    """
    cases = corpus()
    kinds: dict[str, dict[str, Any]] = defaultdict(lambda: {"tried": 0, "refused": 0, "seconds": 0.0, "megabytes": 0.0})
    failures = []
    for case, first in zip(cases, try_all(cases, folder, workers=2), strict=True):
        limits = (NETWORK_SECONDS, NETWORK_MEGABYTES) if case.needs_network else (SECONDS, MEGABYTES)
        outcome = try_all([case], folder)[0] if first.too_costly(*limits) else first
        wrong = [*outcome.failures, *outcome.too_costly(*limits)]
        row = kinds[case.kind + (", network" if case.needs_network else "")]
        row["tried"] += 1
        row["refused"] += not wrong
        row["seconds"] = max(row["seconds"], outcome.seconds)
        row["megabytes"] = max(row["megabytes"], outcome.megabytes)
        if wrong:
            failures.append(f"{case.name}: {'; '.join(wrong)}".replace(str(folder), "…")[:400])
    return {"tried": len(cases), "kinds": dict(kinds), "failures": failures}
