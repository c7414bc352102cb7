"""The distance of a picture to those that a network was trained on: right by brute force, and right at its limit."""

from pathlib import Path

import numpy as np
import pytest

import etudes
from etudes.analysis import typicality
from etudes.analysis.typicality import (
    FEWEST,
    KEPT,
    distances,
    features_network,
    features_of,
    measure_typicality,
    statistics_of,
)
from etudes.contract import Images
from etudes.data import load_images
from etudes.errors import UserError
from etudes.runs import load_typical, run_at, save_typical
from etudes.training.backend import drawn_from, keras, start_backend


def images(count: int, seed: int, side: int = 8, channels: int = 1) -> Images:
    """Bright stripes on black."""
    rng = np.random.default_rng(seed)
    pictures = np.zeros((count, side, side, channels), np.uint8)
    for picture in pictures:
        picture[:, rng.integers(1, side - 1)] = rng.integers(150, 256)
    return Images(pictures, rng.integers(0, 3, count))


def network(side: int = 8, channels: int = 1) -> object:
    start_backend()
    with drawn_from(0):
        layers = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(16, "relu")]
        return keras.Sequential(
            [keras.Input((side, side, channels)), *layers, keras.layers.Dense(3), keras.layers.Activation("softmax")]
        )


@pytest.mark.parametrize(("side", "channels"), [(8, 1), (9, 3), (3, 1), (2, 3)])
def test_one_in_twenty_held_back_is_farther_than_one_and_noise_nearly_always(side: int, channels: int) -> None:
    found, held_back = network(side, channels), images(400, 2, max(side, 3), channels)
    if side < 3:
        assert np.isfinite(statistics_of(np.zeros((4, side, side, channels), np.uint8))).all()
        return
    typical = measure_typicality(found, images(500, 1, side, channels), held_back)
    assert len(typical["features"]) == len(typical["statistics"]) == KEPT
    features = features_network(found)
    far = distances(features, typical, held_back.pictures)
    assert (far > 1.001).mean() <= 0.05  # pictures that are the same lie on the limit, but for rounding
    noise = np.random.default_rng(0).integers(0, 256, (100, side, side, channels)).astype(np.uint8)
    assert (distances(features, typical, noise) > 1).mean() >= 0.9


def test_features_are_those_before_the_last_layer() -> None:
    found, pictures = network(), images(5, 3).pictures
    kernel, bias = found.layers[2].get_weights()  # type: ignore[attr-defined]
    values = np.maximum(pictures.reshape(5, -1) / 255 @ kernel + bias, 0)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    np.testing.assert_allclose(features_of(features_network(found), pictures), values, atol=1e-5)


def test_with_too_few_held_back_there_is_no_remark() -> None:
    assert measure_typicality(None, images(50, 1), images(FEWEST - 1, 2)) == {}


def test_the_file_is_checked(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6, dtype=np.float16).reshape(2, 3), "limits": np.ones(3, np.float32)}
    assert load_typical(tmp_path) == {}
    save_typical(tmp_path, {})
    assert not list(tmp_path.iterdir())
    save_typical(tmp_path, arrays)
    for name, array in load_typical(tmp_path).items():
        np.testing.assert_array_equal(array, arrays[name])
    path = tmp_path / "typical.safetensors"
    content = path.read_bytes()
    for place in (0, 40, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(UserError, match="is damaged: delete it"):
            load_typical(tmp_path)


def test_bundled_runs_remark_what_is_nothing_of_the_kind() -> None:
    digits = load_images("digits", seed=0, validation_share=0.1, limit=100).test.pictures
    shapes = load_images("shapes", seed=0, validation_share=0.1, limit=100).test.pictures
    grey = np.round(shapes.mean(axis=-1, keepdims=True)).astype(np.uint8)[:, 2:30, 2:30]
    reader, photographs = etudes.load("antirectifier@bundled"), etudes.load("cifar10_cnn@bundled")
    network = features_network(reader.networks["antirectifier"])
    assert (distances(network, reader.typical, grey) > 1).mean() >= 0.95
    assert (distances(network, reader.typical, 255 - digits) > 1).mean() >= 0.95
    assert (distances(network, reader.typical, digits) > 1).mean() <= 0.4  # of other writers, by another scanner
    large = np.repeat(np.pad(digits, ((0, 0), (2, 2), (2, 2), (0, 0))), 3, axis=-1)
    network = features_network(photographs.networks["classifier"])
    assert (distances(network, photographs.typical, large) > 1).mean() >= 0.9
    assert run_at("antirectifier@bundled").bundled


@pytest.mark.parametrize("shape", [(40, 10), (300, 64), (20, 1152), (1, 1)])
def test_the_nearest_is_as_far_as_scipy_finds(shape: tuple[int, int]) -> None:
    distance = pytest.importorskip("scipy.spatial.distance")
    rng = np.random.default_rng(0)
    found, known = rng.normal(size=shape).astype(np.float32), rng.normal(size=(160, shape[1])).astype(np.float16)
    expected = distance.cdist(found, known.astype(np.float32)).min(axis=1)
    np.testing.assert_allclose(typicality._to_the_nearest(found, known), expected, rtol=1e-14)
