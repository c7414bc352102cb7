"""Few-shot fine-tuning: a new head on the frozen bottleneck of a trained run, from a few pictures, in seconds."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from etudes.analysis.answers import fit_drawing
from etudes.contract import Array, ImageInfo
from etudes.data import load_images
from etudes.data.augmentation import shear, translate
from etudes.data.errors import file_error
from etudes.experiments.mnist_transfer_cnn.cached_features import features_of
from etudes.experiments.mnist_transfer_cnn.study import (
    TransferSettings,
    bottleneck_and_head,
    bottleneck_digest,
    make_head,
)
from etudes.runs.checkpoint import digest
from etudes.training.backend import drawn_from, keras
from etudes.training.rng import rng
from etudes.views.grids import to_image


@dataclass(frozen=True)
class Recipe:
    """How a head is fine-tuned: about forty steps, a second or two; `benchmarks/teaching.py` compares others."""

    examples: int = 300
    """Translated and sheared copies in all."""
    epochs: int = 4
    """Epochs over them."""
    batch: int = 32
    """Copies per step."""
    rate: float = 1e-3
    """Adam's learning rate."""
    translate: int = 2
    """Maximum translation of a copy, pixels."""
    shear: float = 0.4
    """Maximum shear of a copy along its rows and along its columns, pixels per pixel."""


RECIPE = Recipe()

MAX_PICTURES = 2000
"""More take longer than seconds: `etudes train mnist_transfer_cnn --to FOLDER` trains on them."""

MAX_CACHED_HEADS = 4
"""Heads that stay in memory, so that a second question about the same pictures is answered at once."""

_heads: OrderedDict[str, Any] = OrderedDict()


@dataclass(frozen=True)
class FewShotSet:
    """Pictures to fine-tune on: `pictures` uint8 (n, height, width, channels), `labels` int64 (n,)."""

    pictures: Array
    labels: Array
    class_names: tuple[str, ...]


def read_few_shot_set(folder: str, info: ImageInfo, invert: bool | None, crop: bool | None) -> FewShotSet:
    """Read every picture of an image folder, and prepare each as `fit_drawing` prepares those to be answered.

    Raises:
        UserError: it is no image folder, or has too few pictures or too many.
    """
    if not Path(folder).is_dir():
        raise file_error(folder, "is no folder: make one with a subfolder of pictures for each class")
    data = load_images(folder, seed=0, validation_share=0.0, limit=0)
    splits = (data.train, data.validation, data.test)
    pictures = np.concatenate([images.pictures for images in splits])
    if len(pictures) > MAX_PICTURES:
        raise file_error(folder, f"has more than {MAX_PICTURES:,} pictures: use `etudes train` with --to for so many")
    labels = np.concatenate([images.labels for images in splits])
    prepared = np.stack([fit_drawing(to_image(picture), info, invert, crop)[0] for picture in pictures])
    return FewShotSet(prepared, labels, data.info.class_names)


def fine_tuned(network: Any, few_shot_set: FewShotSet, settings: TransferSettings) -> Any:
    """A trained network with a fine-tuned head; the bottleneck is shared and does not change.

    The seed of the settings draws new weights, the copies and their order.
    """
    shown = digest({"pictures": few_shot_set.pictures, "labels": few_shot_set.labels})
    key = "/".join([bottleneck_digest(network), shown, *few_shot_set.class_names])
    if key not in _heads:
        _heads[key] = fine_tune(network, few_shot_set, settings)
        while len(_heads) > MAX_CACHED_HEADS:
            _heads.popitem(last=False)
    return _heads[key]


def fine_tune(network: Any, few_shot_set: FewShotSet, settings: TransferSettings, recipe: Recipe = RECIPE) -> Any:
    """As `fine_tuned`, with any recipe, and without a cache."""
    classes = len(few_shot_set.class_names)
    indices = _balanced(few_shot_set.labels, recipe.examples, rng(settings.seed, "few-shot examples"))
    augmentation = rng(settings.seed, "few-shot augmentation")
    sheared = shear(few_shot_set.pictures[indices], recipe.shear, augmentation)
    features = features_of(network, translate(sheared, recipe.translate, recipe.translate, augmentation))
    targets = np.eye(classes, dtype=np.float32)[few_shot_set.labels[indices]]
    with drawn_from(settings.seed):
        bottleneck, head = bottleneck_and_head(network)[0], make_head(settings, classes)
        dropout = [type(layer).__name__ for layer in bottleneck].index("Dropout")
        # New ones, which have no weights: the random state of the run's own dropout depends on what it did before.
        rest = [type(layer).from_config(layer.get_config()) for layer in bottleneck[dropout:]]
        trained = keras.Sequential([keras.Input(features.shape[1:]), *rest, *head])
        trained.compile(keras.optimizers.Adam(recipe.rate), "categorical_crossentropy")
        trained.fit(features, targets, batch_size=recipe.batch, epochs=recipe.epochs, shuffle=False, verbose=0)
        return keras.Sequential([keras.Input(network.input_shape[1:]), *bottleneck, *head])


def _balanced(labels: Array, examples: int, order: np.random.Generator) -> Array:
    """Indices of so many pictures or more in random order, each class as often as the others."""
    classes = np.unique(labels)
    each = -(-max(examples, len(labels)) // len(classes))
    chosen = [np.resize(order.permutation(np.flatnonzero(labels == label)), each) for label in classes]
    return order.permutation(np.concatenate(chosen))
