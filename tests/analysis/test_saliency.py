"""Explanations of a classifier's answers, held against finite differences and against what they must add up to."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from etudes.analysis.saliency import STEPS, Explainer, check_explained, explain_predictions, pictures_to_explain
from etudes.contract import ImageInfo, Images
from etudes.errors import UserError
from etudes.training.backend import drawn_from, keras, layers_in, start_backend
from etudes.views.saliency import _enlarged

NAMES = ("cat", "dog", "ship")


@pytest.fixture(autouse=True, scope="module")
def started() -> None:
    start_backend()


def make_network(precision: str = "float32", channels: int = 3) -> Any:
    layers = keras.layers
    with layers_in(precision), drawn_from(5):
        return keras.Sequential(
            [
                keras.Input((12, 12, channels)),
                layers.Rescaling(1 / 64, offset=-2),
                layers.Conv2D(6, 3),
                layers.Activation("relu"),
                layers.Conv2D(8, 3),
                layers.Activation("relu"),
                layers.MaxPooling2D(2),
                layers.Dropout(0.5),
                layers.Flatten(),
                layers.Dense(len(NAMES)),
                layers.Activation("softmax", dtype="float32"),
            ]
        )


@pytest.fixture(scope="module")
def network() -> Any:
    return make_network()


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (12, 12, 3)).astype(np.uint8)


def score(network: Any, pictures: np.ndarray, target: int) -> np.ndarray:
    """The class's score in float64 NumPy from the weights alone: nothing of Keras."""
    (one, a), (two, b), (last, c) = (layer.get_weights() for layer in network.layers if layer.weights)
    x = np.asarray(pictures, np.float64) / 64 - 2
    for kernel, bias in ((one, a), (two, b)):
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
        x = np.maximum(np.einsum("nhwcij,ijco->nhwo", windows, kernel.astype(np.float64)) + bias, 0)
    return deciding(x, last, c)[:, target]


