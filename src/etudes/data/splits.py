"""Splits: three sets of pictures that share no example, and a test set that no seed changes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.contract import ImageData, ImageInfo, Images
from etudes.errors import UserError

TEST_SHARE = 0.2
"""The part of your own pictures that becomes the test set where the data has none."""

_TEST_SEED = 20170101


def stratified_split(labels: NDArray[np.int64], share: float, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Split indices in two, class by class, so that both parts have the classes in the same proportion.

    Args:
        labels: int64 (n,), the class of each example.
        share: the part to hold out, in 0..1; 0 holds out nothing.
        seed: of the permutation that decides.

    Returns:
        The indices that are kept and those that are held out, each in the order of the permutation. A class with
        at least two examples has at least one in either part.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    if share == 0 or len(labels) == 0:
        return order, order[:0]
    classes, class_of, counts = np.unique(labels, return_inverse=True, return_counts=True)
    quotas = _quotas(counts, share)
    taken = np.zeros(len(labels), dtype=bool)
    for number in range(len(classes)):
        members = order[class_of[order] == number]
        taken[members[: quotas[number]]] = True
    return order[~taken[order]], order[taken[order]]


def _quotas(counts: NDArray[np.intp], share: float) -> NDArray[np.intp]:
    """How many of each class to hold out: largest remainders, then at least one where there are two."""
    quotas = _largest_remainders(counts * share, round(float(counts.sum() * share)))
    limited: NDArray[np.intp] = np.clip(quotas, np.minimum(1, counts - 1), counts - 1)
    return limited


def _largest_remainders(exact: NDArray[np.floating[Any]], total: int) -> NDArray[np.intp]:
    """Whole numbers close to these, `total` together: rounded down, then one more where most was cut off."""
    quotas: NDArray[np.intp] = np.floor(exact).astype(np.intp)
    quotas[np.argsort(quotas - exact, kind="stable")[: total - int(quotas.sum())]] += 1
    return quotas


def stratified_subset(labels: NDArray[np.int64], count: int) -> NDArray[np.intp]:
    """Indices of `count` examples, ascending, with the classes in the proportion of them all; of each class the first.

    Args:
        labels: int64 (n,), the class of each example, in random order or in another that does not matter.
        count: how many to keep; all, if there are no more.

    Returns:
        The numbers of each class by largest remainders; at least one of each where `count` allows.
    """
    if count >= len(labels):
        return np.arange(len(labels))
    classes, class_of, counts = np.unique(labels, return_inverse=True, return_counts=True)
    exact = counts * count / len(labels)
    quotas = _largest_remainders(exact, count)
    if count >= len(classes):
        for missing in np.flatnonzero(quotas == 0):
            quotas[np.argmax(np.where(quotas > 1, quotas - exact, -np.inf))] -= 1
            quotas[missing] = 1
    return np.sort(np.concatenate([np.flatnonzero(class_of == k)[:quota] for k, quota in enumerate(quotas)]))


def select(images: Images, indices: NDArray[np.intp]) -> Images:
    """The examples at these indices, in that order."""
    return Images(images.pictures[indices], images.labels[indices])


def split_off_test(images: Images) -> tuple[Images, Images]:
    """Split into 80 % for training and 20 % for the test, always the same way."""
    kept, held = stratified_split(images.labels, TEST_SHARE, _TEST_SEED)
    return select(images, np.sort(kept)), select(images, np.sort(held))


@dataclass(frozen=True)
class Parts:
    """The parts of a set as it comes; they share no example."""

    training: Images
    test: Images
    validation: Images | None = None
    """None where the data sets none aside, so that it is split off the training part."""


def split_off_validation(info: ImageInfo, parts: Parts, *, seed: int, validation_share: float, limit: int) -> ImageData:
    """Split the validation set off the training part unless there is one, and cap all three at `limit` if it is not 0.

    What `limit` keeps has the classes in the same proportion, and at least one example of each if it allows.

    Raises:
        UserError: the share is not in 0..1 or leaves nothing to train on, or the limit is negative.
    """
    if not 0 <= validation_share < 1:
        raise UserError(f"a validation share of {validation_share:g}: make it at least 0 and below 1")
    if limit < 0:
        raise UserError(f"a limit of {limit} examples: make it 0 (no limit) or more")
    share = validation_share if parts.validation is None else 0
    kept, held = stratified_split(parts.training.labels, share, seed)
    training, test = select(parts.training, kept), parts.test
    validation = select(parts.training, held) if parts.validation is None else parts.validation
    if limit:
        training = select(training, stratified_subset(training.labels, limit))
        validation, test = (_random_subset(held_out, limit) for held_out in (validation, test))
    return ImageData(info, train=training, validation=validation, test=test)


def _random_subset(images: Images, count: int) -> Images:
    """A stratified subset that is drawn, always the same way, from examples that may be in any order."""
    order = np.random.default_rng(_TEST_SEED).permutation(len(images))
    return select(images, np.sort(order[stratified_subset(images.labels[order], count)]))
