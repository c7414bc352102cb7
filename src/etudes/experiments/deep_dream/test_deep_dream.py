"""Deep dream against NumPy, numeric derivatives, the published layer list and the words of its description."""

import dataclasses
import io
import shutil
import signal
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from etudes import actions
from etudes.errors import Interrupted, UserError
from etudes.experiments.deep_dream import inception, weight_files, weights
from etudes.experiments.deep_dream.dreaming import (
    ascend,
    deprocess,
    lost_detail,
    normalised,
    octaves_of,
    preprocess,
    resize_image,
)
from etudes.experiments.deep_dream.experiment import PRESETS, Use
from etudes.experiments.deep_dream.model import (
    convolutional_part,
    folded,
    layer_names,
    objective_of,
    untrained_network,
)
from etudes.experiments.deep_dream.training import Unrecorded, dream
from etudes.runs import Run, save_weights
from etudes.training.backend import drawn_from, keras, start_backend
from etudes.views.progress import Silent

CLASSIC, TINY = PRESETS["classic"], PRESETS["tiny"]


@pytest.fixture(autouse=True)
def nothing_at_hand(tmp_path, monkeypatch):
    """No published file, no run, and nothing that came with the package."""
    monkeypatch.setattr("etudes.runs.folder.BUNDLED", tmp_path / "bundled")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ETUDES_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ETUDES_RUNS", str(tmp_path / "runs"))


@pytest.fixture(scope="module")
def network():
    start_backend()
    with drawn_from(0):
        return untrained_network()


@pytest.fixture(scope="module")
def whole_inception():
    start_backend()
    with drawn_from(0):
        return inception.inception_v3()


def noise(height, width, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (height, width, 3)).astype(np.float32)


# --- the process ------------------------------------------------------------------------------------------------------


def test_classic_is_the_description():
    assert (CLASSIC.step, CLASSIC.octaves, CLASSIC.octave_scale, CLASSIC.iterations) == (0.01, 3, 1.4, 20)
    assert (CLASSIC.max_loss, CLASSIC.jitter, CLASSIC.bands, CLASSIC.clip) == (10.0, 0, 0, False)
    chosen = dict(zip(inception.LAYERS, inception.COEFFICIENTS, strict=True))
    assert chosen == {"mixed2": 0.2, "mixed3": 0.5, "mixed4": 2.0, "mixed5": 1.5}


def test_preprocessing_and_back():
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    picture = preprocess(Image.fromarray(every))
    np.testing.assert_allclose(picture, (every / 255 - 0.5) * 2, atol=1e-6)
    np.testing.assert_array_equal(np.asarray(deprocess(picture)), every)


def test_octaves_have_the_sizes_of_the_example():
    assert [octave.shape for octave in octaves_of(427, 640, 3, 1.4)] == [(217, 326), (305, 457), (427, 640)]


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
    assert sum(objective.losses(picture)) == pytest.approx(expected, rel=1e-5)
    assert objective.gradient()(picture[None])[0] == pytest.approx(expected, rel=1e-5)


def test_a_folded_network_is_the_same_function_without_normalisations():
    start_backend()
    layers, random = keras.layers, np.random.default_rng(0)
    pictures = keras.Input((None, None, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, name="conv1")(pictures))
    x = layers.Conv2D(5, 3, use_bias=False, name="conv2")(layers.Activation("relu")(x))
    x = both = layers.BatchNormalization(scale=False)(x)
    activated = layers.Conv2D(6, 3, activation="relu", name="conv3")(layers.Activation("relu")(x))
    kept = layers.BatchNormalization(name="kept")(activated)
    network = keras.Model(pictures, [both, kept])
    for weight in network.weights:
        weight.assign(random.uniform(0.2, 1.5, weight.shape))
    plain = network(noise(20, 24)[None], training=False)
    same = folded(network)
    for before, after in zip(plain, same(noise(20, 24)[None], training=False), strict=True):
        before, after = (keras.ops.convert_to_numpy(output) for output in (before, after))
        np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-4)
    found = [layer.name for layer in same.layers if isinstance(layer, layers.BatchNormalization)]
    assert found == ["kept"]  # the activation before it cannot be folded over


