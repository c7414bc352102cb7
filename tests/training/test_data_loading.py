"""What a `fit` is given: the batches that Keras would make, and an epoch made ahead."""

import threading
from typing import Any

import numpy as np
import pytest

from etudes.training.backend import drawn_from, keras, start_backend
from etudes.training.data_loading import batches, prefetch


@pytest.fixture(autouse=True, scope="module")
def started() -> None:
    start_backend()


def learned(arguments: dict[str, Any]) -> list[Any]:
    with drawn_from(5):
        network = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(2, "softmax")])
        network.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        losses = network.fit(**arguments, shuffle=False, verbose=0).history["loss"]
    return [*network.get_weights(), losses, network.evaluate(**arguments, verbose=0)]


@pytest.mark.parametrize("rows", [3, 8, 21])
def test_a_network_learns_to_the_bit_what_it_learns_from_the_arrays(rows: int) -> None:
    random = np.random.default_rng(rows)
    inputs, targets = random.normal(size=(rows, 3)), np.eye(2, dtype=np.float32)[random.integers(0, 2, rows)]
    expected = learned({"x": inputs.astype(np.float32), "y": targets, "batch_size": 8})
    for found, wanted in zip(learned(batches(inputs.astype(np.float32), targets, 8)), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_tensorflow_is_told_not_to_tune_itself() -> None:
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only TensorFlow does")
    given = batches(np.zeros((5, 2), np.float32), np.zeros((5, 1), np.float32), 2)
    assert given["x"].options().autotune.enabled is False
    assert [len(targets) for _, targets in given["x"]] == [2, 2, 1]


def test_the_next_number_is_made_by_another_thread_while_the_present_one_is_worked_with() -> None:
    made: list[tuple[int, bool]] = []
    ready = threading.Event()

    def make(number: int) -> int:
        made.append((number, threading.current_thread() is threading.main_thread()))
        if number == 4:
            ready.set()
        return number * number

    with prefetch(make, 6) as square_of:
        assert square_of(3) == 9
        assert ready.wait(5)
        assert [square_of(4), square_of(5)] == [16, 25]
    assert made == [(3, True), (4, False), (5, False)]


def test_an_error_of_the_thread_is_raised_where_its_number_is_asked_for() -> None:
    def make(number: int) -> int:
        if number:
            raise ValueError("no more")
        return number

    with prefetch(make, 3) as take:
        assert take(0) == 0
        with pytest.raises(ValueError, match="no more"):
            take(1)
