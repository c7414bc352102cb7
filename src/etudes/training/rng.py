"""Random numbers with names: every stream of a run follows from its seed, a name, and indices such as the epoch.

So the data of an epoch is a pure function of seed and epoch, and an interrupted run needs no random state to resume.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from etudes.contract import Array


class Stream(NamedTuple):
    """What stands before and after the indices of a stream in the seed sequence."""

    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()


STREAMS = {
    # addition_rnn
    "pairs": Stream(after=(0, 3)),
    "swap": Stream(after=(1,)),
    "shown questions": Stream(after=(2,)),
    "length balance": Stream(after=(4,)),
    "new pairs": Stream(after=(5,)),
    "sampled questions": Stream(after=(0, 6)),
    # pictures
    "order": Stream(),
    "augmentation": Stream(after=(1,)),
    "shear": Stream(after=(2,)),
    # mnist_acgan; indices are (epoch, step), (epoch,) or (input,)
    "game": Stream(after=(1,)),
    "validation noise": Stream(after=(0, 2)),
    "shown noise": Stream(after=(0, 0, 3)),
    "evaluation noise": Stream(after=(0, 0, 4)),
    "drawing": Stream(after=(0, 5)),
    "inspection noise": Stream(after=(0, 0, 6)),
    # mnist_transfer_cnn; indices are (phase, epoch), (epoch,) or none
    "phase order": Stream(after=(0,)),
    "study order": Stream(after=(3,)),
    "few-shot choice": Stream(after=(4,)),
    "few-shot examples": Stream(after=(11,)),
    "few-shot augmentation": Stream(after=(12,)),
    # deep_dream; indices are (octave, iteration), (frame, step) or none
    "jitter": Stream(),
    "film": Stream(before=(77,)),
    "channel start": Stream(after=(8, 1)),
    "channel choice": Stream(after=(8, 2)),
    "channel jitter": Stream(after=(8, 3)),
    # studies that are not part of the package
    "data": Stream(after=(0, 1)),
}
"""Every stream of the project. NumPy treats (a,) and (a, 0) alike, so names of one study that take the same number of
indices must differ in a number above zero. Changing an entry changes the results of every run that uses it."""


def rng(seed: int, name: str, *indices: int) -> np.random.Generator:
    """The random numbers of a named stream.

    Args:
        seed: of the run.
        name: one of `STREAMS`.
        indices: which part of the stream, such as the epoch.
    """
    before, after = STREAMS[name]
    return np.random.default_rng([seed, *before, *indices, *after])


def permutation(seed: int, epoch: int, count: int) -> Array:
    """The order, int64 (count,), in which an epoch takes its examples."""
    return rng(seed, "order", epoch).permutation(count)
