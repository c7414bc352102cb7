"""How few pictures of each class are enough: on frozen convolutions, and from scratch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from etudes.analysis.intervals import ConfidenceInterval, mean_ci
from etudes.contract import ImageData, Images, Result, Table
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn.evaluate import accuracy
from etudes.experiments.mnist_transfer_cnn.trials import MIN_STEPS, SCRATCH, Trials, Variant, bounds
from etudes.training.rng import rng
from etudes.views.plotting import COLOURS, figure, picture


def few_shot_curve(trials: Trials, shots: Sequence[int], seeds: int) -> Result:
    """Train on so many pictures (`shots`) of each class, transferred and from scratch; each seed draws other pictures.

    Both see the same pictures in the same order for the same number of steps, so they are compared in pairs.
    """
    check_shots(trials.new, shots)
    began = time.monotonic()
    rows, drawn = [], {}
    for count in sorted(set(shots)):
        frozen, scratch = np.zeros(seeds), np.zeros(seeds)
        for seed in range(seeds):
            some = draw_shots(trials.new.train, count, seed)
            for variant, scores in ((Variant("frozen", 2, head=trials.settings.head), frozen), (SCRATCH, scratch)):
                network = trials.network(variant, seed)
                trials.train(network, some, seed, trials.table(some) if variant.frozen else None)
                scores[seed] = accuracy(network, trials.new.test)
            scored = f"transferred {frozen[seed]:.2%}, from scratch {scratch[seed]:.2%}"
            trials.message(f"{count} a class, seed {seed}: {scored}")
        drawn[count] = {"on frozen convolutions": mean_ci(frozen), "from scratch": mean_ci(scratch)}
        gain = mean_ci(frozen - scratch)
        ends = [end if np.isfinite(end) else "" for end in (gain.low, gain.high)]
        rows.append((count, *bounds(mean_ci(frozen)), *bounds(mean_ci(scratch)), gain.estimate, *ends))
    columns = ("a class", "transferred", "from", "to", "from scratch", "from", "to", "difference", "from", "to")
    minutes = (time.monotonic() - began) / 60
    line = (
        f"few pictures: {seeds} seeds each, {MIN_STEPS} steps at least, {minutes:.1f} minutes; from and to are the "
        "bounds of 95 % intervals over seeds, those of the difference within pairs of one seed and the same pictures."
    )
    return Result(
        tables=[Table("from few pictures of each class, on the test pictures", columns, rows)],
        pictures={"shots": shots_picture(drawn)},
        lines=[line],
    )


def check_shots(task: ImageData, shots: Sequence[int]) -> None:
    """Raise `UserError` if a class has fewer training pictures than asked for."""
    counts = np.bincount(task.train.labels, minlength=len(task.info.class_names))
    if max(shots) > counts.min():
        name = task.info.class_names[int(counts.argmin())][:40]
        raise UserError(f"--shots {max(shots)}: {name} has only {counts.min()} training pictures; use a smaller number")


def draw_shots(train: Images, count: int, seed: int) -> Images:
    """So many random pictures of each class; the smaller draws of a seed are part of its larger ones."""
    order = rng(seed, "few-shot choice").permutation(len(train))
    labels = train.labels[order]
    chosen = np.concatenate([order[np.flatnonzero(labels == label)[:count]] for label in np.unique(labels)])
    return Images(train.pictures[chosen], train.labels[chosen])


def shots_picture(found: Mapping[int, Mapping[str, ConfidenceInterval]]) -> Image.Image:
    """Draw pictures of each class → variant → its mean accuracy over the seeds, with bounds."""
    counts = sorted(found)
    with figure(6.4, 4.2) as drawn:
        axes = drawn.add_subplot()
        for number, name in enumerate(found[counts[0]]):
            means, colour = [found[count][name] for count in counts], COLOURS[number]
            axes.plot(counts, [mean.estimate for mean in means], "os"[number] + "-", color=colour, label=name)
            if all(np.isfinite(mean.low) for mean in means):
                low, high = np.clip([(mean.low, mean.high) for mean in means], 0, 1).T
                axes.fill_between(counts, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.set_xscale("log")
        axes.set_xticks(counts, [str(count) for count in counts])
        axes.minorticks_off()
        axes.set_xlabel("training pictures of each class")
        axes.set_ylabel("accuracy on the test pictures")
        axes.set_title("band: 95 % interval over seeds", fontsize=10)
        axes.legend(frameon=False, loc="lower right")
        return picture(drawn)