def test_the_gradient_of_inception_is_taken_through_no_normalisation(whole_inception):
    objective = objective_of(whole_inception, (), ())
    kinds = [type(layer).__name__ for layer in folded(objective.probe).layers]
    assert kinds.count("Conv2D") > 40
    assert "BatchNormalization" not in kinds


def test_gradient_is_the_slope(network):
    objective = objective_of(network, (), ())
    gradient, picture = objective.gradient(), noise(36, 36)
    _, slope = gradient(picture[None])
    direction = np.sign(slope[0]).astype(np.float32)
    above, below = (sum(objective.losses(picture + sign * 1e-3 * direction)) for sign in (1, -1))
    assert (above - below) / 2e-3 == pytest.approx(float(np.sum(slope[0] * direction)), rel=0.02)


def test_a_step_adds_the_gradient_of_mean_magnitude_one():
    picture, slope = noise(8, 9), noise(8, 9, seed=1) * 7
    moved, loss, magnitude = ascend(
        picture, lambda pictures: (3.0, pictures * 0 + slope), CLASSIC, np.random.default_rng(0)
    )
    assert (loss, magnitude) == (3.0, pytest.approx(np.abs(slope).mean(), rel=1e-5))
    np.testing.assert_allclose(moved, picture + 0.01 * slope / np.abs(slope).mean(), atol=1e-6)


def test_no_step_above_max_loss():
    picture = noise(8, 9)
    moved, _, _ = ascend(picture, lambda x: (10.1, x), CLASSIC, np.random.default_rng(0))
    np.testing.assert_array_equal(moved, picture)


def test_jitter_is_taken_back():
    """The gradient of Σ x³/3 is x² wherever the picture was moved to."""
    picture = noise(30, 40)
    settings = dataclasses.replace(CLASSIC, jitter=9)
    moved, _, _ = ascend(picture, lambda x: (1.0, x**2), settings, np.random.default_rng(5))
    np.testing.assert_allclose(moved, picture + 0.01 * picture**2 / np.mean(picture**2), atol=1e-5)


def test_bands_count_alike():
    rows = np.linspace(0, 2 * np.pi, 64, dtype=np.float32)
    coarse = np.sin(rows)[:, None, None] * np.ones((1, 64, 3), np.float32)
    fine = np.where(np.indices((64, 64)).sum(0) % 2, 1, -1).astype(np.float32)[..., None] * np.ones(3, np.float32)

    def share_of_coarse(slope):
        return abs(float(np.sum(slope * coarse))) / abs(float(np.sum(slope * fine)))

    slope = 0.01 * coarse + fine
    assert np.abs(normalised(slope, 4)).mean() == pytest.approx(1, rel=1e-4)
    assert share_of_coarse(normalised(slope, 4)) > 20 * share_of_coarse(normalised(slope, 0))


def test_dream_excites_the_layers_and_repeats_itself(network):
    objective = objective_of(network, (), ())
    settings = dataclasses.replace(TINY, iterations=6)
    original = noise(64, 96) * 0.3
    first = dream(original, objective, settings, Unrecorded())
    assert sum(objective.losses(first)) > 2 * sum(objective.losses(original))
    np.testing.assert_array_equal(first, dream(original, objective, settings, Unrecorded()))
    other = dream(original, objective, dataclasses.replace(settings, seed=1), Unrecorded())
    assert not np.array_equal(first, other)


# --- small octaves, limits, layers ------------------------------------------------------------------------------------


def test_below_107_pixels_inception_sees_nothing(whole_inception):
    objective = objective_of(whole_inception, (), ())
    assert objective.can_see((107, 107))
    assert not objective.can_see((106, 640))
    assert not objective.can_see((10, 10))
    with pytest.raises(UserError, match="too small for mixed2"):
        dream(noise(90, 90), objective, CLASSIC, Unrecorded())


