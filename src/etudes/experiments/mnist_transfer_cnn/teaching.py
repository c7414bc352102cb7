"""New classes taught in seconds: a fresh head upon the frozen bottleneck of a trained run, from a few pictures."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from etudes.analysis.classification import one_hot
from etudes.contract import Array
from etudes.data import fit_picture, load_images
from etudes.data.augmentation import shear, translate
from etudes.data.errors import file_error
from etudes.experiments.mnist_transfer_cnn.data import TransferInfo
from etudes.experiments.mnist_transfer_cnn.freezing import bottleneck_digest, bottleneck_of, features_of
from etudes.experiments.mnist_transfer_cnn.model import make_head
from etudes.experiments.mnist_transfer_cnn.settings import TransferSettings
from etudes.runs.checkpoint import digest
from etudes.training.backend import drawn_from, keras
from etudes.training.rng import rng
from etudes.views.grids import to_image


@dataclass(frozen=True)
class Recipe:
    """How a head is taught; forty steps, a second or two. `benchmarks/teaching.py` compares others with it."""

    examples: int = 300
    """Shifted and sheared copies in all."""
    epochs: int = 4
    """Passes over them."""
    batch: int = 32
    """Copies a step."""
    rate: float = 1e-3
    """Adam's."""
    translate: int = 2
    """Pixels by which a copy is moved at most."""
    shear: float = 0.4
    """Greatest shear of a copy along its rows and along its columns, pixels a pixel."""


RECIPE = Recipe()

MOST_PICTURES = 2000
"""More are not taught in seconds: that is a training, `etudes train mnist_transfer_cnn --to FOLDER`."""

KEPT = 4
"""Heads that stay, so that a second question about the same lesson is answered at once."""

_heads: OrderedDict[str, Any] = OrderedDict()


@dataclass(frozen=True)
class Lesson:
    """Pictures to teach: `pictures` uint8 (n, height, width, channels), `labels` int64 (n,)."""

    pictures: Array
    labels: Array
    class_names: tuple[str, ...]


def read_lesson(folder: str, info: TransferInfo) -> Lesson:
    """Every picture of an image folder, none held back, cut and scaled to the size that was learned.

    Raises:
        UserError: it is no image folder, or has too few pictures or too many.
    """
    if not Path(folder).is_dir():
        raise file_error(folder, "is no folder: make one with a subfolder of pictures for each class")
    found = load_images(folder, seed=0, validation_share=0.0, limit=0)
    pictures = np.concatenate([found.train.pictures, found.validation.pictures, found.test.pictures])
    labels = np.concatenate([found.train.labels, found.validation.labels, found.test.labels])
    if len(pictures) > MOST_PICTURES:
        raise file_error(
            folder, f"has more than {MOST_PICTURES:,} pictures: `etudes train` with --to learns from so many"
        )
    fitted = np.stack([fit_picture(to_image(picture), info.second) for picture in pictures])
    return Lesson(fitted, labels, found.info.class_names)


def taught(network: Any, lesson: Lesson, settings: TransferSettings) -> Any:
    """The network with a head that was taught the lesson; its bottleneck is shared and stays as it is.

    Args:
        network: a trained network of this étude.
        lesson: what to teach.
        settings: of the run; the seed draws fresh weights, copies and their order.
    """
    names = np.array(lesson.class_names)
    key = bottleneck_digest(network) + digest({"pictures": lesson.pictures, "labels": lesson.labels}) + "/".join(names)
    if key not in _heads:
        _heads[key] = teach(network, lesson, settings)
        while len(_heads) > KEPT:
            _heads.popitem(last=False)
    return _heads[key]


def teach(network: Any, lesson: Lesson, settings: TransferSettings, recipe: Recipe = RECIPE) -> Any:
    """As `taught`, by any recipe, and anew each time."""
    classes = len(lesson.class_names)
    places = _balanced(lesson.labels, recipe.examples, rng(settings.seed, "few-shot examples"))
    random = rng(settings.seed, "few-shot augmentation")
    copies = translate(shear(lesson.pictures[places], recipe.shear, random), recipe.translate, recipe.translate, random)
    features, targets = features_of(network, copies), one_hot(lesson.labels[places], classes)
    with drawn_from(settings.seed):
        bottleneck, head = bottleneck_of(network), make_head(settings, classes)
        dropout = [type(layer).__name__ for layer in bottleneck].index("Dropout")
        # Fresh ones, which have no weights: the run's own dropout would go on where the last lesson left it.
        rest = [type(layer).from_config(layer.get_config()) for layer in bottleneck[dropout:]]
        learner = keras.Sequential([keras.Input(features.shape[1:]), *rest, *head])
        learner.compile(keras.optimizers.Adam(recipe.rate), "categorical_crossentropy")
        learner.fit(features, targets, batch_size=recipe.batch, epochs=recipe.epochs, shuffle=False, verbose=0)
        return keras.Sequential([keras.Input(network.input_shape[1:]), *bottleneck, *head])


def _balanced(labels: Array, examples: int, random: np.random.Generator) -> Array:
    """Places of so many pictures or more in random order, each class as often as the others."""
    classes = np.unique(labels)
    each = -(-max(examples, len(labels)) // len(classes))
    chosen = [np.resize(random.permutation(np.flatnonzero(labels == label)), each) for label in classes]
    return random.permutation(np.concatenate(chosen))