def deciding(maps: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Scores from the maps of the last convolution: pooled by two, flattened, weighted."""
    count, side = len(maps), maps.shape[1] // 2
    pooled = maps.reshape(count, side, 2, side, 2, -1).max(axis=(2, 4)).reshape(count, -1)
    return pooled @ kernel.astype(np.float64) + bias


def test_the_gradient_is_that_of_finite_differences(network: Any, picture: np.ndarray) -> None:
    found = Explainer(network).gradient(picture, 1)
    flat = picture.astype(np.float64).reshape(-1)
    steps = 1e-4 * np.eye(flat.size)  # small enough to stay between two kinks of the ReLUs
    up, down = (score(network, (flat + sign * steps).reshape(-1, 12, 12, 3), 1) for sign in (1, -1))
    np.testing.assert_allclose(found.reshape(-1), (up - down) / 2e-4, rtol=1e-3, atol=1e-6)


def test_integrated_gradients_add_up_to_the_difference_of_scores(network: Any, picture: np.ndarray) -> None:
    explainer = Explainer(network)
    for target in range(3):
        found = explainer.integrated_gradients(picture, target)
        empty = np.stack([np.zeros_like(picture), np.full_like(picture, 255)])
        difference = score(network, picture[None], target)[0] - score(network, empty, target).mean()
        assert found.score - found.baseline == pytest.approx(difference, abs=1e-4)
        total = float(found.attributions.sum(dtype=np.float64))
        assert total == pytest.approx(difference, abs=0.02 * abs(difference) + 0.005)
        assert found.gap == pytest.approx(total - difference, abs=1e-4)


def test_integrated_gradients_are_the_sum_over_the_path(network: Any, picture: np.ndarray) -> None:
    explainer = Explainer(network)
    found = explainer.integrated_gradients(picture, 2, baselines=(100.0,)).attributions
    change, total = picture.astype(np.float32) - 100, np.zeros(picture.shape)
    for step in range(STEPS):
        total += explainer.gradient(100 + (step + 0.5) / STEPS * change, 2)
    np.testing.assert_allclose(found, change * total / STEPS, rtol=1e-3, atol=1e-4)


def test_the_weights_of_grad_cam_are_what_lifting_a_whole_map_does(network: Any, picture: np.ndarray) -> None:
    """A map that is lifted by a little everywhere moves the score by that times the sum of its slopes."""
    explainer, (kernel, bias) = Explainer(network), network.layers[-2].get_weights()
    maps = np.random.default_rng(2).random((1, 8, 8, 8)).astype(np.float32)
    found = explainer.map_weights(maps, 0)
    for number in range(8):
        lift = np.zeros((1, 1, 1, 8))
        lift[..., number] = 1e-3
        up, down = (deciding(maps.astype(np.float64) + sign * lift, kernel, bias)[0, 0] for sign in (1, -1))
        assert found[number] * 64 == pytest.approx((up - down) / 2e-3, rel=1e-3, abs=1e-5)
    looking = keras.Sequential([keras.Input((12, 12, 3)), *network.layers[:5]])
    seen = looking.predict(picture[None].astype(np.float32), verbose=0)
    expected = np.maximum(np.einsum("hwk,k->hw", seen[0], explainer.map_weights(seen, 0)), 0)
    np.testing.assert_allclose(explainer.grad_cam(picture, 0), expected, rtol=1e-4, atol=1e-5)


def test_maps_are_drawn_where_they_look() -> None:
    """A lit row of the picture changes those rows of the maps that look at it: the middle of all that do is known."""
    layers = keras.layers
    stack = [
        layers.Conv2D(1, 3, padding="same", kernel_initializer="ones"),
        layers.Conv2D(1, 3, kernel_initializer="ones"),
        layers.AveragePooling2D(2),
        layers.Conv2D(1, 3, kernel_initializer="ones"),
    ]
    after = [layers.Flatten(), layers.Dense(2), layers.Activation("softmax")]
    explainer = Explainer(keras.Sequential([keras.Input((24, 30, 1)), *stack, *after]))
    lit = np.zeros((24 + 30, 24, 30, 1), np.float32)
    lit[np.arange(24), np.arange(24)] = 1
    lit[np.arange(24, 54), :, np.arange(30)] = 1
    maps = keras.Sequential([keras.Input((24, 30, 1)), *stack]).predict(lit, verbose=0)[..., 0]
    for reached, found in zip((maps[:24].max(axis=2), maps[24:].max(axis=1)), explainer.centres, strict=True):
        assert len(found) == reached.shape[1]
        for point in range(1, len(found) - 1):  # what the outer ones look at ends at the rim
            rows = np.flatnonzero(reached[:, point])
            assert found[point] == (rows[0] + rows[-1]) / 2
        assert found[1] - found[0] == found[-1] - found[-2] == 2


def test_a_map_on_a_picture_has_its_point_where_that_looks() -> None:
    cam = np.zeros((4, 3))
    cam[1, 2] = 1
    found = _enlarged(cam, (np.array([2.5, 4.5, 6.5, 8.5]), np.array([3.0, 5.0, 7.0])), 12, 11)
    assert found.shape == (12, 11)
    np.testing.assert_allclose(found[:, 7], [0, 0, 0, 0.25, 0.75, 0.75, 0.25, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(found[4] / 0.75, [0, 0, 0, 0, 0, 0, 0.5, 1, 1, 0, 0])


def test_half_precision_is_explained_in_full(picture: np.ndarray) -> None:
    half, whole = make_network("bfloat16"), make_network()
    found, expected = (Explainer(each).gradient(picture, 0) for each in (half, whole))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_explaining_leaves_the_network_alone(network: Any, picture: np.ndarray) -> None:
    before = [weight.copy() for weight in network.get_weights()]
    names = [layer.name for layer in network.layers]
    result = explain_predictions(network, NAMES, picture[None], ["ship"], target="dog")
    assert all((one == other).all() for one, other in zip(before, network.get_weights(), strict=True))
    assert names == [layer.name for layer in network.layers]
    (row,) = result.tables[0].rows
    assert row[1] == "ship"
    assert row[3] == "dog"
    assert row[4] == pytest.approx(float(network.predict(picture[None], verbose=0)[0, 1]), abs=1e-5)
    assert min(result.pictures["saliency"].size) > 200  # type: ignore[union-attr]


def test_a_network_without_convolutions_is_explained_too() -> None:
    with drawn_from(0):
        dense = keras.Sequential(
            [keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(2), keras.layers.Activation("softmax")]
        )
    pictures = np.full((1, 6, 6, 1), 9, np.uint8)
    assert not Explainer(dense).has_convolutions
    with_cam = explain_predictions(make_network(), NAMES, np.zeros((1, 12, 12, 3), np.uint8), [""])
    without = explain_predictions(dense, NAMES[:2], pictures, [""])
    assert without.pictures["saliency"].width < with_cam.pictures["saliency"].width  # type: ignore[union-attr]


def test_what_is_looked_at(network: Any, tmp_path: Path) -> None:
    info = ImageInfo("set", 12, 12, 3, NAMES)
    pictures = np.random.default_rng(3).integers(0, 256, (40, 12, 12, 3)).astype(np.uint8)
    said = network.predict(pictures, verbose=0)
    labels = said.argmax(axis=1).astype(np.int64)
    labels[[7, 9, 20, 31]] = (labels[[7, 9, 20, 31]] + 1) % 3
    chosen, truths = pictures_to_explain(network, info, None, Images(pictures, labels))
    given = said[np.arange(40), labels]
    wrong = sorted([7, 9, 20, 31], key=lambda index: given[index])[:3]
    np.testing.assert_array_equal(chosen, pictures[[0, 1, 2, *wrong]])
    assert truths == [NAMES[labels[index]] for index in [0, 1, 2, *wrong]]
    Image.new("RGB", (30, 20), "red").save(tmp_path / "red.png")
    own, unknown = pictures_to_explain(network, info, str(tmp_path / "red.png"), None)
    assert own.shape == (1, 12, 12, 3)
    assert (own == (255, 0, 0)).all()
    assert unknown == [""]


def test_a_class_that_is_unknown_and_a_picture_that_is_none_are_refused(tmp_path: Path) -> None:
    info = ImageInfo("set", 12, 12, 3, NAMES)
    with pytest.raises(UserError, match="unknown class 'kat': did you mean 'cat'"):
        check_explained(info, None, "kat")
    (tmp_path / "text.png").write_text("no picture")
    for name in ("text.png", "missing.png"):
        with pytest.raises(UserError, match=r"is not a picture|no such picture"):
            check_explained(info, str(tmp_path / name), "cat")