def test_octaves_that_are_too_small_are_left_out_and_said(network):
    class Listening(Unrecorded):
        def __init__(self):
            super().__init__()
            self.said, self.phases = [], []
            self.watch.say = self.said.append

        def epochs(self, phase, total):
            self.phases.append(phase)
            yield from range(total)

    session = Listening()
    settings = dataclasses.replace(TINY, octaves=4, iterations=1)
    dream(noise(64, 64), objective_of(network, (), ()), settings, session)
    assert session.phases == ["octave-3", "octave-4"]
    assert [line.split(":")[0] for line in session.said] == ["octave-1", "octave-2"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_dream_without_steps_is_the_original(network, moment):
    """Lost detail is put back once: what is left of a hardly moved picture is the picture."""
    settings = dataclasses.replace(TINY, octaves=3, step=1e-9, iterations=1, detail=moment)
    original = 0.3 * noise(80, 96)
    result = dream(original, objective_of(network, (), ()), settings, Unrecorded())
    np.testing.assert_allclose(result, original, atol=1e-4)


def test_a_limit_below_the_first_loss_is_an_error(network):
    settings = dataclasses.replace(TINY, max_loss=1e-9)
    with pytest.raises(UserError, match="before any step"):
        dream(noise(64, 64), objective_of(network, (), ()), settings, Unrecorded())


def test_wrong_layers_and_coefficients(network, whole_inception):
    with pytest.raises(UserError, match="did you mean 'mixed4'"):
        objective_of(whole_inception, ("mixed_4",), ())
    with pytest.raises(UserError, match="conv5"):
        objective_of(network, ("mixed4",), ())
    with pytest.raises(UserError, match="one for each"):
        dataclasses.replace(TINY, layers=("conv1",), coefficients=(1.0, 2.0)).check()
    with pytest.raises(UserError, match="greater than 0"):
        dataclasses.replace(TINY, layers=("conv1",), coefficients=(0.0,)).check()


# --- networks and their files -----------------------------------------------------------------------------------------

PUBLISHED = [  # from the list of convolutions published with the weights of 2015: place, name, kernel
    (0, "conv", (3, 3, 3, 32)),
    (4, "conv_4", (3, 3, 80, 192)),
    (7, "mixed_tower_conv_1", (5, 5, 48, 64)),
    (26, "mixed_3_conv", (3, 3, 288, 384)),
    (32, "mixed_4_tower_conv_1", (1, 7, 128, 128)),
    (35, "mixed_4_tower_1_conv_1", (7, 1, 128, 128)),
    (69, "mixed_7_tower_2_conv", (1, 1, 768, 192)),
    (71, "mixed_8_tower_conv_1", (3, 3, 192, 320)),
    (75, "mixed_8_tower_1_conv_3", (3, 3, 192, 192)),
]


def partial_arrays(whole):
    random = np.random.default_rng(0)
    convolutions = [layer for layer in whole.layers if isinstance(layer, keras.layers.Conv2D)]
    convolutions.sort(key=lambda layer: int("0" + layer.name.removeprefix("conv2d").removeprefix("_")))
    arrays = {}
    for name, layer in zip(weight_files.convolution_names(), convolutions[:76], strict=True):
        shape = tuple(layer.kernel.shape)
        scale = np.sqrt(2 / np.prod(shape[:3]))
        arrays[f"{name}/kernel"] = random.normal(0, scale, shape).astype(np.float32)
        arrays[f"{name}/bias"] = random.normal(0, 0.1, shape[3]).astype(np.float32)
    return arrays


def as_npz(arrays):
    memory = io.BytesIO()
    np.savez(memory, **arrays)
    return memory.getvalue()


def unit(x, arrays, name, stride=1, padding="valid"):
    """Convolution + bias, then ReLU, as the file of 2015 means it, in NumPy."""
    kernel = arrays[f"{name}/kernel"].astype(np.float64)
    rows, columns = kernel.shape[:2]
    if padding == "same":
        x = np.pad(x, ((rows // 2, rows // 2), (columns // 2, columns // 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (rows, columns), axis=(0, 1))[::stride, ::stride]
    return np.maximum(np.einsum("hwcij,ijco->hwo", windows, kernel, optimize=True) + arrays[f"{name}/bias"], 0)


def test_the_partial_file_becomes_the_network_it_describes(whole_inception):
    arrays = partial_arrays(whole_inception)
    names = weight_files.convolution_names()
    assert len(names) == 76
    for place, name, shape in PUBLISHED:
        assert names[place] == name
        assert arrays[f"{name}/kernel"].shape == shape
    network = inception.partial_inception_v3(as_npz(arrays), "file")
    assert network.output_shape[-1] == 1280
    picture = noise(79, 79)
    pools = [layer for layer in network.layers if isinstance(layer, keras.layers.MaxPooling2D)]
    probe = keras.Model(network.input, [pools[1].output, network.get_layer("mixed0").output])
    pooled, mixed0 = (keras.ops.convert_to_numpy(x)[0] for x in probe(picture[None]))
    x = unit(picture.astype(np.float64), arrays, "conv", stride=2)
    x = unit(unit(x, arrays, "conv_1"), arrays, "conv_2", padding="same")
    x = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(0, 1))[::2, ::2].max(axis=(-1, -2))
    x = unit(unit(x, arrays, "conv_3"), arrays, "conv_4")
    x = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(0, 1))[::2, ::2].max(axis=(-1, -2))
    np.testing.assert_allclose(pooled, x, atol=1e-3)
    y = unit(unit(x, arrays, "mixed_tower_conv"), arrays, "mixed_tower_conv_1", padding="same")
    np.testing.assert_allclose(mixed0[..., :64], unit(x, arrays, "mixed_conv"), atol=1e-3)
    np.testing.assert_allclose(mixed0[..., 64:128], y, atol=1e-3)


SHAPES = {"conv/kernel": (3, 3, 3, 32), "conv/bias": (32,)}


@pytest.mark.parametrize("damage", ["none", "missing", "shape", "dtype", "finite", "cut", "text", "more"])
def test_a_wrong_partial_file_is_refused(damage):
    arrays = {name: np.ones(shape, np.float32) for name, shape in SHAPES.items()}
    if damage == "missing":
        del arrays["conv/bias"]
    elif damage == "shape":
        arrays["conv/bias"] = arrays["conv/bias"][:-1]
    elif damage == "dtype":
        arrays["conv/bias"] = arrays["conv/bias"].astype(np.float16)
    elif damage == "finite":
        arrays["conv/bias"][3] = np.nan
    elif damage == "more":
        arrays["another"] = np.zeros(500_000, np.float32)
    content = {"cut": as_npz(arrays)[:-100], "text": b"no numbers"}.get(damage) or as_npz(arrays)
    if damage == "none":
        assert dict(weight_files.npz_arrays(content, "file.npz", SHAPES)).keys() == SHAPES.keys()
        return
    with pytest.raises(UserError, match=r"file.npz is not the partial Inception-v3") as error:
        list(weight_files.npz_arrays(content, "file.npz", SHAPES))
    assert len(str(error.value)) <= 200


def test_a_file_as_keras_publishes_them_is_read(whole_inception, tmp_path):
    import h5py
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    with h5py.File(tmp_path / "weights.h5", "w") as file:
        save_weights_to_hdf5_group(file, whole_inception)
    read = inception.keras_inception_v3(str(tmp_path / "weights.h5"))
    for before, after in zip(whole_inception.weights, read.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(before), np.asarray(after))


def test_a_wrong_keras_file_is_refused(tmp_path):
    start_backend()
    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + struct.pack("<Q", 0) * 40)
    with pytest.raises(UserError, match="does not hold Keras's Inception-v3") as error:
        inception.keras_inception_v3(str(tmp_path / "a.h5"))
    assert len(str(error.value)) <= 200 + len(str(tmp_path))


@pytest.mark.parametrize("channels", [1, 3])
def test_the_convolutional_part_computes_what_the_network_computes(channels):
    start_backend()
    layers = keras.layers
    with drawn_from(3):
        classifier = keras.Sequential(
            [
                keras.Input((16, 16, channels)),
                layers.Rescaling(1 / 255),
                layers.Conv2D(4, 3, padding="same"),
                layers.Activation("relu"),
                layers.MaxPooling2D(2),
                layers.Dropout(0.5),
                keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(5, 3, activation="relu")]),
                layers.Flatten(),
                layers.Dense(6),
                layers.Activation("relu"),
                layers.Dropout(0.5),
                layers.Dense(3, activation="softmax"),
            ]
        )
        part = convolutional_part({"first": keras.Sequential([keras.Input((4,))]), "classifier": classifier})
    assert layer_names(part) == ["conv1", "conv2", "dense1", "dense2"]
    assert objective_of(part, (), ()).layers == ("dense1",)
    convolutions = keras.Model(part.input, part.get_layer("conv2").output)
    image = np.random.default_rng(0).integers(0, 256, (16, 16, channels)).astype(np.float32)
    cut = keras.Model(classifier.inputs[0], classifier.layers[5].output)
    expected = keras.ops.convert_to_numpy(cut(image[None]))
    picture = (np.broadcast_to(image, (16, 16, 3)) / 127.5 - 1)[None]
    found = keras.ops.convert_to_numpy(convolutions(picture))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert convolutions.compute_output_shape((1, 60, 80, 3)) == (1, 28, 38, 5)
    # The dense layers saw a map of 6×6; asked at every second place of it, they see it whole at the second of three.
    scores = keras.ops.convert_to_numpy(part(picture))
    assert scores.shape == (1, 3, 3, 3)
    probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(scores[0, 1, 1]))
    np.testing.assert_allclose(probabilities, keras.ops.convert_to_numpy(classifier(image[None]))[0], atol=1e-5)


