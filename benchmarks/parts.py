"""What the seconds of training are spent on: oneDNN's convolutions and products, and everything else.

oneDNN computes for TensorFlow on a CPU and reports when each of its primitives began and how long it took. The rest of
the time is TensorFlow's own: random numbers, optimisers, element-wise operations, and waiting.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.measuring import Contestant, listened, say
from benchmarks.sizes import Plan
from benchmarks.speed import at_hand, ours, precisions

PRODUCTS = ("convolution", "matmul", "inner_product", "gemm_api")
"""Primitives whose work is counted in the shares of the matrix product."""


def cases(plan: Plan) -> dict[str, Contestant]:
    """The studies whose share of the matrix product is a goal, in each precision."""
    pictures, digits = at_hand("cifar10", "shapes"), at_hand("mnist", "digits")
    size = plan.of(96, 256, 512)
    found = {}
    for precision in precisions(plan):
        common = {"precision": precision}
        found[f"cifar10_cnn {precision}"] = ours(
            "cifar10_cnn", 2, data=pictures, limit=plan.of(128, 3000, 20000), **common
        )
        found[f"mnist_acgan {precision}"] = ours(
            "mnist_acgan", 2, "classic", data=digits, batches_per_epoch=plan.of(1, 3, 8), **common
        )
        arguments = {"height": size, "width": size, "octaves": 1, "iterations": plan.of(2, 6, 12), **common}
        found[f"deep_dream {precision}"] = Contestant("benchmarks.ours.dreaming", arguments)
    return found


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:
    """Shares of the time by kind of primitive, without the first epoch or step, which compiles.

    Args:
        plan: how much to do.
        only: studies to measure; by default all.
    """
    found = {}
    for name, contestant in cases(plan).items():
        if only and name.split()[0] not in only:
            continue
        say(f"parts of {name}")
        record, lines = listened(contestant, ONEDNN_VERBOSE="profile_exec", ONEDNN_VERBOSE_TIMESTAMP="1")
        begin, end = record["warm"] if "warm" in record else (record["epoch_ends"][0], record["epoch_ends"][-1])
        kinds = shares(lines, begin, end)
        products = round(sum(kinds.get(kind, 0) for kind in PRODUCTS), 4)
        found[name] = {"seconds": round(end - begin, 2), "products": products, "shares": kinds}
    return found


def shares(lines: Iterable[str], begin: float, end: float) -> dict[str, float]:
    """Share of the time of each kind of primitive, largest first.

    Args:
        lines: the output of oneDNN: onednn_verbose,version,milliseconds since 1970,operation,…,kind,…,milliseconds.
        begin: seconds since 1970; primitives that began earlier are left out.
        end: seconds since 1970; primitives that began later are left out.
    """
    sums: dict[str, float] = {}
    for line in lines:
        words = line.split(",")
        if words[0] == "onednn_verbose" and "exec" in words and begin <= float(words[2]) / 1000 <= end:
            kind = words[words.index("exec") + 2]
            sums[kind] = sums.get(kind, 0.0) + float(words[-1]) / 1000 / (end - begin)
    return {kind: round(share, 4) for kind, share in sorted(sums.items(), key=lambda one: -one[1])}
