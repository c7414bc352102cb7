"""Embedded sets, splits and limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from etudes.contract import Images
from etudes.data import IMAGE_SETS, PHOTOS, describe_images, load_images
from etudes.data.shapes import load_shapes
from etudes.data.splits import Parts, split_off_validation, stratified_split
from etudes.data.storage import EMBEDDED_FOLDER
from etudes.errors import UserError


def keys(images: Images) -> set[bytes]:
    return {picture.tobytes() for picture in images.pictures}


@pytest.mark.parametrize(("name", "sizes"), [("digits", (1294, 144, 359)), ("shapes", (4500, 500, 1000))])
def test_embedded_sets(name: str, sizes: tuple[int, int, int]) -> None:
    info = describe_images(name)
    data = load_images(name, seed=3, validation_share=0.1)
    assert data.info == info
    assert tuple(data.sizes().values()) == sizes
    for part in (data.train, data.validation, data.test):
        assert part.pictures.shape[1:] == info.shape
        assert part.pictures.dtype == np.uint8
        assert part.labels.dtype == np.int64
        assert set(part.labels.tolist()) == set(range(10))
    assert not keys(data.train) & keys(data.validation)
    assert not (keys(data.train) | keys(data.validation)) & keys(data.test)
    assert data.test.pictures.max() == 255


def test_the_static_table_reads_no_file() -> None:
    shapes = {"mnist": (28, 28, 1), "fashion_mnist": (28, 28, 1), "cifar10": (32, 32, 3)}
    for name, shape in shapes.items():
        assert describe_images(name).shape == shape
        assert describe_images(name).source == name
        assert len(set(describe_images(name).class_names)) == 10
    assert set(IMAGE_SETS) == {*shapes, "digits", "shapes"}


def test_what_comes_with_the_package_is_what_scikit_learn_has() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    published = datasets.load_digits()
    with np.load(EMBEDDED_FOLDER / "digits.npz") as ours:
        np.testing.assert_array_equal(ours["pictures"], published.images)
        np.testing.assert_array_equal(ours["labels"], published.target)
    folder = Path(datasets.__file__).parent / "images"
    for name in PHOTOS:
        assert (EMBEDDED_FOLDER / f"{name}.jpg").read_bytes() == (folder / f"{name}.jpg").read_bytes()
    page = (EMBEDDED_FOLDER / "README.md").read_text(encoding="utf-8")
    for file in EMBEDDED_FOLDER.iterdir():
        assert file.name == "README.md" or f"`{file.name}`" in page, f"{file.name} has no source and licence"


def test_digits_are_the_originals_enlarged_and_centred() -> None:
    from sklearn.datasets import load_digits

    data = load_images("digits", seed=0, validation_share=0)
    everything = np.concatenate([data.train.labels, data.test.labels])
    np.testing.assert_array_equal(np.bincount(everything), np.bincount(load_digits().target))
    ink = data.test.pictures[..., 0].astype(float)
    rows = (ink.sum(axis=2) * np.arange(28)).sum(axis=1) / ink.sum(axis=(1, 2))
    assert np.abs(rows - 13.5).max() <= 0.75


def test_shapes_are_always_the_same() -> None:
    first = load_shapes()
    load_shapes.cache_clear()
    second = load_shapes()
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.pictures, other.pictures)
        np.testing.assert_array_equal(one.labels, other.labels)


def test_the_seed_changes_validation_but_never_the_test_set() -> None:
    one, two, again = (load_images("digits", seed=seed, validation_share=0.1, limit=100) for seed in (1, 2, 1))
    np.testing.assert_array_equal(one.test.pictures, two.test.pictures)
    np.testing.assert_array_equal(one.train.pictures, again.train.pictures)
    assert keys(one.validation) != keys(two.validation)


def test_limit_caps_all_three() -> None:
    data = load_images("digits", seed=1, validation_share=0.3, limit=50)
    assert data.sizes() == {"train": 50, "validation": 50, "test": 50}
    assert len(set(data.test.labels.tolist())) == 10


def test_no_validation_and_bad_requests() -> None:
    assert len(load_images("digits", seed=1, validation_share=0).validation) == 0
    for share, limit in ((1.0, 0), (-0.1, 0), (float("nan"), 0), (0.1, -1)):
        with pytest.raises(UserError, match=r"validation share|limit"):
            load_images("digits", seed=1, validation_share=share, limit=limit)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.9])
def test_a_stratified_split_covers_every_class_that_has_two(share: float) -> None:
    labels = np.repeat(np.arange(6), [1, 2, 3, 10, 100, 1000])
    kept, held = stratified_split(labels, share, seed=0)
    assert sorted([*kept, *held]) == list(range(len(labels)))
    assert set(labels[kept]) == set(range(6))
    assert set(labels[held]) == set(range(1, 6))


def test_a_stratified_split_is_exact_in_number() -> None:
    labels = np.repeat(np.arange(10), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    assert len(stratified_split(labels, 0.1, seed=5)[1]) == 6000


def test_a_tiny_set_is_split_without_error() -> None:
    images = Images(np.zeros((2, 1, 1, 1), np.uint8), np.array([0, 1]))
    data = split_off_validation(IMAGE_SETS["digits"], Parts(images, images), seed=0, validation_share=0.5, limit=0)
    assert data.sizes() == {"train": 2, "validation": 0, "test": 2}
