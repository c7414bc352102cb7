"""Peak memory of training, the time from its start to its first step, and the time of `etudes --help`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.measuring import Contestant, in_turn, say, spread
from benchmarks.sizes import Plan
from benchmarks.speed import at_hand, ours

GOALS = {"cifar10_cnn": 2500, "addition_rnn": 1500, "deep_dream 1024x768": 3000}
"""Maximum megabytes of resident memory."""


def contestants(plan: Plan) -> dict[str, Contestant]:
    """All examples of each study for three epochs, with evaluation; with `--quick`, twenty steps of it.

    Three, as the next epoch's examples are made during the current epoch, while those of the last may still exist.
    """
    limit, epochs = plan.of(64, 0, 0), plan.of(1, 1, 3)
    pictures, digits = at_hand("cifar10", "shapes"), at_hand("mnist", "digits")
    dream = {"octaves": plan.of(1, 3, 3), "iterations": plan.of(1, 1, 3), "data": "china", "max_loss": 0.0}
    width = plan.of(160, 1024, 1024)
    found = {
        "cifar10_cnn": ours("cifar10_cnn", epochs, data=pictures, limit=plan.of(64, 0, 0)),
        "addition_rnn": ours("addition_rnn", epochs, pairs=plan.of(1600, 0, 0), exhaustive=plan.size == "full"),
        "antirectifier": ours("antirectifier", epochs, data=digits, limit=limit, baselines=[]),
        "mnist_transfer_cnn": ours("mnist_transfer_cnn", epochs, data=digits, limit=limit, transfer_epochs=epochs),
        "mnist_acgan": ours("mnist_acgan", epochs, data=digits, limit=limit, batches_per_epoch=plan.of(1, 3, 20)),
        "deep_dream 1024x768": Contestant(
            "benchmarks.ours.dream_of_size", {"height": width * 3 // 4, "width": width, "settings": dream}
        ),
    }
    if plan.size != "quick":
        return found
    short = {"most_steps": 20}
    return {name: replace(one, arguments={**one.arguments, **short}) for name, one in found.items()}


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:
    """Megabytes of each study, and seconds from the start of its process to the end of its first step.

    Args:
        plan: how much to do.
        only: studies to measure; by default all.
    """
    say("memory and start")
    chosen = {name: one for name, one in contestants(plan).items() if not only or name.split()[0] in only}
    records = in_turn(chosen, plan.repeats)
    measured = {
        name: {
            "peak_megabytes": spread([record["peak_megabytes"] for record in all_]),
            "first_step_seconds": spread([record["first_step_seconds"] for record in all_]),
            "goal_megabytes": GOALS.get(name),
        }
        for name, all_ in records.items()
    }
    helps = in_turn({"etudes --help": Contestant("benchmarks.ours.helping")}, plan.of(1, 5, 10))
    return {**measured, "etudes --help": {"seconds": spread([record["seconds"] for record in helps["etudes --help"]])}}
