"""The process against NumPy, numeric derivatives and the words of its description."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from etudes.errors import UserError
from etudes.experiments.deep_dream import experiment
from etudes.experiments.deep_dream.batch_norm_folding import fold_batch_norm
from etudes.experiments.deep_dream.evaluate import losses
from etudes.experiments.deep_dream.flat_edges import up_to_the_edges
from etudes.experiments.deep_dream.laplacian_pyramid import equalize_bands
from etudes.experiments.deep_dream.least_sizes import LAYERS
from etudes.experiments.deep_dream.objectives import objective_of
from etudes.experiments.deep_dream.resizing import resize_image
from etudes.experiments.deep_dream.study import (
    PRESETS,
    DreamData,
    DreamInfo,
    ascend,
    deprocess,
    dream,
    loss_gradient,
    lost_detail,
    octave_sizes,
    preprocess,
)
from etudes.training.backend import keras, start_backend
from experiments.deep_dream.dreams import dream_of, noise, session

CLASSIC, TINY = PRESETS["classic"], PRESETS["tiny"]


# --- the process ------------------------------------------------------------------------------------------------------


def test_classic_is_the_description():
    assert (CLASSIC.step, CLASSIC.octaves, CLASSIC.octave_scale, CLASSIC.iterations) == (0.01, 3, 1.4, 20)
    assert (CLASSIC.max_loss, CLASSIC.jitter, CLASSIC.bands, CLASSIC.clip) == (10.0, 0, 0, False)
    assert LAYERS == {"mixed2": 0.2, "mixed3": 0.5, "mixed4": 2.0, "mixed5": 1.5}


def test_preprocessing_and_back():
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    picture = preprocess(Image.fromarray(every))
    np.testing.assert_allclose(picture, (every / 255 - 0.5) * 2, atol=1e-6)
    np.testing.assert_array_equal(np.asarray(deprocess(picture)), every)


def test_octaves_have_the_sizes_of_the_example():
    assert octave_sizes(427, 640, CLASSIC) == [(217, 326), (305, 457), (427, 640)]


def test_lost_detail_restores_the_original():
    original = noise(40, 60)
    small = resize_image(original, (20, 30))
    np.testing.assert_allclose(
        resize_image(small, (40, 60)) + lost_detail(original, (20, 30), (40, 60)), original, atol=1e-5
    )
    np.testing.assert_array_equal(lost_detail(original, (40, 60), (40, 60)), 0)


def test_loss_is_the_formula_of_2017(network):
    objective = objective_of(network, ("conv2", "conv4"), (0.5, 2.0))
    picture = noise(40, 52)
    expected = 0.0
    for name, coefficient in zip(("conv2", "conv4"), (0.5, 2.0), strict=True):
        layer = keras.Model(network.input, network.get_layer(name).output)
        x = keras.ops.convert_to_numpy(layer(picture[None])).astype(np.float64)
        expected += coefficient * np.sum(np.square(x[:, 2:-2, 2:-2, :])) / np.prod(x.shape)
    assert sum(losses(objective, picture)) == pytest.approx(expected, rel=1e-5)
    assert loss_gradient(objective)(picture)[0] == pytest.approx(expected, rel=1e-5)


def test_figures_compare_the_loss_and_the_pixels_before_and_after(network):
    pictures, settings = (noise(40, 52) * 0.3, noise(40, 52, seed=1)), dataclasses.replace(TINY, layers=("conv2",))
    data = DreamData(DreamInfo("noise", 40, 52, "untrained", ""), pictures[0])
    metrics = experiment.evaluate({"network": network, "dream": pictures[1]}, data, settings).metrics
    layer = keras.Model(network.input, network.get_layer("conv2").output)
    maps = [keras.ops.convert_to_numpy(layer(picture[None])) for picture in pictures]
    before, after = (np.square(x[:, 2:-2, 2:-2]).sum(dtype=np.float64) / x.size for x in maps)
    assert metrics["loss_ratio"] == pytest.approx(after / before, rel=1e-4)
    assert (metrics["loss_before"], metrics["loss_after"]) == pytest.approx((before, after), rel=1e-4)
    first, second = ((picture + 1) * 255 / 2 for picture in pictures)
    assert metrics["mean_change"] == pytest.approx(np.abs(second - first).mean(), rel=1e-4)


def test_a_folded_network_is_the_same_function_without_normalisations():
    start_backend()
    layers, rng = keras.layers, np.random.default_rng(0)
    pictures = keras.Input((None, None, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, name="conv1")(pictures))
    x = layers.Conv2D(5, 3, use_bias=False, name="conv2")(layers.Activation("relu")(x))
    x = both = layers.BatchNormalization(scale=False)(x)
    activated = layers.Conv2D(6, 3, activation="relu", name="conv3")(layers.Activation("relu")(x))
    kept = layers.BatchNormalization(name="kept")(activated)
    network = keras.Model(pictures, [both, kept])
    for weight in network.weights:
        weight.assign(rng.uniform(0.2, 1.5, weight.shape))
    plain = network(noise(20, 24)[None], training=False)
    same = fold_batch_norm(network)
    for before, after in zip(plain, same(noise(20, 24)[None], training=False), strict=True):
        before, after = (keras.ops.convert_to_numpy(output) for output in (before, after))
        np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-4)
    found = [layer.name for layer in same.layers if isinstance(layer, layers.BatchNormalization)]
    assert found == ["kept"]  # the activation before it cannot be folded over


def test_a_convolution_whose_own_output_is_wanted_is_not_folded():
    start_backend()
    layers = keras.layers
    pictures = keras.Input((None, None, 3))
    convolution = layers.Conv2D(4, 3, name="conv1")(pictures)
    network = keras.Model(pictures, [convolution, layers.BatchNormalization()(convolution)])
    network.layers[2].set_weights([np.full(4, value, np.float32) for value in (2, 1, 0.5, 3)])
    assert fold_batch_norm(network) is network
    one = keras.Model(pictures, network.outputs[1])
    found, expected = (keras.ops.convert_to_numpy(m(noise(9, 9)[None])) for m in (fold_batch_norm(one), one))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_gradient_of_inception_is_taken_through_no_normalisation(whole_inception):
    objective = objective_of(whole_inception, (), ())
    kinds = [type(layer).__name__ for layer in fold_batch_norm(objective.probe).layers]
    assert kinds.count("Conv2D") > 40
    assert "BatchNormalization" not in kinds


def test_gradient_is_the_slope(network):
    objective = objective_of(network, (), ())
    gradient, picture = loss_gradient(objective), noise(36, 36)
    _, slope = gradient(picture)
    direction = np.sign(slope).astype(np.float32)
    above, below = (sum(losses(objective, picture + sign * 1e-3 * direction)) for sign in (1, -1))
    assert (above - below) / 2e-3 == pytest.approx(float(np.sum(slope * direction)), rel=0.02)


def test_a_step_adds_the_gradient_of_mean_magnitude_one():
    picture, slope = noise(8, 9), noise(8, 9, seed=1) * 7
    moved, loss, magnitude = ascend(picture, lambda x: (3.0, x * 0 + slope), CLASSIC, np.random.default_rng(0), None)
    assert (loss, magnitude) == (3.0, pytest.approx(np.abs(slope).mean(), rel=1e-5))
    np.testing.assert_allclose(moved, picture + 0.01 * slope / np.abs(slope).mean(), atol=1e-6)


def test_clipping_keeps_a_step_in_range_and_only_if_asked_for():
    picture, slope = noise(8, 9), noise(8, 9, seed=1)
    expected = picture + slope / np.abs(slope).mean()
    assert np.abs(expected).max() > 1
    for clip, values in ((True, np.clip(expected, -1, 1)), (False, expected)):
        settings = dataclasses.replace(CLASSIC, step=1.0, clip=clip)
        moved, _, _ = ascend(picture, lambda x: (1.0, x * 0 + slope), settings, np.random.default_rng(0), None)
        np.testing.assert_allclose(moved, values, atol=1e-6)


def test_no_step_above_max_loss():
    picture = noise(8, 9)
    moved, _, _ = ascend(picture, lambda x: (10.1, x), CLASSIC, np.random.default_rng(0), None)
    np.testing.assert_array_equal(moved, picture)


def test_jitter_is_taken_back():
    """The gradient of Σ x³/3 is x² wherever the picture was moved to."""
    picture = noise(30, 40)
    settings = dataclasses.replace(CLASSIC, jitter=9)
    moved, _, _ = ascend(picture, lambda x: (1.0, x**2), settings, np.random.default_rng(5), None)
    np.testing.assert_allclose(moved, picture + 0.01 * picture**2 / np.mean(picture**2), atol=1e-5)


def test_bands_count_alike():
    rows = np.linspace(0, 2 * np.pi, 64, dtype=np.float32)
    coarse = np.sin(rows)[:, None, None] * np.ones((1, 64, 3), np.float32)
    fine = np.where(np.indices((64, 64)).sum(0) % 2, 1, -1).astype(np.float32)[..., None] * np.ones(3, np.float32)

    def share_of_coarse(slope):
        return abs(float(np.sum(slope * coarse))) / abs(float(np.sum(slope * fine)))

    slope = 0.01 * coarse + fine
    assert share_of_coarse(equalize_bands(slope, 4)) > 20 * share_of_coarse(slope)
    settings = dataclasses.replace(CLASSIC, bands=4)
    moved, _, _ = ascend(0 * slope, lambda x: (1.0, slope), settings, np.random.default_rng(0), None)
    assert np.abs(moved).mean() == pytest.approx(0.01, rel=1e-4)
    assert share_of_coarse(moved) == pytest.approx(share_of_coarse(equalize_bands(slope, 4)), rel=1e-4)


def test_dream_excites_the_layers_and_repeats_itself(network):
    objective = objective_of(network, (), ())
    settings = dataclasses.replace(TINY, iterations=6)
    original = noise(64, 96) * 0.3
    first = dream_of(original, objective, settings)
    assert sum(losses(objective, first)) > 2 * sum(losses(objective, original))
    np.testing.assert_array_equal(first, dream_of(original, objective, settings))
    other = dream_of(original, objective, dataclasses.replace(settings, seed=1))
    assert not np.array_equal(first, other)


# --- small octaves, limits, layers ------------------------------------------------------------------------------------


def test_below_107_pixels_inception_sees_nothing(whole_inception):
    objective = objective_of(whole_inception, (), ())
    assert objective.can_see((107, 107))
    assert not objective.can_see((106, 640))
    assert not objective.can_see((10, 10))
    with pytest.raises(UserError, match="too small for mixed2"):
        dream_of(noise(90, 90), objective, CLASSIC)


def test_octaves_that_are_too_small_are_left_out_and_said(network):
    phases, recorded = [], session()
    recorded.progress.on_phase_begin = lambda phase, epochs, done: phases.append(phase)
    settings = dataclasses.replace(TINY, octaves=4, iterations=1)
    dream(noise(64, 64), objective_of(network, (), ()), settings, recorded)
    assert phases == ["octave-3", "octave-4"]
    assert [line.split(":")[0] for line in recorded.messages] == ["octave-1", "octave-2"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_dream_without_steps_is_the_original(network, moment):
    """Lost detail is put back once: what is left of a hardly moved picture is the picture."""
    settings = dataclasses.replace(TINY, octaves=3, step=1e-9, iterations=1, detail=moment)
    original = 0.3 * noise(80, 96)
    result = dream_of(original, objective_of(network, (), ()), settings)
    np.testing.assert_allclose(result, original, atol=1e-4)


def test_a_limit_below_the_first_loss_is_an_error(network):
    settings = dataclasses.replace(TINY, max_loss=1e-9)
    with pytest.raises(UserError, match="before any step"):
        dream_of(noise(64, 64), objective_of(network, (), ()), settings)


def test_wrong_layers_and_coefficients(network, whole_inception):
    with pytest.raises(UserError, match="did you mean 'mixed4'"):
        objective_of(whole_inception, ("mixed_4",), ())
    with pytest.raises(UserError, match="conv5"):
        objective_of(network, ("mixed4",), ())
    with pytest.raises(UserError, match="one for each"):
        dataclasses.replace(TINY, layers=("conv1",), coefficients=(1.0, 2.0)).check()
    with pytest.raises(UserError, match="greater than 0"):
        dataclasses.replace(TINY, layers=("conv1",), coefficients=(0.0,)).check()


def framed(width):
    """A thing in the middle of a picture of one colour."""
    picture = np.full((90, 110, 3), 0.8, np.float32)
    picture[width:-width, width:-width] = noise(90 - 2 * width, 110 - 2 * width)
    return picture


@pytest.mark.parametrize("picture", [np.full((90, 120, 3), 0.1, np.float32), framed(30)], ids=["flat", "on white"])
def test_a_picture_that_is_flat_at_its_edges_has_no_frame(network, picture):
    settings = dataclasses.replace(TINY, octaves=3, iterations=4)
    change = np.abs(dream_of(picture, objective_of(network, (), ()), settings) - picture).mean(axis=-1)
    rim = np.concatenate([change[:3].ravel(), change[-3:].ravel(), change[:, :3].ravel(), change[:, -3:].ravel()])
    assert rim.mean() > 0.5 * change[12:-12, 12:-12].mean()


def test_a_photograph_is_dreamed_on_as_ever(network):
    objective, gradient = objective_of(network, (), ()), object()
    for picture in (noise(60, 80), framed(2), np.linspace(-1, 1, 60 * 80 * 3, dtype=np.float32).reshape(60, 80, 3)):
        assert up_to_the_edges(gradient, picture, objective) is gradient
    neuron = objective_of(network, ("conv4:3:centre",), ())
    assert up_to_the_edges(gradient, np.zeros((60, 80, 3), np.float32), neuron) is gradient
