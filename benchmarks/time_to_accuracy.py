"""How long training takes to reach a metric on validation examples, against the recipe of 2017 as it was written.

The epoch is chosen on the validation split, which is not trained on; the test set is not used. The seconds are those
of all epochs up to that one, validation and compilation included, without loading the data and starting Python. An
interrupted run is resumed when the same command is repeated with the same --folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.data import write_pictures, write_questions
from benchmarks.measuring import Contestant, Record, run, say
from benchmarks.sizes import Plan
from benchmarks.speed import at_hand
from etudes.schema import command_words
from etudes.training.backend import has_bfloat16


@dataclass(frozen=True)
class Race:
    """A metric, its target, and the two recipes that race for it."""

    figure: str
    target: float | None
    """None: the final value of the peer."""
    phase: str
    etude: str
    preset: str
    settings: dict[str, Any]
    """The recipe, made for the target: a learning rate that falls to zero over few epochs gets there sooner."""
    peer: str
    data: str
    peer_epochs: int


def races(plan: Plan) -> dict[str, Race]:
    """All four. With `--quick`, there is little data and targets are low."""
    quick = plan.size != "full"
    pictures, digits = at_hand("cifar10", "shapes"), at_hand("mnist", "digits")
    limit = plan.of(128, 2000, 0)
    pairs = plan.of(1600, 5000, 50_000)
    precision = "bfloat16" if has_bfloat16() else "float32"

    def file(source: str) -> str:
        return str(write_pictures(plan.folder, source, limit, **share))

    # With few validation pictures, chance would choose the epoch.
    share = {"validation_share": 0.1}
    some = {"limit": limit, **share} if quick else share
    return {
        "cifar10_cnn": Race(
            *("validation_accuracy", plan.of(0.05, 0.3, 0.79), "train", "cifar10_cnn", "quick"),
            {"data": pictures, "precision": precision, "epochs": 5, **some},
            *("cifar10_keras", file(pictures), plan.of(1, 4, 100)),
        ),
        "addition_rnn": Race(
            *("validation_exact_match", plan.of(0.0, 0.01, 0.99), "train", "addition_rnn", "tuned"),
            {
                "pairs": pairs,
                "exhaustive": False,
                "epochs": 3,
                "learning_rate": 3e-2,
                "batch_size": 96,
                "balance": 0.2,
            },
            *("addition_keras", str(write_questions(plan.folder, pairs)), plan.of(1, 10, 100)),
        ),
        "mnist_transfer_cnn": Race(
            *("validation_accuracy", plan.of(0.1, 0.8, 0.992), "transfer", "mnist_transfer_cnn", "tuned"),
            {
                "data": digits,
                "precision": precision,
                "epochs": 1,
                "transfer_epochs": plan.of(1, 8, 8),
                "batch_size": 64,
                "learning_rate": 3e-3,
                **some,
            },
            *("transfer_keras", file(digits), plan.of(1, 5, 12)),
        ),
        "antirectifier": Race(
            *("validation_accuracy", None, "antirectifier", "antirectifier", "tuned"),
            {"data": digits, "baselines": [], "epochs": plan.of(2, 5, 5), "translate": 1, "shear": 0.0, **some},
            *("antirectifier_keras", file(digits), plan.of(1, 8, 40)),
        ),
    }


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:
    """Seconds to the target for both, seed by seed, peer first.

    Args:
        plan: how much to do; its repeats are seeds.
        only: races to run; by default all.
    """
    found = {}
    for name, race in races(plan).items():
        if not only or name in only:
            say(f"time to accuracy: {name}")
            found[name] = {
                "figure": race.figure,
                "peer": race.peer,
                "recipe": _recipe(race),
                "rounds": [_round(race, plan, seed) for seed in range(plan.repeats)],
            }
    return found


def _round(race: Race, plan: Plan, seed: int) -> dict[str, Any]:
    """One seed: the peer, then Études, each until the target or the end of the budget."""
    folder = plan.folder / f"{plan.size}-{race.etude}-{seed}"
    (folder / "peer").mkdir(parents=True, exist_ok=True)
    common = {"seed": seed, "folder": str(folder / "peer"), "most_seconds": plan.budget * 60}
    arguments = {"data": race.data, "epochs": race.peer_epochs, "target": race.target or 0, **common}
    theirs = run(Contestant(f"benchmarks.peers.{race.peer}", arguments))["epochs"]
    target = race.target if race.target is not None else theirs[-1][race.figure]
    # If the target is the final value of the peer, all of its epochs count.
    peer = outcome(theirs, race, target if race.target is not None else None)
    settings = {**race.settings, "seed": seed}
    arguments = {"etude": race.etude, "preset": race.preset, "settings": settings, "folder": str(folder / "etudes")}
    arguments |= {"phase": race.phase, "target": [race.figure, target], "most_seconds": plan.budget * 60}
    mine = run(Contestant("benchmarks.ours.training", arguments))["epochs"]
    ours = outcome(mine, race, target)
    say(f"  seed {seed}, target {target:.4f}: peer {peer}, etudes {ours}")
    ratio = round(peer["seconds"] / ours["seconds"], 2) if ours["reached"] else None
    peer["curve"], ours["curve"] = curve(theirs, race), curve(mine, race)
    return {"seed": seed, "target": target, "peer": peer, "etudes": ours, "ratio": ratio}


def _recipe(race: Race) -> str:
    """The command that trains with this recipe."""
    return " ".join(["etudes", "train", race.etude, "--preset", race.preset, *command_words(race.settings)])


def curve(epochs: list[Record], race: Race) -> list[tuple[float, float]]:
    """(seconds since the start, metric) after each epoch of the phase that has the metric."""
    points, seconds = [], 0.0
    for epoch in epochs:
        seconds += epoch["seconds"]
        if epoch["phase"] in (race.phase, "train") and race.figure in epoch:
            points.append((round(seconds, 1), round(epoch[race.figure], 4)))
    return points


def outcome(epochs: list[Record], race: Race, target: float | None) -> dict[str, Any]:
    """Whether and when a run reached its target.

    Args:
        epochs: its records.
        race: names the metric.
        target: the minimum value; None for the last epoch.
    """
    phases = {epoch["phase"] for epoch in epochs}
    phase = race.phase if race.phase in phases else "train"
    seconds, best = 0.0, 0.0
    for number, epoch in enumerate(epochs, start=1):
        seconds += epoch["seconds"]
        if epoch["phase"] == phase:
            best = max(best, epoch.get(race.figure, 0.0))
            if target is not None and best >= target:
                return {"reached": True, "seconds": round(seconds, 1), "epochs": number, "best": round(best, 4)}
    return {"reached": target is None, "seconds": round(seconds, 1), "epochs": len(epochs), "best": round(best, 4)}
