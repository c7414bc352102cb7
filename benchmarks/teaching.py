"""Choose the recipe that fine-tunes on your drawings: compare others with the present one, on pictures no test uses.

    python -m benchmarks.teaching    # two or three minutes on a quiet machine; adds to benchmarks/teaching.json

The bundled mnist_transfer_cnn, whose bottleneck was trained on the digits 0–4 only, is fine-tuned on a few pictures of
the digits 5–9 from MNIST's training set, and evaluated on others of that set. Every recipe gets the same pictures in
each round, so the difference to the present recipe has an interval over pairs.
"""

import argparse
import json
import shlex
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

import etudes
from benchmarks.measuring import machine, say
from etudes.analysis import intervals
from etudes.contract import Images
from etudes.data import load_images
from etudes.experiments.mnist_transfer_cnn.cached_features import features_of
from etudes.experiments.mnist_transfer_cnn.fine_tuning import RECIPE, FewShotSet, fine_tune
from etudes.training.backend import keras

DIGITS = (5, 6, 7, 8, 9)
CHANGES: list[dict[str, Any]] = [
    {},
    {"examples": 100},
    {"examples": 1000},
    {"epochs": 2},
    {"epochs": 8},
    {"batch": 16},
    {"batch": 64},
    {"rate": 3e-4},
    {"rate": 3e-3},
    {"translate": 0, "shear": 0.0},
    {"translate": 2, "shear": 0.0},
    {"translate": 1, "shear": 0.2},
    {"translate": 3, "shear": 0.2},
    {"translate": 2, "shear": 0.4},
]
"""How each contestant differs from the present recipe."""


def drawn(images: Images, each: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """`each` pictures of each digit, and their labels from 0."""
    indices = [rng.choice(np.flatnonzero(images.labels == digit), each, replace=False) for digit in DIGITS]
    return images.pictures[np.concatenate(indices)], np.repeat(np.arange(len(DIGITS)), each)


def compare(changes: list[dict[str, Any]], rounds: range, shots: int, asked: int) -> dict[str, Any]:
    """Accuracy and seconds of each recipe, round by round; the number of a round seeds its pictures and weights."""
    trained = etudes.load("mnist_transfer_cnn@bundled")
    network, data = trained.networks["transferred"], load_images("mnist", seed=0, validation_share=1 / 6)
    questions, truth = drawn(data.validation, asked, np.random.default_rng(0))
    seen = features_of(network, questions)
    right: list[list[float]] = [[] for _ in changes]
    seconds: list[list[float]] = [[] for _ in changes]
    for number in rounds:
        pictures, labels = drawn(data.train, shots, np.random.default_rng(1000 + number))
        few_shot_set = FewShotSet(pictures, labels, tuple(map(str, DIGITS)))
        for index, change in enumerate(changes):
            began = time.perf_counter()
            settings = replace(trained.settings, seed=number)
            tuned = fine_tune(network, few_shot_set, settings, replace(RECIPE, **change))
            seconds[index].append(time.perf_counter() - began)
            predicted = after_pooling(tuned, seen).predict(seen, batch_size=500, verbose=0).argmax(axis=-1)
            right[index].append(float(np.mean(predicted == truth)))
        say(f"round {number}: present recipe {right[0][-1]:.3f}")
    contestants = [metrics(*one, right[0]) for one in zip(changes, right, seconds, strict=True)]
    return {"recipe": asdict(RECIPE), "contestants": contestants}


def after_pooling(network: Any, features: Any) -> Any:
    """The layers of a network after its pooling, as a network: the layers before are the same in all."""
    pooled = [type(layer).__name__ for layer in network.layers].index("MaxPooling2D")
    return keras.Sequential([keras.Input(features.shape[1:]), *network.layers[pooled + 1 :]])


def metrics(change: dict[str, Any], right: list[float], seconds: list[float], today: list[float]) -> dict[str, Any]:
    """Mean and spread of a recipe, and its difference to the present recipe, with the interval over pairs."""
    better = intervals.mean_ci(np.subtract(right, today))
    return {
        "change": change,
        "accuracy": round(float(np.mean(right)), 4),
        "accuracy_spread": round(float(np.std(right, ddof=1)), 4),
        "better": [round(value, 4) for value in (better.estimate, better.low, better.high)],
        "seconds": round(float(np.median(seconds)), 2),
    }


def main() -> None:
    """Compare, print a line for each recipe, and write the metrics."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.teaching", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=6, help="rounds of each recipe, each with other pictures")
    parser.add_argument("--first", type=int, default=0, help="number of the first round: other rounds confirm a choice")
    parser.add_argument("--changes", type=json.loads, default=CHANGES, help="other recipes, as a list in JSON")
    parser.add_argument("--shots", type=int, default=3, help="pictures of each class")
    parser.add_argument("--asked", type=int, default=200, help="pictures of each class to evaluate on")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_suffix(".json"))
    given = parser.parse_args()
    about, began = machine(), time.monotonic()
    changes = [{}, *(change for change in given.changes if change)]
    found = compare(changes, range(given.first, given.first + given.rounds), given.shots, given.asked)
    about["minutes"] = round((time.monotonic() - began) / 60, 1)
    known = json.loads(given.results.read_bytes()) if given.results.exists() else []
    known.append(
        {"command": shlex.join(["python", "-m", "benchmarks.teaching", *sys.argv[1:]]), "measured": about, **found}
    )
    given.results.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    for one in found["contestants"]:
        value, low, high = one["better"]
        say(f"{one['change'] or 'present'}: {one['accuracy']:.3f} ± {one['accuracy_spread']:.3f}, "
            f"{value:+.3f} ({low:+.3f} to {high:+.3f}), {one['seconds']} s")  # fmt: skip


if __name__ == "__main__":
    main()
