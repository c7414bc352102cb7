"""The collapse detector: finds from generated pictures alone the ways in which this GAN fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from etudes.contract import Array, Images
from etudes.experiments.mnist_acgan.evaluation_classifier import EvaluationClassifier

EMPTY = 0.2
"""A picture is empty if its contrast is below this share of a real one's."""
SAME = 0.1
"""Pictures are the same if they differ by less than this share of what real ones do."""

_RETRY = (
    "Common in the first few hundred steps; if it stays, train again with --preset stable, or with half the "
    "--learning-rate"
)
ADVICE = {
    "black": f"{_RETRY}.",
    "one image": f"{_RETRY} and --label-smoothing 0.1.",
    "one class": f"{_RETRY} and --no-aux-on-generated, so that *aux* is trained on real pictures only.",
    "one image a class": "Train again with --ema 0.999 and --label-smoothing 0.1, or on more pictures.",
}
"""What to do, by kind of collapse."""


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
    """Kinds of collapse found, keys of `ADVICE`, each with a sentence; empty if all is well."""

    @property
    def lines(self) -> list[str]:
        """A sentence for each collapse, with what to do."""
        return [f"collapse detector: {sentence}. {ADVICE[kind]}" for kind, sentence in self.collapses.items()]

    @property
    def metrics(self) -> dict[str, float]:
        """The two numbers to follow during training."""
        return {"conditional_accuracy": self.conditional_accuracy, "diversity": self.diversity}


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
