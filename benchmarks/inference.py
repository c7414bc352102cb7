"""Pictures and questions per second in batches, and the seconds of one answer in a new and in a warm process."""

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
"""What is trained with the preset tiny: a network of full size, which is as fast as a well-trained one."""


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:
    """Answers per second and seconds for one, for each study that answers; cifar10_cnn against plain Keras.

    Args:
        plan: how much to do.
        only: studies to measure; by default all.
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
