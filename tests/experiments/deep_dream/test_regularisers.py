"""What keeps a dream smooth and within its mask, against finite differences, sums and the original's bytes."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from etudes.errors import UserError
from etudes.experiments.deep_dream.laplacian_pyramid import mean_magnitude
from etudes.experiments.deep_dream.objectives import objective_of
from etudes.experiments.deep_dream.photographs import open_mask
from etudes.experiments.deep_dream.regularisers import blurred, total_variation, total_variation_gradient
from etudes.experiments.deep_dream.resizing import resize_mask
from etudes.experiments.deep_dream.study import PRESETS, ascend, deprocess, preprocess
from experiments.deep_dream.dreams import dream_of, noise

CLASSIC, TINY = PRESETS["classic"], PRESETS["tiny"]


def still(pictures):
    """An objective that wants nothing."""
    return 1.0, np.zeros_like(pictures)


def test_total_variation_is_its_formula():
    picture = noise(5, 7)
    expected = 0.0
    for row in range(5):
        for column in range(7):
            for channel in range(3):
                here = float(picture[row, column, channel])
                down = float(picture[row + 1, column, channel]) - here if row < 4 else 0.0
                right = float(picture[row, column + 1, channel]) - here if column < 6 else 0.0
                expected += (down**2 + right**2 + 0.02**2) ** 0.5
    assert total_variation(picture) == pytest.approx(expected, rel=1e-9)


def test_its_gradient_is_that_of_finite_differences():
    picture = noise(6, 8) * 0.1
    slope = total_variation_gradient(picture)
    for index in [(0, 0, 0), (3, 4, 1), (5, 7, 2), (0, 7, 1), (5, 0, 0)]:
        moved = [picture.astype(np.float64), picture.astype(np.float64)]
        moved[0][index] += 1e-4
        moved[1][index] -= 1e-4
        above, below = (np.float64(_sum(picture)) for picture in moved)
        assert slope[index] == pytest.approx((above - below) / 2e-4, rel=1e-3, abs=1e-4)


def _sum(picture):
    """`total_variation` in double precision from beginning to end."""
    down, right = np.zeros_like(picture), np.zeros_like(picture)
    down[:-1], right[:, :-1] = np.diff(picture, axis=0), np.diff(picture, axis=1)
    return np.sqrt(down**2 + right**2 + 0.02**2).sum()


def test_steps_against_total_variation_smooth_a_picture():
    picture = start = noise(20, 24)
    settings = dataclasses.replace(CLASSIC, total_variation=1.0, step=0.02)
    for _ in range(20):
        picture, _, _ = ascend(picture, still, settings, np.random.default_rng(0), None)
    assert total_variation(picture) < 0.6 * total_variation(start)
    untouched, _, _ = ascend(start, still, CLASSIC, np.random.default_rng(0), None)
    np.testing.assert_array_equal(untouched, start)


def test_blur_spreads_a_point_as_a_gaussian():
    point = np.zeros((31, 31, 3), np.float32)
    point[15, 15] = 1
    spread = blurred(point, 2.0)
    rows = np.arange(31) - 15
    bell = np.exp(-(rows[:, None] ** 2 + rows**2) / 8)
    np.testing.assert_allclose(spread[..., 1], bell / bell.sum(), atol=1e-4)
    settings = dataclasses.replace(CLASSIC, blur=2.0)
    np.testing.assert_array_equal(ascend(point, still, settings, np.random.default_rng(0), None)[0], spread)


def test_the_mean_magnitude_is_the_mean():
    assert mean_magnitude(noise(9, 5)) == pytest.approx(np.abs(noise(9, 5)).mean(), rel=1e-6)


@pytest.mark.parametrize("detail", ["before", "after"])
def test_where_the_mask_is_black_not_a_byte_changes(network, detail):
    shade = np.zeros((64, 80), np.uint8)
    shade[20:50, 10:60], shade[30:40, 20:50] = 128, 255
    mask, original = (shade / 255).astype(np.float32)[..., None], noise(64, 80) * 0.8
    settings = dataclasses.replace(TINY, iterations=4, detail=detail, blur=0.5, total_variation=0.1)
    dreamed = dream_of(original, objective_of(network, (), ()), settings, mask)
    np.testing.assert_array_equal(dreamed[shade == 0], original[shade == 0])
    change = np.abs(dreamed - original).mean(axis=-1)
    assert change[shade == 255].mean() > 1.2 * change[shade == 128].mean() > 0
    everywhere = dream_of(original, objective_of(network, (), ()), settings, np.ones_like(mask))
    free = dream_of(original, objective_of(network, (), ()), settings)
    np.testing.assert_allclose(everywhere, free, atol=2e-2)  # x + (y - x) is y but for rounding


def test_a_grey_mask_takes_its_share_of_a_step():
    picture, slope = noise(8, 9), noise(8, 9, seed=1)
    mask = np.full((8, 9, 1), 0.25, np.float32)
    arguments = (picture, lambda pictures: (3.0, pictures * 0 + slope), CLASSIC, np.random.default_rng(0))
    moved, _, _ = ascend(*arguments, mask)
    np.testing.assert_allclose(moved, picture + 0.0025 * slope / np.abs(slope).mean(), atol=1e-6)


def test_a_smaller_mask_has_means():
    mask = noise(40, 60)[..., :1] * 0.5 + 0.5
    small = resize_mask(mask, (20, 30))
    assert small.shape == (20, 30, 1)
    assert small.mean() == pytest.approx(mask.mean(), abs=0.01)
    assert small.min() >= 0
    assert small.max() <= 1


def test_masks_that_do_not_fit_are_refused(tmp_path):
    picture = Image.new("RGB", (640, 427))

    def mask(width, height, shade="white"):
        Image.new("L", (width, height), shade).save(tmp_path / "mask.png")
        return open_mask(str(tmp_path / "mask.png"), picture)

    for size in [(640, 427), (320, 213), (320, 214), (1280, 854), (641, 427), (64, 43)]:
        assert mask(*size).shape == (427, 640, 1)
    for size in [(427, 640), (640, 480), (640, 400), (64, 64)]:
        with pytest.raises(
            UserError, match=r"needs the proportions of its picture: it is \d+x\d+, the picture 640x427"
        ):
            mask(*size)
    with pytest.raises(UserError, match="black everywhere"):
        mask(640, 427, "black")
    (tmp_path / "mask.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match="is not a picture"):
        open_mask(str(tmp_path / "mask.png"), picture)


def test_a_picture_goes_through_the_process_without_loss():
    shades = Image.fromarray(np.arange(240, dtype=np.uint8).reshape(8, 10, 3))
    np.testing.assert_array_equal(np.asarray(deprocess(preprocess(shades))), np.asarray(shades))
