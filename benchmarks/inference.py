"""Pictures and questions a second in batches, and how long one answer takes in a new process and in a warm one."""

from __future__ import annotations

from typing import Any

import etudes
from benchmarks.measuring import Contestant, compared, in_turn, say, spread
from benchmarks.sizes import Plan

RUNS: dict[str, dict[str, Any]] = {
    "cifar10_cnn": {},
    "antirectifier": {"data": "digits"},
    "mnist_transfer_cnn": {"data": "digits"},
    "addition_rnn": {"digits": 3},
}
"""What is trained, briefly, with the preset tiny: a network of the full size, which answers as fast as a good one."""


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:
    """Answers a second and seconds for one, of each étude that answers; the picture classifier beside plain Keras.

    Args:
        plan: how much to do.
        only: études to measure; by default all.
    """
    say("answers")
    count, repeats = plan.of(64, 2000, 20_000), plan.of(1, 3, 5)
    found: dict[str, Any] = {}
    for etude in only or RUNS:
        run = etudes.train(etude, preset="tiny", out=plan.folder / f"tiny-{etude}", quiet=True, **RUNS[etude])
        ours = {"run": str(run.folder), "count": count, "repeats": repeats}
        contestants = {"etudes": Contestant("benchmarks.ours.answering", ours)}
        if etude == "cifar10_cnn":
            peer = {"count": count, "repeats": repeats}
            contestants["keras predict"] = Contestant("benchmarks.peers.predict_keras", peer)
        records = in_turn(contestants, plan.repeats)
        mine = records["etudes"]
        found[etude] = {
            "count": count,
            "per_second": compared(records, lambda record: record["per_second"], "etudes", less=False),
            "cold_seconds": spread([record["cold_seconds"] for record in mine]),
            "warm_seconds": spread([record["warm_seconds"] for record in mine]),
        }
    return found
