"""Class labels as targets of categorical cross-entropy."""

import numpy as np
from numpy.typing import NDArray


def one_hot_labels(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """Like `keras.utils.to_categorical`, but float32: labels (n,) in 0..classes-1 → one-hot rows (n, classes)."""
    rows: NDArray[np.float32] = np.eye(classes, dtype=np.float32)[labels]
    return rows
