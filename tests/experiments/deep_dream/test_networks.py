"""The networks that dream and their files, against NumPy and the published layer list."""

import io
import struct

import numpy as np
import pytest

from etudes.errors import UserError
from etudes.experiments.deep_dream import inception, weight_files
from etudes.experiments.deep_dream.fully_convolutional import convolutional_part
from etudes.experiments.deep_dream.networks import layer_names
from etudes.experiments.deep_dream.objectives import objective_of
from etudes.experiments.deep_dream.study import PRESETS
from etudes.experiments.deep_dream.weights import find_weights
from etudes.training.backend import drawn_from, keras, start_backend

CLASSIC, TINY = PRESETS["classic"], PRESETS["tiny"]


PUBLISHED = [  # from the list of convolutions published with the weights of 2015: index, name, kernel
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
    rng = np.random.default_rng(0)
    convolutions = [layer for layer in whole.layers if isinstance(layer, keras.layers.Conv2D)]
    convolutions.sort(key=lambda layer: int("0" + layer.name.removeprefix("conv2d").removeprefix("_")))
    arrays = {}
    for name, layer in zip(weight_files.convolution_names(), convolutions[:76], strict=True):
        shape = tuple(layer.kernel.shape)
        scale = np.sqrt(2 / np.prod(shape[:3]))
        arrays[f"{name}/kernel"] = rng.normal(0, scale, shape).astype(np.float32)
        arrays[f"{name}/bias"] = rng.normal(0, 0.1, shape[3]).astype(np.float32)
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
    for index, name, shape in PUBLISHED:
        assert names[index] == name
        assert arrays[f"{name}/kernel"].shape == shape
    network = inception.partial_inception_v3(as_npz(arrays), "file")
    assert network.output_shape[-1] == 1280
    picture = np.random.default_rng(0).uniform(-1, 1, (79, 79, 3)).astype(np.float32)
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
        assert weight_files.npz_arrays(content, "file.npz", SHAPES).keys() == SHAPES.keys()
        return
    with pytest.raises(UserError, match=r"file.npz is not the partial Inception-v3") as error:
        weight_files.npz_arrays(content, "file.npz", SHAPES)
    assert len(str(error.value)) <= 200


def test_a_file_as_keras_publishes_them_is_read(whole_inception, tmp_path):
    import h5py
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    with h5py.File(tmp_path / "weights.h5", "w") as file:
        save_weights_to_hdf5_group(file, whole_inception)
    read = inception.keras_inception_v3(tmp_path / "weights.h5")
    for before, after in zip(whole_inception.weights, read.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(before), np.asarray(after))


@pytest.mark.long
@pytest.mark.parametrize("name", ["a.keras", "a.weights.h5", "a.h5", "a.safetensors"])
def test_inception_with_its_classifier_is_read_too(tmp_path, name):
    from safetensors.numpy import save_file

    start_backend()
    with drawn_from(5):
        network = keras.applications.InceptionV3(weights=None, classes=7)
    if name == "a.safetensors":
        save_file({weight.path: np.asarray(weight) for weight in network.weights}, tmp_path / name)
    else:
        (network.save_weights if name == "a.weights.h5" else network.save)(tmp_path / name)
    assert find_weights(str(tmp_path / name)).path == tmp_path / name
    read = inception.keras_inception_v3(tmp_path / name)
    for before, after in zip(network.weights, read.weights, strict=False):
        np.testing.assert_array_equal(np.asarray(before), np.asarray(after))


def test_a_wrong_keras_file_is_refused(tmp_path):
    start_backend()
    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + struct.pack("<Q", 0) * 40)
    with pytest.raises(UserError, match="does not hold Keras's Inception-v3") as error:
        inception.keras_inception_v3(tmp_path / "a.h5")
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
    # The dense layers saw a map of 6×6: at every second position, they see it whole at the second of three.
    scores = keras.ops.convert_to_numpy(part(picture))
    assert scores.shape == (1, 3, 3, 3)
    probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(scores[0, 1, 1]))
    np.testing.assert_allclose(probabilities, keras.ops.convert_to_numpy(classifier(image[None]))[0], atol=1e-5)


def test_of_two_heads_the_one_with_more_outputs_gives_the_scores():
    start_backend()
    layers = keras.layers
    inputs = keras.Input((8, 8, 1))
    flat = layers.Flatten()(layers.LeakyReLU()(layers.Conv2D(2, 3)(inputs)))
    two_heads = keras.Model(inputs, [layers.Dense(1, "sigmoid")(flat), layers.Dense(4, "softmax")(flat)])
    part = convolutional_part({"discriminator": two_heads})
    assert layer_names(part) == ["conv1", "dense1"]
    assert objective_of(part, (), ()).layers == ("conv1",)
    objective = objective_of(part, ("class:two",), (), class_names=("zero", "one", "two", "three"))
    assert (objective.targets[0].layer, objective.targets[0].channel) == ("dense1", 2)
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 1)).astype(np.float32)
    picture = (np.broadcast_to(image, (8, 8, 3)) / 127.5 - 1)[None]
    scores, classes = keras.ops.softmax(part(picture)[0, 1, 1]), two_heads(image[None])[1][0]
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (scores, classes)), atol=1e-5)
    pooled = keras.Sequential([inputs, layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), layers.Dense(3)])
    assert layer_names(convolutional_part({"classifier": pooled})) == ["conv1"]
