"""Arrays on their way into `fit`: an epoch made ahead, and its batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from etudes.contract import Array
from etudes.training.backend import keras

Made = TypeVar("Made")


@contextmanager
def prefetch(make: Callable[[int], Made], end: int) -> Iterator[Callable[[int], Made]]:
    """Within it, what belongs to the next number is made in a thread while the present one is worked with.

    Args:
        make: number → what belongs to it, and to it alone.
        end: the first number that is not asked for.

    Yields:
        The function that gives what `make` gives; to be called with numbers that follow each other.
    """
    with ThreadPoolExecutor(1, "prefetch") as thread:
        coming = None

        def take(number: int) -> Made:
            nonlocal coming
            taken = coming.result() if coming else make(number)
            coming = thread.submit(make, number + 1) if number + 1 < end else None
            return taken

        yield take


def batches(inputs: Array, targets: Array, size: int) -> dict[str, Any]:
    """The arguments of `fit` (with `shuffle=False`) or `evaluate` for arrays.

    On TensorFlow that is a data set without tuning. Keras makes one of arrays too, but leaves it to tune itself, and
    the thread that tunes may sleep through the end: now and then Keras then waits for it after the last batch, one
    second after a short epoch and longer after a long one. A run makes a new data set for each epoch, and the examples
    and results are the same to the bit. Nothing is called for a batch either: a function that cuts each out of the
    arrays takes time that short steps feel, and what it holds outlives the epoch.

    Args:
        inputs: example by example.
        targets: as many.
        size: examples in a batch; the last one may be smaller.
    """
    if keras.backend.backend() != "tensorflow":
        return {"x": inputs, "y": targets, "batch_size": size}
    import tensorflow as tf

    whole = len(targets) // size * size

    def in_batches(part: Array) -> Any:
        return tf.convert_to_tensor(part[:whole].reshape(-1, size, *part.shape[1:]))

    steps = tf.data.Dataset.from_tensor_slices((in_batches(inputs), in_batches(targets)))
    if whole < len(targets):
        steps = steps.concatenate(tf.data.Dataset.from_tensors((inputs[whole:], targets[whole:])))
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    variant = tf.data.experimental.to_variant(steps.prefetch(2).with_options(options))
    # Whether or not the last batch is smaller, the same graph is to learn from them.
    kinds = tuple(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in (inputs, targets))
    return {"x": tf.data.experimental.from_variant(variant, kinds)}


def steps_per_execution_for(count: int = 10) -> int:
    """Steps of a few milliseconds to take in one execution, as `compile` takes it: the way back to Python costs time.

    Between executions a training can be interrupted and saved. On torch there is nothing to gain.

    Args:
        count: so many. Where settings can make steps long, few.
    """
    return 1 if keras.backend.backend() == "torch" else count