def test_a_second_head_is_no_layer_of_the_chain():
    start_backend()
    layers = keras.layers
    inputs = keras.Input((8, 8, 1))
    flat = layers.Flatten()(layers.LeakyReLU()(layers.Conv2D(2, 3)(inputs)))
    two_heads = keras.Model(inputs, [layers.Dense(1, "sigmoid")(flat), layers.Dense(4, "softmax")(flat)])
    part = convolutional_part({"discriminator": two_heads})
    assert layer_names(part) == ["conv1", "dense1"]
    assert objective_of(part, (), ()).layers == ("conv1",)
    pooled = keras.Sequential([inputs, layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), layers.Dense(3)])
    assert layer_names(convolutional_part({"classifier": pooled})) == ["conv1"]


# --- without a trained network, and in use ----------------------------------------------------------------------------


def test_without_weights_there_is_a_table_but_no_dream():
    table = next(table for table in actions.layer_tables("deep_dream", preset="classic") if table.title == "network")
    assert table.rows[-1][2] == 21_802_784
    with pytest.raises(UserError, match="no trained network") as error:
        actions.train("deep_dream", preset="classic", out="run", quiet=True)
    assert len(str(error.value)) <= 200
    assert not Path("run").exists()


@pytest.mark.parametrize(
    "given", ["nowhere", "cifar10_cnn", "cifar10_cnn@bundled", "inception_v3", "inception_v3_2015", "weights.pkl"]
)
def test_weights_that_cannot_be_used(given):
    Path("weights.pkl").write_bytes(b"no weights")
    with pytest.raises(UserError):
        weights.find_weights(given)


