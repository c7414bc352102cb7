"""Seconds per megapixel and step of deep dream, against the example of Keras."""

from __future__ import annotations

from typing import Any

from benchmarks.measuring import Contestant, compared, in_turn, run, say
from benchmarks.sizes import Plan
from benchmarks.speed import precisions


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:  # noqa: ARG001
    """Steps of three octaves, without the first of each size, which compiles, and with it."""
    say("deep dream")
    height, width = plan.of((160, 160), (326, 489), (683, 1024))
    common = {"height": height, "width": width, "iterations": plan.of(2, 6, 20), "octaves": plan.of(1, 3, 3)}
    contestants = {
        f"etudes {precision}": Contestant("benchmarks.ours.dreaming", {**common, "precision": precision})
        for precision in precisions(plan)
    }
    contestants["keras example"] = Contestant("benchmarks.peers.dream_keras", common)
    for precision in precisions(plan):
        arguments = {"precision": precision, "size": plan.of(128, 2048, 2048)}
        contestants[f"ceiling {precision}"] = Contestant("benchmarks.ours.ceiling", arguments)
    records = in_turn(contestants, plan.repeats)
    ceilings = {name: records.pop(name) for name in list(records) if name.startswith("ceiling")}
    found: dict[str, Any] = {"height": height, "width": width}
    flops = run(Contestant("benchmarks.ours.counting"))["deep_dream"]
    for name in ("seconds_per_megapixel_iteration", "with_start"):
        found[name] = compared(records, lambda record, name=name: record[name], "etudes float32", less=True)
        if "etudes bfloat16" in records:
            value = compared(records, lambda record, name=name: record[name], "etudes bfloat16", less=True)
            found[name]["ratios_bfloat16"] = value["ratios"]
    found["flops_per_megapixel"] = flops
    found["ceilings"] = {name: max(record["gflops"] for record in all_) for name, all_ in ceilings.items()}
    found["shares"] = {
        name: round(flops / 1e9 / value["median"] / found["ceilings"][f"ceiling {name.split()[-1]}"], 3)
        for name, value in found["seconds_per_megapixel_iteration"]["values"].items()
        if name.startswith("etudes")
    }
    found["cpu_seconds"] = {name: round(min(r["cpu_seconds"] for r in all_), 1) for name, all_ in records.items()}
    return found
