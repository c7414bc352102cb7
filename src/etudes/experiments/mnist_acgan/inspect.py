"""inspect: pictures of what the networks learned, and measures of generated pictures by another run's classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Interval

from etudes.analysis.intervals import proportion_ci
from etudes.contract import Array, ImageData, ImageInfo, Images, InspectOptions, Networks, Result, Table
from etudes.data.splits import select
from etudes.experiments.mnist_acgan.cas import classification_accuracy_score
from etudes.experiments.mnist_acgan.distances import distances_histogram, kernel_distances, nearest, within_classes
from etudes.experiments.mnist_acgan.evaluation_classifier import (
    PIXELS,
    EvaluationClassifier,
    accuracy_on,
    classifier_line,
    classifier_run,
    network_classifier,
    train_pixel_classifier,
)
from etudes.experiments.mnist_acgan.pictures import (
    best_generator,
    class_grid,
    generate,
    generate_classes,
    interpolate_z,
    to_pixels,
)
from etudes.experiments.mnist_acgan.study import AcganSettings, draw_z, fixed_z
from etudes.runs import Run
from etudes.training.backend import keras
from etudes.training.rng import rng
from etudes.views.features import filter_grid

REAL = 2000
"""Pictures of the test split, at most, and of the training split, that generated ones are compared with."""
NEIGHBOURS = 500
"""Generated pictures, and test pictures, whose nearest training pictures are searched for."""
CAS_PICTURES = 60_000
"""Pictures, at most, that the classifier of CAS is trained on: as many as MNIST has."""


@dataclass(frozen=True)
class Options(InspectOptions):
    """Which measures of generated pictures to compute, and with which classifier."""

    classifier: str | None = None
    """The evaluation classifier: a run folder, ETUDE@bundled or an etude's name, or "pixels" for a support vector
    machine; by default the most accurate classifier of this data that was found."""
    count: Annotated[int, Interval(ge=20, le=20_000)] = 1000
    """About how many pictures to generate for the measures, the same number of each class."""
    cas: bool = False
    """Also train a small classifier on generated pictures and test it on real ones (CAS); takes minutes."""

    def base_run(self, info: ImageInfo, settings: AcganSettings) -> Run | None:  # noqa: ARG002, as the contract has it
        """The run of the evaluation classifier; None for the support vector machine."""
        return classifier_run(self.classifier, info)


def inspect(
    networks: Networks, data: ImageData, settings: AcganSettings, options: Options, base: Any | None = None
) -> Result:
    """Conditional accuracy, kernel distance, diversity, nearest training pictures and, if asked for, CAS.

    Also every class from the same z, a walk in z, and the discriminator's first filters. `base` is the loaded run of
    the evaluation classifier; None for a support vector machine, which is trained now.
    """
    generator, names, z = best_generator(networks), data.info.class_names, fixed_z(settings)
    result = measure_pictures(networks, data, settings, options, base)
    first = next(layer for layer in networks["discriminator"].layers if isinstance(layer, keras.layers.Conv2D))
    result.pictures |= {
        "classes": class_grid(generate_classes(generator, z, len(names)), names, "the same z in each column"),
        "z-walk": class_grid(interpolate_z(generator, z, len(names)), names, "from one z to another"),
        "filters": filter_grid(keras.ops.convert_to_numpy(first.kernel)),
    }
    result.captions |= {
        "classes": "Every class, from the same z in each column",
        "z-walk": "From one z to another with the same class: changes should be smooth",
        "filters": "The discriminator's first filters",
    }
    return result


def measure_pictures(
    networks: Networks, data: ImageData, settings: AcganSettings, options: Options, base: Any | None
) -> Result:
    """The measures of `inspect`, with the pictures that belong to them."""
    if base:
        classifier = network_classifier(str(base.run), base.networks, data.info)
    else:
        classifier = train_pixel_classifier(data.train)
    names, noise = data.info.class_names, rng(settings.seed, "inspection noise")
    generated = generate_images(networks, len(names), options.count, noise)
    test, train = (sample(images, REAL, noise) for images in (data.test, data.train))
    accuracy = accuracy_on(classifier, data.test)
    result = Result(lines=[classifier_line(classifier, accuracy, data.test)])
    if base is None and options.classifier != PIXELS:
        result.lines.append("no classifier of this data was found: train one, or name its run with --classifier")
    table = by_class(classifier, generated, test, names)
    right = classifier.predict(generated.pictures) == generated.labels
    share = proportion_ci(int(right.sum()), len(right))
    result.metrics = {
        "conditional_accuracy": share.estimate,
        "conditional_accuracy_low": share.low,
        "conditional_accuracy_high": share.high,
        "classifier_accuracy": accuracy,
        **kernel_metrics(classifier, generated, test, train, noise),
        "diversity_in_pixels": _column_mean(table, -2),
        "diversity_in_features": _column_mean(table, -1),
    }
    result.tables.append(table)
    add_neighbours(result, generated, data, noise)
    if options.cas:
        real = sample(data.train, CAS_PICTURES, noise)
        as_many = generate_images(networks, len(names), len(real), noise)
        for name, images in (("cas", as_many), ("cas_of_real_pictures", real)):
            result.metrics[name] = classification_accuracy_score(images, data.test, data.info, settings.seed)
        result.metrics["cas_pictures"] = len(as_many)
    result.metrics["generated"] = len(generated)
    return result


def generate_images(networks: Networks, classes: int, count: int, noise: np.random.Generator) -> Images:
    """About `count` generated pictures with their labels, at least two of each class, class by class."""
    labels = np.repeat(np.arange(classes), max(2, count // classes))
    pictures = generate(best_generator(networks), draw_z(noise, len(labels)), labels.astype(np.int32)[:, None])
    return Images(to_pixels(pictures), labels)


def sample(images: Images, size: int, noise: np.random.Generator) -> Images:
    """At most `size` random pictures, in their order."""
    return select(images, np.sort(noise.permutation(len(images))[:size]))


def by_class(classifier: EvaluationClassifier, generated: Images, real: Images, names: Sequence[str]) -> Table:
    """Of each class: the conditional accuracy with Wilson's interval, and how much its pictures differ.

    Diversity is the mean distance between two pictures of a class, divided by that between two real ones of it: of
    their pixels, and of the classifier's features. It is 1 where they differ as much as real ones.
    """
    classes, right = len(names), classifier.predict(generated.pictures) == generated.labels
    spaces = ((_flat(generated), _flat(real)), tuple(classifier.features(x.pictures) for x in (generated, real)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = [
            within_classes(a, generated.labels, classes) / within_classes(b, real.labels, classes) for a, b in spaces
        ]
    rows = []
    for k, name in enumerate(names):
        of_class = generated.labels == k
        share = proportion_ci(int(right[of_class].sum()), int(of_class.sum()))
        diversity = (float(ratio[k]) if np.isfinite(ratio[k]) else "" for ratio in ratios)
        rows.append((name, share.estimate, share.low, share.high, *diversity))
    columns = ("class", "conditional accuracy", "low", "high", "diversity in pixels", "diversity in features")
    return Table("generated pictures by class, 95 % intervals", columns, rows)


def kernel_metrics(
    classifier: EvaluationClassifier, generated: Images, test: Images, train: Images, noise: np.random.Generator
) -> dict[str, float]:
    """Kernel distance of generated to test pictures, and the floor: of training to test pictures. Both with spread.

    Features are scaled so that those of test pictures have a mean square of 1: some classifiers' are a hundred times as
    large as others', and the kernel is made for neither.
    """
    features, of_test, of_train = (classifier.features(images.pictures) for images in (generated, test, train))
    scale = float(np.sqrt(np.mean(of_test.astype(np.float64) ** 2))) or 1.0
    metrics: dict[str, float] = {}
    for name, compared in (("kid", features), ("kid_floor", of_train)):
        found = kernel_distances(compared / scale, of_test / scale, noise)
        metrics |= {name: float(found.mean()), f"{name}_spread": float(found.std(ddof=1))}
    return metrics


def add_neighbours(result: Result, generated: Images, data: ImageData, noise: np.random.Generator) -> None:
    """Does it memorise? Distances to the nearest training picture, of generated and of test pictures."""
    names, training = data.info.class_names, _flat(data.train)
    some, test = sample(generated, NEIGHBOURS, noise), sample(data.test, NEIGHBOURS, noise)
    (distances, indices), (of_test, _) = nearest(_flat(some), training), nearest(_flat(test), training)
    result.metrics["nearest_training_picture"] = float(np.median(distances))
    result.metrics["nearest_training_picture_of_test"] = float(np.median(of_test))
    # Of each class the one that is nearest to a training picture: copies would be found there first.
    of_classes = [np.flatnonzero(some.labels == k) for k in range(len(names))]
    closest = np.array([found[distances[found].argmin()] for found in of_classes if len(found)])
    pairs = np.concatenate([some.pictures[closest], data.train.pictures[indices[closest]]])
    result.pictures["nearest"] = class_grid(
        pairs, ("generated", "nearest real"), "does it memorise? those nearest to a training picture, one of each class"
    )
    result.captions["nearest"] = "Of each class the generated picture that is nearest to a training picture"
    result.pictures["nearest-distances"] = distances_histogram(
        {"generated pictures": distances, "real test pictures": of_test},
        "distance to the nearest training picture (Euclidean, of grey values 0 to 255)",
    )
    result.captions["nearest-distances"] = (
        "Copies would be at 0; where generated pictures are further left than real ones, they vary less"
    )


def _flat(images: Images) -> Array:
    return images.pictures.reshape(len(images), -1)


def _column_mean(table: Table, column: int) -> float:
    found = [row[column] for row in table.rows if row[column] != ""]
    return float(np.mean(found)) if found else 0.0
