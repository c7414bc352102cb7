"""What the page of a classifier holds: examples to begin with, its worst mistakes, and inputs that it fails at."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.analysis.classification import predict, top_losses
from etudes.contract import Array, ImageInfo, Images
from etudes.data import IMAGE_SETS, PHOTOS, embedded_photo, fit_picture, load_images
from etudes.data.catalogue import DIGIT_NAMES
from etudes.results.html import file_url
from etudes.views.grids import to_image

Pixels = NDArray[np.uint8]

EXAMPLES = 10
"""Pictures that a page offers to begin with."""
MISTAKES = 12
"""Mistakes that it shows."""
TRIED = 64
"""Pictures that are changed, to find one at which the network fails."""
UNKNOWN = ("china", "flower")
"""Embedded photographs of what is in no class of the built-in sets: a pagoda and a dahlia."""


def is_own(info: Any) -> bool:
    """Whether any picture comes from a person's own files.

    Args:
        info: of a classifier; its `source` names one set, or two, joined by " to ".
    """
    return not all(name in IMAGE_SETS for name in info.source.split(" to "))


def classifier_content(network: Any, info: ImageInfo, test: Images | None) -> dict[str, Any]:
    """What a page shows of one classifier, for JSON; pictures are PNG, as addresses of data.

    Args:
        network: pictures in, probabilities out.
        info: what it was trained on.
        test: pictures that may be put into the page; None for none.

    Returns:
        `examples`: pictures that the network gets right, one of each class; without `test`, embedded ones, or none.
        `mistakes`: those with the highest loss, with truth, answer and confidence; `wrong` of `pictures` in all.
        `breaks`: changed pictures to which it gives another answer than before, or a confident one to nothing.
    """
    if test is None:
        pictures = _embedded(info)
        examples = [{"picture": png(one), "truth": ""} for one in pictures]
        known = pictures if is_drawn(info) else pictures[:0]  # of photographs nobody knows the right answer
        return {"examples": examples, "mistakes": [], "wrong": 0, "pictures": 0, "breaks": breaks(network, info, known)}
    answers = predict(network, test.pictures)
    right = answers.classes == test.labels
    sure = np.flatnonzero(right & (answers.confidence > 0.8))
    first = [int(found[0]) for k in range(len(info.class_names)) if len(found := sure[test.labels[sure] == k])]
    names = info.class_names
    return {
        "examples": [{"picture": png(test.pictures[k]), "truth": names[test.labels[k]]} for k in first[:EXAMPLES]],
        "mistakes": [
            {
                "picture": png(test.pictures[k]),
                "truth": names[test.labels[k]],
                "answer": names[answers.classes[k]],
                "confidence": float(answers.confidence[k]),
            }
            for k in top_losses(answers, test.labels, MISTAKES)
        ],
        "wrong": int((~right).sum()),
        "pictures": len(test),
        "breaks": breaks(network, info, test.pictures[sure[:TRIED]]),
    }


def _embedded(info: ImageInfo) -> Pixels:
    """Pictures that come with the package: digits for those who learned digits, else photographs or nothing."""
    if info.source == "mnist" and set(info.class_names) <= set(DIGIT_NAMES):
        test = load_images("digits", seed=0, validation_share=0).test
        known = [np.flatnonzero(test.labels == int(name))[:1] for name in info.class_names]
        return np.asarray(test.pictures[np.concatenate(known)], np.uint8)
    if is_drawn(info):
        return np.zeros((0, *info.shape), np.uint8)
    return np.stack([fit_picture(embedded_photo(name), info) for name in PHOTOS])


def is_drawn(info: ImageInfo) -> bool:
    """Whether the network learned from drawings rather than photographs, so that one may draw its input."""
    return bool(info.ink) or info.source.split(" to ")[-1] in ("mnist", "digits", "fashion_mnist")


def breaks(network: Any, info: ImageInfo, pictures: Pixels) -> list[dict[str, Any]]:
    """Changed pictures that get another answer than before, of each kind of change the most confident one.

    Args:
        network: pictures in, probabilities out.
        info: what it was trained on.
        pictures: that it answers rightly.
    """
    drawn, found = is_drawn(info), []
    if len(pictures):
        before = predict(network, pictures).classes
        for kind, change in (DRAWING_CHANGES if drawn else PHOTO_CHANGES).items():
            found += _most_confident(network, info, kind, np.stack([change(picture) for picture in pictures]), before)
    found += _most_confident(network, info, "noise", _noise(info), None)
    if not drawn:
        photos = np.stack([fit_picture(embedded_photo(name), info) for name in UNKNOWN])
        found += _most_confident(network, info, "unknown", photos, None)
    return found


def _most_confident(
    network: Any, info: ImageInfo, kind: str, pictures: Pixels, before: Array | None
) -> list[dict[str, Any]]:
    """The picture with the most confident answer that is another than `before`, if there is one."""
    answers = predict(network, pictures)
    changed = np.ones(len(pictures), bool) if before is None else answers.classes != before
    k = int(np.where(changed, answers.confidence, -1).argmax())
    if not changed[k]:
        return []
    return [
        {
            "kind": kind,
            "picture": png(pictures[k]),
            "before": "" if before is None else info.class_names[before[k]],
            "answer": info.class_names[answers.classes[k]],
            "confidence": float(answers.confidence[k]),
        }
    ]


def _noise(info: ImageInfo) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (TRIED, *info.shape)).astype(np.uint8)


def _in_a_corner(picture: Pixels) -> Pixels:
    """What differs from the background, moved up and to the left as far as it goes."""
    ink = np.abs(picture.astype(int) - int(np.median(picture))).max(axis=-1) > 40
    down, across = (int(np.flatnonzero(ink.any(axis=axis))[0]) if ink.any() else 0 for axis in (1, 0))
    return np.roll(picture, (-down, -across), axis=(0, 1))


def _small(picture: Pixels) -> Pixels:
    """At half its size, in the middle."""
    height, width = picture.shape[:2]
    page = np.full_like(picture, int(np.median(picture)))
    half = picture[: height // 2 * 2, : width // 2 * 2].reshape(height // 2, 2, width // 2, 2, -1).mean(axis=(1, 3))
    top, left = (height - height // 2) // 2, (width - width // 2) // 2
    page[top : top + height // 2, left : left + width // 2] = half
    return page


def _negative(picture: Pixels) -> Pixels:
    return 255 - picture


def _upside_down(picture: Pixels) -> Pixels:
    return picture[::-1, ::-1]


def _grey(picture: Pixels) -> Pixels:
    return np.repeat(picture.mean(axis=-1, keepdims=True).astype(np.uint8), picture.shape[-1], axis=-1)


DRAWING_CHANGES: Mapping[str, Callable[[Pixels], Pixels]] = {
    "corner": _in_a_corner,
    "small": _small,
    "negative": _negative,
}
PHOTO_CHANGES: Mapping[str, Callable[[Pixels], Pixels]] = {
    "upside_down": _upside_down,
    "negative": _negative,
    "grey": _grey,
}


def png(picture: Pixels) -> str:
    """A picture, uint8 (height, width, channels), as a PNG in an address of data."""
    file = io.BytesIO()
    to_image(picture).save(file, "PNG", optimize=True)
    return file_url("png", file.getvalue())
