"""What `limit` keeps has the classes in the proportion of the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from etudes.contract import ImageData
from etudes.data import load_images
from etudes.experiments.mnist_transfer_cnn.study import TransferSettings, load_data

PARTS = ("train", "validation", "test")


@pytest.fixture
def unequal(tmp_path: Path) -> str:
    """1,000 pictures of classes with 500, 300, 150, 40 and 10."""
    labels = np.repeat(np.arange(5), (500, 300, 150, 40, 10))
    pictures = np.arange(len(labels) * 4).reshape(-1, 2, 2) % 256
    np.savez(tmp_path / "own.npz", x=np.repeat(pictures, 2, axis=1), y=labels)
    return str(tmp_path / "own.npz")


def counts(data: ImageData, part: str) -> np.ndarray:
    return np.bincount(getattr(data, part).labels, minlength=len(data.info.class_names))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("limit", [20, 60, 64])
def test_a_limit_keeps_the_shares_of_equal_classes(seed: int, share: float, limit: int) -> None:
    data = load_images("shapes", seed=seed, validation_share=share, limit=limit)
    for part in PARTS:
        found = counts(data, part)
        assert found.sum() == limit
        assert found.max() - found.min() <= 1, part


@pytest.mark.parametrize("share", [0.02, 0.4])
@pytest.mark.parametrize("limit", [5, 6, 37, 100, 150])
def test_a_limit_keeps_the_shares_of_unequal_classes(unequal: str, share: float, limit: int) -> None:
    whole = load_images(unequal, seed=3, validation_share=share)
    data = load_images(unequal, seed=3, validation_share=share, limit=limit)
    for part in PARTS:
        found, all_of_it = counts(data, part), counts(whole, part)
        wanted = all_of_it * min(1, limit / all_of_it.sum())
        assert found.sum() == min(limit, all_of_it.sum())
        assert (found >= 1).all(), f"a class is missing in {part}"
        assert np.abs(found - wanted).max() <= 1 + np.clip(1 - wanted, 0, 1).sum()


def test_a_limit_below_the_number_of_classes_keeps_the_most_frequent(unequal: str) -> None:
    data = load_images(unequal, seed=0, validation_share=0.1, limit=2)
    np.testing.assert_array_equal(counts(data, "train"), [1, 1, 0, 0, 0])


@pytest.mark.parametrize("seed", [1, 5])
def test_a_limit_that_does_not_bind_changes_nothing(seed: int) -> None:
    whole, limited = (load_images("digits", seed=seed, validation_share=0.1, limit=limit) for limit in (0, 5000))
    for part in PARTS:
        np.testing.assert_array_equal(getattr(whole, part).pictures, getattr(limited, part).pictures)
        np.testing.assert_array_equal(getattr(whole, part).labels, getattr(limited, part).labels)


def test_a_limit_keeps_some_of_what_the_whole_set_has_in_each_part(unequal: str) -> None:
    whole, limited = (load_images(unequal, seed=2, validation_share=0.2, limit=limit) for limit in (0, 90))
    for part in PARTS:
        known = {picture.tobytes() for picture in getattr(whole, part).pictures}
        assert {picture.tobytes() for picture in getattr(limited, part).pictures} <= known


@pytest.mark.parametrize("seed", range(5))
def test_both_tasks_of_a_transfer_have_all_their_classes(seed: int) -> None:
    data = load_data(TransferSettings(data="digits", validation_share=0.02, limit=20, seed=seed))
    for task in (data.first, data.second):
        assert (counts(task, "train") == 2).all()
        assert (counts(task, "test") >= 1).all()
