"""What an inspection measures of generated pictures, with another run's classifier as the judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Interval

from etudes.analysis.distances import kernel_distances, nearest, within_classes
from etudes.analysis.intervals import proportion_ci
from etudes.contract import Array, ImageData, ImageInfo, Images, InspectOptions, Networks, Result, Table
from etudes.data.splits import select
from etudes.experiments.mnist_acgan.judge import (
    PIXELS,
    Judge,
    accuracy_on,
    judged_by,
    judging_run,
    network_judge,
    train_judge,
)
from etudes.experiments.mnist_acgan.pictures import class_grid, to_pixels
from etudes.experiments.mnist_acgan.student import accuracy_after_learning_from
from etudes.experiments.mnist_acgan.training import draw_z, generator_of, paint
from etudes.runs import Run
from etudes.training.rng import rng
from etudes.views.distances import distances_histogram

if TYPE_CHECKING:
    from etudes.experiments.mnist_acgan.settings import AcganSettings

REAL = 2000
"""Real pictures, at most, of the test split and as many of the training split, that generated ones are held against."""
NEIGHBOURS = 500
"""Generated pictures, and test pictures, whose nearest training pictures are looked for."""
TAUGHT = 60_000
"""Pictures, at most, that a student learns from: as many as MNIST has."""


@dataclass(frozen=True)
class Inspect(InspectOptions):
    """What to measure of generated pictures, and by whom."""

    judge: str | None = None
    """Whose classifier judges: a run folder, ETUDE@bundled or an etude's name, or "pixels" for a support vector
    machine; by default the most accurate classifier of this data that is at hand."""
    count: Annotated[int, Interval(ge=20, le=20_000)] = 1000
    """About so many pictures are generated for the measures, as many of each class."""
    cas: bool = False
    """Also train a small classifier on generated pictures and test it on real ones; takes minutes."""

    def base_run(self, info: ImageInfo, settings: AcganSettings) -> Run | None:  # noqa: ARG002, as the contract has it
        """The run that judges; None for the support vector machine."""
        return judging_run(self.judge, info)


def measure_pictures(
    networks: Networks, data: ImageData, settings: AcganSettings, chosen: Inspect, lent: Any | None
) -> Result:
    """Conditional accuracy, kernel distance, diversity, nearest training pictures and, if asked for, CAS.

    `lent` is the judge's run brought to life, or None for a support vector machine that learns from the data now.
    """
    judge: Judge = network_judge(str(lent.run), lent.networks, data.info) if lent else train_judge(data.train)
    names, random = data.info.class_names, rng(settings.seed, "inspection noise")
    drawn = draw(networks, len(names), chosen.count, random)
    test, train = (some(images, REAL, random) for images in (data.test, data.train))
    accuracy = accuracy_on(judge, data.test)
    result = Result(lines=[judged_by(judge, accuracy, data.test)])
    if lent is None and chosen.judge != PIXELS:
        result.lines.append("no classifier of this data is at hand: train one, or name its run with --judge")
    table = by_class(judge, drawn, test, names)
    right = judge.says(drawn.pictures) == drawn.labels
    agreement = proportion_ci(int(right.sum()), len(right))
    result.metrics = {
        "conditional_accuracy": agreement.estimate,
        "conditional_accuracy_low": agreement.low,
        "conditional_accuracy_high": agreement.high,
        "judge_accuracy": accuracy,
        **kernel_figures(judge, drawn, test, train, random),
        "diversity_in_pixels": _mean(table, -2),
        "diversity_for_the_judge": _mean(table, -1),
    }
    result.tables.append(table)
    add_neighbours(result, drawn, data, random)
    if chosen.cas:
        result.metrics |= student_figures(networks, data, settings, random)
    result.metrics["generated"] = len(drawn)
    return result


def draw(networks: Networks, classes: int, count: int, random: np.random.Generator) -> Images:
    """About so many generated pictures, at least two of each class, class by class."""
    labels = np.repeat(np.arange(classes), max(2, count // classes))
    drawn = paint(generator_of(networks), draw_z(random, len(labels)), labels.astype(np.int32)[:, None])
    return Images(to_pixels(drawn), labels)


def some(images: Images, most: int, random: np.random.Generator) -> Images:
    """At most so many of some pictures, drawn at random, in their order."""
    return select(images, np.sort(random.permutation(len(images))[:most]))


def by_class(judge: Judge, drawn: Images, real: Images, names: Sequence[str]) -> Table:
    """Of each class: the share that shows it, with Wilson's interval, and how much its pictures differ.

    Diversity is the mean distance between two pictures of a class, divided by that between two real ones of it: of
    their pixels, and of the features that the judge decides by. It is 1 where they differ as much as real ones.
    """
    classes, right = len(names), judge.says(drawn.pictures) == drawn.labels
    seen = ((_flat(drawn), _flat(real)), (judge.sees(drawn.pictures), judge.sees(real.pictures)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = [within_classes(a, drawn.labels, classes) / within_classes(b, real.labels, classes) for a, b in seen]
    rows = []
    for k, name in enumerate(names):
        found = proportion_ci(int(right[drawn.labels == k].sum()), int((drawn.labels == k).sum()))
        rows.append((name, found.estimate, found.low, found.high, *(_number(ratio[k]) for ratio in ratios)))
    columns = ("class", "shows it", "at least", "at most", "diversity in pixels", "diversity for the judge")
    return Table("generated pictures by class, 95 % intervals", columns, rows)


def kernel_figures(
    judge: Judge, drawn: Images, test: Images, train: Images, random: np.random.Generator
) -> dict[str, float]:
    """Kernel distance of generated to test pictures, and the floor: of training to test pictures. Both with spread.

    Features are scaled so that those of test pictures have a mean square of 1: some judges' are a hundred times as
    large as others', and the kernel is made for neither.
    """
    generated, real, learned = (judge.sees(images.pictures) for images in (drawn, test, train))
    size = float(np.sqrt(np.mean(real.astype(np.float64) ** 2))) or 1.0
    metrics: dict[str, float] = {}
    for name, features in (("kid", generated), ("kid_floor", learned)):
        found = kernel_distances(features / size, real / size, random)
        metrics |= {name: float(found.mean()), f"{name}_spread": float(found.std(ddof=1))}
    return metrics


def add_neighbours(result: Result, drawn: Images, data: ImageData, random: np.random.Generator) -> None:
    """Does it memorise? Distances to the nearest training picture, of generated and of test pictures."""
    names, learned = data.info.class_names, data.train.pictures.reshape(len(data.train), -1)
    generated, test = some(drawn, NEIGHBOURS, random), some(data.test, NEIGHBOURS, random)
    (near, place), (usual, _) = nearest(_flat(generated), learned), nearest(_flat(test), learned)
    result.metrics["nearest_training_picture"] = float(np.median(near))
    result.metrics["nearest_training_picture_of_test"] = float(np.median(usual))
    # Of each class the one that comes nearest to a training picture: where copies would be seen first.
    closest = [np.flatnonzero(generated.labels == k) for k in range(len(names))]
    shown = np.array([found[near[found].argmin()] for found in closest if len(found)])
    pair = np.concatenate([generated.pictures[shown], data.train.pictures[place[shown]]])
    result.pictures["nearest"] = class_grid(
        pair, ("generated", "nearest real"), "does it memorise? those nearest to a training picture, one of each class"
    )
    result.captions["nearest"] = "Of each class the generated picture that comes nearest to a training picture"
    result.pictures["nearest-distances"] = distances_histogram(
        {"generated pictures": near, "real test pictures": usual},
        "distance to the nearest training picture (Euclidean, of grey values 0 to 255)",
    )
    result.captions["nearest-distances"] = (
        "Copies would lie at 0; where generated pictures lie further left than real ones, they vary less"
    )


def student_figures(
    networks: Networks, data: ImageData, settings: AcganSettings, random: np.random.Generator
) -> dict[str, float]:
    """CAS, the classification accuracy score: a student of generated pictures tested on real ones (Ravuri, 2019).

    Beside it stands that of a student of as many real pictures.
    """
    real = some(data.train, TAUGHT, random)
    drawn = draw(networks, len(data.info.class_names), len(real), random)
    return {
        "cas": accuracy_after_learning_from(drawn, data.test, data.info, settings.seed),
        "cas_of_real_pictures": accuracy_after_learning_from(real, data.test, data.info, settings.seed),
        "cas_pictures": len(drawn),
    }


def _flat(images: Images) -> Array:
    return images.pictures.reshape(len(images), -1)


def _number(value: float) -> Any:
    """A number, or nothing where there were too few pictures for one."""
    return float(value) if np.isfinite(value) else ""


def _mean(table: Table, column: int) -> float:
    found = [row[column] for row in table.rows if row[column] != ""]
    return float(np.mean(found)) if found else 0.0
