"""How arrays reach `fit`: an epoch is prepared ahead, and cut into batches."""

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
    """Within it, the value for the next number is made in a thread while the present one is in use.

    Args:
        make: number → a value that depends on it alone.
        end: the first number that is not needed.

    Yields:
        A function that returns what `make` returns; call it with consecutive numbers.
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

    On TensorFlow they are a data set without autotuning; the batches and results are the same to the bit. Keras makes
    a data set of arrays too, but with autotuning, whose thread may sleep past the end: now and then Keras waits for it
    after the last batch, a second or longer, in every epoch. The batches are cut by reshaping and not by a function:
    calling one for each batch takes time that short steps notice, and the arrays that it holds outlive the epoch.

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
    # The same graph is used whether or not the last batch is smaller.
    kinds = tuple(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in (inputs, targets))
    return {"x": tf.data.experimental.from_variant(variant, kinds)}


def steps_per_execution_for(count: int = 10) -> int:
    """`steps_per_execution` for `compile`: several short steps at once, as each return to Python costs time.

    A run can be interrupted and saved only between executions. On torch nothing is gained, so it is 1.

    Args:
        count: steps in an execution; few where settings can make steps long.
    """
    return 1 if keras.backend.backend() == "torch" else count


def compile_network(network: Any, **arguments: Any) -> None:
    """`network.compile` with several short steps in each execution; it changes the speed and no result."""
    network.compile(**arguments, steps_per_execution=steps_per_execution_for())
