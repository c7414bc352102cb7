"""The collapse detector: finds from generated pictures alone the ways in which this GAN fails."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from etudes.contract import Array, ImageData, Images
from etudes.experiments.mnist_acgan.evaluation_classifier import EvaluationClassifier, train_pixel_classifier

if TYPE_CHECKING:
    from etudes.experiments.mnist_acgan.study import AcganSettings

EMPTY = 0.2
"""A picture is empty if its contrast is below this share of a real one's."""
SAME = 0.1
"""Pictures are the same if they differ by less than this share of what real ones do."""

KINDS = ("black", "one image", "one class", "one image a class")
"""Kinds of collapse."""


def advice(kind: str, settings: AcganSettings) -> str:
    """What to do about a kind of collapse: only what these settings do not have already."""
    smoothing = ["--label-smoothing 0.1"] * (settings.label_smoothing < 0.1)
    if kind == "one image a class":
        average = ["--ema 0.999"] * (settings.ema < 0.999)
        return f"Train again with {' and '.join([*average, *smoothing]) or 'another --seed'}, or on more pictures."
    stable = ["--preset stable"] * (settings.generator != "light")
    ways = " or ".join([*stable, f"half the --learning-rate ({settings.learning_rate / 2:g})"])
    more = {"one image": smoothing, "one class": ["--no-aux-on-generated"] * settings.aux_on_generated}
    also = f", and {more[kind][0]}" if more.get(kind) else ""
    return f"Common in the first few hundred steps; if it stays, train again with {ways}{also}."


@dataclass(frozen=True)
class Health:
    """Measures of generated pictures; contrast and diversity are 1 where they equal those of real pictures."""

    contrast: float
    """Mean over the pictures of the standard deviation of pixels within one, relative to real pictures."""
    diversity: float
    """Mean over the classes of the standard deviation of a pixel within a class, relative to real pictures."""
    conditional_accuracy: float
    """Share of the pictures that the classifier assigns to the requested class."""
    by_class: tuple[tuple[float, float], ...]
    """Conditional accuracy of each class, and its diversity relative to real pictures of the same class."""
    collapses: dict[str, str]
    """Kinds of collapse found, of `KINDS`, each with a sentence; empty if all is well."""

    def lines(self, settings: AcganSettings, reported: Container[str] = ()) -> list[str]:
        """A sentence for each collapse, with what to do; none for the kinds that were reported."""
        found = {kind: sentence for kind, sentence in self.collapses.items() if kind not in reported}
        return [f"collapse detector: {sentence}. {advice(kind, settings)}" for kind, sentence in found.items()]

    @property
    def metrics(self) -> dict[str, float]:
        """The two numbers to follow during training."""
        return {"conditional_accuracy": self.conditional_accuracy, "diversity": self.diversity}


class CollapseDetector:
    """Looks at the grid after each epoch of a training; compares with the training pictures."""

    def __init__(self, data: ImageData, settings: AcganSettings) -> None:
        """Train the evaluation classifier on the training pictures."""
        self._classifier, self._data, self._settings = train_pixel_classifier(data.train), data, settings
        self._reported: set[str] = set()

    def examine(self, grid: Array) -> Health:
        """The health of generated pictures, uint8 (classes · n, height, width, channels), class by class."""
        return detect_collapse(grid, self._data.info.class_names, self._data.train, self._classifier)

    def news(self, health: Health) -> list[str]:
        """Its lines about kinds of collapse that were not reported before: a log is not to repeat them every epoch."""
        lines = health.lines(self._settings, self._reported)
        self._reported |= set(health.collapses)
        return lines


def detect_collapse(
    pictures: Array, class_names: Sequence[str], real: Images, classifier: EvaluationClassifier
) -> Health:
    """Look for black pictures, one picture whatever z and label, and one class whatever the label.

    Args:
        pictures: generated, uint8 (classes · n, height, width, channels), n ≥ 2 of each class, class by class.
        class_names: one for each class.
        real: pictures to compare with; the first 2,000 are used.
        classifier: classifies the generated pictures.
    """
    classes = len(class_names)
    requested, predicted = np.repeat(np.arange(classes), len(pictures) // classes), classifier.predict(pictures)
    flat, real_flat, real_labels = _flat(pictures), _flat(real.pictures[:2000]), real.labels[:2000]
    contrast = flat.std(axis=1) / max(float(real_flat.std(axis=1).mean()), 1e-9)
    spread = float(flat.std(axis=0).mean() / max(real_flat.std(axis=0).mean(), 1e-9))
    within_real, within = _deviations(real_flat, real_labels, classes), _deviations(flat, requested, classes)
    diversity = within / max(float(np.nanmean(within_real)), 1e-9)
    # Of the pictures requested to show another class, how many show this one?
    favoured = [float((predicted[requested != k] == k).mean()) if classes > 1 else 0.0 for k in range(classes)]
    found: dict[str, str] = {}
    if (contrast < EMPTY).mean() > 0.5:
        found["black"] = f"{(contrast < EMPTY).mean():.0%} of the pictures are black or uniformly grey"
    elif spread < SAME:
        found["one image"] = "all pictures are the same, whatever the label"
    else:
        if max(favoured) > 0.5:
            name = class_names[int(np.argmax(favoured))]
            found["one class"] = f"most pictures show {name}, whatever the label"
        same = [name for name, value in zip(class_names, diversity, strict=True) if value < SAME]
        if same:
            listed = ", ".join(same[:3]) + (" and others" if len(same) > 3 else "")
            found["one image a class"] = f"all pictures of {listed} are the same: z has no effect"
    right = predicted == requested
    # Real ones differ half as much as real sevens do: compare with the same class, where there are two pictures of it.
    own = np.where(within_real > 1e-9, within / np.maximum(within_real, 1e-9), diversity)
    by_class = tuple((float(right[requested == k].mean()), float(own[k])) for k in range(classes))
    return Health(float(contrast.mean()), float(np.mean(diversity)), float(right.mean()), by_class, found)


def _flat(pictures: Array) -> Array:
    return pictures.reshape(len(pictures), -1).astype(np.float32)


def _deviations(flat: Array, labels: Array, classes: int) -> Array:
    """Standard deviation of a pixel within each class, mean over the pixels; NaN for fewer than two pictures."""
    groups = [flat[labels == k] for k in range(classes)]
    return np.array([group.std(axis=0, ddof=1).mean() if len(group) > 1 else np.nan for group in groups])
