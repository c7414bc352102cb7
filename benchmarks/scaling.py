"""How time and memory grow with the work: examples, megapixels, pictures, batch size, picture size, digits."""

from __future__ import annotations

from typing import Any

from benchmarks.measuring import Contestant, Record, in_turn, say
from benchmarks.sizes import Plan
from benchmarks.speed import at_hand, ours, throughput


def examples(plan: Plan) -> dict[float, Contestant]:
    """Additions in an epoch. Fixed costs (Python, Keras, compiling) are in the process, not in the epoch."""
    counts = plan.of([300], [300, 3000, 30_000], [300, 1000, 3000, 10_000, 30_000, 100_000, 400_000])
    return {
        count: ours("addition_rnn", 2, pairs=count, batch_size=128, exhaustive=False, held_out=min(0.1, 500 / count))
        for count in counts
    }


def megapixels(plan: Plan) -> dict[float, Contestant]:
    """Steps of a dream on one octave."""
    sizes = plan.of([(120, 120)], [(120, 120), (240, 320), (480, 640)], [
        *((120, 120), (180, 240), (384, 512), (768, 1024), (1152, 1536), (1536, 2048), (3072, 4096)),
    ])  # fmt: skip
    common = {"iterations": plan.of(2, 3, 3), "octaves": 1}
    return {
        height * width / 1e6: Contestant("benchmarks.ours.dreaming", {"height": height, "width": width, **common})
        for height, width in sizes
    }


def pictures(plan: Plan) -> dict[float, Contestant]:
    """Pictures classified."""
    counts = plan.of([32], [32, 1000, 10_000], [32, 100, 1000, 10_000, 100_000])
    return {count: Contestant("benchmarks.ours.classifying", {"count": count}) for count in counts}


def batch(plan: Plan) -> dict[float, Contestant]:
    """Pictures in a training step."""
    sizes, limit = plan.of([32], [16, 64, 256], [8, 16, 32, 64, 128, 256, 512]), plan.of(64, 1500, 4500)
    return {size: ours("cifar10_cnn", 2, data="shapes", limit=limit, batch_size=size) for size in sizes}


def side(plan: Plan) -> dict[float, Contestant]:
    """Pixels on a side of the training pictures."""
    sides, count = plan.of([16], [16, 32, 64], [16, 32, 64, 96, 128]), plan.of(32, 500, 1000)
    return {size: Contestant("benchmarks.ours.sized_pictures", {"side": size, "count": count}) for size in sides}


def digits(plan: Plan) -> dict[float, Contestant]:
    """Digits of the numbers in a sum."""
    pairs = plan.of(300, 5000, 20_000)
    return {
        count: ours("addition_rnn", 2, digits=count, pairs=pairs, batch_size=128, exhaustive=False)
        for count in plan.of([3], [3, 6, 9], [3, 4, 5, 6, 7, 8, 9])
    }


AXES = {
    "addition examples in an epoch": (examples, "seconds of an epoch", lambda r: r["epochs"][-1]["seconds"]),
    "megapixels of a dream": (megapixels, "seconds of a step", lambda r: r["seconds_per_megapixel_iteration"]),
    "pictures classified": (pictures, "seconds", lambda r: r["seconds"]),
    "batch size": (batch, "pictures a second", throughput),
    "pixels on a side": (side, "pictures a second", throughput),
    "digits of a number": (digits, "additions a second", throughput),
}


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:
    """For each axis its points: the amount of work, the value, and the peak memory of the process.

    Args:
        plan: how much to do.
        only: first words of axes to measure; by default all.
    """
    found = {}
    for name, (contestants, unit, value) in AXES.items():
        if only and name.split()[0] not in only:
            continue
        say(f"scaling: {name}")
        points = []
        for work, contestant in contestants(plan).items():
            record: Record = in_turn({f"{work:g}": contestant}, 1)[f"{work:g}"][0]
            figure = value(record) * (work if name.startswith("megapixels") else 1)
            points.append({"work": work, "value": figure, "peak_megabytes": round(record["peak_megabytes"])})
        found[name] = {"unit": unit, "points": points, "data": at_hand("cifar10", "shapes")}
    return found
