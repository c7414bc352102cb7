"""The goals of docs/performance.md: for each, where its value is in the measurements, and whether it is reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Results = dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """A row of the table of goals."""

    what: str
    wanted: str
    find: Callable[[Results], tuple[str, bool] | None]
    """The value in words and whether it reaches the goal; None if it was not measured."""
    name: str
    """The benchmark."""
    of: str = ""
    """Its part."""
    why: str = ""
    """Why it is not reached, if it is not."""

    @property
    def command(self) -> str:
        """The command that measures it."""
        if self.name == "soak":
            return "make soak"
        return f"python -m benchmarks {self.name}" + (f" --only {self.of}" if self.of else "")


def part(results: Results, name: str, of: str = "") -> Any:
    """The metrics of a part of the results, or None."""
    found = results.get(name, {}).get(of)
    return found["metrics"] if found else None


def is_full(results: Results, name: str, of: str = "") -> bool:
    """Whether a part was measured in full, without --quick."""
    return bool(results[name][of]["measured"]["size"] == "full")


def in_words(ratio: dict[str, float]) -> str:
    """A median with minimum and maximum, or one number after one round."""
    if ratio["min"] == ratio["max"]:
        return f"{ratio['median']:.3g}×"
    return f"{ratio['median']:.3g}× ({ratio['min']:.3g}–{ratio['max']:.3g})"


def race(etude: str, goal: float) -> Callable[[Results], tuple[str, bool] | None]:
    """The row of a time to accuracy; only the full measurement counts, as little data says nothing about it."""

    def found(results: Results) -> tuple[str, bool] | None:
        metrics = part(results, "time_to_accuracy", etude)
        if metrics is None or not is_full(results, "time_to_accuracy", etude):
            return None
        said, ratios = [], []
        for one in metrics["rounds"]:
            peer, ours = one["peer"], one["etudes"]
            unfinished = "" if peer["reached"] else f", peer not within {peer['seconds']:.0f} s"
            if ours["reached"]:
                ratios.append(one["ratio"])
                said.append(f"{'' if peer['reached'] else '≥ '}{one['ratio']:.3g}×{unfinished}")
            else:
                said.append(f"not reached within {ours['seconds']:.0f} s{unfinished}")
        return "; ".join(said), len(ratios) == len(said) and min(ratios) >= goal

    return found


def ratio(of: str, peer: str, goal: float, key: str = "ratios") -> Callable[[Results], Any]:
    """The row of a ratio of throughputs."""

    def found(results: Results) -> tuple[str, bool] | None:
        metrics = part(results, "speed", of)
        if metrics is None or peer not in metrics.get(key, {}):
            return None
        return in_words(metrics[key][peer]), metrics[key][peer]["median"] >= goal

    return found


def where(enough: dict[str, bool]) -> bool | str:
    """Whether a goal is reached, or the precisions in which it is."""
    precisions = [precision for precision, reached in enough.items() if reached]
    return len(precisions) == len(enough) or (bool(precisions) and f"in {', '.join(precisions)} only")


def dream_ratio(results: Results) -> tuple[str, bool | str] | None:
    """Études in bfloat16 and in float32 against the example of Keras."""
    metrics = part(results, "dream")
    if metrics is None:
        return None
    steps = metrics["seconds_per_megapixel_iteration"]
    plain = steps["ratios"]["keras example"]
    said, enough = f"float32 {in_words(plain)}", {"float32": plain["median"] >= 1.5}
    if "ratios_bfloat16" in steps:
        half = steps["ratios_bfloat16"]["keras example"]
        said, enough["bfloat16"] = f"bfloat16 {in_words(half)}, {said}", half["median"] >= 1.5
    return said, where(enough)


def share(name: str, of: str, contestants: tuple[str, ...], goal: float) -> Callable[[Results], Any]:
    """The row of a share of the matrix product."""

    def found(results: Results) -> tuple[str, bool | str] | None:
        metrics = part(results, name, of)
        if metrics is None or "shares" not in metrics:
            return None
        shares = {
            name.removeprefix("etudes "): metrics["shares"][name] for name in contestants if name in metrics["shares"]
        }
        said = ", ".join(f"{precision} {value:.0%}" for precision, value in shares.items())
        return said, where({precision: value >= goal for precision, value in shares.items()})

    return found


def memory(etude: str, goal: float) -> Callable[[Results], Any]:
    """The row of a peak memory."""

    def found(results: Results) -> tuple[str, bool] | None:
        metrics = part(results, "memory", etude)
        if metrics is None:
            return None
        peak = metrics["peak_megabytes"]["median"] / 1000
        return f"{peak:.2f} GB", peak <= goal

    return found


def large_dream(results: Results) -> tuple[str, bool] | None:
    """The peak memory of a dream in tiles, in GiB."""
    metrics = part(results, "windows", "3840x2160")
    if metrics is None:
        return None
    peak = metrics["peak_megabytes"] / 1024
    return f"{peak:.2f} GiB", peak <= 2


def agreement(results: Results) -> tuple[str, bool] | None:
    """The cosine between the gradient in tiles and that of the whole picture."""
    metrics = part(results, "windows", "gradient")
    return metrics and (f"{metrics['cosine']:.4f}, {metrics['windows']} tiles", metrics["cosine"] >= 0.98)


def first_step(results: Results) -> tuple[str, bool] | None:
    """The slowest start of all studies."""
    metrics = {name: found["metrics"] for name, found in results.get("memory", {}).items()}
    starts = {name: found["first_step_seconds"] for name, found in metrics.items() if "first_step_seconds" in found}
    seconds = {name: start["median"] for name, start in starts.items()}
    if not seconds:
        return None
    slowest = max(seconds, key=lambda name: seconds[name])
    return f"{min(seconds.values()):.1f} to {seconds[slowest]:.1f} s ({slowest})", seconds[slowest] <= 15


def helping(results: Results) -> tuple[str, bool] | None:
    """The time of `etudes --help`."""
    metrics = part(results, "memory", "etudes --help")
    return metrics and (f"{metrics['seconds']['median']:.2f} s", metrics["seconds"]["median"] <= 0.3)


def lax_scan(results: Results) -> tuple[str, bool] | None:
    """How much longer an epoch of additions takes than one compiled scan, on either backend."""
    metrics = part(results, "speed", "addition_rnn")
    if metrics is None or "jax, lax.scan" not in metrics["values"]:
        return None
    plain = metrics["values"]["jax, lax.scan"]["median"]
    times = {
        backend: plain / metrics["values"][name]["median"]
        for backend, name in (("TensorFlow", "etudes float32"), ("JAX", "etudes on JAX"))
    }
    return ", ".join(f"{n} {t:.2f}× as long" for n, t in times.items()), min(times.values()) <= 1.3


def checkpoints(results: Results) -> tuple[str, bool] | None:
    """The largest share of time that checkpoints take, as `make soak` measured."""
    if "checkpoints" not in results.get("reliability", {}):
        return None
    shares = {one["etude"]: one["share"] for one in results["reliability"]["checkpoints"]["metrics"]}
    most = max(shares, key=lambda etude: shares[etude])
    return f"{shares[most]:.1%} ({most})", shares[most] <= 0.03


def _pages(results: Results) -> dict[str, Any]:
    return {name: found["metrics"] for name, found in results.get("pages", {}).items()}


def page_size(results: Results) -> tuple[str, bool] | None:
    """The largest page without its weights."""
    sizes = {name: (one["bytes"] - one["weights_bytes"]) / 1e6 for name, one in _pages(results).items()}
    if not sizes:
        return None
    largest = max(sizes, key=lambda name: sizes[name])
    return f"{min(sizes.values()):.1f} to {sizes[largest]:.1f} MB ({largest})", sizes[largest] <= 6


def page_opening(results: Results) -> tuple[str, bool] | None:
    """The page that one waits for the longest."""
    waited = {name: one["first_answer_seconds"]["median"] for name, one in _pages(results).items()
              if "first_answer_seconds" in one}  # fmt: skip
    if not waited:
        return None
    slowest = max(waited, key=lambda name: waited[name])
    return f"{min(waited.values()):.1f} to {waited[slowest]:.1f} s ({slowest})", waited[slowest] <= 2


BOTH = ("etudes bfloat16", "etudes float32")
AROUND = (
    "in bfloat16, convolutions with few channels are slower than the product of two large matrices, and the work "
    "around them hardly gets faster; *Where the time goes* shows how much is which."
)
GOALS = [
    Goal(
        "CIFAR-10: time to 79 % accuracy against the recipe of 2017 as written",
        *("≥ 20×", race("cifar10_cnn", 20), "time_to_accuracy", "cifar10_cnn"),
    ),
    Goal(
        "addition: time to 99 % exact match against the script of 2017",
        *("≥ 8×", race("addition_rnn", 8), "time_to_accuracy", "addition_rnn"),
    ),
    Goal(
        "transfer: time to 99.2 % on 5–9 against the script of 2017",
        *("≥ 5×", race("mnist_transfer_cnn", 5), "time_to_accuracy", "mnist_transfer_cnn"),
    ),
    Goal(
        "antirectifier: time to the final accuracy of the script of 2017",
        *("≥ 5×", race("antirectifier", 5), "time_to_accuracy", "antirectifier"),
    ),
    Goal(
        "ACGAN `classic` in bfloat16 against the same networks in plain Keras",
        "≥ 3×",
        ratio("mnist_acgan", "keras as in 2017", 3, "ratios_bfloat16"),
        *("speed", "mnist_acgan"),
    ),
    Goal(
        "deep dream: a step on a megapixel against the example of Keras",
        *("≥ 1.5×", dream_ratio, "dream", ""),
        "in float32 both compute the same convolutions at nearly the speed of the machine; `--precision auto` chooses "
        "bfloat16 if the machine has it.",
    ),
    Goal(
        "CIFAR-10: share of the matrix product",
        *("≥ 60 %", share("speed", "cifar10_cnn", BOTH, 0.6), "speed", "cifar10_cnn"),
        AROUND,
    ),
    Goal(
        "ACGAN: share of the matrix product",
        *("≥ 60 %", share("speed", "mnist_acgan", BOTH, 0.6), "speed", "mnist_acgan"),
        AROUND,
    ),
    Goal("dream: share of the matrix product", "≥ 50 %", share("dream", "", BOTH, 0.5), "dream", why=AROUND),
    Goal("addition: an epoch against plain JAX's `lax.scan`", "≤ 1.3×", lax_scan, "speed", "addition_rnn"),
    Goal(
        "transfer: an epoch on cached features against an epoch without",
        "≥ 5×",
        ratio("mnist_transfer_cnn", "etudes without cached features", 5),
        *("speed", "mnist_transfer_cnn"),
        "the remaining work is the same in both: the matrix products of the head and its gradient, fetching features, "
        "dropout of 4,608 values per picture, and AdamW over 590,597 parameters.",
    ),
    Goal("memory: training on CIFAR-10", "≤ 2.5 GB", memory("cifar10_cnn", 2.5), "memory", "cifar10_cnn"),
    Goal("memory: training on additions", "≤ 1.5 GB", memory("addition_rnn", 1.5), "memory", "addition_rnn"),
    Goal("memory: a dream of 1024×768", "≤ 3 GB", memory("deep_dream 1024x768", 3), "memory"),
    Goal("memory: a dream of 3840×2160, in tiles", "≤ 2 GiB", large_dream, "windows", "3840x2160"),
    Goal(
        "dream: cosine between the gradient in tiles and that of the whole picture",
        "≥ 0.98",
        agreement,
        *("windows", "gradient"),
    ),
    Goal("training: from start to first step", "≤ 15 s", first_step, "memory"),
    Goal("`etudes --help`", "≤ 0.3 s", helping, "memory"),
    Goal("a page of `etudes share`, without its weights", "≤ 6 MB", page_size, "pages"),
    Goal("a page of `etudes share`: from opening to the first answer", "≤ 2 s", page_opening, "pages"),
    Goal("training: share of time for checkpoints", "≤ 3 %", checkpoints, "soak"),
]


def goal_row(goal: Goal, results: Results) -> str:
    """A row of the table of goals."""
    found = goal.find(results)
    if not found:
        return f"| {goal.what} | {goal.wanted} | not measured yet | | `{goal.command}` |"
    known = results.get(goal.name, {}).get(goal.of or next(iter(results.get(goal.name, {})), ""))
    reached = found[1] if isinstance(found[1], str) else "yes" if found[1] else "no"
    if known and known["measured"]["size"] == "quick":
        reached = "not decided"
    return f"| {goal.what} | {goal.wanted} | {found[0]} | {reached} | `{goal.command}` |"


def reasons(results: Results) -> list[str]:
    """A line for each goal that was measured and is not reached, or not in each precision: why."""
    short = [goal for goal in GOALS if (found := goal.find(results)) and found[1] is not True]
    return [f"- {goal.what}: {goal.why or 'not investigated.'}" for goal in short]
