"""What can be asked of a network, against NumPy, finite differences and a search over all pairs."""

import dataclasses

import numpy as np
import pytest

from etudes.errors import UserError
from etudes.experiments.deep_dream.evaluate import losses
from etudes.experiments.deep_dream.objectives import objective_of
from etudes.experiments.deep_dream.study import PRESETS, loss_gradient, position_weights
from etudes.experiments.deep_dream.targets import class_number, read_target
from etudes.experiments.deep_dream.tiling import tile_weights
from etudes.training.backend import drawn_from, keras, start_backend
from experiments.deep_dream.dreams import dream_of, noise

TINY = PRESETS["tiny"]


def answer(network, layer, picture):
    part = keras.Model(network.input, network.get_layer(layer).output)
    return keras.ops.convert_to_numpy(part(picture[None]))[0].astype(np.float64)


def check_slope(objective, picture):
    """The gradient along its own signs is that of finite differences of the loss in NumPy."""
    loss, slope = loss_gradient(objective)(picture)
    assert loss == pytest.approx(sum(losses(objective, picture)), rel=1e-4, abs=1e-6)
    direction = np.sign(slope).astype(np.float32)
    above, below = (sum(losses(objective, picture + sign * 1e-3 * direction)) for sign in (1, -1))
    assert (above - below) / 2e-3 == pytest.approx(float(np.sum(slope * direction)), rel=0.02)


@pytest.fixture(scope="module")
def classifier():
    """Two convolutions and scores of three classes, at every position."""
    start_backend()
    layers = keras.layers
    pictures = keras.Input((None, None, 3))
    with drawn_from(1):
        x = layers.Conv2D(8, 3, activation="relu", name="conv1")(pictures)
        x = layers.Conv2D(6, 3, strides=2, activation="relu", name="conv2")(x)
        return keras.Model(pictures, layers.Conv2D(3, 1, name="dense1")(x), name="classifier")


def test_targets_are_read_as_they_are_typed():
    assert read_target("mixed4").channel is None
    assert (read_target("mixed4:97").channel, read_target("mixed4:97").position) == (97, None)
    assert read_target("mixed4:97:3:12").position == (3, 12)
    assert read_target("mixed4:97:centre").position == read_target("mixed4:97:center").position == "centre"
    assert read_target("class:tabby: a cat").class_name == "tabby: a cat"


@pytest.mark.parametrize(
    "words", ["", ":3", "a:b", "a:-1", "a:1:2", "a:1:2:3:4", "a:1:2:centre", "class", "class:", "a:9999999"]
)
def test_other_words_are_no_target(words):
    with pytest.raises(UserError, match="it must be LAYER") as error:
        dataclasses.replace(TINY, layers=(words,)).check()
    assert len(str(error.value)) <= 200


def test_a_channel_is_the_mean_of_its_interior(network):
    picture = noise(40, 52)
    objective = objective_of(network, ("conv4:7", "conv2:3"), (1.0, 0.5))
    first, second = answer(network, "conv4", picture)[..., 7], answer(network, "conv2", picture)[..., 3]
    expected = first[2:-2, 2:-2].sum() / first.size + 0.5 * second[2:-2, 2:-2].sum() / second.size
    assert sum(losses(objective, picture)) == pytest.approx(expected, rel=1e-5)
    check_slope(objective, picture)


def test_two_channels_of_one_layer_can_be_asked_for(network):
    one, other = (objective_of(network, (words,), ()) for words in ("conv3:1", "conv3:2"))
    both, picture = objective_of(network, ("conv3:1", "conv3:2"), ()), noise(40, 52)
    slopes = [loss_gradient(objective)(picture)[1] for objective in (one, other, both)]
    np.testing.assert_allclose(slopes[2], slopes[0] + slopes[1], atol=1e-6)


def test_a_neuron_sees_its_surroundings_and_nothing_else(network):
    picture = noise(60, 72)
    objective = objective_of(network, ("conv3:5:4:20",), ())
    assert sum(losses(objective, picture)) == pytest.approx(answer(network, "conv3", picture)[4, 20, 5], rel=1e-5)
    while not sum(losses(objective, picture)):  # a neuron that is silent has no slope
        picture = noise(60, 72, seed=int(picture[0, 0, 0] * 1e6) % 1000)
    slope = np.abs(loss_gradient(objective)(picture)[1]).sum(axis=-1)
    rows, columns = np.nonzero(slope)
    # conv3 has strides of 2 and sees 10 pixels: two convolutions of 3, a pooling of 2, a convolution of 3.
    assert rows.min() >= 8
    assert rows.max() <= 8 + 9
    assert columns.min() >= 40
    assert columns.max() <= 40 + 9


