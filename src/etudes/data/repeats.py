"""The same picture twice: in training and in test, where it makes a figure too good, or with two labels."""

from collections.abc import Sequence, Set
from hashlib import blake2b
from typing import Any

from etudes.contract import Array, ImageData, Images
from etudes.data.notes import note
from etudes.errors import format_path


def note_repeats(source: str, data: ImageData) -> None:
    """Note pictures of the test set that are also in the training, and pictures that have several labels.

    They are compared as the network gets them. Nothing is left out: a folder of pictures may mean it.
    """
    labels_of: dict[bytes, set[int]] = {}
    for part in (data.train, data.validation):
        _add(labels_of, part)
    learned = sum(_digest(picture) in labels_of for picture in data.test.pictures)
    _add(labels_of, data.test)
    at, several = format_path(source), sum(len(labels) > 1 for labels in labels_of.values())
    if learned:
        note(f"{at}: {learned:,} of {len(data.test):,} test pictures are also among those of the training: remove them")
    if several:
        note(f"{at}: pictures that are in several classes: {several:,}; keep each in one")


def note_learned(tested: Sequence[Any], learned: Set[Any], source: str) -> None:
    """Note how many of the examples to test on are among those of the training."""
    if count := sum(one in learned for one in tested):
        what = f"{count:,} of the {len(tested):,} examples in {format_path(source)}"
        note(f"{what} are among those of the training: leave them out for a fair test")


def _add(labels_of: dict[bytes, set[int]], part: Images) -> None:
    for picture, label in zip(part.pictures, part.labels.tolist(), strict=True):
        labels_of.setdefault(_digest(picture), set()).add(label)


def _digest(picture: Array) -> bytes:
    return blake2b(picture.tobytes(), digest_size=16).digest()
