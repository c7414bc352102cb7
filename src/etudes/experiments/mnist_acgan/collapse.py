"""The collapse detector: what goes wrong with this model, seen in the pictures alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from etudes.contract import Array, Images
from etudes.experiments.mnist_acgan.judge import Judge

EMPTY = 0.2
"""A picture is empty if its contrast is below this share of a real one's."""
SAME = 0.1
"""Pictures are the same if they differ by less than this share of what real ones do."""

_CURE = (
    "Usual in the first few hundred steps; if it stays, train again with --preset stable, or with half the "
    "--learning-rate"
)
CURES = {
    "black": f"{_CURE}.",
    "one image": f"{_CURE} and --label-smoothing 0.1.",
    "one class": f"{_CURE} and --no-aux-on-generated, so that *aux* is not learned from bad pictures.",
    "one image a class": "z is not heard: train again with --ema 0.999 and --label-smoothing 0.1, or on more pictures.",
}
"""What to do, by what was seen."""


@dataclass(frozen=True)
class Health:
    """What can be seen in generated pictures; contrast and diversity are 1 where they are as in real ones."""

    contrast: float
    """Mean over the pictures of the deviation of pixels within one, against real pictures."""
    diversity: float
    """Mean over the classes of the deviation of a pixel between pictures of one class, against real pictures."""
    agreement: float
    """Share that shows the class asked for, by the judge: the conditional accuracy."""
    by_class: tuple[tuple[float, float], ...]
    """Agreement of each class, and its diversity against real pictures of the same class."""
    seen: dict[str, str]
    """What looks like a collapse: one of `CURES`, and a sentence about it. Empty if all is well."""

    @property
    def lines(self) -> list[str]:
        """A sentence for each thing seen, with what to do."""
        return [f"collapse detector: {sentence}. {CURES[kind]}" for kind, sentence in self.seen.items()]

    @property
    def metrics(self) -> dict[str, float]:
        """The two numbers to follow while the network learns."""
        return {"conditional_accuracy": self.agreement, "diversity": self.diversity}


def examine(drawn: Array, class_names: Sequence[str], real: Images, judge: Judge) -> Health:
    """Look for black pictures, one picture whatever z or class, and one class whatever is asked for.

    Args:
        drawn: uint8 (classes · n, height, width, channels), n ≥ 2 pictures of each class, class by class.
        class_names: one for each class.
        real: pictures to compare with; at most 2,000 are looked at.
        judge: says which class a picture shows.
    """
    classes = len(class_names)
    asked = np.repeat(np.arange(classes), len(drawn) // classes)
    said = judge.says(drawn)
    pictures, labels = _flat(real.pictures[:2000]), real.labels[:2000]
    flat = _flat(drawn)
    contrast = flat.std(axis=1) / max(float(pictures.std(axis=1).mean()), 1e-9)
    spread = float(flat.std(axis=0).mean() / max(pictures.std(axis=0).mean(), 1e-9))
    within_real, deviations = _within(pictures, labels, classes), _within(flat, asked, classes)
    within = deviations / max(float(np.nanmean(within_real)), 1e-9)
    # Of the pictures that were asked to show something else, how many show this class?
    favour = [float((said[asked != k] == k).mean()) if classes > 1 else 0.0 for k in range(classes)]
    seen: dict[str, str] = {}
    if (contrast < EMPTY).mean() > 0.5:
        seen["black"] = f"{(contrast < EMPTY).mean():.0%} of the pictures are black or of one grey"
    elif spread < SAME:
        seen["one image"] = "it draws one and the same image, whatever class is asked for"
    else:
        if max(favour) > 0.5:
            name = class_names[int(np.argmax(favour))]
            seen["one class"] = f"most pictures show {name}, whatever class is asked for"
        same = [name for name, value in zip(class_names, within, strict=True) if value < SAME]
        if same:
            shown = ", ".join(same[:3]) + (" and others" if len(same) > 3 else "")
            seen["one image a class"] = f"always the same image of {shown}, whatever z"
    right = said == asked
    # Real ones differ half as much as real sevens do: a class is told by its own kind, where there are two of it.
    own = np.where(within_real > 1e-9, deviations / np.maximum(within_real, 1e-9), within)
    by_class = tuple((float(right[asked == k].mean()), float(own[k])) for k in range(classes))
    return Health(float(contrast.mean()), float(np.mean(within)), float(right.mean()), by_class, seen)


def _flat(pictures: Array) -> Array:
    return pictures.reshape(len(pictures), -1).astype(np.float32)


def _within(flat: Array, labels: Array, classes: int) -> Array:
    """Deviation of a pixel between the pictures of each class, mean over the pixels; NaN for fewer than two."""
    groups = [flat[labels == k] for k in range(classes)]
    return np.array([group.std(axis=0, ddof=1).mean() if len(group) > 1 else np.nan for group in groups])
