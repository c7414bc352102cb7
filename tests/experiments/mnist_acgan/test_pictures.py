"""Factors of parts of z: where they end up, and that none at all changes nothing."""

import numpy as np
import pytest

import etudes
from etudes.errors import UserError
from etudes.experiments.mnist_acgan.pictures import _factors


def test_factors_fall_on_equal_parts_of_z() -> None:
    assert _factors((), 100).tolist() == [1.0] * 100
    assert _factors((0.5, -1), 100).tolist() == [0.5] * 50 + [-1.0] * 50
    assert _factors((0.0, 1.0, -1.0), 10).tolist() == [0.0] * 3 + [1.0] * 3 + [-1.0] * 4
    assert _factors(tuple(np.linspace(-1, 1, 100)), 100) == pytest.approx(np.linspace(-1, 1, 100))


def test_parts_change_the_drawing_and_ones_do_not() -> None:
    trained = etudes.load("mnist_acgan@bundled")
    drawn = {
        parts: np.asarray(etudes.answer(trained, "7", parts=parts).pictures["picture"])
        for parts in (None, (1.0, 1.0), (1.0, -1.0))
    }
    assert np.array_equal(drawn[None], drawn[1.0, 1.0])
    assert not np.array_equal(drawn[None], drawn[1.0, -1.0])
    for bad in ((), (2.0,), (float("nan"),), (0.1,) * 101):
        with pytest.raises(UserError, match="--parts"):
            etudes.answer(trained, "7", parts=bad)
