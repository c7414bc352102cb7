"""Networks of keras.applications: their own preprocessing, and files in both of Keras's orders."""

import numpy as np
import pytest

from etudes.errors import UserError
from etudes.experiments.deep_dream import weights
from etudes.experiments.deep_dream.applications import APPLICATIONS, application, load_layers, preprocessed
from etudes.experiments.deep_dream.batch_norm_folding import fold_batch_norm
from etudes.experiments.deep_dream.networks import layer_names
from etudes.experiments.deep_dream.objectives import objective_of
from etudes.experiments.deep_dream.weight_files import open_weights
from etudes.training.backend import drawn_from, keras, start_backend

MODULES = {"-1..1": "mobilenet_v2", "0..255": "efficientnet", "blue first": "vgg16", "standardised": "densenet"}


@pytest.fixture(scope="module")
def whole():
    """MobileNetV2 with its classifier and random weights, none of them as they were born."""
    start_backend()
    with drawn_from(2):
        network = keras.applications.MobileNetV2(weights=None, classes=7, alpha=0.35, input_shape=(96, 96, 3))
    rng = np.random.default_rng(0)
    for weight in network.weights:
        weight.assign(np.asarray(weight) + rng.uniform(0, 0.1, weight.shape))
    return network


def save(network, path, order):
    import h5py
    from safetensors.numpy import save_file

    if order == "keras 3":
        network.save_weights(path)
    elif order in ("whole", "keras 2 whole"):
        network.save(path)
    elif order == "tensors":
        save_file({weight.path: np.asarray(weight) for weight in network.weights}, path)
    else:
        from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

        with h5py.File(path, "w") as file:
            save_weights_to_hdf5_group(file, network)


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    """MobileNetV2 a third as wide, which takes a second less."""
    start_backend()
    build = keras.applications.MobileNetV2
    monkeypatch.setattr(keras.applications, "MobileNetV2", lambda **words: build(**{"alpha": 0.35, **words}))


def test_all_names_are_those_of_keras():
    start_backend()
    assert all(callable(getattr(keras.applications, name)) for name in APPLICATIONS)


@pytest.mark.parametrize("kind", MODULES)
def test_pictures_are_prepared_as_each_network_was_trained(kind):
    start_backend()
    pixels = np.random.default_rng(0).integers(0, 256, (1, 4, 5, 3)).astype(np.float32)
    expected = getattr(keras.applications, MODULES[kind]).preprocess_input(pixels.copy())
    pictures = keras.Input((None, None, 3))
    found = keras.Model(pictures, keras.layers.Activation("linear")(preprocessed(pictures, kind)))
    np.testing.assert_allclose(found.predict_on_batch(pixels / 127.5 - 1), expected, atol=1e-3)


@pytest.mark.long
@pytest.mark.parametrize("order", ["published", "keras 3"])
def test_a_file_of_weights_becomes_its_network(whole, tmp_path, order):
    path = tmp_path / "mobile.weights.h5"
    save(whole, path, order)
    network = application("MobileNetV2", path)
    pixels = np.random.default_rng(1).integers(0, 256, (1, 96, 96, 3)).astype(np.float32)
    cut = keras.Model(whole.input, whole.get_layer("block_13_expand_relu").output)
    expected = cut.predict_on_batch(pixels / 127.5 - 1)
    probe = keras.Model(network.input, network.get_layer("block_13_expand_relu").output)
    same = probe if order == "published" else fold_batch_norm(probe)
    found = same.predict_on_batch(pixels / 127.5 - 1)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
    # The classifier, computed at every position: the mean of the scores is the score of the mean.
    scores = network.predict_on_batch(pixels / 127.5 - 1).mean(axis=(1, 2))
    expected = whole.predict_on_batch(pixels / 127.5 - 1)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(keras.ops.softmax(scores)), expected, atol=1e-4)
    assert layer_names(network)[-1] == "scores"
    if order == "published":
        return
    assert objective_of(network, ("class:6",), ()).targets[0].channel == 6
    with pytest.raises(UserError, match="classes have no names here; give a number"):
        objective_of(network, ("class:cat",), ())
    # A position of it stands for 16 pixels, and it is the last such layer.
    (target,) = objective_of(network, (), ()).targets
    assert target.layer == "block_13_expand_relu"


def take(path, name):
    """As a dream does it: checked without a network, then read into one."""
    weights.find_weights(str(path), name)
    application(name, path)


FILES = {
    "published": "a.h5",
    "keras 3": "a.weights.h5",
    "whole": "a.keras",
    "keras 2 whole": "whole.h5",
    "tensors": "a.safetensors",
}


