"""XLA: AdamW and dropout compiled into one pass over memory each, on TensorFlow.

TensorFlow on a CPU takes a pass for each operation. Where layers are wide and the rest of a step is short, dropout and
AdamW then take more time than the matrix products. The products stay with TensorFlow, as XLA's own are slower.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etudes.training.backend import keras


def _on_tensorflow() -> bool:
    return bool(keras.backend.backend() == "tensorflow")


def _in_one_pass(function: Callable[..., Any]) -> Any:
    """A function of TensorFlow's tensors, compiled by XLA: about half a second for each size of arrays."""
    import tensorflow as tf

    return tf.function(function, jit_compile=True, autograph=False)


def compile_adamw(optimizer: Any) -> Any:
    """Compile the steps of a `keras.optimizers.AdamW` on TensorFlow; any other optimiser is returned as it is."""
    if _on_tensorflow() and isinstance(optimizer, keras.optimizers.AdamW):
        step = optimizer.apply

        def apply(grads: Any, trainable_variables: Any = None) -> None:
            _in_one_pass(lambda *gradients: step(gradients, trainable_variables))(*grads)

        optimizer.apply = apply
    return optimizer


def fast_dropout(dropout: Any) -> Any:
    """A layer that drops values as a Dropout layer does and draws from its random state, but two bits for each value.

    Args:
        dropout: a `keras.layers.Dropout`. It is returned as it is if its rate is no multiple of a quarter, which
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
            # Drawn outside of `drop`: XLA would draw all numbers again for every value that it drops.
            count = (tf.size(values) + 31) // 32
            return drop(values, tf.random.stateless_uniform([count], seed, minval=None, maxval=None, dtype=tf.int64))

    return FastDropout(dtype=dropout.dtype_policy)
