"""What is done value by value, in one pass over memory.

TensorFlow on a CPU takes a pass for each operation. Where layers are wide and the rest of a step is short, dropout and
AdamW then take more time than the products. XLA makes one loop of them; it is not given the products too, as its own
are slower than TensorFlow's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etudes.training.backend import keras


def _on_tensorflow() -> bool:
    return bool(keras.backend.backend() == "tensorflow")


def _in_one_pass(function: Callable[..., Any]) -> Any:
    """A function of TensorFlow's tensors, compiled by XLA: half a second or so for each size of arrays."""
    import tensorflow as tf

    return tf.function(function, jit_compile=True, autograph=False)


def adamw(rate: Any, weight_decay: float) -> Any:
    """Keras' AdamW; on TensorFlow its steps are compiled.

    Args:
        rate: learning rate, a number or a schedule.
        weight_decay: decoupled weight decay.
    """

    class AdamW(keras.optimizers.AdamW):  # type: ignore[misc]
        def apply(self, grads: Any, trainable_variables: Any = None) -> None:
            step = super().apply
            _in_one_pass(lambda *slopes: step(slopes, trainable_variables))(*grads)

    made = AdamW if _on_tensorflow() else keras.optimizers.AdamW
    return made(rate, weight_decay=weight_decay)


def fast_dropout(dropout: Any) -> Any:
    """What drops values as a Dropout layer does and draws from its random state, but two bits for each value.

    Args:
        dropout: a `keras.layers.Dropout`. It is given back as it is if its rate is no whole number of quarters, which
            two bits cannot decide, and on backends other than TensorFlow.
    """
    quarters = dropout.rate * 4
    if not _on_tensorflow() or quarters not in (1, 2, 3):
        return dropout
    import tensorflow as tf

    @_in_one_pass
    def drop(values: Any, words: Any) -> Any:
        four_each = tf.reshape(tf.bitcast(words, tf.uint8), [-1, 1])
        drawn = tf.bitwise.right_shift(four_each, tf.constant([0, 2, 4, 6], tf.uint8)) % 4
        kept = tf.reshape(tf.reshape(drawn, [-1])[: tf.size(values)], tf.shape(values)) >= int(quarters)
        return tf.where(kept, values * (1 / (1 - dropout.rate)), 0)

    class FastDropout(keras.layers.Layer):  # type: ignore[misc]
        def call(self, values: Any, training: bool = False) -> Any:
            if not training:
                return values
            seed = tf.cast(dropout.seed_generator.next(), tf.int32)
            # Drawn out here: in one pass with the rest, XLA would draw all numbers anew for every value that it drops.
            count = (tf.size(values) + 31) // 32
            return drop(values, tf.random.stateless_uniform([count], seed, minval=None, maxval=None, dtype=tf.int64))

    return FastDropout(dtype=dropout.dtype_policy)