@pytest.mark.long
@pytest.mark.parametrize("order", FILES)
@pytest.mark.parametrize("plan", ["with its classifier", "without", "in another network"])
def test_every_kind_of_file_gives_the_same_weights(whole, tmp_path, order, plan):
    base = keras.Model(whole.input, whole.get_layer("out_relu").output, name="mobilenetv2_0.35_96")
    layers = keras.layers
    if plan == "in another network":
        base = keras.Sequential([keras.Input((96, 96, 3)), base, layers.GlobalAveragePooling2D(), layers.Dense(3)])
    save(whole if plan == "with its classifier" else base, tmp_path / FILES[order], order)
    network = application("MobileNetV2", tmp_path / FILES[order])
    assert (layer_names(network)[-1] == "scores") == (plan != "without")
    for layer in network.layers:
        if layer.weights and layer.name != "scores":
            for read, wanted in zip(layer.get_weights(), whole.get_layer(layer.name).get_weights(), strict=True):
                np.testing.assert_array_equal(read, wanted)
    found = weights.find_weights(str(tmp_path / FILES[order]), "MobileNetV2")
    assert len(found.sha256) == 64
    for wrong in ("", "VGG16", "MobileNetV3Small"):
        with pytest.raises(UserError, match="application") as error:
            take(tmp_path / FILES[order], wrong)
        assert len(str(error.value)) <= 200
        if order in ("whole", "keras 2 whole"):
            assert "holds MobileNetV2, not" in str(error.value)
    content = (tmp_path / FILES[order]).read_bytes()
    (tmp_path / FILES[order]).write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(UserError) as error:
        take(tmp_path / FILES[order], "MobileNetV2")
    assert len(str(error.value)) <= 200


def test_a_file_of_another_network_is_refused(tmp_path):
    for order, name in FILES.items():
        own = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()])
        save(own, tmp_path / name, order)
        with pytest.raises(UserError, match=r"the weights of MobileNetV2.*; try another --app") as error:
            application("MobileNetV2", tmp_path / name)
        assert len(str(error.value)) <= 200
        with pytest.raises(UserError, match=r"Keras's Inception-v3.*; name its network") as error:
            weights.find_weights(str(tmp_path / name))
        assert len(str(error.value)) <= 200


def test_the_last_versions_of_keras_2_named_their_layers_in_another_place(tmp_path):
    import h5py

    network = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(96, 96, 3))
    network.save_weights(tmp_path / "a.weights.h5")
    with h5py.File(tmp_path / "a.weights.h5", "r+") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
    read = application("MobileNetV2", tmp_path / "a.weights.h5").get_layer("Conv_1")
    np.testing.assert_array_equal(read.get_weights()[0], network.get_layer("Conv_1").get_weights()[0])


def test_tensors_without_names_of_their_own_are_matched_by_their_order(tmp_path):
    from safetensors.numpy import save_file

    layers = keras.layers
    chain = [layers.Conv2D(2, 3, name=f"conv2d_{number}") for number in (9, 10, 101)]
    network = keras.Sequential([keras.Input((9, 9, 2)), *chain])
    arrays = {f"a/{layer.name}.{w.name}:0": np.asarray(w) for layer in chain for w in layer.weights}
    save_file(arrays, tmp_path / "a.safetensors")
    other = keras.Sequential(
        [keras.Input((9, 9, 2)), *(layers.Conv2D(2, 3, name=f"conv2d{n}") for n in ("", "_1", "_2"))]
    )
    with open_weights(tmp_path / "a.safetensors", "VGG16") as file:
        load_layers(other, file)
    for before, after in zip(network.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    save_file({"features.0.weight": np.zeros(3, np.float32)}, tmp_path / "torch.safetensors")
    with pytest.raises(UserError, match=r"'features.0.weight' is no LAYER/WEIGHT of Keras"):
        open_weights(tmp_path / "torch.safetensors", "VGG16")


def test_values_that_are_not_finite_are_refused(whole, tmp_path):
    before = whole.get_layer("block_5_project").get_weights()
    whole.get_layer("block_5_project").set_weights([before[0] * np.nan])
    save(whole, tmp_path / "mobile.weights.h5", "keras 3")
    whole.get_layer("block_5_project").set_weights(before)
    with pytest.raises(UserError, match="not finite"):
        application("MobileNetV2", tmp_path / "mobile.weights.h5")


def test_what_is_no_file_of_an_application_is_refused(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"PK")
    (tmp_path / "a.h5").write_bytes(b"no HDF5")
    (tmp_path / "a.pth").write_bytes(b"PK")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    cases = [
        ("a.h5", "MobileNetV22", "did you mean 'MobileNetV2'"),
        ("", "MobileNetV2", "--weights FILE is missing"),
        ("no.h5", "MobileNetV2", "there is no such file"),
        (str(tmp_path / "a.npz"), "MobileNetV2", "no file of weights that is read: give a .keras, .h5"),
        (str(tmp_path / "a.pth"), "", "give a .keras, .h5, .safetensors of Keras, or a run"),
        (str(tmp_path / "saved"), "", "save it as .keras, or with model.save_weights"),
        (str(tmp_path / "a.h5"), "MobileNetV2", "its content is of another kind"),
    ]
    for given, name, said in cases:
        with pytest.raises(UserError, match=said) as error:
            weights.find_weights(given, name)
        assert len(str(error.value)) <= 200
