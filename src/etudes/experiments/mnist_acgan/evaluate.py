"""evaluate: do the pictures show what was requested, how much do they vary, and how good is the discriminator?"""

from __future__ import annotations

from typing import Any

import numpy as np

from etudes.contract import ImageData, Networks, Result, Table
from etudes.data.splits import select
from etudes.experiments.mnist_acgan.collapse_detector import detect_collapse
from etudes.experiments.mnist_acgan.evaluation_classifier import accuracy_on, classifier_line, train_pixel_classifier
from etudes.experiments.mnist_acgan.losses import evaluate_losses, predict
from etudes.experiments.mnist_acgan.pictures import best_generator, class_grid, generate, generate_classes, to_pixels
from etudes.experiments.mnist_acgan.study import AcganSettings, draw_z, fixed_z, mix
from etudes.training.rng import rng

PICTURES = 1000
"""About how many pictures are generated, the same number of each class, and how many real ones are mixed in."""


def evaluate(networks: Networks, data: ImageData, settings: AcganSettings) -> Result:
    """Conditional accuracy and diversity of generated pictures, and outputs and losses of both networks.

    The evaluation classifier is a support vector machine on pixels, trained on real pictures only. Its accuracy on
    real test pictures, `classifier_accuracy`, bounds what the conditional accuracy can tell.
    """
    discriminator, generator = networks["discriminator"], best_generator(networks)
    names, test, noise = data.info.class_names, data.test, rng(settings.seed, "evaluation noise")
    labels = np.repeat(np.arange(len(names), dtype=np.int32), max(2, PICTURES // len(names)))[:, None]
    generated = generate(generator, draw_z(noise, len(labels)), labels)
    classifier = train_pixel_classifier(data.train)
    health = detect_collapse(to_pixels(generated), names, test, classifier)
    real = select(test, np.sort(noise.permutation(len(test))[: len(labels)]))
    losses, accuracy = evaluate_losses(discriminator, *mix(real, generated, labels)), accuracy_on(classifier, test)
    (real_fake, real_aux), (fake, aux) = predict(discriminator, test.pictures), predict(discriminator, generated)
    metrics: dict[str, Any] = {
        "conditional_accuracy": health.conditional_accuracy,
        "classifier_accuracy": accuracy,
        "diversity": health.diversity,
        "aux_accuracy_real": float((real_aux.argmax(1) == test.labels).mean()),
        "aux_accuracy_generated": float((aux.argmax(1) == labels[:, 0]).mean()),
        "real_taken_for_real": float((real_fake > 0.5).mean()),
        "generated_taken_for_real": float((fake > 0.5).mean()),
        **losses,
        "collapses_seen": len(health.collapses),
        "generated": len(labels),
    }
    rows = [(name, *both) for name, both in zip(names, health.by_class, strict=True)]
    grid = generate_classes(generator, fixed_z(settings), len(names))
    return Result(
        metrics=metrics,
        tables=[Table("generated pictures by class", ("class", "conditional accuracy", "diversity"), rows)],
        drawings={"generated": lambda: class_grid(grid, names, "the same z in each column")},
        lines=[classifier_line(classifier, accuracy, test), *health.lines(settings)],
    )
