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
def one_ahead(make: Callable[[int], Made], end: int) -> Iterator[Callable[[int], Made]]:
    """Within it, what belongs to the next number is made in a thread while the present one is worked with.

    Args:
        make: number → what belongs to it, and to it alone.
        end: the first number that is not asked for.

    Yields:
        The function that gives what `make` gives; to be called with numbers that follow each other.
    """
    with ThreadPoolExecutor(1, "one-ahead") as thread:
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
    and results are the same to the bit.

    Args:
        inputs: example by example.
        targets: as many.
        size: examples in a batch; the last one may be smaller.
    """
    if keras.backend.backend() != "tensorflow":
        return {"x": inputs, "y": targets, "batch_size": size}
    import tensorflow as tf

    everything = (tf.convert_to_tensor(inputs), tf.convert_to_tensor(targets))

    def batch(start: Any) -> Any:
        return tuple(part[start : start + size] for part in everything)

    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    starts = tf.data.Dataset.range(0, len(targets), size)
    # AutoGraph would write the function's text into a file, for which a full disk has no room.
    plain = tf.autograph.experimental.do_not_convert(batch)
    return {"x": starts.map(plain).prefetch(2).with_options(options)}


def small_steps() -> int:
    """Steps of a few milliseconds to take in one execution, as `compile` takes it: the way back to Python costs time.

    Between executions a training can be interrupted and saved. On torch there is nothing to gain.
    """
    return 1 if keras.backend.backend() == "torch" else 10