def test_use_writes_the_dream_where_the_second_input_says():
    Image.fromarray((noise(70, 90) * 100 + 120).astype(np.uint8)).convert("RGBA").save("photo.png")
    options = {"weights": "untrained", "octaves": 1, "iterations": 3, "layers": ("conv3",)}
    result = actions.use("deep_dream", "photo.png", "dream.png", **options)
    with Image.open("dream.png") as written:
        assert written.size == (90, 70)
    answer = result.answers[0]
    assert answer["layers"] == ["conv3"]
    assert answer["loss_after"] > answer["loss_before"]


@pytest.mark.parametrize("inputs", [(), ("a.png", "b.png", "c.png"), ("missing.png",), ("photo.png", "dream.doc")])
def test_use_refuses_what_it_cannot_do(inputs):
    Image.new("RGB", (70, 90), "white").save("photo.png")
    with pytest.raises(UserError):
        actions.use("deep_dream", *inputs, weights="untrained")


def test_the_second_input_is_the_output():
    assert Use(("a.png", "b.png")).out == "b.png"
    assert Use(("a.png", "b.png"), out="c.png").out == "c.png"
    assert Use(("a.png",)).out is None


class Stopping(Silent):
    """Presses Ctrl-C when a step was taken."""

    def end_epoch(self, record):
        assert record["epoch"]
        signal.raise_signal(signal.SIGINT)


