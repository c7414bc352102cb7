"""Augmentation of a whole epoch at once, held against the same done picture by picture."""

import numpy as np

from etudes.data.augmentation import alternating_flip, cutout, random_flip, shear, translate

RNG = np.random.default_rng(5)
PICTURES = RNG.integers(0, 256, size=(40, 12, 10, 3)).astype(np.uint8)


def test_a_whole_pixel_shift_is_that_of_a_padded_picture() -> None:
    moved = translate(PICTURES, 2, 1, np.random.default_rng(3), fill="reflect")
    for picture, found in zip(PICTURES, moved, strict=True):
        padded = np.pad(picture, [(2, 2), (1, 1), (0, 0)], mode="reflect")
        crops = [padded[y : y + 12, x : x + 10] for y in range(5) for x in range(3)]
        assert any((found == crop).all() for crop in crops)
    assert len({moved[k].tobytes() == PICTURES[k].tobytes() for k in range(40)}) == 2


def test_a_shear_is_that_of_rows_and_columns_interpolated_one_by_one() -> None:
    sheared = shear(PICTURES, 0.3, np.random.default_rng(1))
    shears = np.random.default_rng(1).uniform(-0.3, 0.3, size=(2, 40))
    for k in range(0, 40, 7):
        picture = PICTURES[k].astype(float)
        for y in range(12):
            for c in range(3):
                places = np.arange(10) + shears[0, k] * (y - 5.5)
                picture[y, :, c] = np.interp(places, np.arange(10), PICTURES[k, y, :, c])
        rows = picture.copy()
        for x in range(10):
            for c in range(3):
                places = np.arange(12) + shears[1, k] * (x - 4.5)
                picture[:, x, c] = np.interp(places, np.arange(12), rows[:, x, c])
        assert np.abs(sheared[k] - picture).max() <= 2.5  # rounded twice, fractions to 1/256
    np.testing.assert_array_equal(shear(PICTURES, 0.0, np.random.default_rng(1)), PICTURES)


def test_a_grey_square_lies_somewhere_in_every_picture_and_changes_nothing_else() -> None:
    white = np.full((200, 12, 10, 3), 255, np.uint8)
    cut = cutout(white, 4, np.random.default_rng(2))
    grey = cut == 128
    assert (cut[~grey] == 255).all()
    for picture in grey.all(axis=3):
        rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
        assert picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert 2 <= len(rows) <= 4
        assert 2 <= len(columns) <= 4
    assert grey.any(axis=(0, 3)).all()


def test_two_epochs_show_both_sides_of_every_picture() -> None:
    places = np.arange(40)
    even, odd = (alternating_flip(PICTURES, epoch, places) for epoch in (0, 1))
    mirrored = PICTURES[:, :, ::-1]
    flipped = (even == mirrored).all(axis=(1, 2, 3))
    assert 5 < flipped.sum() < 35
    np.testing.assert_array_equal(odd, np.where(flipped[:, None, None, None], PICTURES, mirrored))
    some = (random_flip(PICTURES, np.random.default_rng(0)) == mirrored).all(axis=(1, 2, 3))
    assert 5 < some.sum() < 35
