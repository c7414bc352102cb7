"""Splits: three sets of pictures that share no example, and a test set that no seed changes."""

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
    exact = counts * share
    quotas = np.floor(exact).astype(np.intp)
    missing = round(float(counts.sum() * share)) - int(quotas.sum())
    quotas[np.argsort(quotas - exact, kind="stable")[:missing]] += 1
    limited: NDArray[np.intp] = np.clip(quotas, np.minimum(1, counts - 1), counts - 1)
    return limited


def select(images: Images, indices: NDArray[np.intp]) -> Images:
    """The examples at these indices, in that order."""
    return Images(images.pictures[indices], images.labels[indices])


def split_off_test(images: Images) -> tuple[Images, Images]:
    """Split into 80 % for training and 20 % for the test, always the same way."""
    kept, held = stratified_split(images.labels, TEST_SHARE, _TEST_SEED)
    return select(images, np.sort(kept)), select(images, np.sort(held))


def split_off_validation(
    info: ImageInfo, training: Images, test: Images, *, seed: int, validation_share: float, limit: int
) -> ImageData:
    """Split the validation set off the training part, and cap all three at `limit`, if that is not 0.

    Raises:
        UserError: the share is not in 0..1 or leaves nothing to train on, or the limit is negative.
    """
    if not 0 <= validation_share < 1:
        raise UserError(f"a validation share of {validation_share:g}: make it at least 0 and below 1")
    if limit < 0:
        raise UserError(f"a limit of {limit} examples: make it 0 (no limit) or more")
    kept, held = stratified_split(training.labels, validation_share, seed)
    if limit:
        kept, held = kept[:limit], held[:limit]
        chosen = np.random.default_rng(_TEST_SEED).permutation(len(test))[:limit]
        test = select(test, np.sort(chosen))
    return ImageData(info, train=select(training, kept), validation=select(training, held), test=test)