def test_a_run_of_another_etude_is_found_and_remembered():
    first = actions.train("cifar10_cnn", preset="tiny", epochs=1, quiet=True)
    assert weights.find_weights("").name == str(first)
    assert weights.find_weights("cifar10_cnn") == weights.find_weights(str(first))
    assert weights.picture_channels(first) == 3
    run = actions.train("deep_dream", preset="tiny", weights="", octaves=1, quiet=True)
    assert run.header()["data"]["weights"] == str(first)
    assert actions.load(run).networks["network"].name == "classifier"
    with pytest.raises(UserError, match="no convolutional network"):
        weights.find_weights(str(run))  # a dream is no network
    with pytest.raises(Interrupted):
        actions.train("deep_dream", preset="tiny", weights="", octaves=1, out="stopped", watch=Stopping())
    newer = Run(shutil.copytree(first.folder, first.folder.with_name("newer")))
    newer.write_json("weights.json", {**newer.read_json("weights.json"), "sha256": "another"})
    assert weights.find_weights("").name == str(newer)
    assert actions.evaluate(run).figures == run.read_json("results.json")["figures"]  # still with the first one
    with pytest.raises(UserError, match="changed since it began"):  # it would go on with the newer one
        actions.resume("stopped", quiet=True)
    shutil.rmtree(newer.folder)
    assert actions.resume("stopped", quiet=True).results()["weights_sha256"] == run.results()["weights_sha256"]
    first.write_json("weights.json", {**first.read_json("weights.json"), "sha256": "another"})
    with pytest.raises(UserError, match="is no longer the network that this dream began with"):
        actions.evaluate(run)


def test_own_runs_come_before_bundled_ones_and_colour_before_grey(tmp_path):
    def trained(folder, channels):
        run = Run(folder)
        run.write_header({"etude": folder.name, "preset": "tiny", "settings": {}, "data": {}})
        save_weights(folder, {"network/00.kernel": np.zeros((3, 3, channels, 4), np.float32)})
        run.write_json("results.json", {})
        return run

    grey = trained(tmp_path / "bundled" / "mnist_transfer_cnn", 1)
    assert weights.find_weights("").name == str(grey) == "mnist_transfer_cnn@bundled"
    colour = trained(tmp_path / "bundled" / "cifar10_cnn", 3)
    assert weights.find_weights("").name == str(colour)
    assert weights.find_weights("cifar10_cnn") == weights.find_weights("cifar10_cnn@bundled")
    trained(tmp_path / "runs" / "mnist_acgan", 1)
    assert weights.find_weights("").name == str(colour)
    own = trained(tmp_path / "runs" / "cifar10_cnn", 3)
    assert weights.find_weights("").name == weights.find_weights("cifar10_cnn").name == str(own)
    assert weights.find_weights("cifar10_cnn@bundled").run == colour
