"""Dreams in tiles: whether their gradient is that of the whole picture, and the memory for 3840×2160 pixels."""

from __future__ import annotations

from typing import Any

from benchmarks.measuring import Contestant, run, say
from benchmarks.sizes import Plan


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:
    """The cosine between the gradient in tiles and that of the whole picture; peak memory of a large dream.

    Args:
        plan: how much to do.
        only: parts to measure, "gradient" and "3840x2160"; by default both.
    """
    say("tiles")
    height, width = plan.of((150, 190), (480, 700), (900, 1300))
    whole = {"height": height, "width": width, "tile": plan.of(128, 352, 640)}
    scale = plan.of(18, 4, 1)
    dream = {"octaves": 1, "iterations": 2, "max_loss": 0.0}
    large = {"height": 2160 // scale, "width": 3840 // scale, "settings": dream}
    parts = {
        "gradient": Contestant("benchmarks.ours.windows", whole),
        "3840x2160": Contestant("benchmarks.ours.dream_of_size", large),
    }
    return {name: run(part) for name, part in parts.items() if not only or name in only}
