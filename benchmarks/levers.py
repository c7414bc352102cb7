"""What each optimisation gains: a training run as it is, in turn with the same run without the optimisation.

The ratios of precision, split convolutions, cached features and augmentation of whole epochs are in `speed`.
"""

from __future__ import annotations

from typing import Any

from benchmarks.measuring import Contestant, Record, compared, in_turn, say
from benchmarks.sizes import Plan
from benchmarks.speed import at_hand

LEVERS = {
    "antirectifier": ("tuned data sets", "made in turn", "single steps"),
    "addition_rnn": ("tuned data sets", "made in turn", "single steps", "compiled"),
    "cifar10_cnn": ("tuned data sets", "made in turn"),
}


def steady(record: Record) -> float:
    """Samples per second over all epochs but the first: the mean, as occasional waits count too."""
    epochs = record["epochs"][1:] or record["epochs"]
    samples = sum(epoch["samples_per_second"] * epoch["seconds"] for epoch in epochs)
    return float(samples / sum(epoch["seconds"] for epoch in epochs))


def settings_of(etude: str, plan: Plan) -> dict[str, Any]:
    """Settings of a run of some epochs."""
    if etude == "addition_rnn":
        pairs = plan.of(1600, 15_000, 50_000)
        return {"epochs": plan.of(1, 3, 5), "pairs": pairs, "batch_size": 128, "exhaustive": False}
    data = at_hand("mnist", "digits") if etude == "antirectifier" else at_hand("cifar10", "shapes")
    few = {"limit": plan.of(128, 3000, 0 if etude == "antirectifier" else 20_000)}
    return {"epochs": plan.of(1, 3, 6), "data": data, **few, **({"baselines": []} if etude == "antirectifier" else {})}


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:
    """Samples per second as it is and with each change, and ratios round by round: above 1, the optimisation pays.

    Args:
        plan: how much to do.
        only: studies to measure; by default all.
    """
    found = {}
    for etude in only or LEVERS:
        say(f"optimisations of {etude}")
        common = {"etude": etude, "settings": settings_of(etude, plan)}
        contestants = {"as it is": Contestant("benchmarks.ours.levered", common)}
        for change in LEVERS[etude]:
            contestants[change] = Contestant("benchmarks.ours.levered", {**common, "change": change})
        found[etude] = compared(in_turn(contestants, plan.repeats), steady, "as it is", less=False)
    return found
