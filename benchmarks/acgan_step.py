"""Seconds of one step of `mnist_acgan`, against the same networks written plainly in Keras, and against the machine.

    python benchmarks/acgan_step.py                   # about five minutes on two quiet cores; writes acgan_step.json

Everything runs in one process, in turn, round after round: the peer (`peers/acgan_keras.py`, float32), ours with plain
and with split convolutions, and matrix products of 2048³, the machine's own ceiling. Beside the seconds on the clock
stand those of the processor, which other work on the machine disturbs less.

The multiply-adds are those that are carried out: in the split form 36 where the plain one has 100. Counted are
convolutions, dense layers and their two gradients; not counted are the sums of kernel entries, elementwise work, Adam.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "peers"))
from etudes import experiments, trained
from etudes.contract import ImageInfo
from etudes.settings import override
from etudes.training.backend import has_bfloat16, keras, loaded_backend, start_backend
from etudes.training.environment import cores, processor, versions

MNIST = ImageInfo("mnist", 28, 28, 1, tuple("0123456789"))
BATCH = 100
KINDS = {
    "plain float32": ("classic", "plain", "float32"),
    "split float32": ("classic", "split", "float32"),
    "plain bfloat16": ("classic", "plain", "bfloat16"),
    "split bfloat16": ("classic", "split", "bfloat16"),
    "light float32": ("light", "plain", "float32"),
    "light bfloat16": ("light", "plain", "bfloat16"),
}


def ours(generator: str, convolution: str, precision: str) -> Callable[[], None]:
    """A function that takes one step as preset `classic` does, with this generator."""
    from etudes.experiments.mnist_acgan.training import make_game

    experiment = experiments.load("mnist_acgan")
    changes = {"generator": generator, "convolution": convolution, "precision": precision}
    settings = override(experiment.presets["classic"], changes)
    game = make_game(trained.build(experiment, settings, MNIST), settings)
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (BATCH, 28, 28, 1)).astype(np.uint8)
    labels = random.integers(0, 10, BATCH)

    def step() -> None:
        game.step(pictures, labels, random)

    return step


def product(precision: str) -> Callable[[], None]:
    """A function that multiplies two 2048×2048 matrices 20 times."""
    import tensorflow as tf

    a, b = (tf.cast(tf.random.normal((2048, 2048)), precision) for _ in range(2))

    def multiply() -> None:
        for _ in range(20):
            last = tf.matmul(a, b)
        last.numpy()

    return multiply


def giga_operations(generator: str, convolution: str) -> float:
    """10⁹ floating-point operations of a step with 100 real pictures; a multiply-add is two."""
    first, second = 49 * 128 * 256, 196 * 256 * 128
    taps = 36 if convolution == "split" else 100
    classic = 100 * 1024 + 1024 * 6272 + taps * (first + second) + 784 * 4 * 128
    light = 100 * 6272 + 49 * 16 * 128 * 64 + 196 * 16 * 64 * 32 + 784 * 9 * 32
    draw = classic if generator == "classic" else light
    entrance = 196 * 9 * 32  # the gradient with respect to real pictures is not needed
    judge = entrance + 196 * 9 * 32 * 64 + 49 * 9 * 64 * 128 + 49 * 9 * 128 * 256 + 12544 * 11
    generating = BATCH * draw
    discriminator = 2 * BATCH * (3 * judge - entrance)
    combined = 2 * BATCH * (3 * draw + 2 * judge)  # frozen, so without the gradients of its weights
    return 2e-9 * (generating + discriminator + combined)


def spread(values: list[float]) -> dict[str, float]:
    """Least, median and greatest."""
    return {
        name: round(float(of(values)), 5) for name, of in (("min", min), ("median", statistics.median), ("max", max))
    }


def measure(rounds: int, names: list[str]) -> dict[str, dict[str, list[float]]]:
    """Seconds on the clock and of the processor, by name; each name once a round, in turn."""
    import acgan_keras

    runs: dict[str, Callable[[], None]] = {"peer": acgan_keras.prepare(BATCH)}
    runs |= {name: ours(*KINDS[name]) for name in names}
    runs |= {f"product {name}": product(name) for name in ("float32", "bfloat16")}
    taken: dict[str, dict[str, list[float]]] = {name: {"clock": [], "processor": []} for name in runs}
    for turn in range(rounds + 2):  # the first two trace and warm up
        for name, run in runs.items():
            clock, used = time.perf_counter(), time.process_time()
            run()
            if turn >= 2:
                taken[name]["clock"].append(time.perf_counter() - clock)
                taken[name]["processor"].append(time.process_time() - used)
    return taken


def report(taken: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    """Seconds, ratios to the peer and GFLOP/s of each; ratios and shares are of medians."""
    found: dict[str, Any] = {}
    for name, seconds in taken.items():
        entry: dict[str, Any] = {kind: spread(values) for kind, values in seconds.items()}
        precision = "bfloat16" if "bfloat16" in name else "float32"
        kind = ("classic", "plain") if name == "peer" else KINDS.get(name, ("", ""))[:2]
        work = 20 * 2e-9 * 2048**3 if name.startswith("product") else giga_operations(*kind)
        entry["giga_operations"] = round(work, 1)
        for which in ("clock", "processor"):
            middle = statistics.median(seconds[which])
            ceiling = 20 * 2e-9 * 2048**3 / statistics.median(taken[f"product {precision}"][which])
            entry[which]["gflop_per_second"] = round(work / middle, 1)
            entry[which]["of_matrix_product"] = round(work / middle / ceiling, 3)
            if not name.startswith("product"):
                entry[which]["peer_over_this"] = round(statistics.median(taken["peer"][which]) / middle, 2)
        found[name] = entry
    return found


def main() -> None:
    """Measure, print a table, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="*", choices=list(KINDS), default=list(KINDS), help="beside the peer")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    start_backend("tensorflow")
    keras.utils.set_random_seed(0)
    found = report(measure(given.rounds, given.only))
    machine = {"processor": processor(), "cores": cores(), "bfloat16": has_bfloat16(), "backend": loaded_backend()}
    machine |= {"load_1_5_15": [round(load, 1) for load in os.getloadavg()], "versions": versions()}
    record = {"batch": BATCH, "rounds": given.rounds, "seed": 0, "machine": machine, "found": found}
    given.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    for name, entry in found.items():
        for which in ("clock", "processor"):
            print(f"{name:17s} {which:10s}", "  ".join(f"{key} {value}" for key, value in entry[which].items()))


if __name__ == "__main__":
    main()
