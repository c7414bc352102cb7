"""Training throughput of each study against its peers, and as a share of the matrix product of the machine."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.data import write_pictures, write_questions
from benchmarks.measuring import Contestant, Record, compared, in_turn, run, say
from benchmarks.sizes import Plan
from etudes.data.catalogue import SETS
from etudes.data.storage import verified_files
from etudes.training.backend import has_bfloat16


def precisions(plan: Plan) -> tuple[str, ...]:
    """The precisions that the machine has in hardware."""
    return ("float32", "bfloat16") if has_bfloat16() and plan.size != "tiny" else ("float32",)


def throughput(record: Record, phase: str = "") -> float:
    """Samples per second: the median of all epochs but the first, which compiles."""
    epochs = [epoch for epoch in record["epochs"] if phase in ("", epoch["phase"])]
    return statistics.median(epoch["samples_per_second"] for epoch in epochs[1:] or epochs)


def at_hand(source: str, embedded: str) -> str:
    """A published data set if it is available, else an embedded one with the same picture size."""
    return source if source in SETS and verified_files(source) else embedded


def ours(etude: str, epochs: int, preset: str = "tuned", backend: str = "tensorflow", **settings: Any) -> Contestant:
    """A training run of a study."""
    arguments = {"etude": etude, "preset": preset, "settings": {"epochs": epochs, **settings}}
    return Contestant("benchmarks.ours.training", arguments, backend=backend)


def cifar(plan: Plan) -> dict[str, Contestant]:
    """The study augments its pictures; the peers, except the recipe of 2017, train on the arrays as they are."""
    source, limit = at_hand("cifar10", "shapes"), plan.of(128, 3000, 20000)
    file = str(write_pictures(plan.folder, source, limit))
    common = {"data": file, "epochs": plan.of(1, 2, 4)}
    found = {}
    for precision in precisions(plan):
        found[f"etudes {precision}"] = ours(
            "cifar10_cnn", common["epochs"], data=source, limit=limit, precision=precision
        )
        tuned = {**common, "precision": precision, "batch_size": 128}
        found[f"keras {precision}"] = Contestant("benchmarks.peers.cifar10_keras", {**tuned, "augment": False})
        found[f"torch {precision}"] = Contestant("benchmarks.peers.cifar10_torch", tuned, ("torch",), "torch")
    found["keras as in 2017"] = Contestant("benchmarks.peers.cifar10_keras", common)
    return found


def addition(plan: Plan) -> dict[str, Contestant]:
    """Whole epochs with a batch size of 128; the study draws new questions in each epoch."""
    pairs = plan.of(1600, 15_000, 50_000)
    common = {"data": str(write_questions(plan.folder, pairs)), "epochs": plan.of(1, 3, 5)}
    settings = {"pairs": pairs, "batch_size": 128, "exhaustive": False}
    return {
        "etudes float32": ours("addition_rnn", common["epochs"], **settings),
        "etudes on JAX": ours("addition_rnn", common["epochs"], backend="jax", **settings),
        "keras as in 2017": Contestant("benchmarks.peers.addition_keras", common),
        "jax, lax.scan": Contestant("benchmarks.peers.addition_jax", common, ("jax",), "jax"),
    }


def antirectifier(plan: Plan) -> dict[str, Contestant]:
    """The antirectifier without its baselines."""
    source, limit = at_hand("mnist", "digits"), plan.of(128, 10_000, 0)
    common = {"data": str(write_pictures(plan.folder, source, limit)), "epochs": plan.of(1, 3, 5)}
    settings = {"data": source, "limit": limit, "baselines": []}
    return {
        "etudes float32": ours("antirectifier", common["epochs"], **settings),
        "keras as in 2017": Contestant("benchmarks.peers.antirectifier_keras", common),
    }


def transfer(plan: Plan) -> dict[str, Contestant]:
    """The epochs of the second task, with the features of the frozen layers computed once, or in each epoch."""
    source, limit = at_hand("mnist", "digits"), plan.of(128, 4000, 0)
    epochs = plan.of(2, 3, 12)  # half a second each
    settings = {"data": source, "limit": limit, "transfer_epochs": epochs}
    peer = {"data": str(write_pictures(plan.folder, source, limit)), "epochs": epochs}
    return {
        "etudes float32": ours("mnist_transfer_cnn", 1, **settings),
        "etudes without cached features": ours("mnist_transfer_cnn", 1, **settings, cached_features=False),
        "keras as in 2017": Contestant("benchmarks.peers.transfer_keras", peer),
    }


def acgan(plan: Plan) -> dict[str, Contestant]:
    """`classic`, with split and with plain convolutions, against the same networks in plain Keras."""
    source, batches = at_hand("mnist", "digits"), plan.of(1, 5, 12)
    epochs = plan.of(1, 2, 3)
    found = {}
    for precision in precisions(plan):
        settings = {"data": source, "batches_per_epoch": batches, "precision": precision}
        found[f"etudes {precision}"] = ours("mnist_acgan", epochs, "classic", **settings)
        found[f"etudes plain {precision}"] = ours("mnist_acgan", epochs, "classic", convolution="plain", **settings)
    peer = {"data": str(write_pictures(plan.folder, source, 0)), "batches": batches, "epochs": epochs}
    found["keras as in 2017"] = Contestant("benchmarks.peers.acgan_keras", peer)
    return found


CASES = {
    "cifar10_cnn": cifar,
    "addition_rnn": addition,
    "antirectifier": antirectifier,
    "mnist_transfer_cnn": transfer,
    "mnist_acgan": acgan,
}


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:
    """Samples per second of each contestant, ratios round by round, and shares of the machine's maximum.

    Args:
        plan: how much to do.
        only: studies to measure; by default all.
    """
    flops = run(Contestant("benchmarks.ours.counting"))
    found: dict[str, Any] = {}
    for etude in only or CASES:
        say(f"speed of {etude}")
        contestants = CASES[etude](plan)
        for precision in precisions(plan):
            arguments = {"precision": precision, "size": plan.of(128, 2048, 2048)}
            contestants[f"ceiling {precision}"] = Contestant("benchmarks.ours.ceiling", arguments)
        records = in_turn(contestants, plan.repeats)
        ceilings = {name: records.pop(name) for name in list(records) if name.startswith("ceiling")}
        phase = "transfer" if etude == "mnist_transfer_cnn" else ""
        case = compared(records, lambda record, phase=phase: throughput(record, phase), "etudes float32", less=False)
        best = "etudes bfloat16"
        if best in records:
            case["ratios_bfloat16"] = compared(records, throughput, best, less=False)["ratios"]
        case["flops_per_sample"], case["shares"] = flops[etude], {}
        for name, median in ((name, values["median"]) for name, values in case["values"].items()):
            precision = "bfloat16" if "bfloat16" in name else "float32"
            gflops = max(record["gflops"] for record in ceilings[f"ceiling {precision}"])
            case["shares"][name] = round(median * flops[etude] / 1e9 / gflops, 3)
        if etude == "mnist_transfer_cnn":  # its second task does other work than was counted
            del case["flops_per_sample"], case["shares"]
        if etude == "mnist_acgan":  # plain convolutions do more work than was counted
            split = ("etudes float32", "etudes bfloat16")
            case["shares"] = {name: share for name, share in case["shares"].items() if name in split}
        case["ceilings"] = {name: max(r["gflops"] for r in found_) for name, found_ in ceilings.items()}
        case["cpu_seconds"] = {
            name: round(min(r["cpu_seconds"] for r in found_), 1) for name, found_ in records.items()
        }
        found[etude] = case
    return found