def test_a_neuron_keeps_its_place_in_smaller_octaves(network):
    objective = objective_of(network, ("conv3:5:24:10", "conv3:1:centre"), ()).at((120, 80))
    ((_, counts),) = tile_weights(objective, position_weights, (120, 80))
    assert [tuple(np.argwhere(count)[0]) for count in counts] == [(24, 10), (28, 18)]
    ((_, counts),) = tile_weights(objective, position_weights, (60, 40))  # the map has 26×16 positions instead of 56×36
    assert [tuple(np.argwhere(count)[0]) for count in counts] == [(11, 4), (13, 8)]
    with pytest.raises(UserError, match="conv3 has 56 rows and 36 columns in a 80x120 picture, counted from 0"):
        objective_of(network, ("conv3:5:56:10",), ()).at((120, 80))


def test_a_class_is_a_unit_of_the_scores(classifier):
    names, picture = ("cat", "dog", "3"), noise(30, 36)
    objective = objective_of(classifier, ("class:dog",), (), class_names=names)
    scores = answer(classifier, "dense1", picture)[..., 1]
    assert sum(losses(objective, picture)) == pytest.approx(scores[2:-2, 2:-2].sum() / scores.size, rel=1e-5)
    check_slope(objective, picture)
    assert class_number("1", names, 3) == 1
    assert class_number("3", names, 3) == 2  # a name comes before a number
    with pytest.raises(UserError, match="did you mean 'cat'"):
        objective_of(classifier, ("class:cats",), (), class_names=names)
    for known in (names, ()):  # without names, a number is enough
        assert objective_of(classifier, ("class:0",), (), class_names=known).targets[0].channel == 0
        with pytest.raises(UserError, match="3 classes, 0 to 2"):
            objective_of(classifier, ("class:7",), (), class_names=known)
    with pytest.raises(UserError, match="no names here; give a number"):
        objective_of(classifier, ("class:cat",), ())


def test_a_network_without_scores_has_no_classes(network):
    with pytest.raises(UserError, match="no scores of classes"):
        objective_of(network, ("class:cat",), ())


def test_a_guide_is_matched_place_by_place(network):
    picture, guide = noise(40, 44), noise(36, 36, seed=3)
    objective = objective_of(network, ("conv4",), (2.0,), guide=guide)
    wanted = answer(network, "conv4", guide)[2:-2, 2:-2].reshape(-1, 32)
    found = answer(network, "conv4", picture)
    best = 0.0
    for row in found[2:-2, 2:-2]:
        for position in row:
            best += max(float(position @ other) for other in wanted)
    assert sum(losses(objective, picture)) == pytest.approx(2 * best / found.size, rel=1e-4)
    check_slope(objective, picture)


def test_a_large_guide_keeps_some_of_its_positions(network):
    objective = objective_of(network, ("conv1", "conv5"), (), guide=noise(400, 700))
    assert all(200 <= len(features) <= 800 for features in objective.features)
    assert [features.shape[1] for features in objective.features] == [16, 64]


def test_a_guide_that_cannot_guide_is_refused(network):
    with pytest.raises(UserError, match="at 12x9 it is too small for conv5"):
        objective_of(network, ("conv5",), (), guide=noise(9, 12))
    with pytest.raises(UserError, match="whole layers"):
        objective_of(network, ("conv5:3",), (), guide=noise(90, 120))


def test_a_channel_that_does_not_exist_is_refused(network):
    with pytest.raises(UserError, match="conv3 has 32 channels, 0 to 31"):
        objective_of(network, ("conv3:32",), ())
    with pytest.raises(UserError, match="did you mean 'conv3'"):
        objective_of(network, ("convv3:1",), ())


@pytest.mark.parametrize("layer, place", [("conv5", ""), ("conv4", ":centre")])
def test_a_dream_of_a_part_excites_that_part(network, layer, place):
    picture = noise(64, 72) * 0.3
    rows, columns, _ = (output := answer(network, layer, picture)).shape
    channel = int(output[rows // 2, columns // 2].argmax())  # one that is awake
    objective = objective_of(network, (f"{layer}:{channel}{place}",), ())
    settings = dataclasses.replace(TINY, iterations=6)
    dreamed = dream_of(picture, objective, settings)
    assert sum(losses(objective, dreamed)) > max(1.5 * sum(losses(objective, picture)), 1e-3)


def test_what_is_silent_is_woken_by_noise_that_stays_outside(network):
    flat = np.zeros((64, 72, 3), np.float32)  # no bias has been learned: nothing fires at all
    objective = objective_of(network, ("conv3:5:centre",), ())
    assert losses(objective, flat) == [0.0]
    settings = dataclasses.replace(TINY, octaves=1, iterations=8, jitter=0, bands=0)
    dreamed = dream_of(flat, objective, settings)
    assert losses(objective, dreamed)[0] > 0.1
    rows, columns, _ = np.nonzero(dreamed)
    assert np.ptp(rows) <= 9  # what the neuron sees, and not a pixel more
    assert np.ptp(columns) <= 9


def test_what_never_fires_is_said(network):
    start_backend()
    pictures = keras.Input((None, None, 3))
    dead = keras.Model(pictures, keras.layers.Conv2D(4, 3, kernel_initializer="zeros", name="conv1")(pictures))
    with pytest.raises(UserError, match="conv1:3 is zero on this picture at every size, also with noise"):
        dream_of(noise(64, 72), objective_of(dead, ("conv1:3",), ()), TINY)
