"""Splits: three sets of pictures that share no example, and a test set that no seed changes."""

import numpy as np
from numpy.typing import NDArray

from etudes.contract import ImageData, ImageInfo, Images
from etudes.errors import UserError

TEST_SHARE = 0.2
"""The part of one's own pictures that is held back for the test where nobody has set a test part aside."""

_TEST_SEED = 20170101


def hold_back(labels: NDArray[np.int64], share: float, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Split positions in two, class by class, so that both parts have the classes in the same proportion.

    Args:
        labels: int64 (n,), the class of each example.
        share: the part to hold back, in 0..1; 0 holds back nothing.
        seed: of the permutation that decides.

    Returns:
        The positions that are kept and those that are held back, each in the order of the permutation. A
        class with at least two examples has at least one on either side.
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
    """How many of each class to hold back: largest remainders, then at least one where there are two."""
    exact = counts * share
    quotas = np.floor(exact).astype(np.intp)
    missing = round(float(counts.sum() * share)) - int(quotas.sum())
    quotas[np.argsort(quotas - exact, kind="stable")[:missing]] += 1
    limited: NDArray[np.intp] = np.clip(quotas, np.minimum(1, counts - 1), counts - 1)
    return limited


def select(images: Images, positions: NDArray[np.intp]) -> Images:
    """The examples at these positions, in that order."""
    return Images(images.pictures[positions], images.labels[positions])


def part_for_test(images: Images) -> tuple[Images, Images]:
    """Split into 80 % for training and 20 % for the test, always the same way."""
    kept, held = hold_back(images.labels, TEST_SHARE, _TEST_SEED)
    return select(images, np.sort(kept)), select(images, np.sort(held))


def split(
    info: ImageInfo, training: Images, test: Images, *, seed: int, validation_share: float, limit: int
) -> ImageData:
    """Hold the validation set back from the training part and cap all three at `limit`, if that is not 0.

    Raises:
        UserError: the share is not in 0..1 or leaves nothing to train on, or the limit is negative.
    """
    if not 0 <= validation_share < 1:
        raise UserError(f"the validation share must be at least 0 and below 1, not {validation_share:g}")
    if limit < 0:
        raise UserError(f"the limit of examples must be 0 (no limit) or more, not {limit}")
    kept, held = hold_back(training.labels, validation_share, seed)
    if limit:
        kept, held = kept[:limit], held[:limit]
        chosen = np.random.default_rng(_TEST_SEED).permutation(len(test))[:limit]
        test = select(test, np.sort(chosen))
    return ImageData(info, train=select(training, kept), validation=select(training, held), test=test)
